#include "harness/run/timing.h"

#include <algorithm>

#include "stack/base/check.h"

namespace tcpspec::run {
namespace {

const target::Stamp& base_of(const scenario::TimeSpec& time, const TimeBase& base) {
  return time.kind == scenario::TimeKind::kAbsolute ? base.start : base.reference;
}

Bounds bounds_between(const scenario::TimeSpec& time, const TimeBase& base, Duration from, Duration to) {
  const target::Stamp& origin = base_of(time, base);
  const Instant latest = origin.latest + to;
  // The slack of a timer grows with the time it waited: since the event before, whatever the time counts
  // from.
  const Duration awaited = std::max(Duration(), latest - base.reference.latest);
  return {origin.earliest + from - base.tolerance, latest + base.slack.of(awaited) + base.tolerance};
}

}  // namespace

Bounds bounds(const scenario::TimeSpec& time, const TimeBase& base) {
  if (time.kind == scenario::TimeKind::kAny) {
    return {Instant::from_nanos(INT64_MIN / 2), base.reference.latest + base.patience};
  }
  return bounds_between(time, base, time.from, time.to);
}

Instant planned(const scenario::TimeSpec& time, const TimeBase& base, Instant now) {
  if (time.kind == scenario::TimeKind::kAny) return now;
  return base_of(time, base).latest + time.from;
}

Bounds return_bounds(const scenario::TimeSpec& time, const TimeBase& base) {
  CHECK(time.blocks_until.has_value());
  Bounds result = bounds_between(time, base, *time.blocks_until, *time.blocks_until);
  // A case asks that the call has returned by then; packetdrill, that it returns then.
  if (base.tolerance == Duration()) result.lower = Instant::from_nanos(INT64_MIN / 2);
  return result;
}

std::string describe(const scenario::TimeSpec& time, const TimeBase& base) {
  if (time.kind == scenario::TimeKind::kAny) return "at any time";
  const bool absolute = time.kind == scenario::TimeKind::kAbsolute;
  const std::string after = absolute ? "from the start" : "after the event before";
  std::string text;
  if (time.from == time.to) {
    text = time.from == Duration() && !absolute ? "at once" : "at " + to_string(time.from) + " s " + after;
  } else if (time.from == Duration() && !absolute) {
    text = "within " + to_string(time.to) + " s";
  } else {
    text = "between " + to_string(time.from) + " s and " + to_string(time.to) + " s " + after;
  }
  const Duration slack = base.slack.of(time.to);
  if (slack > Duration()) text += " (timer slack " + to_string(slack) + " s)";
  if (base.tolerance > Duration()) text += " (tolerance " + to_string(base.tolerance) + " s)";
  return text;
}

std::string offset_text(const target::Stamp& at, const target::Stamp& reference) {
  const Duration offset = at.earliest - reference.latest;
  return (offset < Duration() ? "-" + to_string(-offset) : "+" + to_string(offset)) + " s";
}

}  // namespace tcpspec::run
