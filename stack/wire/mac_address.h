// MacAddress: the 48-bit address of a station on an Ethernet, or of a group of them (IEEE 802). Also what IP
// groups are called there (RFC 1112 §6.4, RFC 2464 §7) and the interface identifier made of one (RFC 4291
// appendix A).
#ifndef STACK_WIRE_MAC_ADDRESS_H_
#define STACK_WIRE_MAC_ADDRESS_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace tcpspec::wire {

inline constexpr std::size_t kMacSize = 6;

class MacAddress {
 public:
  constexpr MacAddress() = default;  // 00:00:00:00:00:00, which no station has
  // Any size but 6 octets is our own bug.
  [[nodiscard]] static MacAddress from_bytes(ByteView bytes);
  [[nodiscard]] static constexpr MacAddress of(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d,
                                               std::uint8_t e, std::uint8_t f) {
    MacAddress mac;
    mac.bytes_ = {a, b, c, d, e, f};
    return mac;
  }
  [[nodiscard]] static constexpr MacAddress broadcast() { return of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff); }

  [[nodiscard]] ByteView bytes() const { return bytes_; }
  // Broadcast is the group of all.
  [[nodiscard]] constexpr bool is_group() const { return (bytes_[0] & 1) != 0; }
  [[nodiscard]] constexpr bool is_zero() const { return *this == MacAddress(); }
  // What one station can be called.
  [[nodiscard]] constexpr bool is_station() const { return !is_group() && !is_zero(); }

  constexpr auto operator<=>(const MacAddress&) const = default;

 private:
  std::array<std::uint8_t, kMacSize> bytes_{};
};

// "02:00:00:00:00:01".
[[nodiscard]] std::string to_string(const MacAddress& mac);

// Where a packet to this IP group goes. Any other address is our own bug.
[[nodiscard]] MacAddress group_mac(const IpAddress& group);
// fe80::/64 and the interface identifier of the station.
[[nodiscard]] IpAddress link_local_address(const MacAddress& mac);
// ff02::1:ffXX:XXXX, RFC 4291 §2.7.1: the group in which a neighbour asks for `address`.
[[nodiscard]] IpAddress solicited_node_group(const IpAddress& address);
// fe80::/10.
[[nodiscard]] bool is_link_local(const IpAddress& address);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_MAC_ADDRESS_H_
