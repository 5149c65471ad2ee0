// CaseClock: the one clock of a real-time case. Instants count from its start. Kernel stamps of packets and
// the agent's stamps of calls are CLOCK_REALTIME, so this is CLOCK_REALTIME too; waits are done on
// CLOCK_MONOTONIC, so that a step of the wall clock cannot make a wait endless. stepped_by() tells such a
// step.
#ifndef HARNESS_TARGET_LINUX_CLOCK_H_
#define HARNESS_TARGET_LINUX_CLOCK_H_

#include <ctime>

#include "stack/base/time.h"

namespace tcpspec::target {

// Nanoseconds of CLOCK_REALTIME since 1970.
[[nodiscard]] std::int64_t realtime_nanos();
[[nodiscard]] timespec to_timespec(Duration d);

class CaseClock {
 public:
  // Zero is now.
  CaseClock();
  [[nodiscard]] Instant now() const { return of_realtime(realtime_nanos()); }
  [[nodiscard]] Instant of_realtime(std::int64_t nanos) const {
    return Instant::from_nanos(nanos - real_base_);
  }
  // By how much the wall clock was set forward (negative: back) since the start.
  [[nodiscard]] Duration stepped_by() const;

 private:
  std::int64_t real_base_;
  std::int64_t monotonic_base_;
};

// A point on CLOCK_MONOTONIC to wait for.
class Timeout {
 public:
  explicit Timeout(Duration from_now);
  // What is left; zero when it is over.
  [[nodiscard]] Duration left() const;

 private:
  std::int64_t end_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_LINUX_CLOCK_H_
