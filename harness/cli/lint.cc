// tcpspec lint: can these scripts be read, and will a runner understand every word of them?
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <set>
#include <string_view>

#include "harness/cli/case_tree.h"
#include "harness/cli/cli.h"
#include "harness/run/report.h"

namespace tcpspec::cli {
namespace {

constexpr std::array<std::string_view, 14> kCalls{"socket",   "bind",       "listen",     "accept", "connect",
                                                  "read",     "recv",       "write",      "send",   "close",
                                                  "shutdown", "setsockopt", "getsockopt", "fcntl"};

// Calls that parse, since packetdrill has them, but that the runner cannot make.
void look_at_calls(const std::vector<scenario::Step>& steps, std::set<std::string>& complaints) {
  for (const scenario::Step& step : steps) {
    if (const auto* call = std::get_if<scenario::Call>(&step.action)) {
      if (std::find(kCalls.begin(), kCalls.end(), call->name) == kCalls.end()) {
        complaints.insert(scenario::to_string(scenario::Diagnostic{
            step.where.file,
            step.where.line,
            step.where.column,
            fmt::format("the call '{}' is not supported; there are: {}", call->name, fmt::join(kCalls, " ")),
            step.text,
            {}}));
      }
    }
    if (const auto* expect = std::get_if<scenario::Expect>(&step.action)) {
      for (const scenario::Alternative& other : expect->alternatives) look_at_calls(other.steps, complaints);
    }
  }
}

int lint(const std::vector<std::string>& files, const std::string& cases) {
  const Result<std::string> folder = find_cases(cases);
  if (!folder.ok()) {
    fmt::print(stderr, "tcpspec: {}\n", folder.error());
    return run::kUsage;
  }
  CaseTree tree(*folder);
  if (files.empty()) {
    tree.load_cases();
    tree.check_ids();
  }
  for (const std::string& file : files) tree.load_file(file);
  std::set<std::string> complaints;
  for (const scenario::Scenario& scenario : tree.cases()) look_at_calls(scenario.steps, complaints);
  for (const std::string& error : tree.errors()) fmt::print(stderr, "{}\n", error);
  for (const std::string& complaint : complaints) fmt::print(stderr, "{}\n", complaint);
  const std::size_t wrong = tree.errors().size() + complaints.size();
  fmt::print("{} case{}, {} error{}\n", tree.cases().size(), tree.cases().size() == 1 ? "" : "s", wrong,
             wrong == 1 ? "" : "s");
  return wrong == 0 ? run::kWithinPolicy : run::kUsage;
}

}  // namespace

void add_lint(CLI::App& app, int& status) {
  CLI::App* sub = app.add_subcommand("lint", "read scripts and say what is wrong with them; runs nothing");
  auto files = std::make_shared<std::vector<std::string>>();
  auto cases = std::make_shared<std::string>();
  sub->add_option("file", *files, "scripts; the whole case tree by default");
  sub->add_option("--cases", *cases,
                  "the case tree: ledger and fragments (else $TCPSPEC_CASES, else the installed one)");
  sub->callback([files, cases, &status] { status = lint(*files, *cases); });
}

}  // namespace tcpspec::cli
