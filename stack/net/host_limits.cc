// What a SYN may create, and what happens when there is no room: RFC 4987, and the bounds of limits.h.
#include <algorithm>
#include <optional>
#include <utility>

#include "stack/base/check.h"
#include "stack/net/host_impl.h"
#include "stack/tcp/fault_points.h"

namespace tcpspec::net {

bool Host::Impl::listener_has_room(const Socket& listener) const {
  const bool room = listener.half_open + listener.accept_queue.size() < listener.backlog &&
                    half_open_total < config.limits.most_half_open;
  return tcp::point::has_room(config.tcp, room);
}

bool Host::Impl::connections_have_room() const { return connections.size() < config.limits.most_connections; }

void Host::Impl::syn_at_listener(SocketId listener, const wire::Segment& syn, Instant now) {
  const bool room = listener_has_room(sockets.at(listener));
  const SynCookies policy = config.limits.syn_cookies;
  if (policy == SynCookies::kAlways || (policy == SynCookies::kWhenFull && !room)) {
    return answer_with_cookie(sockets.at(listener), syn, now);
  }
  if (!room) return drops.count(Drop::kListenQueue);
  if (!connections_have_room()) return drops.count(Drop::kConnections);
  open_passive(listener, syn, now, nullptr);
}

void Host::Impl::answer_with_cookie(const Socket& listener, const wire::Segment& syn, Instant now) {
  // The final ACK would find no room: no use in asking for it.
  if (listener.accept_queue.size() >= listener.backlog) return drops.count(Drop::kListenQueue);
  const tcp::Config effective =
      config_for(*listener.config, listener.version, output.mtu_to(syn.source.address));
  // RFC 9293 §3.7.1 [MUST-15]: what to assume of a peer that announces no MSS.
  const std::uint16_t announced = syn.options.mss.value_or(0);
  const std::uint16_t mss = announced == 0 ? effective.send_mss_default : announced;
  const std::optional<Seq32> cookie = cookies.make(syn.destination, syn.source, syn.seq, mss, now);
  if (!cookie) return drops.count(Drop::kListenQueue);
  // RFC 9293 §3.10.7.2 third: <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>. Text of the SYN is not acknowledged: it
  // could not be kept.
  wire::Segment answer;
  answer.source = syn.destination;
  answer.destination = syn.source;
  answer.seq = *cookie;
  answer.ack = syn.seq + 1;
  answer.flags = wire::Flag::kSyn | wire::Flag::kAck;
  answer.window = static_cast<std::uint16_t>(std::min<std::uint32_t>(effective.receive_buffer, 65535));
  answer.options.mss = effective.mss;
  ++cookies_sent;
  send_segment(answer, effective.path_mtu_discovery);
}

// The MSS of the SYN that a cookie answered, if this segment acknowledges one.
std::optional<std::uint16_t> Host::Impl::cookie_in(const wire::Segment& segment, Instant now) const {
  if (config.limits.syn_cookies == SynCookies::kOff) return std::nullopt;
  // RFC 9293 §3.10.7.2 first and third: a RST makes no connection, with an ACK or without; nor does a
  // SYN-ACK.
  if (!segment.has_ack() || segment.rst() || segment.syn()) return std::nullopt;
  return cookies.check(segment.destination, segment.source, segment.seq - 1, segment.ack - 1, now);
}

bool Host::Impl::open_by_cookie(SocketId listener, const wire::Segment& segment, Instant now) {
  const std::optional<std::uint16_t> mss = cookie_in(segment, now);
  if (!mss) return false;
  Socket& socket = sockets.at(listener);
  if (socket.half_open + socket.accept_queue.size() >= socket.backlog || !connections_have_room()) {
    // No RST: the peer's side is established. It repeats its text, or its user gives up.
    drops.count(Drop::kListenQueue);
    return true;
  }
  const ConnectionKey key{segment.destination, segment.source};
  ConnectionEntry entry;
  entry.connection = tcp::Connection::accept_cookie(
      config_for(*socket.config, socket.version, output.mtu_to(key.remote.address)), segment, *mss, now);
  adopt_half_open(listener, key, std::move(entry));
  return true;
}

// While cookies come and go a peer may get two answers to its SYN: a cookie, and later, when it repeats the
// SYN and there is room, the number of a half-open connection. It takes the first. An ACK of the cookie would
// be a wrong number for the half-open connection, and draw a RST at a peer that did nothing wrong.
bool Host::Impl::cookie_beats_half_open(const ConnectionKey& key, const wire::Segment& segment, Instant now) {
  const ConnectionEntry& entry = connections.at(key);
  if (!entry.listener || entry.time_wait || segment.ack == entry.connection->tcb().snd.nxt) return false;
  if (!cookie_in(segment, now)) return false;
  const SocketId listener = *entry.listener;
  connections.erase(key);
  --sockets.at(listener).half_open;
  --half_open_total;
  return open_by_cookie(listener, segment, now);
}

void Host::Impl::adopt_half_open(SocketId listener, const ConnectionKey& key, ConnectionEntry entry) {
  entry.listener = listener;
  // RFC 1191 §6.2: what is known of the path.
  const IpAddress& remote = key.remote.address;
  if (const auto known = path_mtus.of(remote)) entry.connection->path_mtu_lowered(*known);
  ++sockets.at(listener).half_open;
  ++half_open_total;
  const auto old = connections.find(key);
  if (old != connections.end()) leave_time_wait(old->second);
  connections.insert_or_assign(key, std::move(entry));
  save_return_route(key);
  pump(key);
}

void Host::Impl::track_time_wait(const ConnectionKey& key, ConnectionEntry& entry) {
  if (entry.time_wait_order != 0 || entry.connection->tcb().state != tcp::State::kTimeWait) return;
  entry.time_wait_order = ++last_time_wait;
  time_waits.emplace(entry.time_wait_order, key);
}

void Host::Impl::leave_time_wait(ConnectionEntry& entry) {
  if (entry.time_wait_order != 0) time_waits.erase(std::exchange(entry.time_wait_order, 0));
}

void Host::Impl::trim_time_wait(Instant now) {
  while (time_waits.size() > config.limits.most_time_wait) {
    const ConnectionKey oldest = time_waits.begin()->second;
    connections.at(oldest).connection->abort(now);
    ++time_waits_cut;
    pump(oldest);
  }
}

// Events that say "look again" wait once for each socket, however often there was reason to look.
void Host::Impl::queue_event(SocketId id, Socket& socket, const tcp::Event& event) {
  if (event.kind == tcp::EventKind::kReadable) {
    const std::size_t enough = socket.kind == Socket::Kind::kListener ? socket.accept_queue.size() : 1;
    if (socket.readable_waiting >= enough) return;
    ++socket.readable_waiting;
  } else if (event.kind == tcp::EventKind::kWritable) {
    if (std::exchange(socket.writable_waiting, true)) return;
  }
  events.push_back({id, event});
}

void Host::Impl::event_taken(const SocketEvent& event) {
  Socket* socket = find(event.socket);
  if (socket == nullptr) return;
  if (event.event.kind == tcp::EventKind::kReadable && socket->readable_waiting > 0)
    --socket->readable_waiting;
  if (event.event.kind == tcp::EventKind::kWritable) socket->writable_waiting = false;
}

}  // namespace tcpspec::net
