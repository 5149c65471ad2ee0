#include "stack/net/icmp.h"

#include <algorithm>
#include <variant>

#include "stack/wire/ipv4.h"
#include "stack/wire/ipv4_options.h"
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

bool is_about_icmp_error(const Datagram& cause) {
  const IpVersion version = cause.source.version();
  if (cause.source.is_v4()) {
    const ByteView whole = cause.whole;
    if (whole.size() < wire::kIpv4HeaderSize || whole[9] != wire::kProtocolIcmp) return false;
    const std::size_t header = std::size_t{whole[0] & 0x0fU} * 4;
    return header < whole.size() && wire::is_icmp_error(version, whole[header]);
  }
  const auto packet = wire::parse_ipv6(cause.whole);
  const auto upper = packet.ok() ? wire::skip_extension_headers(*packet) : std::nullopt;
  return upper && upper->protocol == wire::kProtocolIcmpV6 && !upper->payload.empty() &&
         wire::is_icmp_error(version, upper->payload[0]);
}

bool is_later_fragment_v4(const Datagram& cause) {
  return cause.source.is_v4() && cause.whole.size() >= wire::kIpv4HeaderSize &&
         (load_be16(cause.whole, 6) & 0x1fff) != 0;
}

// RFC 1122 §3.2.2.6: what the options of a request put into the reply's header.
Bytes reply_options(const wire::Ipv4Options& request, const wire::SourceRoute& back, const Datagram& datagram,
                    Instant now) {
  Bytes options = wire::build_source_route(back, datagram.source);
  if (!request.record_route.empty()) {
    append(options, wire::recorded_route_through(request.record_route, datagram.local));
  }
  if (!request.timestamp.empty()) {
    // RFC 1122 §3.2.2.8: a stamp that is not of universal time has its high bit set.
    const auto stamp = static_cast<std::uint32_t>(now.nanos() / 1'000'000) | 0x80000000U;
    append(options, wire::timestamped(request.timestamp, datagram.local, stamp));
  }
  return options;
}

}  // namespace

bool is_one_host(const IpAddress& address) {
  if (address.is_unspecified() || address.is_multicast() || address.is_broadcast() || address.is_loopback()) {
    return false;
  }
  return !address.is_v4() || (address.bytes()[0] != 0 && address.bytes()[0] < 240);
}

IcmpSeverity severity_of(IpVersion version, std::uint8_t type, std::uint8_t code) {
  return version == IpVersion::kV4 ? severity_v4(type, code) : severity_v6(type, code);
}

void IcmpOutput::echo_reply(const Datagram& request, const IcmpMessage& message, Instant now) {
  // RFC 1122 §3.2.2.6, RFC 4443 §4.2: the reply comes from the address that was asked, or for a group from
  // one of ours, and returns all data.
  if (request.local.is_unspecified()) return;
  IcmpMessage reply;
  reply.type = request.source.is_v4() ? icmp4::kEchoReply : icmp6::kEchoReply;
  reply.rest_of_header = message.rest_of_header;
  reply.body = message.body;
  IpSendOptions how;
  how.traffic_class = request.traffic_class & 0xfc;
  how.dont_fragment = false;
  how.may_fragment = true;
  IpAddress next = request.source;
  Bytes options;
  if (request.source.is_v4()) {
    const auto parsed = wire::parse_ipv4_options(request.options);
    if (const auto* asked = std::get_if<wire::Ipv4Options>(&parsed)) {
      wire::SourceRoute back;
      if (asked->recorded) back = wire::return_route(*asked->recorded, request.source);
      if (!back.hops.empty()) next = back.hops.front();
      options = reply_options(*asked, back, request, now);
      how.ipv4_options = options;
    }
  }
  // The sum is over the final addresses; only the header's destination is the next hop's.
  (void)ip_.send(request.local, next, icmp_protocol(request.source),
                 wire::build_icmp(request.local, request.source, reply), how);
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
  if (cause.source.is_v4()) {
    // RFC 792: the pointer is the first octet of the word.
    error(cause, {icmp4::kParameterProblem, 0, problem.pointer << 24}, now);
  } else {
    error(cause, {icmp6::kParameterProblem, problem.code, problem.pointer}, now);
  }
}

void IcmpOutput::source_route_failed(const Datagram& cause, Instant now) {
  error(cause, {icmp4::kUnreachable, icmp4::kCodeSourceRouteFailed, 0}, now);
}

void IcmpOutput::reassembly_time_exceeded(const Datagram& cause, Instant now) {
  if (cause.source.is_v4()) {
    error(cause, {icmp4::kTimeExceeded, icmp4::kCodeReassembly, 0}, now);
  } else {
    error(cause, {icmp6::kTimeExceeded, icmp6::kCodeReassembly, 0}, now);
  }
}

void IcmpOutput::error(const Datagram& cause, const Kind& kind, Instant now) {
  // RFC 1122 §3.2.2: no error about an ICMP error, a group's packet, a later fragment, or a source that is
  // not one host. RFC 4443 §2.4 (e.3): an unknown option is reported even to the sender of a group's packet.
  // Our own loopback addresses are sources too, but only of packets that never left.
  const bool told_of_groups =
      !cause.source.is_v4() && kind.type == icmp6::kParameterProblem && kind.code == icmp6::kCodeOption;
  if (cause.to_group && !told_of_groups) return;
  if (cause.local.is_unspecified()) return;
  if (!is_one_host(cause.source) && !cause.source.is_loopback()) return;
  if (is_later_fragment_v4(cause) || is_about_icmp_error(cause)) return;
  if (!may_send_error(now)) return;
  const IpVersion version = cause.source.version();
  const std::size_t most = version == IpVersion::kV4 ? kMostErrorV4 : kMostErrorV6;
  const std::size_t payload = std::min(most - ip_header_size(version), ip_.max_payload(version));
  IcmpMessage message;
  message.type = kind.type;
  message.code = kind.code;
  message.rest_of_header = kind.rest_of_header;
  message.body = cause.whole.first(std::min(cause.whole.size(), payload - wire::kIcmpHeaderSize));
  (void)ip_.send(cause.local, cause.source, icmp_protocol(cause.source),
                 wire::build_icmp(cause.local, cause.source, message));
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
