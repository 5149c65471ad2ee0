// Between IP and the link: what leaves goes to the interface, what the link's protocols say comes to it.
#include <utility>

#include "stack/net/host_impl.h"
#include "stack/tcp/fault_points.h"
#include "stack/wire/igmp.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/mld.h"
#include "stack/wire/neighbour_discovery.h"
#include "stack/wire/protocol.h"

namespace tcpspec::net {

void Host::Impl::flush_link(Instant now) {
  if (!link.is_ethernet()) return;
  // Twice: what nobody could deliver may make a connection say something more.
  for (int round = 0; round < 2; ++round) {
    while (std::optional<Bytes> packet = tcp::point::packet_out(config.tcp, output.take())) {
      link.send_ip(std::move(*packet), now);
    }
    for (const Bytes& packet : link.take_undeliverable()) on_undeliverable(packet, now);
  }
}

void Host::Impl::on_undeliverable(ByteView packet, Instant now) {
  const IpVersion version = packet[0] >> 4 == 4 ? IpVersion::kV4 : IpVersion::kV6;
  const auto protocol = wire::quoted_protocol(version, packet);
  if (protocol != wire::kProtocolTcp && protocol != wire::kProtocolUdp) return;
  // RFC 4861 §7.2.2: for each packet that waited in vain, what a router would say: address unreachable. RFC
  // 1122 §2.4, §3.2.2.1: the link layer's report of a failure counts as host unreachable.
  wire::IcmpMessage error;
  error.type = version == IpVersion::kV4 ? wire::icmp4::kUnreachable : wire::icmp6::kUnreachable;
  error.code = version == IpVersion::kV4 ? wire::icmp4::kCodeHost : wire::icmp6::kCodeAddress;
  error.body = packet;
  on_icmp_error(version, error, now);
}

bool Host::Impl::on_link_message(const Datagram& datagram, const wire::IcmpMessage& message, Instant now) {
  const bool neighbour = wire::is_neighbour_message(message.type);
  if (!neighbour && !wire::is_listener_message(message.type)) return false;
  if (datagram.reassembled) {
    // RFC 6980 §5: neighbour discovery never needs fragments, only those who hide it do.
    drops.count(Drop::kFragment);
  } else if (neighbour) {
    link.on_neighbour_message(datagram.source, datagram.destination, datagram.hop_limit, message, now);
  } else {
    link.on_listener_message(datagram.whole, message, now);
  }
  return true;
}

void Host::Impl::on_redirect(const Datagram& datagram, const wire::IcmpMessage& message, Instant now) {
  const ByteView quote = message.body;
  // RFC 1122 §3.2.2.2: it is about a datagram of ours; its destination is what gets another gateway, also
  // where a whole network is meant.
  if (quote.size() < wire::kIpv4HeaderSize || quote[0] >> 4 != 4 ||
      !is_ours(IpAddress::from_bytes(quote.subspan(12, 4)))) {
    return drops.count(Drop::kIcmpQuote);
  }
  Bytes gateway;
  append_be32(gateway, message.rest_of_header);
  link.on_redirect(datagram.source, IpAddress::from_bytes(quote.subspan(16, 4)),
                   IpAddress::from_bytes(gateway), now);
}

void Host::Impl::on_igmp(const Datagram& datagram) {
  // RFC 3376 §4: every IGMP message has TTL 1; what a router forwarded is none.
  if (datagram.hop_limit != 1) return drops.count(Drop::kIgmpTtl);
  const wire::Parsed<wire::IgmpMessage> message = wire::parse_igmp(datagram.payload);
  // RFC 3376 §5, RFC 2236 §6: the all-hosts group is never reported, and no other one is joined here; so
  // every query, of whatever version, ends in silence. What others report or leave is a router's business.
  if (!message.ok()) drops.count(message.fault());
}

}  // namespace tcpspec::net
