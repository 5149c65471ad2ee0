#include "stack/wire/neighbour_discovery.h"

#include <algorithm>

#include "stack/base/check.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/neighbour_option.h"

namespace tcpspec::wire {
namespace {

constexpr std::uint32_t kRouterFlag = 0x80000000, kSolicitedFlag = 0x40000000, kOverrideFlag = 0x20000000;

IpAddress address_at(ByteView bytes, std::size_t at) {
  return IpAddress::from_bytes(bytes.subspan(at, kIpv6AddressSize));
}

Parsed<NeighbourMessage> router_solicitation(const IpAddress& source, const IcmpMessage& message) {
  const Parsed<NeighbourOptions> options = parse_neighbour_options(message.body);
  if (!options.ok()) return options.fault();
  // RFC 4861 §6.1.1: whoever has no address yet has nothing to say about its own.
  if (source.is_unspecified() && options->source_mac) return Fault::kNdAddress;
  return NeighbourMessage(RouterSolicitation{options->source_mac});
}

Parsed<NeighbourMessage> router_advertisement(const IpAddress& source, const IcmpMessage& message) {
  // RFC 4861 §6.1.2: at least 16 octets of ICMP.
  if (message.body.size() < 8) return Fault::kNdShort;
  // RFC 4861 §6.1.2: routers speak with their link-local address, by which hosts know them.
  if (!is_link_local(source)) return Fault::kNdAddress;
  Parsed<NeighbourOptions> options = parse_neighbour_options(message.body.subspan(8));
  if (!options.ok()) return options.fault();
  RouterAdvertisement router;
  router.hop_limit = static_cast<std::uint8_t>(message.rest_of_header >> 24);
  router.managed = (message.rest_of_header & 0x00800000) != 0;
  router.other_configuration = (message.rest_of_header & 0x00400000) != 0;
  router.router_seconds = static_cast<std::uint16_t>(message.rest_of_header);
  router.reachable_time = Duration::millis(load_be32(message.body, 0));
  router.retransmit_timer = Duration::millis(load_be32(message.body, 4));
  router.source_mac = options->source_mac;
  router.mtu = options->mtu;
  router.prefixes = std::move(options->prefixes);
  return NeighbourMessage(std::move(router));
}

Parsed<NeighbourMessage> neighbour_solicitation(const IpAddress& source, const IpAddress& destination,
                                                const IcmpMessage& message) {
  // RFC 4861 §7.1.1: at least 24 octets of ICMP.
  if (message.body.size() < kIpv6AddressSize) return Fault::kNdShort;
  const IpAddress target = address_at(message.body, 0);
  if (target.is_multicast()) return Fault::kNdAddress;
  const Parsed<NeighbourOptions> options = parse_neighbour_options(message.body.subspan(kIpv6AddressSize));
  if (!options.ok()) return options.fault();
  // RFC 4861 §7.1.1: from the unspecified address, that is in duplicate address detection, it goes to a
  // solicited-node group and names no link-layer address.
  if (source.is_unspecified() && (destination != solicited_node_group(destination) || options->source_mac)) {
    return Fault::kNdAddress;
  }
  return NeighbourMessage(NeighbourSolicitation{target, options->source_mac});
}

Parsed<NeighbourMessage> neighbour_advertisement(const IpAddress& destination, const IcmpMessage& message) {
  // RFC 4861 §7.1.2: at least 24 octets of ICMP.
  if (message.body.size() < kIpv6AddressSize) return Fault::kNdShort;
  NeighbourAdvertisement advertisement;
  advertisement.target = address_at(message.body, 0);
  advertisement.router = (message.rest_of_header & kRouterFlag) != 0;
  advertisement.solicited = (message.rest_of_header & kSolicitedFlag) != 0;
  advertisement.override_entry = (message.rest_of_header & kOverrideFlag) != 0;
  // RFC 4861 §7.1.2: an answer to one host is not sent to a group.
  if (advertisement.target.is_multicast() || (destination.is_multicast() && advertisement.solicited)) {
    return Fault::kNdAddress;
  }
  const Parsed<NeighbourOptions> options = parse_neighbour_options(message.body.subspan(kIpv6AddressSize));
  if (!options.ok()) return options.fault();
  advertisement.target_mac = options->target_mac;
  return NeighbourMessage(advertisement);
}

Parsed<NeighbourMessage> redirect(const IpAddress& source, const IcmpMessage& message) {
  // RFC 4861 §8.1: at least 40 octets of ICMP, from a link-local address.
  if (message.body.size() < 2 * kIpv6AddressSize) return Fault::kNdShort;
  if (!is_link_local(source)) return Fault::kNdAddress;
  Redirect redirect;
  redirect.target = address_at(message.body, 0);
  redirect.destination = address_at(message.body, kIpv6AddressSize);
  // RFC 4861 §8.1: the target is a router, named by its link-local address, or the destination itself.
  if (redirect.destination.is_multicast() || redirect.target.is_multicast() ||
      (!is_link_local(redirect.target) && redirect.target != redirect.destination)) {
    return Fault::kNdAddress;
  }
  const Parsed<NeighbourOptions> options =
      parse_neighbour_options(message.body.subspan(2 * kIpv6AddressSize));
  if (!options.ok()) return options.fault();
  redirect.target_mac = options->target_mac;
  return NeighbourMessage(redirect);
}

struct Builder {
  IcmpMessage header;
  Bytes body;

