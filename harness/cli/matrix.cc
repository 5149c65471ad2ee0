// tcpspec matrix: JSON reports of several targets side by side.
#include "harness/run/matrix.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "harness/cli/case_tree.h"
#include "harness/cli/cli.h"
#include "harness/run/report.h"

namespace tcpspec::cli {
namespace {

int matrix(const std::vector<std::string>& files) {
  std::vector<run::MatrixColumn> columns;
  for (const std::string& file : files) {
    const Result<std::string> text = read_file(file);
    Result<run::MatrixColumn> column = text.ok() ? run::read_column(*text) : Error{text.error()};
    if (!column.ok()) {
      fmt::print(stderr, "tcpspec: {}: {}\n", file, column.error());
      return run::kUsage;
    }
    columns.push_back(std::move(*column));
  }
  fmt::print("{}", run::matrix_text(columns));
  return run::kWithinPolicy;
}

}  // namespace

void add_matrix(CLI::App& app, int& status) {
  CLI::App* sub =
      app.add_subcommand("matrix", "compare JSON reports: sections by targets, and the cases that differ");
  auto files = std::make_shared<std::vector<std::string>>();
  sub->add_option("report", *files, "files that tcpspec run --json wrote")->required();
  sub->callback([files, &status] { status = matrix(*files); });
}

}  // namespace tcpspec::cli
