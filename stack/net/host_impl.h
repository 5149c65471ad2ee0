// The inside of Host, shared by its source files and nobody else:
//   host.cc          construction, deadlines, queries, and the façade
//   host_ip.cc       a packet arrives: addresses, IP headers and options, what we sent to ourselves
//   host_fragments.cc  fragments, their errors and their time
//   host_source_route.cc  which way a connection's segments go
//   host_udp.cc      UDP, its sockets and their calls
//   host_icmp.cc     an ICMP message arrives: echo, and errors about what we sent
//   host_tcp_errors.cc  errors about segments, path MTU
//   host_neighbours.cc  between IP and the link: what leaves, what the link says
//   host_limits.cc   room for what SYNs create, cookies, TIME-WAIT, events not taken
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

#include "stack/base/flat_queue.h"
#include "stack/base/random.h"
#include "stack/net/drop.h"
#include "stack/net/host.h"
#include "stack/net/icmp.h"
#include "stack/net/interface.h"
#include "stack/net/ip_output.h"
#include "stack/net/ip_reassembly.h"
#include "stack/net/path_mtu.h"
#include "stack/net/syn_cookies.h"
#include "stack/net/udp_socket.h"
#include "stack/tcp/isn.h"
#include "stack/wire/icmp.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv4_options.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/segment.h"

namespace tcpspec::net {

// RFC 6056 §3.2: all ports but the well-known ones serve as ephemeral ports.
inline constexpr std::uint16_t kFirstEphemeral = 1024;
inline constexpr std::uint32_t kEphemeralCount = 65536 - kFirstEphemeral;

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
  std::uint64_t time_wait_order = 0;  // of entering TIME-WAIT, among all; 0: not in it
};

struct Socket {
  enum class Kind : std::uint8_t { kIdle, kListener, kConnection };

  Kind kind = Kind::kIdle;
  IpVersion version = IpVersion::kV4;
  // Shared by all that were made alike; configure() puts another in its place.
  std::shared_ptr<const tcp::Config> config;
  std::optional<Endpoint> bound;
  // kListener.
  std::size_t backlog = 0;
  std::size_t half_open = 0;
  FlatQueue<SocketId> accept_queue;
  // kConnection.
  std::optional<ConnectionKey> key;
  std::shared_ptr<tcp::Connection> ended;  // its TCB is gone; what was received may still be read
  tcp::CallError error = tcp::CallError::kNone;
  std::uint32_t soft_errors = 0;
  std::optional<SocketId> awaiting_accept;  // at this listener; events are withheld until then
  std::vector<tcp::Event> withheld;
  // Events of ours that nobody took yet.
  std::size_t readable_waiting = 0;
  bool writable_waiting = false;
};

// The configuration a connection of this family gets on a link of this MTU: RFC 9293 §3.7.1.
[[nodiscard]] tcp::Config config_for(const tcp::Config& config, IpVersion version, std::uint16_t mtu);

// The way of a connection's segments, RFC 9293 §3.9.2.1.
struct ConnectionRoute {
  wire::SourceRoute route;
  bool by_user = false;
};

// How an IP packet came to on_ip_from().
struct IpArrival {
  bool inside = false;       // we sent it to ourselves
  bool reassembled = false;  // it was put together from fragments
};

// Inside, time counts from the host's boot, as the clocks of RFC 6528 and RFC 7323 do; the façade converts.
struct Host::Impl {
  explicit Impl(const HostConfig& host_config);
  [[nodiscard]] Instant inside(Instant now) const { return Instant() + (now - config.boot); }
  [[nodiscard]] Instant outside(Instant at) const {
    return at == Instant::never() ? at : config.boot + (at - Instant());
  }

  // host.cc
  void on_deadline(Instant now);
  // The end of every entry point that can send: what is for ourselves is delivered.
  void end_of_call(Instant now);
  [[nodiscard]] Instant next_deadline() const;
  [[nodiscard]] std::optional<IpAddress> address(IpVersion version) const;
  [[nodiscard]] bool is_ours(const IpAddress& address) const;
  // The address of ours that packets to `remote` come from: `bound` if that is one, none if there is no way.
  [[nodiscard]] std::optional<IpAddress> source_for(const IpAddress& remote, const IpAddress& bound) const;

