#include "stack/net/host.h"

#include <algorithm>
#include <utility>

#include "stack/base/check.h"
#include "stack/net/host_impl.h"
#include "stack/tcp/fault_points.h"

namespace tcpspec::net {
namespace {

constexpr std::uint64_t kPortStream = 1;
constexpr std::uint64_t kIdentificationStream = 2;
constexpr std::uint64_t kLinkStream = 3;
constexpr std::size_t kTcpHeader = 20;

IpOutputConfig output_config(const HostConfig& config) {
  IpOutputConfig output;
  output.mtu = config.mtu;
  output.loopback_mtu = config.ip.loopback_mtu;
  output.most_loopback_packets = config.ip.most_loopback_packets;
  output.ttl = config.ttl;
  output.first_identification = Random(config.seed).fork(kIdentificationStream).next32();
  for (const IpAddress& own : {config.v4, config.v6}) {
    if (!own.is_unspecified()) output.own.push_back(own);
  }
  return output;
}

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
      socket_defaults(std::make_shared<const tcp::Config>(host_config.tcp)),
      ports(Random(host_config.seed).fork(kPortStream)),
      output(output_config(host_config)),
      link(host_config.link, host_config.v4, host_config.v6, Random(host_config.seed).fork(kLinkStream),
           drops),
      reassembly(host_config.ip.reassembly) {
  CHECK(validate(config).ok());
  if (const NeighbourDiscovery* nd = link.neighbour_discovery()) output.add_own(nd->link_local());
}

std::optional<IpAddress> Host::Impl::address(IpVersion version) const {
  const IpAddress& own = version == IpVersion::kV4 ? config.v4 : config.v6;
  return own.is_unspecified() ? std::nullopt : std::optional(own);
}

bool Host::Impl::is_ours(const IpAddress& candidate) const { return link.owns(candidate); }

std::optional<IpAddress> Host::Impl::source_for(const IpAddress& remote, const IpAddress& bound) const {
  const bool inside = output.stays_inside(remote);
  // RFC 1122 §3.2.1.3 (g): from a loopback address no packet may leave.
  if (!bound.is_unspecified()) return bound.is_loopback() && !inside ? std::nullopt : std::optional(bound);
  if (remote.is_loopback()) {
    return remote.is_v4() ? IpAddress::v4(127, 0, 0, 1) : remote;
  }
  return link.source_for(remote);
}

void Host::Impl::end_of_call(Instant now) {
  deliver_loopback(now);
  flush_link(now);
  trim_time_wait(now);
}

void Host::Impl::on_deadline(Instant now) {
  link.on_deadline(now);
  expire_reassembly(now);
  expire_path_mtus(now);
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
    if (found->second.connection->take_lowered_path_mtu()) note_path_mtu(key, now);
    pump(key);
  }
}

Instant Host::Impl::next_deadline() const {
  Instant earliest =
      std::min({loopback_at, link.next_deadline(), reassembly.next_deadline(), path_mtus.next_deadline()});
  for (const auto& [key, entry] : connections) {
    earliest = std::min(earliest, entry.connection->next_deadline());
    if (entry.time_wait) earliest = std::min(earliest, entry.time_wait->next_deadline());
  }
  return earliest;
}

Host::Host(const HostConfig& config) : impl_(std::make_unique<Impl>(config)) {}
Host::~Host() = default;

void Host::on_packet(ByteView packet, Instant now) {
  if (const std::optional<ByteView> ip = impl_->link.on_frame(packet, impl_->inside(now))) {
    impl_->on_ip(tcp::point::PacketIn(impl_->config.tcp, *ip).bytes(), impl_->inside(now));
  }
  impl_->end_of_call(impl_->inside(now));
}
void Host::on_deadline(Instant now) {
  impl_->on_deadline(impl_->inside(now));
  impl_->end_of_call(impl_->inside(now));
}
Instant Host::next_deadline() const { return impl_->outside(impl_->next_deadline()); }
std::optional<Bytes> Host::take_packet() {
  if (impl_->link.is_ethernet()) return impl_->link.take_frame();
  return tcp::point::packet_out(impl_->config.tcp, impl_->output.take());
}

std::optional<SocketEvent> Host::take_event() {
  if (impl_->events.empty()) return std::nullopt;
  const SocketEvent event = impl_->events.front();
  impl_->events.pop_front();
  impl_->event_taken(event);
  return event;
}

SocketId Host::socket(IpVersion version) {
  const SocketId id = impl_->next_socket++;
  Socket socket;
  socket.version = version;
  socket.config = impl_->socket_defaults;
  impl_->sockets.emplace(id, std::move(socket));
  return id;
}

tcp::CallError Host::bind(SocketId id, const Endpoint& local) { return impl_->bind(id, local); }
tcp::CallError Host::listen(SocketId id, int backlog) { return impl_->listen(id, backlog); }
tcp::CallError Host::connect(SocketId id, const Endpoint& remote, Instant now) {
  const tcp::CallError error = impl_->connect(id, remote, impl_->inside(now));
  impl_->end_of_call(impl_->inside(now));
  return error;
}
tcp::CallError Host::set_source_route(SocketId id, const std::vector<IpAddress>& hops, bool strict) {
  return impl_->set_source_route(id, {strict, hops});
}
std::optional<SocketId> Host::accept(SocketId listener) { return impl_->accept(listener); }
tcp::SendResult Host::send(SocketId id, ByteView data, bool push, Instant now) {
  const tcp::SendResult result = impl_->send(id, data, push, impl_->inside(now));
  impl_->end_of_call(impl_->inside(now));
  return result;
}
tcp::ReceiveResult Host::receive(SocketId id, std::size_t most, Instant now) {
  tcp::ReceiveResult result = impl_->receive(id, most, impl_->inside(now));
  impl_->end_of_call(impl_->inside(now));
  return result;
}
tcp::SendResult Host::send_urgent(SocketId id, ByteView data, Instant now) {
  const tcp::SendResult result = impl_->send(id, data, true, impl_->inside(now), true);
  impl_->end_of_call(impl_->inside(now));
  return result;
}
tcp::ReceiveResult Host::receive_urgent(SocketId id, Instant now) {
  tcp::ReceiveResult result = impl_->receive_urgent(id, impl_->inside(now));
  impl_->end_of_call(impl_->inside(now));
  return result;
}
void Host::shutdown_write(SocketId id, Instant now) {
  impl_->shutdown_write(id, impl_->inside(now));
  impl_->end_of_call(impl_->inside(now));
}
void Host::close(SocketId id, Instant now) {
  impl_->close(id, impl_->inside(now));
  impl_->end_of_call(impl_->inside(now));
}
void Host::abort(SocketId id, Instant now) {
  impl_->abort(id, impl_->inside(now));
  impl_->end_of_call(impl_->inside(now));
}
void Host::configure(SocketId id, const tcp::Config& config, Instant now) {
  impl_->configure(id, config, impl_->inside(now));
  impl_->end_of_call(impl_->inside(now));
}

SocketId Host::open_udp(IpVersion version) { return impl_->open_udp(version); }
UdpStatus Host::bind_udp(SocketId id, const Endpoint& local) { return impl_->bind_udp(id, local); }
UdpStatus Host::send_udp(SocketId id, const Endpoint& remote, ByteView data, Instant now,
                         const UdpSendOptions& options) {
  const UdpStatus status = impl_->send_udp(id, remote, data, options);
  impl_->end_of_call(impl_->inside(now));
  return status;
}
std::optional<UdpMessage> Host::receive_udp(SocketId id) { return impl_->receive_udp(id); }
std::optional<UdpError> Host::take_udp_error(SocketId id) { return impl_->take_udp_error(id); }
void Host::close_udp(SocketId id) { impl_->close_udp(id); }

const tcp::Tcb* Host::status(SocketId id) const {
  const ConnectionEntry* entry = std::as_const(*impl_).live(id);
  return entry != nullptr ? &entry->connection->tcb() : nullptr;
}

std::optional<tcp::Readout> Host::read_out(SocketId id) const {
  const ConnectionEntry* entry = std::as_const(*impl_).live(id);
  return entry != nullptr ? std::optional(tcp::read_out(*entry->connection)) : std::nullopt;
}

tcp::CallError Host::take_error(SocketId id) {
  Socket* socket = impl_->find(id);
  return socket != nullptr ? impl_->take_error(*socket) : tcp::CallError::kNone;
}

tcp::Config Host::configuration(SocketId id) const {
  const Socket* socket = std::as_const(*impl_).find(id);
  return socket != nullptr ? *socket->config : impl_->config.tcp;
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
const Interface& Host::interface() const { return impl_->link; }
const IcmpCounts& Host::icmp_counts() const { return impl_->icmp_counts; }
std::uint32_t Host::path_mtu(const IpAddress& destination) const {
  return impl_->path_mtus.of(destination).value_or(impl_->output.mtu_to(destination));
}
std::size_t Host::half_open_count() const { return impl_->half_open_total; }
std::size_t Host::time_wait_count() const { return impl_->time_waits.size(); }
std::uint64_t Host::time_waits_cut() const { return impl_->time_waits_cut; }
std::uint64_t Host::cookies_sent() const { return impl_->cookies_sent; }
std::size_t Host::connection_count() const { return impl_->connections.size(); }

}  // namespace tcpspec::net
