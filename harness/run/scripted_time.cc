#include <algorithm>

#include "harness/run/scheduler.h"

namespace tcpspec::run {
namespace {

// Where the step's waiting may end at the latest, if it begins at `from`.
Duration after(const scenario::Step& step, Duration from) {
  const Duration ends = step.time.blocks_until.value_or(step.time.to);
  Duration at = from;
  switch (step.time.kind) {
    case scenario::TimeKind::kAbsolute:
      at = std::max(from, ends);
      break;
    case scenario::TimeKind::kRelative:
      at = from + std::max(ends, Duration());
      break;
    case scenario::TimeKind::kAny:
      break;
  }
  if (const auto* silence = std::get_if<scenario::Silence>(&step.action)) at += silence->duration;
  return at;
}

Duration end_of(const std::vector<scenario::Step>& steps, Duration from) {
  Duration at = from;
  for (const scenario::Step& step : steps) {
    at = after(step, at);
    if (const auto* expect = std::get_if<scenario::Expect>(&step.action)) {
      const Duration here = at;
      for (const scenario::Alternative& other : expect->alternatives) {
        at = std::max(at, end_of(other.steps, here + other.silence));
      }
    }
  }
  return at;
}

}  // namespace

Duration scripted_time(const scenario::Scenario& scenario) { return end_of(scenario.steps, Duration()); }

}  // namespace tcpspec::run
