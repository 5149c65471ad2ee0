// Connection: one TCP connection (or listener) of the reference stack, RFC 9293 §3.10. Sans-IO: segments,
// user calls and time go in; segments, events and the next deadline come out. Owns one Tcb and its queues.
// Does not know IP headers, checksums, ports in use or other connections: net::Host demultiplexes, and
// answers segments that belong to no connection with reset_for_closed().
#ifndef STACK_TCP_CONNECTION_H_
#define STACK_TCP_CONNECTION_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>

#include "stack/base/bytes.h"
#include "stack/base/time.h"
#include "stack/tcp/config.h"
#include "stack/tcp/path_mtu.h"
#include "stack/tcp/sent_queue.h"
#include "stack/tcp/tcb.h"
#include "stack/wire/segment.h"

namespace tcpspec::tcp {

// What the user of a connection is told, in order. RFC 9293 §3.9.1 names the calls these answer.
enum class EventKind {
  kEstablished,  // the handshake is complete
  kReadable,     // data, or the peer's FIN, can be received
  kUrgent,       // urgent data is announced [MUST-32]: once, until all of it was read
  kWritable,     // room in the send queue after it was full
  kRefused,      // "connection refused": RST in answer to our SYN
  kReset,        // "connection reset" by the peer
  kTimedOut,     // "connection aborted due to user timeout", R2, or keep-alive
  kUnreachable,  // hard ICMP error while synchronizing
  kClosed,       // the TCB is gone, in order
};
struct Event {
  EventKind kind;
  bool operator==(const Event&) const = default;
};

// The error a call meets, in the words of RFC 9293 §3.10.
enum class CallError {
  kNone,
  kWouldBlock,    // nothing yet (RECEIVE), or no room (SEND)
  kNotConnected,  // "connection does not exist" / not yet open
  kClosing,       // "connection closing"
  kReset,         // "connection reset"
  kRefused,       // "connection refused"
  kTimedOut,      // "connection aborted due to user timeout"
  kUnreachable,
  kAlreadyExists,  // "connection already exists"
  kNoResources,    // "insufficient resources"
};

struct SendResult {
  std::size_t accepted = 0;
  CallError error = CallError::kNone;
};
struct ReceiveResult {
  Bytes data;  // empty with end_of_stream: the peer's FIN was reached
  bool end_of_stream = false;
  CallError error = CallError::kNone;
  std::uint32_t urgent_remaining = 0;  // octets until urgent mode ends; never passed over by one RECEIVE
};

class Connection {
 public:
  // OPEN, active (RFC 9293 §3.10.1): sends a SYN at once. `iss` comes from the host's ISN generator. `from`
  // is CLOSED, or LISTEN where a passive OPEN becomes an active one. `timestamp_offset` is added to the clock
  // of the Timestamps option, RFC 7323 §5.4.
  [[nodiscard]] static std::unique_ptr<Connection> open_active(const Config& config, const Endpoint& local,
                                                               const Endpoint& remote, Seq32 iss, Instant now,
                                                               State from = State::kClosed,
                                                               std::uint32_t timestamp_offset = 0);
  // The child that a SYN creates from LISTEN (RFC 9293 §3.10.7.2 third): SYN-RECEIVED, its SYN-ACK queued.
  [[nodiscard]] static std::unique_ptr<Connection> accept_syn(const Config& config, const wire::Segment& syn,
                                                              Seq32 iss, Instant now,
                                                              std::uint32_t timestamp_offset = 0);
  // The child of a handshake whose SYN-ACK was a cookie (RFC 4987 §3.6): `ack` is the segment that
  // acknowledges it, `peer_mss` what the cookie remembers of the SYN. ESTABLISHED, if `ack` is acceptable.
  [[nodiscard]] static std::unique_ptr<Connection> accept_cookie(const Config& config, wire::Segment ack,
                                                                 std::uint16_t peer_mss, Instant now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // SEGMENT ARRIVES (§3.10.7.3, §3.10.7.4). The segment's addresses and ports are already ours.
  void segment_arrives(wire::Segment segment, Instant now);
  // The timeouts (§3.10.8) and our own (delayed ACK, persist, keep-alive). A call before the deadline does
  // nothing.
  void deadline_reached(Instant now);
  [[nodiscard]] Instant next_deadline() const;

  // User calls, §3.10.2 to §3.10.6. `push` as PSH policy: the last octet accepted ends a push unit.
  SendResult send(ByteView data, bool push, Instant now);
  ReceiveResult receive(std::size_t most, Instant now);
  // SEND with the URGENT flag: what it takes is urgent up to its last octet, and pushed (§3.8.5).
  SendResult send_urgent(ByteView data, Instant now);
  // Without Config::urgent_inline: the last urgent octet, which the stream passes over; once. kWouldBlock
  // while there is none.
  ReceiveResult receive_urgent(Instant now);
  void close(Instant now);  // no more SENDs; what is queued goes out, then the FIN
  // The user will never RECEIVE again (a full close(), not a half-close). With unread data, or data that
  // arrives later, the connection is reset: RFC 9293 §3.6.1 [SHLD-3].
  void stop_receiving(Instant now);
  void abort(Instant now);  // RST where the state calls for one, then CLOSED
  // STATUS, §3.10.6.
  [[nodiscard]] const Tcb& tcb() const { return tcb_; }
  // The retransmission queue with its scoreboard, in the order of sequence numbers; valid until the next
  // call.
  [[nodiscard]] std::span<const Sent> sent_segments() const;
  // Per-connection knobs that sockets may change while it runs (Nagle, keep-alive, user timeout, …).
  void reconfigure(const Config& config, Instant now);
  [[nodiscard]] const Config& config() const { return config_; }

  // In TIME-WAIT: may this SYN begin a new incarnation? RFC 9293 §3.6.1 [MAY-2], RFC 6191 §2. The host then
  // drops this TCB and gives the SYN to the listener, with an ISS above every number used here.
  [[nodiscard]] bool wants_reopen(const wire::Segment& syn, Instant now) const;

  // ICMP errors about this connection; their quote was of something in flight (RFC 5927 §4.1). A soft one is
  // remembered until SND.UNA moves: if the connection times out before, that is what its user is told. A hard
  // one ends the attempt to connect; later it counts as soft or aborts, as Config::hard_errors says. True if
  // it ended the connection.
  void icmp_soft_error();
  bool icmp_hard_error(Instant now);

  // Path MTU, in octets of whole IP packets. "Packet too big" about the segment that began at `quoted`; if it
  // is believed, what was too big goes out again, in smaller pieces.
  TooBig packet_too_big(std::uint32_t claimed_mtu, Seq32 quoted, Instant now);
  // The host learned of the path by other means: from another connection, or by age. Nothing is sent for it.
  void path_mtu_lowered(std::uint32_t mtu);
  void path_mtu_raised(std::uint32_t mtu);
  [[nodiscard]] std::uint32_t path_mtu() const;
  // The estimate, once, after a timeout made the connection believe a message that it had put off.
  [[nodiscard]] std::optional<std::uint32_t> take_lowered_path_mtu();
  // Whether IPv4's DF belongs on its packets.
  [[nodiscard]] bool dont_fragment() const;

  [[nodiscard]] std::optional<wire::Segment> take_segment();
  [[nodiscard]] std::optional<Event> take_event();

  struct Impl;  // impl.h: for stack/tcp and, in the test build, stack/faults
  [[nodiscard]] const Impl& inside() const { return *impl_; }  // for read_out(): readout.h
#ifdef TCPSPEC_FAULTS
  [[nodiscard]] Impl& impl() { return *impl_; }
#endif

 private:
  friend struct Impl;
  Connection(const Config& config, Instant now);
  Config config_;
  Tcb tcb_;
  std::unique_ptr<Impl> impl_;
};

// RFC 9293 §3.10.7.1: the reply to a segment for which no connection exists, or none for a RST.
[[nodiscard]] std::optional<wire::Segment> reset_for_closed(const wire::Segment& segment);

// RFC 9293 §3.10.7.2: what a listener makes of a segment.
enum class ListenDisposition { kIgnore, kReset, kNewConnection };
[[nodiscard]] ListenDisposition arrives_at_listen(const wire::Segment& segment);

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_CONNECTION_H_
