// Host: the reference stack as one sans-IO object. Packets, socket calls and time in; packets, events and the
// next deadline out. Owns every connection, listener and counter. One address of each family, one link: bare
// IP packets, or Ethernet frames. Deterministic: the same seed, calls, packets and times give the same bytes.
#ifndef STACK_NET_HOST_H_
#define STACK_NET_HOST_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/siphash.h"
#include "stack/base/time.h"
#include "stack/net/ip_config.h"
#include "stack/net/limits.h"
#include "stack/net/link_config.h"
#include "stack/net/udp_socket.h"
#include "stack/tcp/config.h"
#include "stack/tcp/connection.h"
#include "stack/tcp/readout.h"

namespace tcpspec::net {

class Interface;

struct HostConfig {
  IpAddress v4;
  IpAddress v6;
  std::uint16_t mtu = 1500;
  std::uint8_t ttl = 64;
  SipKey isn_secret{};     // RFC 6528 §3: the secret is injected
  std::uint64_t seed = 1;  // ephemeral ports, IP identification
  Instant boot;            // the clock of RFC 6528 and of timestamps counts from here
  tcp::Config tcp;         // defaults of new sockets
  IpConfig ip;             // IP, ICMP, UDP, loopback
  Limits limits;           // what other hosts can make this one hold
  LinkConfig link;         // bare IP or Ethernet, neighbours
};
// Names the first value out of its range, with the range.
[[nodiscard]] Status validate(const HostConfig& config);

// Why bytes from the wire went no further; each is counted. An error of the peer, never of ours.
enum class Drop : std::uint8_t {
  kShort,
  kVersion,
  kIpHeaderLength,
  kIpTotalLength,
  kIpChecksum,
  kNotOurs,
  kBadSource,
  kIpOption,     // an IPv4 option that cannot be, or a route that may not
  kSourceRoute,  // a source route that wants to go on from here, or that the configuration refuses
  kLoopback,     // a loopback address on a link, or no room in the queue to ourselves
  kFragment,     // a fragment that no datagram can have: its length, offset or header
  kFragmentDuplicate,
  kFragmentOverlap,    // and all that comes later of such a datagram
  kReassemblyTimeout,  // a datagram, RFC 1122 §3.3.2, RFC 8200 §4.5
  kReassemblyNoRoom,   // a datagram that gave way
  kExtensionHeader,
  kProtocol,
  kTcpShort,
  kTcpDataOffset,
  kTcpChecksum,
  kTcpOption,
  kIcmpShort,
  kIcmpChecksum,
  kIcmpQuote,      // an error about no segment of ours in flight
  kIcmpUnhandled,  // a type or code this stack has no use for, Source Quench among them
  kUdpShort,
  kUdpLength,
  kUdpChecksum,
  kPort,         // UDP to a port nobody has
  kUdpQueue,     // UDP to a socket whose user does not read
  kGroup,        // a multicast or broadcast packet of a kind that gets no answer
  kListenQueue,  // a SYN, or the ACK of a cookie, that a listener has no room for
  kConnections,  // a SYN that the host has no room for
  // The link and neighbours.
  kEthernetShort,
  kEthernetLength,
  kEthernetLlc,
  kEthernetSource,
  kArpShort,
  kArpHardware,
  kArpProtocol,
  kArpLength,
  kArpOperation,
  kArpAddress,
  kRarp,
  kNdHopLimit,
  kNdCode,
  kNdShort,
  kNdOption,
  kNdAddress,
  kIgmpShort,
  kIgmpChecksum,
  kIgmpType,
  kIgmpGroup,
  kIgmpTtl,
  kMldShort,
  kMldSource,
  kMldGroup,
  kLinkNotOurs,     // a frame to another station
  kEtherType,       // a frame of a type nobody here knows
  kLinkGroup,       // a unicast packet in a broadcast or multicast frame, RFC 1122 §3.3.6
  kArpConflict,     // another station claims our address
  kNdConflict,      // another station claims our IPv6 address
  kNdNotOurs,       // asks for an address that is not ours
  kNdUnsolicited,   // an advertisement about a neighbour nobody asked for
  kRedirect,        // a redirect that does not come from the first hop in use
  kNeighbourQueue,  // ours: pushed out while it waited for a neighbour's address
  kUnresolved,      // ours: the neighbour never answered
  kNoRoute,         // ours: neither on-link nor a router
  kTentative,       // ours: its source is not yet, or not, ours to use, RFC 4862 §5.4
  kCount
};
[[nodiscard]] const char* to_string(Drop drop);

using SocketId = std::uint32_t;

// What became of ICMP errors about TCP whose quote was believed; the others are Drop::kIcmpQuote. RFC 9293
// §3.9.2.2.
struct IcmpCounts {
  std::uint64_t soft = 0;              // remembered
  std::uint64_t hard_as_soft = 0;      // remembered, RFC 5927 §5.2
  std::uint64_t hard_aborts = 0;       // ended a connection
  std::uint64_t path_mtu_lowered = 0;  // honoured at once
  std::uint64_t path_mtu_pending = 0;  // wait for a timeout, RFC 5927 §7.2
  std::uint64_t path_mtu_ignored = 0;  // would raise, are too small, or are settled already
};

struct SocketEvent {
  SocketId socket;
  tcp::Event event;
};

class Host {
 public:
  explicit Host(const HostConfig& config);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // The wire: IP packets, or frames where HostConfig::link says so.
  void on_packet(ByteView packet, Instant now);
  void on_deadline(Instant now);
  [[nodiscard]] Instant next_deadline() const;
  [[nodiscard]] std::optional<Bytes> take_packet();
  [[nodiscard]] std::optional<SocketEvent> take_event();

