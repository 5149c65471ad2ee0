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

#include "stack/base/bytes.h"
#include "stack/base/time.h"
#include "stack/tcp/config.h"
#include "stack/tcp/tcb.h"
#include "stack/wire/segment.h"

namespace tcpspec::tcp {

// What the user of a connection is told, in order. RFC 9293 §3.9.1 names the calls these answer.
enum class EventKind {
  kEstablished,  // the handshake is complete
  kReadable,     // data, or the peer's FIN, can be received
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
};

struct SendResult {
  std::size_t accepted = 0;
  CallError error = CallError::kNone;
};
struct ReceiveResult {
  Bytes data;  // empty with end_of_stream: the peer's FIN was reached
  bool end_of_stream = false;
  CallError error = CallError::kNone;
};

class Connection {
 public:
  // OPEN, active (RFC 9293 §3.10.1): sends a SYN at once. `iss` comes from the host's ISN generator.
  [[nodiscard]] static std::unique_ptr<Connection> open_active(const Config& config, const Endpoint& local,
                                                               const Endpoint& remote, Seq32 iss,
                                                               Instant now);
  // The child that a SYN creates from LISTEN (RFC 9293 §3.10.7.2 third): SYN-RECEIVED, its SYN-ACK queued.
  [[nodiscard]] static std::unique_ptr<Connection> accept_syn(const Config& config, const wire::Segment& syn,
                                                              Seq32 iss, Instant now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // SEGMENT ARRIVES (§3.10.7.3, §3.10.7.4). The segment's addresses and ports are already ours.
  void segment_arrives(const wire::Segment& segment, Instant now);
  // The timeouts (§3.10.8) and our own (delayed ACK, persist, keep-alive). A call before the deadline does
  // nothing.
  void deadline_reached(Instant now);
  [[nodiscard]] Instant next_deadline() const;

  // User calls, §3.10.2 to §3.10.6. `push` as PSH policy: the last octet accepted ends a push unit.
  SendResult send(ByteView data, bool push, Instant now);
  ReceiveResult receive(std::size_t most, Instant now);
  void close(Instant now);  // no more SENDs; what is queued goes out, then the FIN
  // The user will never RECEIVE again (a full close(), not a half-close). With unread data, or data that
  // arrives later, the connection is reset: RFC 9293 §3.6.1 [SHLD-3].
  void stop_receiving(Instant now);
  void abort(Instant now);  // RST where the state calls for one, then CLOSED
  // STATUS, §3.10.6.
  [[nodiscard]] const Tcb& tcb() const { return tcb_; }
  // Per-connection knobs that sockets may change while it runs (Nagle, keep-alive, user timeout, …).
  void reconfigure(const Config& config, Instant now);
  [[nodiscard]] const Config& config() const { return config_; }

  // In TIME-WAIT: may this SYN begin a new incarnation? RFC 9293 §3.6.1 [MAY-2], RFC 6191 §2. The host then
  // drops this TCB and gives the SYN to the listener, with an ISS above every number used here.
  [[nodiscard]] bool wants_reopen(const wire::Segment& syn, Instant now) const;

  // A hard ICMP error reported against this connection; ignored once synchronized (RFC 5927 §5.2, a profile
  // choice).
  void icmp_hard_error(Instant now);

  [[nodiscard]] std::optional<wire::Segment> take_segment();
  [[nodiscard]] std::optional<Event> take_event();

 private:
  struct Impl;
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
