#include "stack/wire/mac_address.h"

#include <algorithm>

#include "stack/base/check.h"

namespace tcpspec::wire {

MacAddress MacAddress::from_bytes(ByteView bytes) {
  CHECK(bytes.size() == kMacSize);
  MacAddress mac;
  std::ranges::copy(bytes, mac.bytes_.begin());
  return mac;
}

std::string to_string(const MacAddress& mac) {
  std::string text = to_hex(mac.bytes().first(1));
  for (std::size_t i = 1; i < kMacSize; ++i) text += ":" + to_hex(mac.bytes().subspan(i, 1));
  return text;
}

MacAddress group_mac(const IpAddress& group) {
  CHECK(group.is_multicast());
  const ByteView b = group.bytes();
  // RFC 1112 §6.4, RFC 1122 §3.3.7: the low 23 bits of the IPv4 group.
  if (group.is_v4()) return MacAddress::of(0x01, 0x00, 0x5e, b[1] & 0x7f, b[2], b[3]);
  // RFC 2464 §7: the low 32 bits of the IPv6 group.
  return MacAddress::of(0x33, 0x33, b[12], b[13], b[14], b[15]);
}

IpAddress link_local_address(const MacAddress& mac) {
  const ByteView b = mac.bytes();
  // RFC 2464 §4: ff fe in the middle, and the bit of universal addresses inverted.
  const std::array<std::uint8_t, 16> bytes{
      0xfe, 0x80, 0,    0,    0,    0,    0,   0, static_cast<std::uint8_t>(b[0] ^ 2),
      b[1], b[2], 0xff, 0xfe, b[3], b[4], b[5]};
  return IpAddress::from_bytes(bytes);
}

IpAddress solicited_node_group(const IpAddress& address) {
  CHECK(!address.is_v4());
  const ByteView b = address.bytes();
  const std::array<std::uint8_t, 16> bytes{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, b[13], b[14], b[15]};
  return IpAddress::from_bytes(bytes);
}

bool is_link_local(const IpAddress& address) {
  const ByteView b = address.bytes();
  return !address.is_v4() && b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
}

}  // namespace tcpspec::wire
