// Host: the reference stack as one sans-IO object. IP packets, socket calls and time in; IP packets, events
// and the next deadline out. Owns every connection, listener and counter. One address of each family, one
// link that carries bare IP (Ethernet, ARP, neighbour discovery and fragments have their room in stack/wire,
// stack/net). Deterministic: the same seed, calls, packets and times give the same bytes.
#ifndef STACK_NET_HOST_H_
#define STACK_NET_HOST_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/siphash.h"
#include "stack/base/time.h"
#include "stack/tcp/config.h"
#include "stack/tcp/connection.h"

namespace tcpspec::net {

struct HostConfig {
  IpAddress v4;
  IpAddress v6;
  std::uint16_t mtu = 1500;
  std::uint8_t ttl = 64;
  SipKey isn_secret{};     // RFC 6528 §3: the secret is injected
  std::uint64_t seed = 1;  // ephemeral ports, IP identification
  Instant boot;            // the clock of RFC 6528 and of timestamps counts from here
  tcp::Config tcp;         // defaults of new sockets
};

// Why bytes from the wire went no further; each is counted. An error of the peer, never of ours.
enum class Drop : std::uint8_t {
  kShort,
  kVersion,
  kIpHeaderLength,
  kIpTotalLength,
  kIpChecksum,
  kNotOurs,
  kBadSource,
  kFragment,
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
  kPort,  // UDP to a port nobody has
  kListenQueue,
  kCount
};
[[nodiscard]] const char* to_string(Drop drop);

using SocketId = std::uint32_t;

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

  // The wire.
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
  // The oldest completed connection of a listener, or nothing yet.
  [[nodiscard]] std::optional<SocketId> accept(SocketId listener);
  // Once the TCB is gone: what had arrived can still be received, then its error comes once, from whichever
  // call asks first; after that send() says kClosing and receive() end_of_stream.
  tcp::SendResult send(SocketId id, ByteView data, bool push, Instant now);
  tcp::ReceiveResult receive(SocketId id, std::size_t most, Instant now);
  void shutdown_write(SocketId id, Instant now);
  // The socket's owner lets go: a listener and its unaccepted children end, a connection closes in order.
  void close(SocketId id, Instant now);
  void abort(SocketId id, Instant now);
  // Null once the TCB is gone (§3.10.6 "connection does not exist") or for a socket never connected.
  [[nodiscard]] const tcp::Tcb* status(SocketId id) const;
  // The error that ended a connection, kNone while it lives; reading clears it, as SO_ERROR does.
  [[nodiscard]] tcp::CallError take_error(SocketId id);
  void configure(SocketId id, const tcp::Config& config, Instant now);
  [[nodiscard]] tcp::Config configuration(SocketId id) const;
  [[nodiscard]] std::optional<Endpoint> local_endpoint(SocketId id) const;
  [[nodiscard]] std::optional<Endpoint> remote_endpoint(SocketId id) const;

  // ICMP errors that arrived for this connection and did not end it: RFC 9293 §3.9.2.2 [SHLD-25].
  [[nodiscard]] std::uint32_t soft_errors(SocketId id) const;

  [[nodiscard]] std::uint64_t dropped(Drop reason) const;
  // Connections that exist, TIME-WAIT included; listeners do not count.
  [[nodiscard]] std::size_t connection_count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_HOST_H_
