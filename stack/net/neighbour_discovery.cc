#include "stack/net/neighbour_discovery.h"

#include <algorithm>
#include <array>
#include <utility>

#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"

namespace tcpspec::net {
namespace {

// RFC 4861 §10.
constexpr Duration kRouterSolicitationInterval = Duration::seconds(4);
constexpr Duration kMostSolicitationDelay = Duration::seconds(1);

IpAddress all_nodes() {
  return IpAddress::from_bytes(
      std::array<std::uint8_t, 16>{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}
IpAddress all_routers() {
  return IpAddress::from_bytes(
      std::array<std::uint8_t, 16>{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});
}

Duration up_to(Random& random, Duration most) {
  return Duration::nanos(
      static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most.count_nanos()) + 1)));
}

}  // namespace

using wire::NeighbourAdvertisement;
using wire::NeighbourSolicitation;

NeighbourDiscovery::NeighbourDiscovery(const LinkConfig& config, const IpAddress& own, Random random,
                                       LinkOutput& output)
    : config_(config),
      output_(output),
      hops_(config, own),
      cache_(config.neighbours, random.fork(1)),
      router_solicitations_left_(config.router_solicitations) {
  addresses_.push_back({wire::link_local_address(config.mac)});
  if (own != addresses_.front().address) addresses_.push_back({own});
  Random delays = random.fork(2);
  for (Own& address : addresses_) {
    if (config.dad_transmits == 0) continue;
    address.standing = AddressState::kTentative;
    // RFC 4862 §5.4.2: stations that start together must not speak together.
    address.timer = Instant() + up_to(delays, kMostSolicitationDelay);
  }
  if (router_solicitations_left_ > 0) {
    solicit_router_at_ = Instant() + up_to(delays, kMostSolicitationDelay);
  }
}

std::optional<NeighbourDiscovery::AddressState> NeighbourDiscovery::state(const IpAddress& address) const {
  const auto found = std::ranges::find(addresses_, address, &Own::address);
  return found == addresses_.end() ? std::nullopt : std::optional(found->standing);
}

NeighbourDiscovery::Own* NeighbourDiscovery::find(const IpAddress& address) {
  const auto found = std::ranges::find(addresses_, address, &Own::address);
  return found == addresses_.end() ? nullptr : &*found;
}

std::vector<IpAddress> NeighbourDiscovery::solicited_node_groups() const {
  std::vector<IpAddress> groups;
  for (const Own& own : addresses_) {
    const IpAddress group = wire::solicited_node_group(own.address);
    if (std::ranges::find(groups, group) == groups.end()) groups.push_back(group);
  }
  return groups;
}

struct NeighbourDiscovery::Handler {
  NeighbourDiscovery& nd;
  const Context& context;
  template <typename Message>
  void operator()(const Message& message) const {
    nd.arrived(context, message);
  }
};

void NeighbourDiscovery::arrives(const IpAddress& source, const IpAddress& destination,
                                 std::uint8_t hop_limit, const wire::IcmpMessage& message, Instant now) {
  const wire::Parsed<wire::NeighbourMessage> parsed =
      wire::parse_neighbour(source, destination, hop_limit, message);
  if (!parsed.ok()) return output_.drops.count(parsed.fault());
  const Context context{source, destination, now};
  std::visit(Handler{*this, context}, *parsed);
  flush();
}

void NeighbourDiscovery::arrived(const Context& context, const wire::RouterSolicitation& message) {
  (void)context;
  (void)message;
  // RFC 4861 §6.2.6: for routers; a host discards it.
  output_.drops.count(Drop::kIcmpUnhandled);
}

void NeighbourDiscovery::arrived(const Context& context, const wire::RouterAdvertisement& message) {
  if (!config_.accept_router_advertisements) return output_.drops.count(Drop::kIcmpUnhandled);
  // RFC 4861 §6.3.4: the lifetime makes or ends a default router; prefixes that are on-link are neighbours'.
  hops_.learn_router(context.source, message.router_seconds, context.now);
  for (const wire::PrefixInformation& prefix : message.prefixes) {
    if (prefix.on_link) {
      hops_.learn_prefix(prefix.prefix, prefix.length, prefix.valid_seconds, context.now);
    }
  }
  if (message.reachable_time != Duration()) cache_.set_base_reachable_time(message.reachable_time);
  if (message.retransmit_timer != Duration()) cache_.set_request_interval(message.retransmit_timer);
  if (message.source_mac) cache_.heard(context.source, *message.source_mac, context.now);
  cache_.set_router(context.source);
  // RFC 4861 §6.3.7: a default router is found, no need to ask further.
  if (message.router_seconds > 0) {
    router_solicitations_left_ = 0;
    solicit_router_at_ = Instant::never();
  }
}

