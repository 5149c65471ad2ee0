#include "stack/net/host_impl.h"
#include "stack/wire/icmp.h"
#include "stack/wire/protocol.h"

namespace tcpspec::net {

void Host::Impl::on_icmp(const Datagram& datagram, Instant now) {
  const wire::Parsed<wire::IcmpMessage> message =
      wire::parse_icmp(datagram.source, datagram.destination, datagram.payload);
  if (!message.ok()) return drops.count(message.fault());
  const IpVersion version = datagram.source.version();
  const bool v4 = version == IpVersion::kV4;
  if (message->type == (v4 ? wire::icmp4::kEchoRequest : wire::icmp6::kEchoRequest)) {
    // RFC 1122 §3.2.2.6: an echo request to a group may be discarded; to answer it is a choice.
    if (datagram.to_group && !config.ip.answer_group_echo) return drops.count(Drop::kGroup);
    return icmp.echo_reply(datagram, *message, now);
  }
  if (!v4 && on_link_message(datagram, *message, now)) return;
  // Errors and echo replies are about what one host sent, so that none comes to a group.
  if (datagram.to_group) return drops.count(Drop::kGroup);
  if (v4 && message->type == wire::icmp4::kRedirect) return on_redirect(datagram, *message, now);
  if (severity_of(version, message->type, message->code) == IcmpSeverity::kIgnored &&
      !is_too_big(version, *message)) {
    return drops.count(Drop::kIcmpUnhandled);
  }
  on_icmp_error(version, *message, now);
}

void Host::Impl::on_icmp_error(IpVersion version, const wire::IcmpMessage& message, Instant now) {
  if (wire::quoted_protocol(version, message.body) == wire::kProtocolUdp) {
    return on_udp_error(version, message);
  }
  on_tcp_error(version, message, now);
}

}  // namespace tcpspec::net
