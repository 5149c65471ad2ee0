// Ethernet frames: Ethernet II (RFC 894) read and built, RFC 1042 encapsulation read only. The frame check
// sequence is not here: the adapter has checked and removed it. A VLAN tag (802.1Q) is a type like another.
#ifndef STACK_WIRE_ETHERNET_H_
#define STACK_WIRE_ETHERNET_H_

#include <cstddef>
#include <cstdint>

#include "stack/base/bytes.h"
#include "stack/wire/mac_address.h"
#include "stack/wire/parsed.h"

namespace tcpspec::wire {

inline constexpr std::size_t kEthernetHeaderSize = 14;
inline constexpr std::size_t kEthernetLeast = 60;  // octets of a frame without its check sequence

namespace ether_type {
inline constexpr std::uint16_t kIpv4 = 0x0800;
inline constexpr std::uint16_t kArp = 0x0806;
inline constexpr std::uint16_t kRarp = 0x8035;  // RFC 903
inline constexpr std::uint16_t kIpv6 = 0x86dd;  // RFC 2464
}  // namespace ether_type

struct EthernetFrame {
  MacAddress destination;
  MacAddress source;
  std::uint16_t type = 0;
  // With the padding of a short frame: the length of what is inside is the next layer's to know. In an
  // RFC 1042 frame the length field has cut it off.
  ByteView payload;
};

[[nodiscard]] Parsed<EthernetFrame> parse_ethernet(ByteView bytes);
// Pads with zeros up to the least size.
[[nodiscard]] Bytes build_ethernet(const EthernetFrame& frame);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_ETHERNET_H_
