// The target "wire:": a box at the other end of a cable. What stands behind the colon is in options.h.
#ifndef HARNESS_TARGET_WIRE_WIRE_H_
#define HARNESS_TARGET_WIRE_WIRE_H_

#include <functional>
#include <memory>
#include <string>

#include "harness/target/target.h"
#include "stack/base/result.h"

namespace tcpspec::target::wire {

using Factory = std::function<Result<std::unique_ptr<Target>>()>;

// An Error: the words make no sense. The factory's own Error: the interface cannot be used, the box does not
// answer, or hardware is missing, each with the remedy. The first target that the factory makes, in whatever
// process, looks at the box for a second or two; what it finds lies in memory that processes forked later
// share, so that no case does it again.
[[nodiscard]] Result<Factory> find_wire_target(const std::string& words);

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_WIRE_H_
