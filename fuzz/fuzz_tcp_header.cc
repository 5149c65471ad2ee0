// The stack's TCP header and whole segments against the harness's.
#include <algorithm>
#include <optional>

#include "harness/packet/image.h"
#include "stack/base/check.h"
#include "stack/wire/segment_codec.h"
#include "stack/wire/tcp_header.h"

namespace tcpspec::fuzz {
namespace {

const IpAddress& source() {
  static const IpAddress address = IpAddress::v4(192, 0, 2, 1);
  return address;
}
const IpAddress& destination() {
  static const IpAddress address = IpAddress::v4(192, 0, 2, 2);
  return address;
}

// The same octets as the payload of an IP packet.
packet::Image in_ip(ByteView bytes) {
  packet::Image shell = packet::make_tcp({source(), 0}, {destination(), 0});
  shell.tcp.reset();
  shell.payload.assign(bytes.begin(), bytes.end());
  packet::seal(shell);
  return packet::decode(packet::encode(shell));
}

std::optional<wire::Fault> header_fault(const packet::Image& image) {
  if (!image.tcp) return wire::Fault::kTcpShort;
  const std::size_t size = image.tcp->data_offset * std::size_t{4};
  if (size < 20 || size != 20 + image.tcp->options.size()) return wire::Fault::kTcpDataOffset;
  return std::nullopt;
}

bool options_cut_off(const packet::Image& image) {
  return std::ranges::any_of(packet::split_options(image.tcp->options), [](const packet::Option& option) {
    return option.kind >= 2 && (!option.length || *option.length != option.data.size() + 2);
  });
}

void compare_header(ByteView bytes, const packet::Image& image) {
  const auto parsed = wire::parse_tcp_header(bytes);
  const auto fault = header_fault(image);
  CHECK(parsed.ok() == !fault);
  if (fault) return CHECK(parsed.fault() == *fault);
  const packet::TcpHeader& tcp = *image.tcp;
  CHECK(parsed->source_port == tcp.source_port && parsed->destination_port == tcp.destination_port);
  CHECK(parsed->seq == Seq32(tcp.seq) && parsed->ack == Seq32(tcp.ack));
  CHECK(parsed->data_offset == tcp.data_offset * std::size_t{4});
  CHECK(parsed->flags.bits() == (tcp.flags & 0xff));
  CHECK(parsed->window == tcp.window && parsed->checksum == tcp.checksum && parsed->urgent == tcp.urgent);
  if (tcp.reserved == 0 && tcp.flags <= 0xff) {
    CHECK(std::ranges::equal(wire::build_tcp_header(*parsed), bytes.first(20)));
  }
}

void compare_segment(ByteView bytes, const packet::Image& image) {
  const auto parsed = wire::parse_segment(source(), destination(), bytes);
  if (const auto fault = header_fault(image)) {
    CHECK(!parsed.ok());
    // A stack may verify the checksum before it looks at the data offset.
    return CHECK(parsed.fault() == *fault || parsed.fault() == wire::Fault::kTcpChecksum);
  }
  const std::uint16_t right = packet::right_tcp_checksum(image);
  const bool verifies = image.tcp->checksum == right || (right == 0 && image.tcp->checksum == 0xffff);
  if (!verifies) return CHECK(!parsed.ok() && parsed.fault() == wire::Fault::kTcpChecksum);
  CHECK(parsed.ok() == !options_cut_off(image));
  if (!parsed.ok()) return CHECK(parsed.fault() == wire::Fault::kTcpOption);
  CHECK(parsed->source == image.source() && parsed->destination == image.destination());
  CHECK(parsed->payload == image.payload && parsed->length() == image.sequence_length());
  // What the stack kept of it survives a round through its own writer.
  const auto again = wire::parse_segment(source(), destination(), wire::build_segment(*parsed));
  CHECK(again.ok());
  if (parsed->options.sack_blocks.empty()) CHECK(*again == *parsed);
}

void compare(ByteView bytes) {
  const packet::Image image = in_ip(bytes);
  compare_header(bytes, image);
  compare_segment(bytes, image);
}

}  // namespace
}  // namespace tcpspec::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpspec;
  if (size > 60'000) return 0;
  fuzz::compare({data, size});
  packet::Image image = fuzz::in_ip({data, size});
  if (!image.tcp) return 0;
  image.tcp->checksum = packet::right_tcp_checksum(image);
  image.v4.reset();
  fuzz::compare(packet::encode(image));
  return 0;
}
