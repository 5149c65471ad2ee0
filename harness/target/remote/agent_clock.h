// AgentClock: an agent's real clock, compared with ours. Every exchange brackets it: what the agent stamped
// cannot have happened before we asked nor after its answer came. Case time counts on the agent's clock from
// Started; the stamps are as wide as the comparison is uncertain. Pure: all readings are arguments.
#ifndef HARNESS_TARGET_REMOTE_AGENT_CLOCK_H_
#define HARNESS_TARGET_REMOTE_AGENT_CLOCK_H_

#include <cstdint>

#include "harness/target/target.h"
#include "stack/base/time.h"

namespace tcpspec::target {

// Readings in nanoseconds. The agent's stamps must be plausible(): far enough from the ends of their type.
struct ClockBracket {
  std::int64_t asked = 0, answered = 0;   // ours
  std::int64_t earliest = 0, latest = 0;  // the agent's, of something between the two
};

class AgentClock {
 public:
  [[nodiscard]] static bool plausible(std::int64_t nanos) {
    return nanos > -(INT64_MAX / 4) && nanos < INT64_MAX / 4;
  }
  AgentClock() = default;
  // The case's zero is the agent's `zero`, which is also the first bracket's stamp.
  AgentClock(std::int64_t zero, std::int64_t asked, std::int64_t answered);
  // Narrows the comparison; where the clocks have drifted apart so far that it contradicts, it counts alone.
  void compare(const ClockBracket& bracket);
  // Half the width of what the comparison leaves open.
  [[nodiscard]] Duration error() const { return Duration::nanos((highest_ - lowest_) / 2); }
  // Of our reading; never goes back.
  [[nodiscard]] Instant now(std::int64_t ours) const;
  [[nodiscard]] Stamp stamp(std::int64_t earliest, std::int64_t latest) const;

 private:
  std::int64_t zero_ = 0;
  std::int64_t lowest_ = 0, highest_ = 0;  // ours less the agent's
  mutable Instant last_;
};

// CLOCK_MONOTONIC.
[[nodiscard]] std::int64_t monotonic_nanos();

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REMOTE_AGENT_CLOCK_H_
