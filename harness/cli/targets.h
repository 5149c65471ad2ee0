// The targets that this binary can test, by name.
#ifndef HARNESS_CLI_TARGETS_H_
#define HARNESS_CLI_TARGETS_H_

#include <string>
#include <vector>

#include "harness/run/scheduler.h"

namespace tcpspec::cli {

struct TargetEntry {
  std::string name;
  std::string what;  // one line, for --help
  run::TargetFactory make;
};
[[nodiscard]] const std::vector<TargetEntry>& targets();
// An Error names those that exist.
[[nodiscard]] Result<run::TargetFactory> find_target(const std::string& name);

}  // namespace tcpspec::cli

#endif  // HARNESS_CLI_TARGETS_H_