  void operator()(const RouterSolicitation& message) {
    header.type = icmp6::kRouterSolicitation;
    append_source_mac(body, message.source_mac);
  }
  void operator()(const RouterAdvertisement& message) {
    header.type = icmp6::kRouterAdvertisement;
    header.rest_of_header = std::uint32_t{message.hop_limit} << 24 | (message.managed ? 0x00800000U : 0U) |
                            (message.other_configuration ? 0x00400000U : 0U) | message.router_seconds;
    append_be32(body, static_cast<std::uint32_t>(message.reachable_time.count_nanos() / 1'000'000));
    append_be32(body, static_cast<std::uint32_t>(message.retransmit_timer.count_nanos() / 1'000'000));
    append_source_mac(body, message.source_mac);
    if (message.mtu) append_mtu(body, *message.mtu);
    for (const PrefixInformation& prefix : message.prefixes) append_prefix(body, prefix);
  }
  void operator()(const NeighbourSolicitation& message) {
    header.type = icmp6::kNeighbourSolicitation;
    append(body, message.target.bytes());
    append_source_mac(body, message.source_mac);
  }
  void operator()(const NeighbourAdvertisement& message) {
    header.type = icmp6::kNeighbourAdvertisement;
    header.rest_of_header = (message.router ? kRouterFlag : 0) | (message.solicited ? kSolicitedFlag : 0) |
                            (message.override_entry ? kOverrideFlag : 0);
    append(body, message.target.bytes());
    append_target_mac(body, message.target_mac);
  }
  void operator()(const Redirect& message) {
    header.type = icmp6::kRedirect;
    append(body, message.target.bytes());
    append(body, message.destination.bytes());
    append_target_mac(body, message.target_mac);
  }
};

}  // namespace

bool is_neighbour_message(std::uint8_t type) {
  return type >= icmp6::kRouterSolicitation && type <= icmp6::kRedirect;
}

Parsed<NeighbourMessage> parse_neighbour(const IpAddress& source, const IpAddress& destination,
                                         std::uint8_t hop_limit, const IcmpMessage& message) {
  CHECK(is_neighbour_message(message.type));
  // RFC 4861 §6.1, §7.1, §8.1: 255 proves that no router forwarded the message; and the code is 0.
  if (hop_limit != kNdHopLimit) return Fault::kNdHopLimit;
  if (message.code != 0) return Fault::kNdCode;
  if (message.type == icmp6::kRouterSolicitation) return router_solicitation(source, message);
  if (message.type == icmp6::kRouterAdvertisement) return router_advertisement(source, message);
  if (message.type == icmp6::kNeighbourSolicitation) {
    return neighbour_solicitation(source, destination, message);
  }
  if (message.type == icmp6::kNeighbourAdvertisement) return neighbour_advertisement(destination, message);
  return redirect(source, message);
}

Bytes build_neighbour(const IpAddress& source, const IpAddress& destination,
                      const NeighbourMessage& message) {
  Builder builder;
  std::visit(builder, message);
  builder.header.body = builder.body;
  return build_icmp(source, destination, builder.header);
}

}  // namespace tcpspec::wire