  // host_ip.cc
  void on_ip(ByteView packet, Instant now);  // from the link
  void on_ip_from(ByteView packet, const IpArrival& arrival, Instant now);
  void on_ipv4(ByteView packet, const IpArrival& arrival, Instant now);
  void on_ipv6(ByteView packet, const IpArrival& arrival, Instant now);
  // The groups whose packets a host without memberships hears.
  [[nodiscard]] bool hears_group(const IpAddress& group) const;
  // None where the addresses forbid the packet; the reason is counted.
  [[nodiscard]] std::optional<Datagram> admit(const IpAddress& source, const IpAddress& destination,
                                              const IpArrival& arrival);
  // From no address or from our own over the link: only neighbour messages may, and nobody can be answered.
  [[nodiscard]] bool has_doubtful_source(const Datagram& datagram) const;
  [[nodiscard]] bool check_options(const Datagram& datagram, Instant now);
  void on_datagram(const Datagram& datagram, Instant now);
  void deliver_loopback(Instant now);

  // host_fragments.cc
  void on_fragment_v4(const wire::Ipv4Packet& packet, const Datagram& datagram, Instant now);
  void on_fragment_v6(const wire::Ipv6Fragment& piece, const Datagram& datagram, Instant now);
  void on_fragment(const Fragment& fragment, const Datagram& datagram, std::uint32_t header_at, Instant now);
  void expire_reassembly(Instant now);

  // host_udp.cc
  [[nodiscard]] UdpSocket* find_udp(SocketId id);
  [[nodiscard]] std::optional<SocketId> udp_receiver(const Endpoint& local) const;
  [[nodiscard]] SocketId open_udp(IpVersion version);
  [[nodiscard]] UdpStatus bind_udp(SocketId id, Endpoint local);
  [[nodiscard]] UdpStatus send_udp(SocketId id, const Endpoint& remote, ByteView data,
                                   const UdpSendOptions& options);
  [[nodiscard]] std::optional<UdpMessage> receive_udp(SocketId id);
  [[nodiscard]] std::optional<UdpError> take_udp_error(SocketId id);
  void close_udp(SocketId id);
  void on_udp(const Datagram& datagram, Instant now);
  void on_udp_error(IpVersion version, const wire::IcmpMessage& message);

  // host_source_route.cc
  [[nodiscard]] tcp::CallError set_source_route(SocketId id, const wire::SourceRoute& route);
  void use_chosen_route(SocketId id, const ConnectionKey& key);
  [[nodiscard]] std::optional<wire::SourceRoute> return_route_of(const Datagram& datagram) const;
  void save_return_route(const ConnectionKey& key);
  void later_route(const ConnectionKey& key, const wire::Segment& segment);
  [[nodiscard]] std::uint16_t mtu_along(const IpAddress& remote, const wire::SourceRoute* route) const;
  void send_along(const wire::Segment& segment, const wire::SourceRoute& route, Bytes octets,
                  IpSendOptions options);

  // host_icmp.cc
  void on_icmp(const Datagram& datagram, Instant now);
  void on_icmp_error(IpVersion version, const wire::IcmpMessage& message, Instant now);

  // host_neighbours.cc
  // Every packet that is to leave goes to the link; what cannot is told to whoever sent it.
  void flush_link(Instant now);
  void on_undeliverable(ByteView packet, Instant now);
  // False if it is not about neighbours or listeners.
  [[nodiscard]] bool on_link_message(const Datagram& datagram, const wire::IcmpMessage& message, Instant now);
  void on_redirect(const Datagram& datagram, const wire::IcmpMessage& message, Instant now);
  void on_igmp(const Datagram& datagram);

  // host_tcp_errors.cc
  void on_tcp_error(IpVersion version, const wire::IcmpMessage& message, Instant now);
  [[nodiscard]] std::optional<ConnectionKey> find_quoted(const wire::QuotedSegment& quote,
                                                         const wire::IcmpMessage& message);
  [[nodiscard]] static bool is_too_big(IpVersion version, const wire::IcmpMessage& message);
  void on_segment_too_big(const ConnectionKey& key, const wire::QuotedSegment& quote,
                          const wire::IcmpMessage& message, Instant now);
  void note_path_mtu(const ConnectionKey& key, Instant now);
  void expire_path_mtus(Instant now);

