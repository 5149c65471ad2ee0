// Peer: the reference stack as our side of a conversation. The only part of harness/sim that sees stack/net
// (law 1). Sends the stream pattern (packet/stream.h) and checks that what it receives is that pattern.
#ifndef HARNESS_SIM_PEER_H_
#define HARNESS_SIM_PEER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"

namespace tcpspec::sim {

struct PeerSetup {
  Endpoint local;
  Endpoint remote;
  std::uint16_t mtu = 1500;
  std::uint64_t seed = 1;
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

  [[nodiscard]] bool established() const;  // it was, at some time
  [[nodiscard]] std::uint64_t received() const;
  // Offset of the first received octet that was not the pattern's, if any.
  [[nodiscard]] std::optional<std::uint64_t> corrupt_at() const;
  [[nodiscard]] bool eof() const;     // the target's FIN was reached
  [[nodiscard]] bool closed() const;  // the TCB is gone in order, TIME-WAIT over or entered on our side
  [[nodiscard]] bool reset() const;
  [[nodiscard]] std::string status() const;  // one line for failure texts: state, queues, error

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpspec::sim

#endif  // HARNESS_SIM_PEER_H_
