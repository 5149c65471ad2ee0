// Peer: the reference stack as our side of a conversation. The only part of harness/sim that sees stack/net
// (law 1). Sends the stream pattern (packet/stream.h) and checks that what it receives is that pattern.
#ifndef HARNESS_SIM_PEER_H_
#define HARNESS_SIM_PEER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"

namespace tcpspec::sim {

enum class PeerEcn : std::uint8_t { kOff, kAccept, kRequest };

struct PeerSetup {
  Endpoint local;
  Endpoint remote;
  std::uint16_t mtu = 1500;
  std::uint64_t seed = 1;
  // The stack's knobs; what is not set is its own default.
  std::optional<bool> sack = {}, timestamps = {}, window_scaling = {}, nagle = {};
  std::optional<PeerEcn> ecn = {};
  std::optional<std::uint8_t> window_shift = {};                         // ours, 0 to 14
  std::optional<std::uint32_t> receive_buffer = {}, send_buffer = {};    // octets
  std::optional<Duration> delayed_ack = {}, fin_wait_2_timeout = {};     // zero: none
  std::optional<Duration> keepalive_idle = {}, keepalive_interval = {};  // the first also switches it on
  bool one_connection = false;  // listening ends with the first connection, as a program's may
  // Told every octet that the stack took from us, and that it gave us, in order; may be empty.
  std::function<void(ByteView)> on_sent = {}, on_received = {};
};

class Peer {
 public:
  explicit Peer(const PeerSetup& setup);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void on_packet(ByteView packet, Instant now);
  void on_deadline(Instant now);
  [[nodiscard]] Instant next_deadline() const;
  [[nodiscard]] std::optional<Bytes> take_packet();

  void connect(Instant now);
  void listen();
  void send(std::uint64_t count, Instant now);  // queued, sent as the connection takes it
  void shutdown(Instant now);                   // after what is queued
  void close(Instant now);  // after what is queued; reads on until the target has closed too, so that no late
                            // data is reset
  void abort(Instant now);
  // As a program's close(): the socket is let go of, and what is unread or comes later is answered with a
  // reset (RFC 9293 §3.6.1 [SHLD-3]).
  void release(Instant now);
  // Reads no further than this offset of the stream, so that the window may close; without end at first.
  void read_up_to(std::uint64_t offset, Instant now);

  [[nodiscard]] bool established() const;  // it was, at some time
  [[nodiscard]] std::uint64_t received() const;
  // Offset of the first received octet that was not the pattern's, if any.
  [[nodiscard]] std::optional<std::uint64_t> corrupt_at() const;
  [[nodiscard]] bool eof() const;     // the target's FIN was reached
  [[nodiscard]] bool closed() const;  // the TCB is gone in order, TIME-WAIT over or entered on our side
  [[nodiscard]] bool reset() const;
  [[nodiscard]] bool timed_out() const;
  [[nodiscard]] std::uint64_t sent() const;  // octets that the stack has taken
  // No connection is left, and no timer.
  [[nodiscard]] bool gone() const;
  [[nodiscard]] std::string status() const;  // one line for failure texts: state, queues, error

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpspec::sim

#endif  // HARNESS_SIM_PEER_H_
