#include "harness/cli/case_tree.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace tcpspec::cli {

namespace fs = std::filesystem;

Result<std::string> find_cases(const std::string& option) {
  if (!option.empty()) {
    if (run::is_case_tree(option)) return option;
    return Error{fmt::format("{}: not a case tree (it has no folder 'ledger')", option)};
  }
  if (const char* named = std::getenv("TCPSPEC_CASES"); named != nullptr && *named != '\0') {
    if (run::is_case_tree(named)) return std::string(named);
    return Error{fmt::format("TCPSPEC_CASES={}: not a case tree (it has no folder 'ledger')", named)};
  }
  std::error_code error;
  const fs::path binary = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed = binary.parent_path().parent_path() / TCPSPEC_DATADIR / "tcpspec" / "cases";
  for (const fs::path& folder : {installed, fs::path(TCPSPEC_BUILD_CASES)}) {
    if (run::is_case_tree(folder)) return folder.string();
  }
  return Error{"no case tree found; say --cases DIR, or set TCPSPEC_CASES"};
}

}  // namespace tcpspec::cli