  // Socket calls; none blocks. A socket is made unbound; errors are tcp::CallError. kUnreachable is also the
  // answer to an address that is not ours (bind), of the other family, or not one host's (connect [MUST-46]);
  // kAlreadyExists to a port that another socket holds.
  [[nodiscard]] SocketId socket(IpVersion version);
  [[nodiscard]] tcp::CallError bind(SocketId id, const Endpoint& local);
  // At most `backlog` (at least 1) children, half open and unaccepted ones together; a SYN beyond is dropped.
  // Each completed handshake is a kReadable event of the listener. A child's own events wait for accept().
  [[nodiscard]] tcp::CallError listen(SocketId id, int backlog);
  // Starts the handshake; kEstablished, kRefused, … follow as events. Binds an ephemeral port if unbound.
  [[nodiscard]] tcp::CallError connect(SocketId id, const Endpoint& remote, Instant now);
  // RFC 9293 §3.9.2.1: the way that a later connect() goes, IPv4 only; no hops: straight. At most nine hops.
  [[nodiscard]] tcp::CallError set_source_route(SocketId id, const std::vector<IpAddress>& hops, bool strict);
  // The oldest completed connection of a listener, or nothing yet.
  [[nodiscard]] std::optional<SocketId> accept(SocketId listener);
  // Once the TCB is gone: what had arrived can still be received, then its error comes once, from whichever
  // call asks first; after that send() says kClosing and receive() end_of_stream.
  tcp::SendResult send(SocketId id, ByteView data, bool push, Instant now);
  tcp::ReceiveResult receive(SocketId id, std::size_t most, Instant now);
  // Urgent data, RFC 9293 §3.8.5: send() with MSG_OOB; the octet set apart where the stream passes over it.
  tcp::SendResult send_urgent(SocketId id, ByteView data, Instant now);
  tcp::ReceiveResult receive_urgent(SocketId id, Instant now);
  void shutdown_write(SocketId id, Instant now);
  // The socket's owner lets go: a listener and its unaccepted children end, a connection closes in order.
  void close(SocketId id, Instant now);
  void abort(SocketId id, Instant now);
  // Null once the TCB is gone (§3.10.6 "connection does not exist") or for a socket never connected.
  [[nodiscard]] const tcp::Tcb* status(SocketId id) const;
  // The same with timers, scoreboard and held text, for people and tests. Times count from boot.
  [[nodiscard]] std::optional<tcp::Readout> read_out(SocketId id) const;
  // The error that ended a connection, kNone while it lives; reading clears it, as SO_ERROR does.
  [[nodiscard]] tcp::CallError take_error(SocketId id);
  void configure(SocketId id, const tcp::Config& config, Instant now);
  [[nodiscard]] tcp::Config configuration(SocketId id) const;
  [[nodiscard]] std::optional<Endpoint> local_endpoint(SocketId id) const;
  [[nodiscard]] std::optional<Endpoint> remote_endpoint(SocketId id) const;

  // UDP, RFC 768: one socket, one port, any number of remote ones. kReadable comes when the first datagram
  // arrives in an empty queue. An unbound socket is bound by its first send_udp().
  [[nodiscard]] SocketId open_udp(IpVersion version);
  [[nodiscard]] UdpStatus bind_udp(SocketId id, const Endpoint& local);  // port 0: an ephemeral one
  [[nodiscard]] UdpStatus send_udp(SocketId id, const Endpoint& remote, ByteView data, Instant now,
                                   const UdpSendOptions& options = {});
  [[nodiscard]] std::optional<UdpMessage> receive_udp(SocketId id);
  // The latest ICMP error about what this socket sent (RFC 1122 §4.1.3.3); reading clears it.
  [[nodiscard]] std::optional<UdpError> take_udp_error(SocketId id);
  void close_udp(SocketId id);

  // ICMP errors that arrived for this connection and did not end it: RFC 9293 §3.9.2.2 [SHLD-25].
  [[nodiscard]] std::uint32_t soft_errors(SocketId id) const;

  [[nodiscard]] std::uint64_t dropped(Drop reason) const;
  // The link: addresses, neighbours, routers, to be read.
  [[nodiscard]] const Interface& interface() const;
  [[nodiscard]] const IcmpCounts& icmp_counts() const;
  // The estimate for packets to `destination`, in octets.
  [[nodiscard]] std::uint32_t path_mtu(const IpAddress& destination) const;
  [[nodiscard]] std::size_t half_open_count() const;
  [[nodiscard]] std::size_t time_wait_count() const;
  // TIME-WAITs that ended before their 2 MSL, for Limits::most_time_wait.
  [[nodiscard]] std::uint64_t time_waits_cut() const;
  [[nodiscard]] std::uint64_t cookies_sent() const;
  // Connections that exist, TIME-WAIT included; listeners do not count.
  [[nodiscard]] std::size_t connection_count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_HOST_H_
