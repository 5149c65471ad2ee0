#include <algorithm>
#include <utility>

#include "stack/base/check.h"
#include "stack/net/host_impl.h"
#include "stack/tcp/fault_points.h"
#include "stack/wire/protocol.h"
#include "stack/wire/segment_codec.h"

namespace tcpspec::net {
namespace {

// The error a call meets after the event, kNone where the event is no error.
tcp::CallError error_of(tcp::EventKind kind) {
  switch (kind) {
    case tcp::EventKind::kRefused:
      return tcp::CallError::kRefused;
    case tcp::EventKind::kReset:
      return tcp::CallError::kReset;
    case tcp::EventKind::kTimedOut:
      return tcp::CallError::kTimedOut;
    case tcp::EventKind::kUnreachable:
      return tcp::CallError::kUnreachable;
    case tcp::EventKind::kEstablished:
    case tcp::EventKind::kReadable:
    case tcp::EventKind::kUrgent:
    case tcp::EventKind::kWritable:
    case tcp::EventKind::kClosed:
      break;
  }
  return tcp::CallError::kNone;
}

}  // namespace

void Host::Impl::on_tcp(const Datagram& datagram, Instant now) {
  wire::Parsed<wire::Segment> parsed =
      wire::parse_segment(datagram.source, datagram.destination, datagram.payload);
  if (!parsed.ok()) return drops.count(parsed.fault());
  wire::Segment& segment = *parsed;
  segment.ecn = static_cast<wire::Ecn>(datagram.traffic_class & 3);
  const ConnectionKey key{segment.destination, segment.source};
  const auto found = connections.find(key);
  arriving_route = return_route_of(datagram);
  if (!tcp::point::reaches(config.tcp, segment, found != connections.end())) return;
  if (found != connections.end()) {
    if (reopen_time_wait(key, segment, now)) return;
    if (cookie_beats_half_open(key, segment, now)) return;
    later_route(key, segment);
    const Seq32 acknowledged = found->second.connection->tcb().snd.una;
    found->second.connection->segment_arrives(std::move(segment), now);
    // RFC 4861 §7.3.1: an ACK of something new shows that what we send gets there.
    if (found->second.connection->tcb().snd.una != acknowledged) link.confirm(key.remote.address, now);
    return pump(key);
  }
  if (const std::optional<SocketId> listener = find_listener(segment.destination)) {
    return segment_at_listener(*listener, segment, now);
  }
  // RFC 9293 §3.10.7.1: CLOSED means that the connection does not exist.
  answer_without_connection(segment);
}

void Host::Impl::answer_without_connection(const wire::Segment& segment) {
  const std::optional<wire::Segment> reset =
      tcp::point::answers(config.tcp, segment, tcp::reset_for_closed(segment));
  if (reset) send_segment(*reset, config.tcp.path_mtu_discovery);
}

void Host::Impl::segment_at_listener(SocketId listener, const wire::Segment& segment, Instant now) {
  if (open_by_cookie(listener, segment, now)) return;
  switch (tcp::point::listens(config.tcp, segment, tcp::arrives_at_listen(segment))) {
    case tcp::ListenDisposition::kIgnore:
      return;
    case tcp::ListenDisposition::kReset:
      return answer_without_connection(segment);
    case tcp::ListenDisposition::kNewConnection:
      return syn_at_listener(listener, segment, now);
  }
}

std::optional<SocketId> Host::Impl::find_listener(const Endpoint& local) const {
  std::optional<SocketId> on_any_address;
  for (const auto& [id, socket] : sockets) {
    if (socket.kind != Socket::Kind::kListener || socket.version != local.address.version()) continue;
    if (socket.bound->port != local.port) continue;
    if (socket.bound->address == local.address) return id;
    if (socket.bound->address.is_unspecified()) on_any_address = id;
  }
  return on_any_address;
}

void Host::Impl::open_passive(SocketId listener, const wire::Segment& syn, Instant now,
                              std::shared_ptr<tcp::Connection> time_wait) {
  const Socket& socket = sockets.at(listener);
  const ConnectionKey key{syn.destination, syn.source};
  const Seq32 iss = initial_sequence_number(key, time_wait.get(), now);
  ConnectionEntry entry;
  entry.connection = tcp::Connection::accept_syn(
      config_for(*socket.config, socket.version,
                 mtu_along(key.remote.address, arriving_route ? &*arriving_route : nullptr)),
      syn, iss, now, timestamp_offset(key));
  entry.time_wait = std::move(time_wait);
  adopt_half_open(listener, key, std::move(entry));
}

bool Host::Impl::reopen_time_wait(const ConnectionKey& key, const wire::Segment& segment, Instant now) {
  ConnectionEntry& entry = connections.at(key);
  // RFC 9293 §3.6.1 [MAY-2]: a SYN that cannot be an old duplicate may reopen the connection directly from
  // TIME-WAIT, if someone listens.
  if (!entry.connection->wants_reopen(segment, now)) return false;
  const std::optional<SocketId> listener = find_listener(segment.destination);
  if (!listener || !listener_has_room(sockets.at(*listener))) return false;
  std::shared_ptr<tcp::Connection> previous = entry.connection;
  if (entry.owner) {
    sockets.at(*entry.owner).ended = previous;
    notify(*entry.owner, {tcp::EventKind::kClosed});
  }
  open_passive(*listener, segment, now, std::move(previous));
  return true;
}

// RFC 7323 §7: so that our timestamps do not tell how long we are up. The same for each incarnation, so that
// RFC 6191 can tell them apart by time.
std::uint32_t Host::Impl::timestamp_offset(const ConnectionKey& key) const {
  if (!config.tcp.timestamp_offset) return 0;
  return tcp::timestamp_offset(config.isn_secret, key.local, key.remote);
}

Seq32 Host::Impl::initial_sequence_number(const ConnectionKey& key, const tcp::Connection* previous,
                                          Instant now) const {
  const Seq32 iss =
      tcp::point::numbers(config.tcp, key.local, key.remote, now,
                          tcp::initial_sequence_number(config.isn_secret, key.local, key.remote, now));
  // RFC 9293 §3.6.1 [MAY-2] (1): above every number that the previous incarnation used. The clock of RFC
  // 6528 has passed them, unless that one sent faster than it ticks.
  if (previous != nullptr && !iss.after(previous->tcb().snd.nxt)) return previous->tcb().snd.nxt + 1;
  return iss;
}

void Host::Impl::pump(const ConnectionKey& key) {
  ConnectionEntry& entry = connections.at(key);
  const auto routed = routes.find(key);
  const wire::SourceRoute* route = routed != routes.end() ? &routed->second.route : nullptr;
  while (const std::optional<wire::Segment> segment = entry.connection->take_segment()) {
    send_segment(*segment, entry.connection->dont_fragment(), route);
  }
  while (const std::optional<tcp::Event> event = entry.connection->take_event()) on_event(key, entry, *event);
  track_time_wait(key, entry);
  if (entry.connection->tcb().state == tcp::State::kClosed) finish(key);
}

void Host::Impl::on_event(const ConnectionKey& key, ConnectionEntry& entry, const tcp::Event& event) {
  if (entry.listener && event.kind == tcp::EventKind::kEstablished) handshake_complete(key, entry);
  // RFC 9293 §3.10.7.4 second: a passive open that is reset in SYN-RECEIVED returns to LISTEN, and its user
  // need not be told. That holds for whatever else ends it there.
  if (entry.owner) notify(*entry.owner, event);
}

void Host::Impl::handshake_complete(const ConnectionKey& key, ConnectionEntry& entry) {
  const SocketId listener_id = *entry.listener;
  Socket& listener = sockets.at(listener_id);
  CHECK(listener.half_open > 0);
  --listener.half_open;
  --half_open_total;
  entry.listener.reset();
  entry.time_wait.reset();
  const SocketId id = next_socket++;
  Socket child;
  child.kind = Socket::Kind::kConnection;
  child.version = listener.version;
  child.config = listener.config;
  child.key = key;
  child.awaiting_accept = listener_id;
  listener.accept_queue.push_back(id);
  sockets.emplace(id, std::move(child));
  entry.owner = id;
  notify(listener_id, {tcp::EventKind::kReadable});
}

void Host::Impl::notify(SocketId id, const tcp::Event& event) {
  Socket& socket = sockets.at(id);
  const tcp::CallError error = error_of(event.kind);
  if (error != tcp::CallError::kNone) socket.error = error;
  if (!socket.awaiting_accept) return queue_event(id, socket, event);
  const bool again = event.kind == tcp::EventKind::kReadable || event.kind == tcp::EventKind::kWritable;
  if (again && std::ranges::find(socket.withheld, event) != socket.withheld.end()) return;
  socket.withheld.push_back(event);
}

void Host::Impl::finish(const ConnectionKey& key) {
  auto node = connections.extract(key);
  ConnectionEntry& entry = node.mapped();
  routes.erase(key);
  if (entry.owner) sockets.at(*entry.owner).ended = entry.connection;
  if (entry.listener) {
    --sockets.at(*entry.listener).half_open;
    --half_open_total;
  }
  leave_time_wait(entry);
  // RFC 9293 §3.6.1 [MAY-2] (2): the SYN was an old duplicate after all; back to TIME-WAIT.
  if (!entry.time_wait) return;
  ConnectionEntry& again = connections[key];
  again.connection = std::move(entry.time_wait);
  track_time_wait(key, again);
}

void Host::Impl::send_segment(const wire::Segment& segment, bool dont_fragment,
                              const wire::SourceRoute* route) {
  IpSendOptions options;
  options.dont_fragment = dont_fragment;
  options.traffic_class = static_cast<std::uint8_t>(segment.ecn);
  if (route != nullptr) return send_along(segment, *route, wire::build_segment(segment), options);
  if (!output.send(segment.source.address, segment.destination.address, wire::kProtocolTcp,
                   wire::build_segment(segment), options)) {
    drops.count(Drop::kLoopback);
  }
}

}  // namespace tcpspec::net
