// The reference stack as a target: in-process, virtual time, exact to the nanosecond. The first target, and
// what proves the suite. One of the two adapters that see stack/net (law 1).
#ifndef HARNESS_TARGET_REFERENCE_H_
#define HARNESS_TARGET_REFERENCE_H_

#include <memory>

#include "harness/target/target.h"

namespace tcpspec::target {

[[nodiscard]] std::unique_ptr<Target> make_reference_target();

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REFERENCE_H_
