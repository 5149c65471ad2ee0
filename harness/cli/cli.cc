#include "harness/cli/cli.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "harness/run/report.h"

namespace tcpspec::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit status:\n"
    "  0  within policy\n"
    "  1  a failure, crash or hang that no baseline lists\n"
    "  2  wrong usage, or a case, ledger or baseline that cannot be read: nothing ran\n"
    "  3  nothing ran: nothing fits the selection, or no case came to a verdict\n"
    "  4  the target cannot be made, or died in every one of several cases\n"
    "  5  our own error: the tester failed, or a report could not be written\n"
    "  6  the baseline is stale: it lists cases that pass now, or that do not exist\n"
    "  128 + N  interrupted by signal N; what was finished is reported\n";

}  // namespace

int run_command_line(int argc, char** argv) {
  int status = run::kWithinPolicy;
  CLI::App app{"tcpspec: does this TCP do what the RFCs say?"};
  app.name("tcpspec");
  app.set_version_flag("--version", "tcpspec " TCPSPEC_VERSION);
  app.footer(kExitCodes);
  app.require_subcommand(1);
  add_run(app, status);
  add_list(app, status);
  add_explain(app, status);
  add_lint(app, status);
  add_matrix(app, status);
  add_coverage(app, status);
  add_doctor(app, status);
  add_interop(app, status);
  add_smoke(app, status);
  add_serve(app, status);
  for (CLI::App* sub : app.get_subcommands({})) sub->footer(kExitCodes);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    status = app.exit(error) == 0 ? run::kWithinPolicy : run::kUsage;
  }
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fprintf(stderr, "tcpspec: standard output: %s\n", std::strerror(errno == 0 ? EIO : errno));
    if (status < 128) status = run::kOwnError;
  }
  return status;
}

}  // namespace tcpspec::cli
