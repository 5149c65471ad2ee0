// The ICMP a host must speak so as not to lie: echo replies, unreachable, time-exceeded and parameter-problem
// errors, and what an arriving error means to TCP. No router messages, no redirects; path MTU is
// path_mtu.h's.
#ifndef STACK_NET_ICMP_H_
#define STACK_NET_ICMP_H_

#include <cstdint>

#include "stack/base/time.h"
#include "stack/net/ip_output.h"
#include "stack/wire/icmp.h"
#include "stack/wire/ipv6.h"

namespace tcpspec::net {

// RFC 9293 §3.9.2.2: what an error message may do to a connection.
enum class IcmpSeverity : std::uint8_t { kIgnored, kSoft, kHard };
[[nodiscard]] IcmpSeverity severity_of(IpVersion version, std::uint8_t type, std::uint8_t code);

// What the host says about packets that reached it. Every error passes the rules of RFC 1122 §3.2.2 and
// RFC 4443 §2.4 (e) here: none about an ICMP error, a later IPv4 fragment, a packet to a group (IPv6 excepts
// code 2 of Parameter Problem), or from what is not one host; the caller need not ask. Errors go out at most
// ten in a burst and ten a second (RFC 4443 §2.4 (f)).
class IcmpOutput {
 public:
  explicit IcmpOutput(IpOutput& ip) : ip_(ip) {}

  // All data comes back, in fragments if need be; a source route is returned, record route and timestamp
  // continued (RFC 1122 §3.2.2.6).
  void echo_reply(const Datagram& request, const wire::IcmpMessage& message, Instant now);
  void protocol_unreachable(const Datagram& cause, Instant now);
  void port_unreachable(const Datagram& cause, Instant now);
  // IPv6, and IPv4 where code is 0 and the pointer one octet.
  void parameter_problem(const Datagram& cause, const wire::ParameterProblem& problem, Instant now);
  // IPv4: we are named as a hop on the way, and forward nothing.
  void source_route_failed(const Datagram& cause, Instant now);
  // `cause` is the first fragment, as far as it was kept.
  void reassembly_time_exceeded(const Datagram& cause, Instant now);

 private:
  struct Kind {
    std::uint8_t type, code;
    std::uint32_t rest_of_header;
  };
  void error(const Datagram& cause, const Kind& kind, Instant now);
  [[nodiscard]] bool may_send_error(Instant now);

  IpOutput& ip_;
  bool started_ = false;
  Instant last_;
  Duration credit_;  // each error costs 100 ms of it
};

// RFC 1122 §3.2.1.3, RFC 4291 §2.5.3 and §2.7: whether one host on a link can have this address. Neither
// {0, host} nor 240/4 can be one outside initialization.
[[nodiscard]] bool is_one_host(const IpAddress& address);

}  // namespace tcpspec::net

#endif  // STACK_NET_ICMP_H_
