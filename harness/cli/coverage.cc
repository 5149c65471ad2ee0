// tcpspec coverage: which rows of the ledger have a case, and how they came out.
#include "harness/run/coverage.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "harness/cli/case_tree.h"
#include "harness/cli/cli.h"
#include "harness/run/report.h"

namespace tcpspec::cli {
namespace {

struct CoverageCommand {
  std::vector<std::string> reports;
  std::string cases, rfc;
  bool rows = false, open = false, strict = false;
};

int complain(const std::string& what) {
  fmt::print(stderr, "tcpspec: {}\n", what);
  return run::kUsage;
}

int coverage(const CoverageCommand& command) {
  const Result<std::string> folder = find_cases(command.cases);
  if (!folder.ok()) return complain(folder.error());
  CaseTree tree(*folder);
  tree.load_cases();
  for (const std::string& error : tree.errors()) fmt::print(stderr, "{}\n", error);
  if (!tree.errors().empty()) return run::kUsage;
  std::vector<run::MatrixColumn> reports;
  for (const std::string& file : command.reports) {
    const Result<std::string> text = read_file(file);
    Result<run::MatrixColumn> column = text.ok() ? run::read_column(*text) : Error{text.error()};
    if (!column.ok()) return complain(file + ": " + column.error());
    reports.push_back(std::move(*column));
  }
  std::vector<run::RowCoverage> rows = run::cover(tree.ledger(), tree.cases(), reports);
  if (!command.rfc.empty()) {
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                              [&](const run::RowCoverage& row) { return row.row->rfc() != command.rfc; }),
               rows.end());
    if (rows.empty()) return complain("the ledger has no RFC " + command.rfc);
  }
  if (command.rows || command.open) fmt::print("{}\n", run::coverage_rows(rows, reports, !command.rows));
  fmt::print("{}", run::coverage_table(tree.ledger(), rows));
  const bool open = std::any_of(rows.begin(), rows.end(),
                                [](const run::RowCoverage& row) { return row.how == run::Covered::kOpen; });
  return command.strict && open ? run::kFailure : run::kWithinPolicy;
}

}  // namespace

void add_coverage(CLI::App& app, int& status) {
  CLI::App* sub =
      app.add_subcommand("coverage", "show which rows of the ledger have a case, and how they came out");
  auto command = std::make_shared<CoverageCommand>();
  sub->add_option("report", command->reports,
                  "files that tcpspec run --json wrote: a column of verdicts each");
  sub->add_option("--cases", command->cases, "the case tree");
  sub->add_option("--rfc", command->rfc, "only this RFC's rows: 9293");
  sub->add_flag("--rows", command->rows, "every row");
  sub->add_flag("--open", command->open, "rows with neither a case nor a reason why there is none");
  sub->add_flag("--strict", command->strict, "exit 1 if a row is open");
  sub->callback([command, &status] { status = coverage(*command); });
}

}  // namespace tcpspec::cli