void NeighbourDiscovery::arrived(const Context& context, const NeighbourSolicitation& message) {
  Own* own = find(message.target);
  // RFC 4861 §7.2.3: what asks for no address of this interface is silently discarded.
  if (own == nullptr) return output_.drops.count(Drop::kNdNotOurs);
  const bool detecting = context.source.is_unspecified();
  switch (own->standing) {
    case AddressState::kTentative:
      // RFC 4862 §5.4.3: somebody else detects the same address: neither may have it. Any other solicitation
      // for it is ignored.
      if (detecting) return duplicate(*own);
      [[fallthrough]];
    case AddressState::kDuplicate:
      return output_.drops.count(Drop::kNdNotOurs);
    case AddressState::kValid:
      break;
  }
  // A neighbour with our address as its own.
  if (find(context.source) != nullptr) return output_.drops.count(Drop::kNdConflict);
  answer(context, message);
}

void NeighbourDiscovery::answer(const Context& context, const NeighbourSolicitation& solicitation) {
  NeighbourAdvertisement reply;
  reply.target = solicitation.target;
  reply.override_entry = true;
  reply.target_mac = output_.mac();
  // RFC 4861 §7.2.4: to the unspecified address nobody can answer, so all nodes hear it, unsolicited.
  if (context.source.is_unspecified()) {
    return output_.send(wire::group_mac(all_nodes()), wire::ether_type::kIpv6,
                        packet(solicitation.target, all_nodes(), reply));
  }
  reply.solicited = true;
  Bytes bytes = packet(solicitation.target, context.source, reply);
  if (!solicitation.source_mac) return cache_.send(context.source, std::move(bytes), context.now);
  // RFC 4861 §7.2.3: who asks will be talked to. The answer itself is no reason to doubt the entry.
  cache_.heard(context.source, *solicitation.source_mac, context.now);
  output_.send(*solicitation.source_mac, wire::ether_type::kIpv6, bytes);
}

void NeighbourDiscovery::duplicate(Own& own) {
  output_.drops.count(Drop::kNdConflict);
  own.standing = AddressState::kDuplicate;
  own.timer = Instant::never();
}

void NeighbourDiscovery::arrived(const Context& context, const NeighbourAdvertisement& message) {
  if (Own* own = find(message.target)) {
    // RFC 4862 §5.4.4: of a tentative address, another station has it. Of a valid one it may be an echo of
    // the past or a true conflict; it is counted, and the configured address stays.
    if (own->standing == AddressState::kTentative) return duplicate(*own);
    return output_.drops.count(Drop::kNdConflict);
  }
  const NeighbourCache::Advertisement news{message.target_mac, message.solicited, message.override_entry,
                                           message.router};
  // RFC 4861 §7.2.5: nobody asked, so nothing is learnt.
  if (!cache_.advertised(message.target, news, context.now)) output_.drops.count(Drop::kNdUnsolicited);
}

void NeighbourDiscovery::arrived(const Context& context, const wire::Redirect& message) {
  if (!config_.accept_redirects) return output_.drops.count(Drop::kIcmpUnhandled);
  // RFC 4861 §8.1: believed only from the first hop that is in use for that destination.
  if (find(message.target) != nullptr ||
      !hops_.redirect(context.source, message.destination, message.target, context.now)) {
    return output_.drops.count(Drop::kRedirect);
  }
  if (message.target_mac) cache_.heard(message.target, *message.target_mac, context.now);
  // RFC 4861 §8.3: a target that is not the destination is a router.
  if (message.target != message.destination) cache_.set_router(message.target);
}

void NeighbourDiscovery::send(const IpAddress& destination, Bytes bytes, Instant now) {
  const std::optional<IpAddress> hop = hops_.next_hop(destination, now);
  if (!hop) return output_.undeliverable(std::move(bytes), Drop::kNoRoute);
  cache_.send(*hop, std::move(bytes), now);
  flush();
}

