// The ICMP a host must speak so as not to lie: echo replies, unreachable and parameter-problem errors, and
// what an arriving error means to TCP. No router messages, no redirects, no path MTU discovery.
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

// Answers to packets that were addressed to our own unicast address by a source that is one host; the
// caller has seen to that. Errors go out at most ten in a burst and ten a second (RFC 4443 §2.4 (f)).
class IcmpOutput {
 public:
  explicit IcmpOutput(IpOutput& ip) : ip_(ip) {}

  void echo_reply(const Datagram& request, const wire::IcmpMessage& message);
  void protocol_unreachable(const Datagram& cause, Instant now);
  void port_unreachable(const Datagram& cause, Instant now);
  // IPv6 only.
  void parameter_problem(const Datagram& cause, const wire::ParameterProblem& problem, Instant now);

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

}  // namespace tcpspec::net

#endif  // STACK_NET_ICMP_H_
