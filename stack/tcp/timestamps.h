// RFC 7323 §3 to §5: the clock of the Timestamps option, TS.Recent, and protection against wrapped
// sequence numbers (PAWS). One per connection. Does not build options and keeps no segments.
#ifndef STACK_TCP_TIMESTAMPS_H_
#define STACK_TCP_TIMESTAMPS_H_

#include <cstdint>

#include "stack/base/seq32.h"
#include "stack/base/time.h"

namespace tcpspec::tcp {

// RFC 7323 §5.4: a tick of one millisecond, inside the permitted 1 ms to 1 s.
[[nodiscard]] std::uint32_t timestamp_clock(Instant now);

// The round trip that an echo of our clock tells: whole ticks, never negative.
[[nodiscard]] Duration echoed_round_trip(std::uint32_t echo_reply, Instant now);

// True when an echo reply cannot be one of ours: later than the clock says.
[[nodiscard]] bool echo_is_from_the_future(std::uint32_t echo_reply, Instant now);

class TimestampsRecent {
 public:
  // From the SYN.
  void start(std::uint32_t value, Instant now);
  // RFC 7323 §5.3 R1: an older value marks an old duplicate, unless TS.Recent itself is too old to tell.
  [[nodiscard]] bool paws_rejects(std::uint32_t value, Instant now) const;
  // RFC 7323 §4.3 (2), §5.3 R3: only a segment that reaches back to Last.ACK.sent updates TS.Recent, so that
  // the echo tells the oldest segment that an ACK answers.
  void update(std::uint32_t value, Seq32 seq, Seq32 last_ack_sent, Instant now);
  [[nodiscard]] std::uint32_t value() const { return value_; }

 private:
  std::uint32_t value_ = 0;
  Instant at_;
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_TIMESTAMPS_H_
