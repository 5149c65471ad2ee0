// The protocol and next-header numbers this stack knows by name (IANA "Assigned Internet Protocol Numbers").
#ifndef STACK_WIRE_PROTOCOL_H_
#define STACK_WIRE_PROTOCOL_H_

#include <cstdint>

namespace tcpspec::wire {

inline constexpr std::uint8_t kProtocolHopByHop = 0;  // RFC 8200 §4.3, IPv6 only
inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolRouting = 43;   // RFC 8200 §4.4
inline constexpr std::uint8_t kProtocolFragment = 44;  // RFC 8200 §4.5
inline constexpr std::uint8_t kProtocolIcmpV6 = 58;
inline constexpr std::uint8_t kProtocolNoNext = 59;              // RFC 8200 §4.7
inline constexpr std::uint8_t kProtocolDestinationOptions = 60;  // RFC 8200 §4.6

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_PROTOCOL_H_
