// What run, list and explain share: words on a command line become cases, or a complaint and an exit status.
#ifndef HARNESS_CLI_SELECTING_H_
#define HARNESS_CLI_SELECTING_H_

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/case_tree.h"

namespace CLI {
class App;
}

namespace tcpspec::cli {

struct SelectOptions {
  std::vector<std::string> words;
  std::string cases;  // --cases
  std::string level;  // --level
  std::string ip;     // --ip
};
void add_select_options(CLI::App& app, SelectOptions& options);

struct Selected {
  std::unique_ptr<CaseTree> tree;
  std::vector<scenario::Scenario> cases;  // chosen, in the order of the tree
  int status = 0;                         // not 0: nothing was chosen, and stderr says why
  // All cases that were loaded, but for their steps: what a baseline may name.
  std::vector<scenario::Scenario> all;
};
// `whole_tree`: load it even if only files from elsewhere were named.
[[nodiscard]] Selected select_cases(const SelectOptions& options, bool whole_tree);

}  // namespace tcpspec::cli

#endif  // HARNESS_CLI_SELECTING_H_
