#include "harness/target/lwip/address.h"

#include <array>

namespace tcpspec::target::lwip {

// Both sides keep the octets in the order of the wire.
ip_addr_t to_lwip(const IpAddress& address) {
  ip_addr_t out{};
  if (address.is_v4()) {
    IP_SET_TYPE_VAL(out, IPADDR_TYPE_V4);
    std::memcpy(&ip_2_ip4(&out)->addr, address.bytes().data(), 4);
  } else {
    IP_SET_TYPE_VAL(out, IPADDR_TYPE_V6);
    std::memcpy(ip_2_ip6(&out)->addr, address.bytes().data(), 16);
  }
  return out;
}

IpAddress from_lwip(const ip_addr_t& address) {
  std::array<std::uint8_t, 16> octets{};
  if (IP_IS_V6_VAL(address)) {
    std::memcpy(octets.data(), ip_2_ip6(&address)->addr, 16);
    return IpAddress::from_bytes(octets);
  }
  std::memcpy(octets.data(), &ip_2_ip4(&address)->addr, 4);
  return IpAddress::from_bytes(ByteView(octets).first(4));
}

}  // namespace tcpspec::target::lwip
