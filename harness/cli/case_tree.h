// Which case tree a command means. How a tree is read: harness/run/case_tree.h.
#ifndef HARNESS_CLI_CASE_TREE_H_
#define HARNESS_CLI_CASE_TREE_H_

#include <string>

#include "harness/run/case_tree.h"

namespace tcpspec::cli {

using run::CaseTree;
using run::FolderReader;
using run::read_file;

// `option`, else $TCPSPEC_CASES, else the installed tree beside this binary, else the source tree it was
// built from.
[[nodiscard]] Result<std::string> find_cases(const std::string& option);

}  // namespace tcpspec::cli

#endif  // HARNESS_CLI_CASE_TREE_H_
