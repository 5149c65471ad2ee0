#include "harness/target/reference_faults.h"

#include "stack/tcp/build.h"
#ifdef TCPSPEC_FAULTS
#include "stack/faults/catalogue.h"
#endif

namespace tcpspec::target {

#ifdef TCPSPEC_FAULTS

bool reference_has_faults() { return true; }

std::vector<FaultInfo> reference_faults() {
  std::vector<FaultInfo> all;
  for (const faults::Fault& fault : faults::catalogue())
    all.push_back({fault.id, fault.rule, fault.row, fault.origin, fault.says});
  return all;
}

#else

bool reference_has_faults() { return false; }
std::vector<FaultInfo> reference_faults() { return {}; }

#endif

}  // namespace tcpspec::target
