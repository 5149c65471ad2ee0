// The inside of Host, shared by its source files and nobody else:
//   host.cc          construction, deadlines, queries, and the façade
//   host_ip.cc       a packet arrives: addresses, IP, ICMP, UDP
//   host_tcp.cc      a segment arrives: demultiplexing, listeners, the life of a connection
//   host_sockets.cc  socket calls
// Maps are ordered, so that every walk over them is the same in every run.
#ifndef STACK_NET_HOST_IMPL_H_
#define STACK_NET_HOST_IMPL_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "stack/base/random.h"
#include "stack/net/drop.h"
#include "stack/net/host.h"
#include "stack/net/icmp.h"
#include "stack/net/ip_output.h"
#include "stack/tcp/isn.h"
#include "stack/wire/icmp.h"
#include "stack/wire/segment.h"

namespace tcpspec::net {

// RFC 9293 §3.3.1: the pair of sockets that names a connection.
struct ConnectionKey {
  Endpoint local;
  Endpoint remote;
  auto operator<=>(const ConnectionKey&) const = default;
};

struct ConnectionEntry {
  std::shared_ptr<tcp::Connection> connection;
  std::optional<SocketId> owner;     // none before the handshake of a passive open, and after close()
  std::optional<SocketId> listener;  // while that handshake lasts
  // The incarnation in TIME-WAIT that this one reopened, RFC 9293 §3.6.1; comes back if the SYN was old.
  std::shared_ptr<tcp::Connection> time_wait;
};

struct Socket {
  enum class Kind : std::uint8_t { kIdle, kListener, kConnection };

  Kind kind = Kind::kIdle;
  IpVersion version = IpVersion::kV4;
  tcp::Config config;
  std::optional<Endpoint> bound;
  // kListener.
  std::size_t backlog = 0;
  std::size_t half_open = 0;
  std::deque<SocketId> accept_queue;
  // kConnection.
  std::optional<ConnectionKey> key;
  std::shared_ptr<tcp::Connection> ended;  // its TCB is gone; what was received may still be read
  tcp::CallError error = tcp::CallError::kNone;
  std::uint32_t soft_errors = 0;
  std::optional<SocketId> awaiting_accept;  // at this listener; events are withheld until then
  std::vector<tcp::Event> withheld;
};

// The configuration a connection of this family gets on a link of this MTU: RFC 9293 §3.7.1.
[[nodiscard]] tcp::Config config_for(const tcp::Config& config, IpVersion version, std::uint16_t mtu);

// Inside, time counts from the host's boot, as the clocks of RFC 6528 and RFC 7323 do; the façade converts.
struct Host::Impl {
  explicit Impl(const HostConfig& host_config);
  [[nodiscard]] Instant inside(Instant now) const { return Instant() + (now - config.boot); }
  [[nodiscard]] Instant outside(Instant at) const {
    return at == Instant::never() ? at : config.boot + (at - Instant());
  }

  // host.cc
  void on_deadline(Instant now);
  [[nodiscard]] Instant next_deadline() const;
  [[nodiscard]] std::optional<IpAddress> address(IpVersion version) const;
  [[nodiscard]] bool is_ours(const IpAddress& address) const;

  // host_ip.cc
  void on_packet(ByteView packet, Instant now);
  void on_ipv4(ByteView packet, Instant now);
  void on_ipv6(ByteView packet, Instant now);
  [[nodiscard]] bool admit(const IpAddress& source, const IpAddress& destination);
  void on_datagram(const Datagram& datagram, Instant now);
  void on_udp(const Datagram& datagram, Instant now);
  void on_icmp(const Datagram& datagram, Instant now);
  void on_icmp_error(IpVersion version, const wire::IcmpMessage& message, Instant now);

  // host_tcp.cc
  void on_tcp(const Datagram& datagram, Instant now);
  [[nodiscard]] bool reopen_time_wait(const ConnectionKey& key, const wire::Segment& segment, Instant now);
  void segment_at_listener(SocketId listener, const wire::Segment& segment, Instant now);
  [[nodiscard]] std::optional<SocketId> find_listener(const Endpoint& local) const;
  [[nodiscard]] bool listener_has_room(const Socket& listener) const;
  void open_passive(SocketId listener, const wire::Segment& syn, Instant now,
                    std::shared_ptr<tcp::Connection> time_wait);
  [[nodiscard]] Seq32 initial_sequence_number(const ConnectionKey& key, const tcp::Connection* previous,
                                              Instant now) const;
  // After every call into a connection: its segments to the wire, its events to its socket, its end.
  void pump(const ConnectionKey& key);
  void on_event(const ConnectionKey& key, ConnectionEntry& entry, const tcp::Event& event);
  void handshake_complete(const ConnectionKey& key, ConnectionEntry& entry);
  void notify(SocketId id, const tcp::Event& event);
  void finish(const ConnectionKey& key);
  void send_segment(const wire::Segment& segment);

  // host_sockets.cc
  [[nodiscard]] Socket* find(SocketId id);
  [[nodiscard]] const Socket* find(SocketId id) const;
  [[nodiscard]] ConnectionEntry* live(SocketId id);
  [[nodiscard]] const ConnectionEntry* live(SocketId id) const;
  [[nodiscard]] bool port_bound(const Endpoint& local) const;
  [[nodiscard]] std::optional<std::uint16_t> ephemeral_port(IpVersion version);
  [[nodiscard]] tcp::CallError bind(SocketId id, Endpoint local);
  [[nodiscard]] tcp::CallError bind_if_unbound(SocketId id);
  [[nodiscard]] tcp::CallError listen(SocketId id, int backlog);
  [[nodiscard]] tcp::CallError connect(SocketId id, const Endpoint& remote, Instant now);
  [[nodiscard]] std::optional<SocketId> accept(SocketId listener);
  tcp::SendResult send(SocketId id, ByteView data, bool push, Instant now);
  tcp::ReceiveResult receive(SocketId id, std::size_t most, Instant now);
  void shutdown_write(SocketId id, Instant now);
  void close(SocketId id, Instant now);
  void abort(SocketId id, Instant now);
  void end_listener(SocketId id, Instant now);
  void forget(SocketId id);
  [[nodiscard]] tcp::CallError take_error(Socket& socket);
  void configure(SocketId id, const tcp::Config& config, Instant now);

  HostConfig config;
  Random ports;
  IpOutput output;
  IcmpOutput icmp{output};
  DropCounters drops;
  std::map<ConnectionKey, ConnectionEntry> connections;
  std::map<SocketId, Socket> sockets;
  SocketId next_socket = 1;
  std::deque<SocketEvent> events;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_HOST_IMPL_H_
