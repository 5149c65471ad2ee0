#include <algorithm>
#include <utility>

#include "stack/base/check.h"
#include "stack/net/host_impl.h"

namespace tcpspec::net {
Socket* Host::Impl::find(SocketId id) {
  const auto found = sockets.find(id);
  return found == sockets.end() ? nullptr : &found->second;
}
const Socket* Host::Impl::find(SocketId id) const {
  const auto found = sockets.find(id);
  return found == sockets.end() ? nullptr : &found->second;
}

const ConnectionEntry* Host::Impl::live(SocketId id) const {
  const Socket* socket = find(id);
  if (socket == nullptr || !socket->key) return nullptr;
  const auto found = connections.find(*socket->key);
  return found != connections.end() && found->second.owner == id ? &found->second : nullptr;
}
ConnectionEntry* Host::Impl::live(SocketId id) {
  return const_cast<ConnectionEntry*>(std::as_const(*this).live(id));
}

// Whether another socket holds the port. Connections whose sockets are closed or were accepted do not hold
// it: their 4-tuples are their own.
bool Host::Impl::port_bound(const Endpoint& local) const {
  return std::ranges::any_of(sockets, [&](const auto& item) {
    const std::optional<Endpoint>& bound = item.second.bound;
    if (!bound || bound->port != local.port || bound->address.version() != local.address.version()) {
      return false;
    }
    return bound->address == local.address || bound->address.is_unspecified() ||
           local.address.is_unspecified();
  });
}

// RFC 6056 §3.3.1: a random port, then the following ones until one is free.
std::optional<std::uint16_t> Host::Impl::ephemeral_port(IpVersion version) {
  const std::uint64_t start = ports.below(kEphemeralCount);
  for (std::uint32_t i = 0; i < kEphemeralCount; ++i) {
    const auto port = static_cast<std::uint16_t>(kFirstEphemeral + (start + i) % kEphemeralCount);
    const bool has_connection = std::ranges::any_of(connections, [&](const auto& item) {
      return item.first.local.port == port && item.first.local.address.version() == version;
    });
    if (!has_connection && !port_bound({IpAddress::any(version), port})) return port;
  }
  return std::nullopt;
}

tcp::CallError Host::Impl::bind(SocketId id, Endpoint local) {
  Socket* socket = find(id);
  if (socket == nullptr) return tcp::CallError::kNotConnected;
  if (socket->kind != Socket::Kind::kIdle || socket->bound) return tcp::CallError::kAlreadyExists;
  if (local.address.version() != socket->version) return tcp::CallError::kUnreachable;
  const bool any = local.address.is_unspecified();
  if (!any && !is_ours(local.address) && !local.address.is_loopback()) return tcp::CallError::kUnreachable;
  if (local.port == 0) {
    const std::optional<std::uint16_t> port = ephemeral_port(socket->version);
    if (!port) return tcp::CallError::kAlreadyExists;
    local.port = *port;
  }
  if (port_bound(local)) return tcp::CallError::kAlreadyExists;
  socket->bound = local;
  return tcp::CallError::kNone;
}

tcp::CallError Host::Impl::bind_if_unbound(SocketId id) {
  const Socket& socket = sockets.at(id);
  return socket.bound ? tcp::CallError::kNone : bind(id, {IpAddress::any(socket.version), 0});
}

tcp::CallError Host::Impl::listen(SocketId id, int backlog) {
  Socket* socket = find(id);
  if (socket == nullptr) return tcp::CallError::kNotConnected;
  if (socket->kind == Socket::Kind::kConnection) return tcp::CallError::kAlreadyExists;
  if (!address(socket->version)) return tcp::CallError::kUnreachable;
  const tcp::CallError bound = bind_if_unbound(id);
  if (bound != tcp::CallError::kNone) return bound;
  socket->kind = Socket::Kind::kListener;
  socket->backlog = static_cast<std::size_t>(std::max(backlog, 1));
  return tcp::CallError::kNone;
}

tcp::CallError Host::Impl::connect(SocketId id, const Endpoint& remote, Instant now) {
  Socket* socket = find(id);
  if (socket == nullptr) return tcp::CallError::kNotConnected;
  if (live(id) != nullptr) return tcp::CallError::kAlreadyExists;
  // RFC 9293 §3.10.1, CLOSED: "remote socket unspecified" is an error of an active OPEN.
  if (remote.port == 0 || remote.address.is_unspecified()) return tcp::CallError::kNotConnected;
  // RFC 9293 §3.9.1.1 [MUST-46]: so is a remote address that is not one host's.
  if (remote.address.is_multicast() || remote.address.is_broadcast()) return tcp::CallError::kUnreachable;
  if (remote.address.version() != socket->version) return tcp::CallError::kUnreachable;
  const IpAddress wanted = socket->bound ? socket->bound->address : IpAddress::any(socket->version);
  const std::optional<IpAddress> own = source_for(remote.address, wanted);
  if (!own) return tcp::CallError::kUnreachable;
  const tcp::CallError bound = bind_if_unbound(id);
  if (bound != tcp::CallError::kNone) return bound;

  const ConnectionKey key{{*own, socket->bound->port}, remote};
  if (connections.contains(key)) return tcp::CallError::kAlreadyExists;
  if (!connections_have_room()) return tcp::CallError::kNoResources;
  // RFC 9293 §3.10.1, LISTEN: with a remote socket specified, the connection changes from passive to active.
  const bool listening = socket->kind == Socket::Kind::kListener;
  if (listening) end_children(id, now);
  socket->kind = Socket::Kind::kConnection;
  socket->key = key;
  socket->ended.reset();
  socket->error = tcp::CallError::kNone;
  use_chosen_route(id, key);
  const auto route = routes.find(key);
  const std::uint16_t mtu = mtu_along(remote.address, route != routes.end() ? &route->second.route : nullptr);
  ConnectionEntry entry;
  entry.connection = tcp::Connection::open_active(
      config_for(*socket->config, socket->version, mtu), key.local, remote,
      initial_sequence_number(key, nullptr, now), now, listening ? tcp::State::kListen : tcp::State::kClosed,
      timestamp_offset(key));
  entry.owner = id;
  if (const auto known = path_mtus.of(remote.address)) entry.connection->path_mtu_lowered(*known);
  connections.emplace(key, std::move(entry));
  pump(key);
  return tcp::CallError::kNone;
}

std::optional<SocketId> Host::Impl::accept(SocketId id) {
  Socket* listener = find(id);
  if (listener == nullptr || listener->accept_queue.empty()) return std::nullopt;
  const SocketId child_id = listener->accept_queue.take_front();
  Socket& child = sockets.at(child_id);
  child.awaiting_accept.reset();
  for (const tcp::Event& event : child.withheld) queue_event(child_id, child, event);
  child.withheld = {};
  return child_id;
}

tcp::CallError Host::Impl::take_error(Socket& socket) {
  return std::exchange(socket.error, tcp::CallError::kNone);
}

tcp::SendResult Host::Impl::send(SocketId id, ByteView data, bool push, Instant now, bool urgent) {
  Socket* socket = find(id);
  if (socket == nullptr || socket->kind != Socket::Kind::kConnection) {
    return {0, tcp::CallError::kNotConnected};
  }
  if (ConnectionEntry* entry = live(id)) {
    const tcp::SendResult result =
        urgent ? entry->connection->send_urgent(data, now) : entry->connection->send(data, push, now);
    pump(*socket->key);
    return result;
  }
  // The error that ended the connection is told once; after it the stream is only closed.
  const tcp::CallError error = take_error(*socket);
  return {0, error != tcp::CallError::kNone ? error : tcp::CallError::kClosing};
}

tcp::ReceiveResult Host::Impl::receive(SocketId id, std::size_t most, Instant now) {
  Socket* socket = find(id);
  if (socket == nullptr || socket->kind != Socket::Kind::kConnection) {
    return {{}, false, tcp::CallError::kNotConnected};
  }
  if (ConnectionEntry* entry = live(id)) {
    tcp::ReceiveResult result = entry->connection->receive(most, now);
    pump(*socket->key);
    return result;
  }
  tcp::ReceiveResult left = socket->ended->receive(most, now);
  if (!left.data.empty()) return left;
  const tcp::CallError error = take_error(*socket);
  return {{}, error == tcp::CallError::kNone, error};
}

tcp::ReceiveResult Host::Impl::receive_urgent(SocketId id, Instant now) {
  Socket* socket = find(id);
  if (socket == nullptr || socket->kind != Socket::Kind::kConnection) {
    return {{}, false, tcp::CallError::kNotConnected};
  }
  ConnectionEntry* entry = live(id);
  if (entry == nullptr) return socket->ended->receive_urgent(now);
  tcp::ReceiveResult result = entry->connection->receive_urgent(now);
  pump(*socket->key);
  return result;
}

void Host::Impl::shutdown_write(SocketId id, Instant now) {
  ConnectionEntry* entry = live(id);
  if (entry == nullptr) return;
  entry->connection->close(now);
  pump(*find(id)->key);
}

void Host::Impl::forget(SocketId id) {
  sockets.erase(id);
  chosen_routes.erase(id);
  std::erase_if(events, [id](const SocketEvent& event) { return event.socket == id; });
}

void Host::Impl::end_children(SocketId id, Instant now) {
  std::vector<ConnectionKey> half_open;
  for (const auto& [key, entry] : connections) {
    if (entry.listener == id) half_open.push_back(key);
  }
  for (const ConnectionKey& key : half_open) {
    connections.at(key).connection->abort(now);
    pump(key);
  }
  FlatQueue<SocketId> unaccepted = std::exchange(sockets.at(id).accept_queue, {});
  while (!unaccepted.empty()) abort(unaccepted.take_front(), now);
}

void Host::Impl::end_listener(SocketId id, Instant now) {
  end_children(id, now);
  forget(id);
}

void Host::Impl::close(SocketId id, Instant now) {
  Socket* socket = find(id);
  if (socket == nullptr) return;
  if (socket->kind == Socket::Kind::kListener) return end_listener(id, now);
  if (ConnectionEntry* entry = live(id)) {
    const ConnectionKey key = *socket->key;
    entry->owner.reset();
    // First the promise not to read: with unread data it resets at once, and then no FIN may claim that all
    // is well.
    entry->connection->stop_receiving(now);
    if (entry->connection->tcb().state != tcp::State::kClosed) entry->connection->close(now);
    pump(key);
  }
  forget(id);
}

void Host::Impl::abort(SocketId id, Instant now) {
  Socket* socket = find(id);
  if (socket == nullptr) return;
  if (socket->kind == Socket::Kind::kListener) return end_listener(id, now);
  if (ConnectionEntry* entry = live(id)) {
    const ConnectionKey key = *socket->key;
    entry->owner.reset();
    entry->connection->abort(now);
    pump(key);
  }
  forget(id);
}

void Host::Impl::configure(SocketId id, const tcp::Config& wanted, Instant now) {
  CHECK(tcp::validate(wanted).ok());
  Socket* socket = find(id);
  if (socket == nullptr) return;
  socket->config = std::make_shared<const tcp::Config>(wanted);
  if (ConnectionEntry* entry = live(id)) {
    entry->connection->reconfigure(
        config_for(wanted, socket->version, output.mtu_to(socket->key->remote.address)), now);
    pump(*socket->key);
  }
}

}  // namespace tcpspec::net
