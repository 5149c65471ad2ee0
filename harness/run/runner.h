// run_case: plays one scenario against one target and says the verdict. Knows the language's semantics; does
// not know which target it runs on, where scripts come from, or how verdicts are reported. No clock of its
// own: the target's.
#ifndef HARNESS_RUN_RUNNER_H_
#define HARNESS_RUN_RUNNER_H_

#include <cstdint>
#include <functional>

#include "harness/run/verdict.h"
#include "harness/scenario/scenario.h"
#include "harness/target/target.h"

namespace tcpspec::run {

struct RunOptions {
  std::uint64_t seed = 1;
  // Called for every trace event as it is appended, so that a capture survives a crash. May be empty.
  std::function<void(const TraceEvent&)> on_event;
};

[[nodiscard]] Outcome run_case(const scenario::Scenario& scenario, target::Target& target,
                               const RunOptions& options);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_RUNNER_H_
