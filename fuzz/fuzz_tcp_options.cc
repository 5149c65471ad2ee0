// The stack's TCP options against the harness's list of them.
#include <algorithm>

#include "harness/packet/image.h"
#include "stack/base/check.h"
#include "stack/wire/tcp_options.h"

namespace tcpspec::fuzz {
namespace {

bool cut_off(const packet::Option& option) {
  return option.kind >= 2 && (!option.length || *option.length != option.data.size() + 2);
}

// What a reader that skips unknown kinds and odd lengths takes from the list; of two of a kind, the last.
wire::TcpOptions understood(const std::vector<packet::Option>& list) {
  wire::TcpOptions options;
  for (const packet::Option& option : list) {
    const Bytes& data = option.data;
    if (option.kind == wire::kOptionMss && data.size() == 2) options.mss = load_be16(data, 0);
    if (option.kind == wire::kOptionWindowScale && data.size() == 1) options.window_scale = data[0];
    if (option.kind == wire::kOptionSackPermitted && data.empty()) options.sack_permitted = true;
    if (option.kind == wire::kOptionTimestamps && data.size() == 8) {
      options.timestamps = {load_be32(data, 0), load_be32(data, 4)};
    }
    if (option.kind != wire::kOptionSack || data.empty() || data.size() % 8 != 0) continue;
    options.sack_blocks.clear();
    for (std::size_t at = 0; at < data.size(); at += 8) {
      options.sack_blocks.push_back({Seq32(load_be32(data, at)), Seq32(load_be32(data, at + 4))});
    }
  }
  return options;
}

void compare(ByteView raw) {
  const std::vector<packet::Option> list = packet::split_options(raw);
  CHECK(std::ranges::equal(packet::join_options(list), raw));
  const auto parsed = wire::parse_options(raw);
  CHECK(parsed.ok() == std::ranges::none_of(list, cut_off));
  if (!parsed.ok()) return CHECK(parsed.fault() == wire::Fault::kTcpOption);
  CHECK(*parsed == understood(list));

  const Bytes built = wire::build_options(*parsed);
  CHECK(built.size() % 4 == 0 && built.size() <= wire::kMaxTcpOptions);
  CHECK(std::ranges::none_of(packet::split_options(built), cut_off));
  const auto again = wire::parse_options(built);
  CHECK(again.ok());
  // Blocks for which there is no room are left out, from the end.
  wire::TcpOptions kept = *parsed;
  CHECK(again->sack_blocks.size() <= kept.sack_blocks.size());
  kept.sack_blocks.resize(again->sack_blocks.size());
  CHECK(*again == kept);
}

}  // namespace
}  // namespace tcpspec::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A header has room for forty octets.
  tcpspec::fuzz::compare({data, std::min<std::size_t>(size, 40)});
  return 0;
}
