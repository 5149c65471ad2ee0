#include "harness/target/remote/agent_clock.h"

#include <algorithm>
#include <chrono>

namespace tcpspec::target {

AgentClock::AgentClock(std::int64_t zero, std::int64_t asked, std::int64_t answered)
    : zero_(zero), lowest_(asked - zero), highest_(answered - zero) {}

void AgentClock::compare(const ClockBracket& bracket) {
  const std::int64_t lowest = bracket.asked - bracket.earliest;
  const std::int64_t highest = bracket.answered - bracket.latest;
  if (lowest > highest) return;  // it took longer than the exchange: says nothing
  if (lowest > highest_ || highest < lowest_) {
    lowest_ = lowest;
    highest_ = highest;
    return;
  }
  lowest_ = std::max(lowest_, lowest);
  highest_ = std::min(highest_, highest);
}

Instant AgentClock::now(std::int64_t ours) const {
  const std::int64_t agents = ours - (lowest_ + (highest_ - lowest_) / 2);
  last_ = std::max(last_, Instant::from_nanos(agents - zero_));
  return last_;
}

Stamp AgentClock::stamp(std::int64_t earliest, std::int64_t latest) const {
  return {Instant::from_nanos(earliest - zero_) - error(), Instant::from_nanos(latest - zero_) + error()};
}

std::int64_t monotonic_nanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace tcpspec::target
