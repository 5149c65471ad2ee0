// The faults that the reference target can be given, in a build that has them (cmake option TCPSPEC_FAULTS):
// what the suite is proven with. A part of the reference target.
#ifndef HARNESS_TARGET_REFERENCE_FAULTS_H_
#define HARNESS_TARGET_REFERENCE_FAULTS_H_

#include <memory>
#include <string>
#include <vector>

#include "harness/target/target.h"

namespace tcpspec::target {

struct FaultInfo {
  std::string id;
  std::string rule;    // the clause that it breaks
  std::string row;     // that clause's row in the ledger; may be empty
  std::string origin;  // who had it
  std::string says;    // what it does wrong, one line
};
[[nodiscard]] bool reference_has_faults();
// Empty where there are none.
[[nodiscard]] std::vector<FaultInfo> reference_faults();
// The reference stack with this fault. `id` is one of reference_faults().
[[nodiscard]] std::unique_ptr<Target> make_faulty_reference_target(const std::string& id);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REFERENCE_FAULTS_H_
