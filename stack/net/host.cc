#include "stack/net/host.h"

#include <algorithm>
#include <utility>

#include "stack/base/check.h"
#include "stack/net/host_impl.h"

namespace tcpspec::net {
namespace {

constexpr std::uint64_t kPortStream = 1;
constexpr std::uint64_t kIdentificationStream = 2;
constexpr std::size_t kTcpHeader = 20;

}  // namespace

tcp::Config config_for(const tcp::Config& config, IpVersion version, std::uint16_t mtu) {
  const tcp::Config defaults;
  // RFC 9293 §3.7.1 [MUST-67]: the MSS is what the link takes less the headers without options. A value
  // that someone chose stands as long as the link can carry it.
  const auto link_mss =
      static_cast<std::uint16_t>(std::max<std::size_t>(mtu - ip_header_size(version) - kTcpHeader, 20));
  tcp::Config effective = config;
  effective.mss = config.mss == defaults.mss ? link_mss : std::min(config.mss, link_mss);
  effective.path_mss = config.path_mss == defaults.path_mss ? link_mss : std::min(config.path_mss, link_mss);
  // RFC 9293 §3.7.1 [MUST-15]: without an MSS option 536 octets over IPv4, 1220 over IPv6.
  if (version == IpVersion::kV6 && config.send_mss_default == defaults.send_mss_default) {
    effective.send_mss_default = 1220;
  }
  return effective;
}

Host::Impl::Impl(const HostConfig& host_config)
    : config(host_config),
      ports(Random(host_config.seed).fork(kPortStream)),
      output(host_config.mtu, host_config.ttl,
             static_cast<std::uint16_t>(Random(host_config.seed).fork(kIdentificationStream).next32())) {
  // RFC 791 §3.2: every IPv4 link carries 68 octets. IPv6 asks for 1280 (RFC 8200 §5), but a host may have
  // no use for its IPv6 side.
  CHECK(config.mtu >= 68);
  CHECK(config.ttl > 0);
  CHECK(config.v4.is_v4());
  CHECK(!config.v6.is_v4() || config.v6.is_unspecified());
  CHECK(tcp::validate(config.tcp).ok());
}

std::optional<IpAddress> Host::Impl::address(IpVersion version) const {
  const IpAddress& own = version == IpVersion::kV4 ? config.v4 : config.v6;
  return own.is_unspecified() ? std::nullopt : std::optional(own);
}

bool Host::Impl::is_ours(const IpAddress& candidate) const {
  return address(candidate.version()) == candidate;
}

void Host::Impl::on_deadline(Instant now) {
  std::vector<std::pair<Instant, ConnectionKey>> due;
  for (auto& [key, entry] : connections) {
    const Instant deadline = entry.connection->next_deadline();
    if (deadline <= now) due.emplace_back(deadline, key);
    // 2 MSL of a reopened incarnation go by as if it were still there.
    if (entry.time_wait && entry.time_wait->next_deadline() <= now) entry.time_wait.reset();
  }
  std::ranges::sort(due);
  for (const auto& [deadline, key] : due) {
    const auto found = connections.find(key);
    if (found == connections.end()) continue;
    found->second.connection->deadline_reached(now);
    pump(key);
  }
}

Instant Host::Impl::next_deadline() const {
  Instant earliest = Instant::never();
  for (const auto& [key, entry] : connections) {
    earliest = std::min(earliest, entry.connection->next_deadline());
    if (entry.time_wait) earliest = std::min(earliest, entry.time_wait->next_deadline());
  }
  return earliest;
}

Host::Host(const HostConfig& config) : impl_(std::make_unique<Impl>(config)) {}
Host::~Host() = default;

void Host::on_packet(ByteView packet, Instant now) { impl_->on_packet(packet, impl_->inside(now)); }
void Host::on_deadline(Instant now) { impl_->on_deadline(impl_->inside(now)); }
Instant Host::next_deadline() const { return impl_->outside(impl_->next_deadline()); }
std::optional<Bytes> Host::take_packet() { return impl_->output.take(); }

std::optional<SocketEvent> Host::take_event() {
  if (impl_->events.empty()) return std::nullopt;
  const SocketEvent event = impl_->events.front();
  impl_->events.pop_front();
  return event;
}

SocketId Host::socket(IpVersion version) {
  const SocketId id = impl_->next_socket++;
  Socket socket;
  socket.version = version;
  socket.config = impl_->config.tcp;
  impl_->sockets.emplace(id, std::move(socket));
  return id;
}

tcp::CallError Host::bind(SocketId id, const Endpoint& local) { return impl_->bind(id, local); }
tcp::CallError Host::listen(SocketId id, int backlog) { return impl_->listen(id, backlog); }
tcp::CallError Host::connect(SocketId id, const Endpoint& remote, Instant now) {
  return impl_->connect(id, remote, impl_->inside(now));
}
std::optional<SocketId> Host::accept(SocketId listener) { return impl_->accept(listener); }
tcp::SendResult Host::send(SocketId id, ByteView data, bool push, Instant now) {
  return impl_->send(id, data, push, impl_->inside(now));
}
tcp::ReceiveResult Host::receive(SocketId id, std::size_t most, Instant now) {
  return impl_->receive(id, most, impl_->inside(now));
}
void Host::shutdown_write(SocketId id, Instant now) { impl_->shutdown_write(id, impl_->inside(now)); }
void Host::close(SocketId id, Instant now) { impl_->close(id, impl_->inside(now)); }
void Host::abort(SocketId id, Instant now) { impl_->abort(id, impl_->inside(now)); }
void Host::configure(SocketId id, const tcp::Config& config, Instant now) {
  impl_->configure(id, config, impl_->inside(now));
}

const tcp::Tcb* Host::status(SocketId id) const {
  const ConnectionEntry* entry = std::as_const(*impl_).live(id);
  return entry != nullptr ? &entry->connection->tcb() : nullptr;
}

tcp::CallError Host::take_error(SocketId id) {
  Socket* socket = impl_->find(id);
  return socket != nullptr ? impl_->take_error(*socket) : tcp::CallError::kNone;
}

tcp::Config Host::configuration(SocketId id) const {
  const Socket* socket = std::as_const(*impl_).find(id);
  return socket != nullptr ? socket->config : impl_->config.tcp;
}

std::optional<Endpoint> Host::local_endpoint(SocketId id) const {
  const Socket* socket = std::as_const(*impl_).find(id);
  if (socket == nullptr) return std::nullopt;
  return socket->key ? std::optional(socket->key->local) : socket->bound;
}

std::optional<Endpoint> Host::remote_endpoint(SocketId id) const {
  const Socket* socket = std::as_const(*impl_).find(id);
  return socket != nullptr && socket->key ? std::optional(socket->key->remote) : std::nullopt;
}

std::uint32_t Host::soft_errors(SocketId id) const {
  const Socket* socket = std::as_const(*impl_).find(id);
  return socket != nullptr ? socket->soft_errors : 0;
}

std::uint64_t Host::dropped(Drop reason) const { return impl_->drops.of(reason); }
std::size_t Host::connection_count() const { return impl_->connections.size(); }

}  // namespace tcpspec::net
