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

}  // namespace tcpspec::cli

#endif  // HARNESS_CLI_TARGETS_H_
