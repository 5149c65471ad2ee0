// The targets that this binary can test, by name.
#ifndef HARNESS_CLI_TARGETS_H_
#define HARNESS_CLI_TARGETS_H_

#include <functional>
#include <string>
#include <vector>

#include "harness/run/scheduler.h"

namespace tcpspec::cli {

// A name that ends with ':' is followed by what only that kind of target understands: "exec:./my-stack
// --fast".
struct TargetEntry {
  std::string name;
  std::string what;  // one line, for --help
  std::function<Result<run::TargetFactory>(const std::string& rest)> find;
};
[[nodiscard]] const std::vector<TargetEntry>& targets();
// An Error names those that exist, or says what is wrong in what follows the colon.
[[nodiscard]] Result<run::TargetFactory> find_target(const std::string& name);
// With a fault of the reference stack (tcpspec list --faults); none where `fault` is empty. An Error says how
// to get a build that has them, or which fault is meant.
[[nodiscard]] Result<run::TargetFactory> find_target(const std::string& name, const std::string& fault);
inline constexpr const char* kNoFaults =
    "this build's reference stack has no faults; one that has: cmake --preset test, or -DTCPSPEC_FAULTS=ON";

}  // namespace tcpspec::cli

#endif  // HARNESS_CLI_TARGETS_H_
