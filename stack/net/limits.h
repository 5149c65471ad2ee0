// Limits: what other hosts can make this one hold, each with default, range and what happens at its edge.
// Part of HostConfig; validate(HostConfig) refuses values out of range.
//
// What peers can create, and where it ends:
//   half-open connections   Listener backlog, and most_half_open for the host. A SYN beyond is dropped and
//                           counted (Drop::kListenQueue): the peer repeats it. With cookies it is answered
//                           and nothing is held. No half-open connection is thrown out for a newer one.
//   unaccepted connections  The backlog counts half-open and unaccepted ones together, so the final ACK of a
//                           handshake that was begun always finds room. That of a cookie may not: it is
//                           dropped without a word (Drop::kListenQueue), and the peer's text repeats it.
//   connections             most_connections for the host, TIME-WAIT included. A SYN beyond is dropped
//                           (Drop::kConnections), connect() says kNoResources.
//   TIME-WAIT               most_time_wait for the host. The one that entered first goes first: what is left
//                           of its 2 MSL (RFC 9293 §3.6.1) is the shortest.
//   path MTUs               most_paths. The one written longest ago goes first.
//   events not taken        Of one socket, each kind that says "look again" waits once; a listener has no
//                           more waiting than connections to accept.
#ifndef STACK_NET_LIMITS_H_
#define STACK_NET_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace tcpspec::net {

// When a listener answers a SYN with a cookie instead of a half-open connection, RFC 4987 §3.6.
enum class SynCookies : std::uint8_t { kOff, kWhenFull, kAlways };

struct Limits {
  SynCookies syn_cookies = SynCookies::kOff;
  std::size_t most_half_open = 4096;     // 1..2^20, RFC 4987 §3.3
  std::size_t most_connections = 65536;  // 1..2^20
  std::size_t most_time_wait = 16384;    // 1..2^20
  std::size_t most_paths = 1024;         // 1..65536
};

}  // namespace tcpspec::net

#endif  // STACK_NET_LIMITS_H_
