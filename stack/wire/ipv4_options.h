// IPv4 options as a destination host meets them, RFC 791 §3.1, RFC 1122 §3.2.1.8: end of list, no operation,
// loose and strict source route, record route, internet timestamp. Others are checked for their length and
// ignored, the obsolete stream identifier among them. Knows no forwarding: a route that is not completed is
// only said to be so.
#ifndef STACK_WIRE_IPV4_OPTIONS_H_
#define STACK_WIRE_IPV4_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace tcpspec::wire {

inline constexpr std::size_t kMostIpv4Options = 40;     // octets
inline constexpr std::size_t kMostSourceRouteHops = 9;  // 40 octets less three, four each

// The hosts and gateways to pass on the way; the final destination is none of them.
struct SourceRoute {
  bool strict = false;
  std::vector<IpAddress> hops;
  bool operator==(const SourceRoute&) const = default;
};

struct Ipv4Options {
  std::optional<SourceRoute> recorded;  // a source route, as the way here recorded it: the nearest hop last
  bool route_unfinished = false;        // its pointer says that more hops are to come
  ByteView record_route;                // the whole option, or empty
  ByteView timestamp;                   // the whole option, or empty
};

// Octet of the IP header where the fault is, for a Parameter Problem (RFC 792).
struct Ipv4OptionProblem {
  std::uint8_t pointer = 0;
  bool operator==(const Ipv4OptionProblem&) const = default;
};

// `options` is what stands between octet 20 and the payload.
[[nodiscard]] std::variant<Ipv4Options, Ipv4OptionProblem> parse_ipv4_options(ByteView options);

// The way back along `recorded`: reversed, without `peer` if it recorded itself (RFC 1122 §3.2.1.8 (c)).
[[nodiscard]] SourceRoute return_route(const SourceRoute& recorded, const IpAddress& peer);
// The option for a packet to `destination` whose header goes to the first hop; empty without hops. More
// than kMostSourceRouteHops is our own bug.
[[nodiscard]] Bytes build_source_route(const SourceRoute& route, const IpAddress& destination);

// RFC 791 §3.1: the option with our address recorded; unchanged where there is no room.
[[nodiscard]] Bytes recorded_route_through(ByteView record_route, const IpAddress& own);
// The option with our stamp, milliseconds since midnight UT or the high bit set (RFC 1122 §3.2.2.8); where
// there is no room, the overflow counts one more, up to its limit of 15.
[[nodiscard]] Bytes timestamped(ByteView timestamp, const IpAddress& own, std::uint32_t stamp);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_IPV4_OPTIONS_H_
