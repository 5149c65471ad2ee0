#include "harness/packet/image.h"

namespace tcpspec::packet {
namespace {

constexpr std::uint8_t kEol = 0, kNop = 1;

Bytes tail(ByteView raw, std::size_t at) {
  return {raw.begin() + static_cast<std::ptrdiff_t>(at), raw.end()};
}

}  // namespace

std::vector<Option> split_options(ByteView raw) {
  std::vector<Option> options;
  std::size_t at = 0;
  while (at < raw.size()) {
    Option& option = options.emplace_back();
    option.kind = raw[at++];
    if (option.kind == kNop) continue;
    if (option.kind == kEol) {
      option.data = tail(raw, at);
      break;
    }
    if (at == raw.size()) break;  // cut off before its length
    const std::size_t length = raw[at++];
    option.length = static_cast<std::uint8_t>(length);
    // The length counts the kind and itself.
    if (length < 2 || length - 2 > raw.size() - at) {
      option.data = tail(raw, at);
      break;
    }
    const ByteView data = raw.subspan(at, length - 2);
    option.data.assign(data.begin(), data.end());
    at += data.size();
  }
  return options;
}

Bytes join_options(const std::vector<Option>& options) {
  Bytes raw;
  for (const Option& option : options) {
    raw.push_back(option.kind);
    if (option.length) raw.push_back(*option.length);
    append(raw, option.data);
  }
  return raw;
}

}  // namespace tcpspec::packet
