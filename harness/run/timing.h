// Timing: the interval in which a step may take place, from its TimeSpec, the stamp of the event before it
// and the tolerances that apply. Stamps are intervals: a bound is broken only where no instant of the stamp
// keeps it.
#ifndef HARNESS_RUN_TIMING_H_
#define HARNESS_RUN_TIMING_H_

#include <string>

#include "harness/scenario/scenario.h"
#include "harness/target/target.h"

namespace tcpspec::run {

struct Bounds {
  Instant lower, upper;
  [[nodiscard]] bool too_early(const target::Stamp& at) const { return at.latest < lower; }
  [[nodiscard]] bool too_late(const target::Stamp& at) const { return at.earliest > upper; }
};

struct TimeBase {
  target::Stamp start;       // of the first step: absolute times count from here
  target::Stamp reference;   // of the event before
  target::TimerSlack slack;  // stretches upper bounds
  Duration tolerance;        // packetdrill's, both sides; zero in cases
  Duration patience;         // how long `*` waits
};

[[nodiscard]] Bounds bounds(const scenario::TimeSpec& time, const TimeBase& base);
// When our side acts: the earliest instant that is certainly `from` after the event before.
[[nodiscard]] Instant planned(const scenario::TimeSpec& time, const TimeBase& base, Instant now);
// The bounds of a blocking call's return; requires blocks_until.
[[nodiscard]] Bounds return_bounds(const scenario::TimeSpec& time, const TimeBase& base);

// "at once", "within 0.5 s", "between 0.2 s and 3.0 s after the event before"; with the slack that was
// granted.
[[nodiscard]] std::string describe(const scenario::TimeSpec& time, const TimeBase& base);
// Seconds after the event before: "+0.012 s".
[[nodiscard]] std::string offset_text(const target::Stamp& at, const target::Stamp& reference);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_TIMING_H_