  // host_limits.cc
  [[nodiscard]] bool listener_has_room(const Socket& listener) const;
  [[nodiscard]] bool connections_have_room() const;
  void syn_at_listener(SocketId listener, const wire::Segment& syn, Instant now);
  void answer_with_cookie(const Socket& listener, const wire::Segment& syn, Instant now);
  [[nodiscard]] std::optional<std::uint16_t> cookie_in(const wire::Segment& segment, Instant now) const;
  [[nodiscard]] bool open_by_cookie(SocketId listener, const wire::Segment& segment, Instant now);
  [[nodiscard]] bool cookie_beats_half_open(const ConnectionKey& key, const wire::Segment& segment,
                                            Instant now);
  void adopt_half_open(SocketId listener, const ConnectionKey& key, ConnectionEntry entry);
  void track_time_wait(const ConnectionKey& key, ConnectionEntry& entry);
  void leave_time_wait(ConnectionEntry& entry);
  void trim_time_wait(Instant now);
  void queue_event(SocketId id, Socket& socket, const tcp::Event& event);
  void event_taken(const SocketEvent& event);

  // host_tcp.cc
  void on_tcp(const Datagram& datagram, Instant now);
  [[nodiscard]] bool reopen_time_wait(const ConnectionKey& key, const wire::Segment& segment, Instant now);
  void answer_without_connection(const wire::Segment& segment);
  void segment_at_listener(SocketId listener, const wire::Segment& segment, Instant now);
  [[nodiscard]] std::optional<SocketId> find_listener(const Endpoint& local) const;
  void open_passive(SocketId listener, const wire::Segment& syn, Instant now,
                    std::shared_ptr<tcp::Connection> time_wait);
  [[nodiscard]] std::uint32_t timestamp_offset(const ConnectionKey& key) const;
  [[nodiscard]] Seq32 initial_sequence_number(const ConnectionKey& key, const tcp::Connection* previous,
                                              Instant now) const;
  // After every call into a connection: its segments to the wire, its events to its socket, its end.
  void pump(const ConnectionKey& key);
  void on_event(const ConnectionKey& key, ConnectionEntry& entry, const tcp::Event& event);
  void handshake_complete(const ConnectionKey& key, ConnectionEntry& entry);
  void notify(SocketId id, const tcp::Event& event);
  void finish(const ConnectionKey& key);
  void send_segment(const wire::Segment& segment, bool dont_fragment,
                    const wire::SourceRoute* route = nullptr);

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
  tcp::SendResult send(SocketId id, ByteView data, bool push, Instant now, bool urgent = false);
  tcp::ReceiveResult receive(SocketId id, std::size_t most, Instant now);
  tcp::ReceiveResult receive_urgent(SocketId id, Instant now);
  void shutdown_write(SocketId id, Instant now);
  void close(SocketId id, Instant now);
  void abort(SocketId id, Instant now);
  void end_listener(SocketId id, Instant now);
  void end_children(SocketId id, Instant now);  // of a listener: half open and unaccepted ones
  void forget(SocketId id);
  [[nodiscard]] tcp::CallError take_error(Socket& socket);
  void configure(SocketId id, const tcp::Config& config, Instant now);

  HostConfig config;
  std::shared_ptr<const tcp::Config> socket_defaults;
  Random ports;
  IpOutput output;
  IcmpOutput icmp{output};
  DropCounters drops;
  Interface link;
  IcmpCounts icmp_counts;
  PathMtuCache path_mtus{config.limits.most_paths};
  CookieJar cookies{config.isn_secret};
  std::uint64_t cookies_sent = 0;
  std::size_t half_open_total = 0;
  std::map<std::uint64_t, ConnectionKey> time_waits;  // in the order in which they entered
  std::uint64_t last_time_wait = 0;
  std::uint64_t time_waits_cut = 0;
  std::map<ConnectionKey, ConnectionEntry> connections;
  std::map<SocketId, Socket> sockets;
  std::map<SocketId, UdpSocket> udp_sockets;
  std::map<ConnectionKey, ConnectionRoute> routes;      // of connections that have one
  std::map<SocketId, wire::SourceRoute> chosen_routes;  // for connect()
  std::optional<wire::SourceRoute> arriving_route;      // while a segment that came along one is processed
  IpReassembly reassembly;
  Instant loopback_at = Instant::never();  // when what waits in the queue to ourselves is due
  SocketId next_socket = 1;
  std::deque<SocketEvent> events;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_HOST_IMPL_H_
