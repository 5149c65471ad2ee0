// The steps of a case, one after the other: packets in, packets expected with their alternatives, silences,
// asserts. Calls and peer steps have their own files.
#ifndef HARNESS_RUN_STEPS_H_
#define HARNESS_RUN_STEPS_H_

#include <cstdint>
#include <vector>

#include "harness/run/session.h"
#include "harness/scenario/scenario.h"

namespace tcpspec::run {

enum class Flow : std::uint8_t {
  kNext,        // the next step follows
  kEnd,         // the verdict stands, or the case has ended in order
  kEndUnasked,  // ended by an alternative without a continuation: what comes after it is nobody's business
};

// `outermost`: the scenario's own list, by whose index trace events are marked.
[[nodiscard]] Flow play_steps(Session& session, const std::vector<scenario::Step>& steps, bool outermost);

[[nodiscard]] Flow expect_step(Session& session, const scenario::Step& step, const scenario::Expect& expect);
void silence_step(Session& session, const scenario::Step& step, const scenario::Silence& silence);
// The silence at the end of a case: only permitted classes may come.
void final_silence(Session& session, const scenario::Step& last);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_STEPS_H_
