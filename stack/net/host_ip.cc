#include <optional>
#include <variant>

#include "stack/net/host_impl.h"
#include "stack/tcp/state.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"
#include "stack/wire/udp.h"

namespace tcpspec::net {
namespace {

// RFC 1122 §3.2.1.3, RFC 4291 §2.5.3 and §2.7: what a packet on a link can never come from.
bool is_one_other_host(const IpAddress& source) {
  if (source.is_unspecified() || source.is_multicast() || source.is_broadcast() || source.is_loopback()) {
    return false;
  }
  // {0, host} is no source outside initialization; 240/4 has no hosts.
  return !source.is_v4() || (source.bytes()[0] != 0 && source.bytes()[0] < 240);
}

bool is_icmpv6_error(const wire::Ipv6Packet& packet) {
  const std::optional<wire::UpperLayer> upper = wire::skip_extension_headers(packet);
  return upper && upper->protocol == wire::kProtocolIcmpV6 && !upper->payload.empty() &&
         wire::is_icmp_error(IpVersion::kV6, upper->payload[0]);
}

}  // namespace

void Host::Impl::on_packet(ByteView packet, Instant now) {
  if (packet.empty()) return drops.count(Drop::kShort);
  switch (packet[0] >> 4) {
    case 4:
      return on_ipv4(packet, now);
    case 6:
      return on_ipv6(packet, now);
    default:
      return drops.count(Drop::kVersion);
  }
}

bool Host::Impl::admit(const IpAddress& source, const IpAddress& destination) {
  // RFC 9293 §3.9.2.3 [MUST-57]: what was sent to a broadcast or multicast address is silently discarded,
  // every segment and not only a SYN; only our own unicast addresses are ours.
  if (!is_ours(destination)) {
    drops.count(Drop::kNotOurs);
    return false;
  }
  // RFC 9293 §3.9.2.3 [MUST-63]: an invalid source is ignored. Our own address is one too: this host has no
  // path on which its packets could come back.
  if (!is_one_other_host(source) || is_ours(source)) {
    drops.count(Drop::kBadSource);
    return false;
  }
  return true;
}

void Host::Impl::on_ipv4(ByteView bytes, Instant now) {
  const wire::Parsed<wire::Ipv4Packet> packet = wire::parse_ipv4(bytes);
  if (!packet.ok()) return drops.count(packet.fault());
  const wire::Ipv4Header& header = packet->header;
  if (!admit(header.source, header.destination)) return;
  if (header.is_fragment()) return drops.count(Drop::kFragment);
  on_datagram({header.source, header.destination, header.protocol, 9, packet->payload, packet->whole}, now);
}

void Host::Impl::on_ipv6(ByteView bytes, Instant now) {
  const wire::Parsed<wire::Ipv6Packet> packet = wire::parse_ipv6(bytes);
  if (!packet.ok()) return drops.count(packet.fault());
  const wire::Ipv6Header& header = packet->header;
  if (!admit(header.source, header.destination)) return;
  Datagram datagram{header.source, header.destination, 0, 0, {}, packet->whole};
  const std::variant<wire::UpperLayer, wire::Rejection> walked = wire::walk_extension_headers(*packet);
  if (const auto* rejection = std::get_if<wire::Rejection>(&walked)) {
    drops.count(rejection->fault);
    // RFC 4443 §2.4 (e.1): an ICMPv6 error is never answered with another.
    if (rejection->problem && !is_icmpv6_error(*packet)) {
      icmp.parameter_problem(datagram, *rejection->problem, now);
    }
    return;
  }
  const wire::UpperLayer& upper = std::get<wire::UpperLayer>(walked);
  datagram.protocol = upper.protocol;
  datagram.protocol_at = upper.protocol_at;
  datagram.payload = upper.payload;
  on_datagram(datagram, now);
}

void Host::Impl::on_datagram(const Datagram& datagram, Instant now) {
  const bool v4 = datagram.source.is_v4();
  if (datagram.protocol == wire::kProtocolTcp) return on_tcp(datagram, now);
  if (datagram.protocol == wire::kProtocolUdp) return on_udp(datagram, now);
  if (datagram.protocol == (v4 ? wire::kProtocolIcmp : wire::kProtocolIcmpV6)) return on_icmp(datagram, now);
  drops.count(Drop::kProtocol);
  // RFC 8200 §4.7: after "no next header" nothing follows, and nothing is wrong.
  if (!v4 && datagram.protocol == wire::kProtocolNoNext) return;
  icmp.protocol_unreachable(datagram, now);
}

void Host::Impl::on_udp(const Datagram& datagram, Instant now) {
  const wire::Parsed<wire::UdpDatagram> udp =
      wire::parse_udp(datagram.source, datagram.destination, datagram.payload);
  if (!udp.ok()) return drops.count(udp.fault());
  // RFC 1122 §4.1.3.1, RFC 4443 §3.1: no UDP user exists here, so every port is unreachable.
  drops.count(Drop::kPort);
  icmp.port_unreachable(datagram, now);
}

void Host::Impl::on_icmp(const Datagram& datagram, Instant now) {
  const wire::Parsed<wire::IcmpMessage> message =
      wire::parse_icmp(datagram.source, datagram.destination, datagram.payload);
  if (!message.ok()) return drops.count(message.fault());
  const IpVersion version = datagram.source.version();
  const bool v4 = version == IpVersion::kV4;
  if (message->type == (v4 ? wire::icmp4::kEchoRequest : wire::icmp6::kEchoRequest)) {
    return icmp.echo_reply(datagram, *message);
  }
  if (severity_of(version, message->type, message->code) == IcmpSeverity::kIgnored) {
    return drops.count(Drop::kIcmpUnhandled);
  }
  on_icmp_error(version, *message, now);
}

void Host::Impl::on_icmp_error(IpVersion version, const wire::IcmpMessage& message, Instant now) {
  const wire::Parsed<wire::QuotedSegment> quote = wire::parse_quote(version, message.body);
  if (!quote.ok()) return drops.count(quote.fault());
  // RFC 9293 §3.9.2.2 [MUST-54]: the quoted header finds the connection that the error is about.
  const ConnectionKey key{quote->source, quote->destination};
  const auto found = connections.find(key);
  if (found == connections.end()) return drops.count(Drop::kIcmpQuote);
  // RFC 5927 §4.1: only what is in flight, SND.UNA =< SEG.SEQ < SND.NXT, can have met an error.
  const tcp::SendVariables& snd = found->second.connection->tcb().snd;
  if (!quote->seq.at_or_after(snd.una) || !quote->seq.before(snd.nxt)) {
    return drops.count(Drop::kIcmpQuote);
  }
  const bool synchronized = tcp::is_synchronized(found->second.connection->tcb().state);
  // RFC 9293 §3.9.2.2 [MUST-56]: a soft error never ends a connection. RFC 5927 §5.2: once synchronized, a
  // hard one counts as soft.
  if (synchronized || severity_of(version, message.type, message.code) != IcmpSeverity::kHard) {
    if (Socket* owner = found->second.owner ? find(*found->second.owner) : nullptr) ++owner->soft_errors;
    return;
  }
  found->second.connection->icmp_hard_error(now);
  pump(key);
}

}  // namespace tcpspec::net
