// How much say over the application a case needs: the ledger's ways of control (L0 any open port, L1 a box's
// echo, discard or chargen service, L2 socket calls). Decided from the scenario alone, so that `tcpspec list`
// can count before any target is there. Knows no target; whether one offers a service stands in its profile.
#ifndef HARNESS_RUN_CONTROL_H_
#define HARNESS_RUN_CONTROL_H_

#include <string>
#include <string_view>

#include "harness/scenario/scenario.h"
#include "harness/target/profile.h"
#include "harness/target/target.h"

namespace tcpspec::run {

enum class ControlLevel : std::uint8_t { kL0, kL1, kL2 };

struct Control {
  ControlLevel level = ControlLevel::kL2;
  target::Service service = target::Service::kCalls;
  std::string why;  // L1 and L2: what the level below cannot do
};
// The least control with which the case still means what it says.
[[nodiscard]] Control control_of(const scenario::Scenario& scenario);

// How the case is played on this target: through calls where it takes them, else through the least service.
[[nodiscard]] target::Service service_for(const Control& control, const target::Profile& profile);

// An unknown application waits for more of a request that never ends: letters without a line's end, and few
// of them.
inline constexpr std::int64_t kMostHarmlessOctets = 200;

[[nodiscard]] std::string_view to_string(ControlLevel level);
// The word under which a profile's `lacks` says why the service is not there: "calls", "echo", "open-port", …
[[nodiscard]] std::string_view lack_word(target::Service service);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_CONTROL_H_
