// Source routes of TCP connections, RFC 9293 §3.9.2.1. A route is the user's (set_source_route before
// connect), or the return of the one that a connection request came along. A connection that was opened
// actively without one of the user's takes none: nobody but its user says which way it goes. Cookies do not
// keep routes.
#include <algorithm>
#include <utility>
#include <variant>

#include "stack/net/host_impl.h"
#include "stack/wire/ipv4_options.h"
#include "stack/wire/protocol.h"

namespace tcpspec::net {

tcp::CallError Host::Impl::set_source_route(SocketId id, const wire::SourceRoute& route) {
  const Socket* socket = find(id);
  if (socket == nullptr) return tcp::CallError::kNotConnected;
  if (socket->kind != Socket::Kind::kIdle) return tcp::CallError::kAlreadyExists;
  const bool possible =
      socket->version == IpVersion::kV4 && route.hops.size() <= wire::kMostSourceRouteHops &&
      std::ranges::all_of(route.hops, [](const IpAddress& hop) { return hop.is_v4() && is_one_host(hop); });
  if (!possible) return tcp::CallError::kUnreachable;
  if (route.hops.empty()) {
    chosen_routes.erase(id);
  } else {
    chosen_routes.insert_or_assign(id, route);
  }
  return tcp::CallError::kNone;
}

// RFC 9293 §3.9.2.1 [MUST-51]: an active open goes along the route that its user chose.
void Host::Impl::use_chosen_route(SocketId id, const ConnectionKey& key) {
  const auto chosen = chosen_routes.find(id);
  if (chosen != chosen_routes.end()) routes.insert_or_assign(key, ConnectionRoute{chosen->second, true});
}

std::optional<wire::SourceRoute> Host::Impl::return_route_of(const Datagram& datagram) const {
  if (datagram.options.empty()) return std::nullopt;
  const auto parsed = wire::parse_ipv4_options(datagram.options);
  const auto* options = std::get_if<wire::Ipv4Options>(&parsed);
  if (options == nullptr || !options->recorded) return std::nullopt;
  wire::SourceRoute back = wire::return_route(*options->recorded, datagram.source);
  return back.hops.empty() ? std::nullopt : std::optional(std::move(back));
}

// RFC 9293 §3.9.2.1 [MUST-53]: a passive open saves the return route, and all its segments use it.
void Host::Impl::save_return_route(const ConnectionKey& key) {
  routes.erase(key);
  if (arriving_route) routes.emplace(key, ConnectionRoute{*arriving_route, false});
}

// RFC 9293 §3.9.2.1 [SHLD-24]: a later route overrides, though never the user's [MUST-52]. Only from a
// segment that is exactly the next one and acknowledges what we sent: others would let a stranger who guesses
// ports lead the connection past himself.
void Host::Impl::later_route(const ConnectionKey& key, const wire::Segment& segment) {
  const auto held = routes.find(key);
  if (!arriving_route || held == routes.end() || held->second.by_user) return;
  const tcp::Tcb& tcb = connections.at(key).connection->tcb();
  const bool next = segment.seq == tcb.rcv.nxt && segment.has_ack() && segment.ack.at_or_after(tcb.snd.una) &&
                    !segment.ack.after(tcb.snd.nxt);
  if (next) held->second.route = *arriving_route;
}

// What the way to `remote` carries, less the option. RFC 9293 §3.7.1 [MUST-16].
std::uint16_t Host::Impl::mtu_along(const IpAddress& remote, const wire::SourceRoute* route) const {
  const std::size_t option = route != nullptr ? wire::build_source_route(*route, remote).size() : 0;
  const std::size_t padded = (option + 3) / 4 * 4;
  return static_cast<std::uint16_t>(output.mtu_to(remote) - padded);
}

void Host::Impl::send_along(const wire::Segment& segment, const wire::SourceRoute& route, Bytes octets,
                            IpSendOptions options) {
  const IpAddress& destination = segment.destination.address;
  const Bytes option = wire::build_source_route(route, destination);
  options.ipv4_options = option;
  // A route may have become longer than the one for which segments were sized.
  options.may_fragment = true;
  // RFC 9293 §3.9.2.1: the checksum is over the originating source and the ultimate destination; only the
  // header goes to the next hop.
  if (!output.send(segment.source.address, route.hops.front(), wire::kProtocolTcp, octets, options)) {
    drops.count(Drop::kLoopback);
  }
}

}  // namespace tcpspec::net
