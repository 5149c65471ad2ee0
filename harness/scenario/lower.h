// From parsed steps and directives to one Scenario, and the checks that need the whole of it.
#ifndef HARNESS_SCENARIO_LOWER_H_
#define HARNESS_SCENARIO_LOWER_H_

#include <string>
#include <vector>

#include "harness/scenario/directives.h"
#include "harness/scenario/scenario.h"

namespace tcpspec::scenario {

// In a case with `app`, the application makes the calls: those of fragments are taken out, and the time they
// stood for goes to the next step. True: one of them was `connect`.
[[nodiscard]] bool drop_calls(std::vector<Step>& steps);

// Something in the steps can turn out wrong: an expected packet, a silence, an assertion, a call's result,
// the peer.
[[nodiscard]] bool can_fail(const std::vector<Step>& steps);

// Moves the directives' values in. Steps, id, title, kind and place are the caller's.
void apply(const Directives& directives, Scenario& scenario);

// Connections of the fragments, then those of the case; a later `main` replaces an earlier one. Returns the
// name of one that is declared twice, or "".
[[nodiscard]] std::string join_connections(std::vector<ConnectionSpec>& into,
                                           const std::vector<ConnectionSpec>& more);

}  // namespace tcpspec::scenario

#endif  // HARNESS_SCENARIO_LOWER_H_