void NeighbourDiscovery::confirm(const IpAddress& destination, Instant now) {
  if (const std::optional<IpAddress> hop = hops_.next_hop(destination, now)) cache_.confirm(*hop, now);
}

void NeighbourDiscovery::detect(Own& own, Instant now) {
  // RFC 4862 §5.4: nobody has claimed it RetransTimer after the last solicitation, so it is ours.
  if (own.sent >= config_.dad_transmits) {
    own.standing = AddressState::kValid;
    own.timer = Instant::never();
    return;
  }
  ++own.sent;
  own.timer = now + config_.neighbours.request_interval;
  const IpAddress group = wire::solicited_node_group(own.address);
  output_.send(wire::group_mac(group), wire::ether_type::kIpv6,
               packet(IpAddress::any(IpVersion::kV6), group, NeighbourSolicitation{own.address, {}}));
}

void NeighbourDiscovery::solicit_router(Instant now) {
  --router_solicitations_left_;
  solicit_router_at_ = router_solicitations_left_ > 0 ? now + kRouterSolicitationInterval : Instant::never();
  // RFC 4861 §4.1: from an address of ours with our link-layer address, or, before there is one, without.
  const std::optional<IpAddress> source = source_for(link_local());
  wire::RouterSolicitation message;
  if (source) message.source_mac = output_.mac();
  output_.send(wire::group_mac(all_routers()), wire::ether_type::kIpv6,
               packet(source.value_or(IpAddress::any(IpVersion::kV6)), all_routers(), message));
}

std::optional<IpAddress> NeighbourDiscovery::source_for(const IpAddress& neighbour) const {
  const auto usable = [](const Own& own) { return own.standing == AddressState::kValid; };
  const auto first = std::ranges::find_if(addresses_, usable);
  if (first == addresses_.end()) return std::nullopt;
  // RFC 6724 §5 rule 2: link-local to link-local, the configured address to all others.
  const Own& configured = addresses_.back();
  return !wire::is_link_local(neighbour) && usable(configured) ? configured.address : first->address;
}

void NeighbourDiscovery::solicit(const NeighbourCache::Request& request) {
  const std::optional<IpAddress> source = source_for(request.target);
  if (!source) return;
  // RFC 4861 §7.2.2, §7.3.3: to everybody in the group, or as a probe to the one station; with our own
  // address, so that it can answer at once.
  const IpAddress destination = request.to ? request.target : wire::solicited_node_group(request.target);
  output_.send(request.to ? *request.to : wire::group_mac(destination), wire::ether_type::kIpv6,
               packet(*source, destination, NeighbourSolicitation{request.target, output_.mac()}));
}

Bytes NeighbourDiscovery::packet(const IpAddress& source, const IpAddress& destination,
                                 const wire::NeighbourMessage& message) {
  wire::Ipv6Header header;
  header.source = source;
  header.destination = destination;
  header.next_header = wire::kProtocolIcmpV6;
  header.hop_limit = wire::kNdHopLimit;
  return wire::build_ipv6(header, wire::build_neighbour(source, destination, message));
}

void NeighbourDiscovery::on_deadline(Instant now) {
  for (Own& own : addresses_) {
    if (own.timer <= now) detect(own, now);
  }
  if (solicit_router_at_ <= now) solicit_router(now);
  cache_.on_deadline(now);
  flush();
}

Instant NeighbourDiscovery::next_deadline() const {
  Instant earliest = std::min(solicit_router_at_, cache_.next_deadline());
  for (const Own& own : addresses_) earliest = std::min(earliest, own.timer);
  return earliest;
}

void NeighbourDiscovery::flush() {
  NeighbourCache::Output out = cache_.take_output();
  output_.send_packets(out, wire::ether_type::kIpv6);
  // RFC 4861 §6.3.6, §7.2.5: a router that is silent, or none any more, makes room for the next one.
  for (const NeighbourCache::Failure& failure : out.failures) hops_.unreachable(failure.neighbour);
  for (const IpAddress& neighbour : out.no_router) hops_.no_router(neighbour);
  for (const NeighbourCache::Request& request : out.requests) solicit(request);
}

}  // namespace tcpspec::net
