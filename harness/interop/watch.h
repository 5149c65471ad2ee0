// Watch: sees every packet of a conversation where it leaves and where it arrives. Owns the two monitors (one
// judges the target, the other our own stack), the counts, the hash of everything, and the last packets for a
// story. Decides nothing.
#ifndef HARNESS_INTEROP_WATCH_H_
#define HARNESS_INTEROP_WATCH_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/interop/digest.h"
#include "harness/monitor/monitor.h"
#include "harness/packet/image.h"
#include "harness/run/trace.h"
#include "stack/base/seq32.h"

namespace tcpspec::interop {

// One side's packets, as it sent them.
struct Sent {
  std::uint64_t packets = 0, octets = 0;       // of text, repeated ones too
  std::uint64_t retransmissions = 0;           // packets with sequence numbers that had been sent before
  std::uint64_t resets = 0;                    // before its end was acknowledged
  bool fin = false, fin_acknowledged = false;  // and the acknowledgment has reached it, whole
};

class Watch {
 public:
  // `keep`: packets in the trace at most, the last ones; at the target's edge of the link.
  // `hashed`: the hash of all packets and their times is wanted.
  Watch(const IpAddress& target, const IpAddress& peer, std::size_t keep, bool hashed);

  // Called for every event at once, besides keeping it; may be empty.
  std::function<void(const run::TraceEvent&)> on_event;

  void from_peer(ByteView packet, Instant at);
  void to_peer(ByteView packet, Instant at, bool corrupted);
  void from_target(ByteView packet, const target::Stamp& at);
  void to_target(ByteView packet, const target::Stamp& at, bool corrupted);
  // Nothing that happened before `at` will be told any more: in real time a packet of the target's may have
  // been on its way to us while we injected one.
  void settled(Instant at);
  void note(std::string text, Instant at);

  [[nodiscard]] const Sent& by_peer() const { return sides_[0].sent; }
  [[nodiscard]] const Sent& by_target() const { return sides_[1].sent; }
  [[nodiscard]] const std::vector<monitor::Finding>& about_peer() const { return peer_monitor_.findings(); }
  [[nodiscard]] const std::vector<monitor::Finding>& about_target() const {
    return target_monitor_.findings();
  }
  [[nodiscard]] std::string hash() const { return hash_.text(); }
  // With texts in relative numbers.
  [[nodiscard]] run::Trace trace() const;
  // The target's last segment's port and numbers, to ask for its connection after the end.
  struct Last {
    Endpoint source, destination;
    std::uint32_t next = 0, ack = 0;  // the number after it
  };
  [[nodiscard]] const std::optional<Last>& last_of_target() const { return sides_[1].last; }

 private:
  struct Side {
    Sent sent;
    std::optional<std::uint32_t> isn;
    std::optional<Seq32> highest;  // the number after what was sent so far
    std::optional<Seq32> fin_end;
    std::optional<Last> last;
  };
  struct Injected {
    Bytes packet;
    Instant at;
  };
  void learn(Side& side, const packet::Image& image);
  static void acknowledge(Side& side, const packet::Image& image);
  void keep(run::TraceEvent event);
  void hash(std::uint8_t where, ByteView packet, Instant at);
  [[nodiscard]] std::string text(const run::TraceEvent& event) const;

  std::array<Side, 2> sides_;  // the peer, the target
  monitor::Monitor peer_monitor_, target_monitor_;
  std::deque<Injected> injected_;  // not yet shown to the target's monitor
  std::deque<run::TraceEvent> events_;
  std::size_t keep_;
  bool hashed_;
  Digest hash_;
};

}  // namespace tcpspec::interop

#endif  // HARNESS_INTEROP_WATCH_H_
