#include <algorithm>
#include <array>
#include <optional>
#include <variant>

#include "stack/net/host_impl.h"
#include "stack/tcp/fault_points.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv4_options.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"

namespace tcpspec::net {
namespace {

constexpr std::uint8_t kProtocolIgmp = 2;
constexpr std::uint32_t kIpv4ProtocolAt = 9;

// MLD (RFC 2710, RFC 3810) and neighbour discovery (RFC 4861).
bool is_neighbour_type(std::uint8_t type) { return (type >= 130 && type <= 137) || type == 143; }

// The messages that may come from no address at all, or in a conflict from our own.
bool is_about_the_link(const Datagram& datagram) {
  if (datagram.source.is_v4()) return datagram.protocol == kProtocolIgmp;
  return datagram.protocol == wire::kProtocolIcmpV6 && !datagram.payload.empty() &&
         is_neighbour_type(datagram.payload[0]);
}

}  // namespace

void Host::Impl::on_ip(ByteView packet, Instant now) { on_ip_from(packet, {}, now); }

void Host::Impl::on_ip_from(ByteView packet, const IpArrival& arrival, Instant now) {
  if (packet.empty()) return drops.count(Drop::kShort);
  switch (packet[0] >> 4) {
    case 4:
      return on_ipv4(packet, arrival, now);
    case 6:
      return on_ipv6(packet, arrival, now);
    default:
      return drops.count(Drop::kVersion);
  }
}

bool Host::Impl::hears_group(const IpAddress& group) const {
  static constexpr std::array<std::uint8_t, 16> kAllNodesOfTheInterface{0xff, 1, 0, 0, 0, 0, 0, 0,
                                                                        0,    0, 0, 0, 0, 0, 0, 1};
  if (group.is_broadcast()) return address(IpVersion::kV4).has_value();
  // RFC 4291 §2.8: all nodes, of the interface and of the link, and the solicited-node groups.
  if (std::ranges::equal(group.bytes(), kAllNodesOfTheInterface)) return true;
  return link.listens_to(group);
}

std::optional<Datagram> Host::Impl::admit(const IpAddress& source, const IpAddress& destination,
                                          const IpArrival& arrival) {
  const auto refused = [this](Drop reason) {
    drops.count(reason);
    return std::nullopt;
  };
  // RFC 1122 §3.2.1.3 (g), RFC 4291 §2.5.3: loopback addresses do not exist on a link.
  if (!arrival.inside && (source.is_loopback() || destination.is_loopback())) {
    return refused(Drop::kLoopback);
  }
  Datagram datagram;
  datagram.source = source;
  datagram.destination = destination;
  datagram.inside = arrival.inside;
  datagram.reassembled = arrival.reassembled;
  datagram.to_group = destination.is_multicast() || destination.is_broadcast();
  datagram.local = destination;
  if (tcp::point::admits(config.tcp, source, destination)) return datagram;
  if (datagram.to_group) {
    if (!hears_group(destination)) return refused(Drop::kNotOurs);
    datagram.local = link.source_for(source).value_or(IpAddress::any(source.version()));
  } else if (!is_ours(destination) && !destination.is_loopback()) {
    return refused(Drop::kNotOurs);
  }
  // RFC 9293 §3.9.2.3 [MUST-63], RFC 1122 §3.2.1.3: an invalid source is ignored. No address and our own come
  // further: neighbour discovery has a use for them.
  if (!arrival.inside && !is_one_host(source) && !source.is_unspecified()) return refused(Drop::kBadSource);
  return datagram;
}

bool Host::Impl::has_doubtful_source(const Datagram& datagram) const {
  return !datagram.inside && (datagram.source.is_unspecified() || is_ours(datagram.source));
}

void Host::Impl::on_ipv4(ByteView bytes, const IpArrival& arrival, Instant now) {
  const wire::Parsed<wire::Ipv4Packet> packet = wire::parse_ipv4(bytes);
  if (!packet.ok()) return drops.count(packet.fault());
  const wire::Ipv4Header& header = packet->header;
  std::optional<Datagram> datagram = admit(header.source, header.destination, arrival);
  if (!datagram) return;
  datagram->protocol = header.protocol;
  datagram->protocol_at = kIpv4ProtocolAt;
  datagram->payload = packet->payload;
  datagram->whole = packet->whole;
  datagram->hop_limit = header.ttl;
  datagram->traffic_class = header.type_of_service;
  datagram->options = packet->options;
  if (!packet->options.empty() && !check_options(*datagram, now)) return;
  if (header.is_fragment()) return on_fragment_v4(*packet, *datagram, now);
  on_datagram(*datagram, now);
}

// RFC 1122 §3.2.1.8: options are processed before reassembly, each fragment's own.
bool Host::Impl::check_options(const Datagram& datagram, Instant now) {
  const auto parsed = wire::parse_ipv4_options(datagram.options);
  if (const auto* problem = std::get_if<wire::Ipv4OptionProblem>(&parsed)) {
    drops.count(Drop::kIpOption);
    // RFC 1122 §3.2.2.5: a header that cannot be, and whose packet is therefore dropped, is reported with the
    // octet that is wrong.
    if (!has_doubtful_source(datagram)) icmp.parameter_problem(datagram, {0, problem->pointer}, now);
    return false;
  }
  const wire::Ipv4Options& options = std::get<wire::Ipv4Options>(parsed);
  if (!options.recorded) return true;
  if (options.route_unfinished) {
    // RFC 1122 §3.3.5: we are a hop and not the end of the route; this host forwards nothing (B).
    drops.count(Drop::kSourceRoute);
    if (!has_doubtful_source(datagram)) icmp.source_route_failed(datagram, now);
    return false;
  }
  if (config.ip.source_routes == SourceRoutes::kRefuse) {
    drops.count(Drop::kSourceRoute);
    return false;
  }
  // The way back would lead through an address that no gateway has.
  if (!std::ranges::all_of(options.recorded->hops,
                           [this](const IpAddress& hop) { return is_one_host(hop) && !is_ours(hop); })) {
    drops.count(Drop::kIpOption);
    return false;
  }
  return true;
}

void Host::Impl::on_ipv6(ByteView bytes, const IpArrival& arrival, Instant now) {
  const wire::Parsed<wire::Ipv6Packet> packet = wire::parse_ipv6(bytes);
  if (!packet.ok()) return drops.count(packet.fault());
  const wire::Ipv6Header& header = packet->header;
  std::optional<Datagram> datagram = admit(header.source, header.destination, arrival);
  if (!datagram) return;
  datagram->whole = packet->whole;
  datagram->hop_limit = header.hop_limit;
  datagram->traffic_class = header.traffic_class;
  const wire::WalkedIpv6 walked = wire::walk_extension_headers(*packet, config.ip.most_extension_headers);
  if (const auto* rejection = std::get_if<wire::Rejection>(&walked)) {
    drops.count(rejection->fault);
    if (rejection->problem && !has_doubtful_source(*datagram)) {
      icmp.parameter_problem(*datagram, *rejection->problem, now);
    }
    return;
  }
  if (const auto* fragment = std::get_if<wire::Ipv6Fragment>(&walked)) {
    return on_fragment_v6(*fragment, *datagram, now);
  }
  const wire::UpperLayer& upper = std::get<wire::UpperLayer>(walked);
  datagram->protocol = upper.protocol;
  datagram->protocol_at = upper.protocol_at;
  datagram->payload = upper.payload;
  on_datagram(*datagram, now);
}

void Host::Impl::on_datagram(const Datagram& datagram, Instant now) {
  const bool v4 = datagram.source.is_v4();
  if (datagram.protocol == wire::kProtocolTcp &&
      tcp::point::admits(config.tcp, datagram.source, datagram.destination)) {
    return on_tcp(datagram, now);
  }
  if (has_doubtful_source(datagram) && !is_about_the_link(datagram)) return drops.count(Drop::kBadSource);
  if (datagram.protocol == wire::kProtocolTcp) {
    // RFC 9293 §3.9.2.3 [MUST-57]: what was sent to a broadcast or multicast address is silently discarded,
    // every segment and not only a SYN.
    if (datagram.to_group) return drops.count(Drop::kGroup);
    return on_tcp(datagram, now);
  }
  if (datagram.protocol == wire::kProtocolUdp) return on_udp(datagram, now);
  if (datagram.protocol == (v4 ? wire::kProtocolIcmp : wire::kProtocolIcmpV6)) return on_icmp(datagram, now);
  if (v4 && datagram.protocol == kProtocolIgmp) return on_igmp(datagram);
  drops.count(Drop::kProtocol);
  // RFC 8200 §4.7: after "no next header" nothing follows, and nothing is wrong.
  if (!v4 && datagram.protocol == wire::kProtocolNoNext) return;
  icmp.protocol_unreachable(datagram, now);
}

// What we sent to ourselves arrives within the call that sent it, or at the next deadline where one call
// would take more than a queueful: two ends of one host can keep each other busy.
void Host::Impl::deliver_loopback(Instant now) {
  for (std::size_t i = 0; i < config.ip.most_loopback_packets; ++i) {
    const std::optional<Bytes> packet = output.take_loopback();
    if (!packet) break;
    IpArrival arrival;
    arrival.inside = true;
    on_ip_from(*packet, arrival, now);
  }
  loopback_at = output.has_loopback() ? now : Instant::never();
}

}  // namespace tcpspec::net
