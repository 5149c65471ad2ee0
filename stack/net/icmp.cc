#include "stack/net/icmp.h"

#include <algorithm>

#include "stack/wire/protocol.h"

namespace tcpspec::net {
namespace {

using wire::IcmpMessage;
namespace icmp4 = wire::icmp4;
namespace icmp6 = wire::icmp6;

constexpr Duration kErrorCost = Duration::millis(100);
constexpr Duration kMostCredit = Duration::seconds(1);

// Octets of the whole error message's packet. RFC 4443 §2.4 (c): as much of the cause as fits into the
// minimum MTU. RFC 792 asks for 8 octets behind the header; 576 is what every IPv4 host takes.
constexpr std::size_t kMostErrorV4 = 576;
constexpr std::size_t kMostErrorV6 = 1280;

std::uint8_t icmp_protocol(const IpAddress& address) {
  return address.is_v4() ? wire::kProtocolIcmp : wire::kProtocolIcmpV6;
}

IcmpSeverity severity_v4(std::uint8_t type, std::uint8_t code) {
  switch (type) {
    case icmp4::kUnreachable:
      // RFC 9293 §3.9.2.2 [SHLD-26]: codes 2 to 4 are hard; but code 4 asks for smaller packets, which
      // RFC 1191 made of it, and must end nothing. All others are soft [MUST-56].
      if (code == icmp4::kCodeFragmentationNeeded) return IcmpSeverity::kIgnored;
      return code == icmp4::kCodeProtocol || code == icmp4::kCodePort ? IcmpSeverity::kHard
                                                                      : IcmpSeverity::kSoft;
    case icmp4::kTimeExceeded:
    case icmp4::kParameterProblem:
      return IcmpSeverity::kSoft;
    default:
      // RFC 9293 §3.9.2.2 [MUST-55]: Source Quench is silently discarded. RFC 1122 §3.2.2: so is a type
      // that nobody knows.
      return IcmpSeverity::kIgnored;
  }
}

IcmpSeverity severity_v6(std::uint8_t type, std::uint8_t code) {
  switch (type) {
    case icmp6::kUnreachable:
      // RFC 9293 §3.9.2.2 lists codes 0 and 3 as soft; of the rest, "beyond scope" is a matter of routes
      // too, while a policy or a closed port will not change.
      return code == icmp6::kCodeProhibited || code == icmp6::kCodePort || code == icmp6::kCodePolicy ||
                     code == icmp6::kCodeRejectRoute
                 ? IcmpSeverity::kHard
                 : IcmpSeverity::kSoft;
    case icmp6::kTimeExceeded:
    case icmp6::kParameterProblem:
      return IcmpSeverity::kSoft;
    default:
      return IcmpSeverity::kIgnored;
  }
}

}  // namespace

IcmpSeverity severity_of(IpVersion version, std::uint8_t type, std::uint8_t code) {
  return version == IpVersion::kV4 ? severity_v4(type, code) : severity_v6(type, code);
}

void IcmpOutput::echo_reply(const Datagram& request, const IcmpMessage& message) {
  // RFC 1122 §3.2.2.6, RFC 4443 §4.2: the reply comes from the address that was asked and returns all data,
  // truncated where it would need fragmentation that is not implemented.
  const std::size_t room = ip_.max_payload(request.source.version()) - wire::kIcmpHeaderSize;
  IcmpMessage reply;
  reply.type = request.source.is_v4() ? icmp4::kEchoReply : icmp6::kEchoReply;
  reply.rest_of_header = message.rest_of_header;
  reply.body = message.body.first(std::min(message.body.size(), room));
  ip_.send(request.destination, request.source, icmp_protocol(request.source),
           wire::build_icmp(request.destination, request.source, reply));
}

void IcmpOutput::protocol_unreachable(const Datagram& cause, Instant now) {
  if (cause.source.is_v4()) {
    // RFC 1122 §3.2.2.1: a protocol that the host does not support earns code 2.
    error(cause, {icmp4::kUnreachable, icmp4::kCodeProtocol, 0}, now);
  } else {
    // RFC 8200 §4: an unrecognized next header is a parameter problem that points at the octet naming it.
    parameter_problem(cause, {icmp6::kCodeNextHeader, cause.protocol_at}, now);
  }
}

void IcmpOutput::port_unreachable(const Datagram& cause, Instant now) {
  const bool v4 = cause.source.is_v4();
  error(cause, {v4 ? icmp4::kUnreachable : icmp6::kUnreachable, v4 ? icmp4::kCodePort : icmp6::kCodePort, 0},
        now);
}

void IcmpOutput::parameter_problem(const Datagram& cause, const wire::ParameterProblem& problem,
                                   Instant now) {
  error(cause, {icmp6::kParameterProblem, problem.code, problem.pointer}, now);
}

void IcmpOutput::error(const Datagram& cause, const Kind& kind, Instant now) {
  if (!may_send_error(now)) return;
  const IpVersion version = cause.source.version();
  const std::size_t most = version == IpVersion::kV4 ? kMostErrorV4 : kMostErrorV6;
  const std::size_t payload = std::min(most - ip_header_size(version), ip_.max_payload(version));
  IcmpMessage message;
  message.type = kind.type;
  message.code = kind.code;
  message.rest_of_header = kind.rest_of_header;
  message.body = cause.whole.first(std::min(cause.whole.size(), payload - wire::kIcmpHeaderSize));
  ip_.send(cause.destination, cause.source, icmp_protocol(cause.source),
           wire::build_icmp(cause.destination, cause.source, message));
}

bool IcmpOutput::may_send_error(Instant now) {
  credit_ = started_ ? std::min(kMostCredit, credit_ + (now - last_)) : kMostCredit;
  started_ = true;
  last_ = now;
  if (credit_ < kErrorCost) return false;
  credit_ = credit_ - kErrorCost;
  return true;
}

}  // namespace tcpspec::net
