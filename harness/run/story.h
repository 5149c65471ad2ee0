// Story: a mismatch told in the order a reader needs it: what was allowed, what came, what differs, what led
// there, the script around it, the last packets.
#ifndef HARNESS_RUN_STORY_H_
#define HARNESS_RUN_STORY_H_

#include <string>
#include <vector>

#include "harness/packet/pattern.h"
#include "harness/run/session.h"
#include "harness/run/verdict.h"

namespace tcpspec::run {

// Marks the trace event that shows the mismatch, and asks the target for the connection's state where it can
// tell.
[[nodiscard]] Failure tell_story(Session& session, const scenario::Step& step, Mismatch mismatch);

// "flags R. instead of .; everything else as allowed".
[[nodiscard]] std::string differences_text(const std::vector<packet::Difference>& differences);
// A packet of the trace: "+0.012 s  R. 2:2(0) ack 11 win 0".
[[nodiscard]] std::string event_text(const TraceEvent& event, const target::Stamp& reference);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_STORY_H_
