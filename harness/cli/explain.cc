// tcpspec explain: what a case does, what it demands and why, and how the reference stack plays it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include "harness/cli/cli.h"
#include "harness/cli/selecting.h"
#include "harness/cli/targets.h"
#include "harness/run/ladder.h"
#include "harness/run/report.h"
#include "harness/scenario/print.h"

namespace tcpspec::cli {
namespace {

void print_demands(const scenario::Scenario& one, const run::Ledger& ledger) {
  for (const std::string& id : one.covers) {
    const run::Requirement* row = ledger.find(id);
    if (row == nullptr) continue;
    fmt::print("  {} ({})  {}\n", row->clause(), row->grade(), row->title);
    fmt::print("      {}{}\n", row->id, row->condition.empty() ? "" : "   where: " + row->condition);
    if (!row->note.empty()) fmt::print("      note: {}\n", row->note);
  }
  if (!one.finding.empty()) fmt::print("  the monitor's rule '{}' holds\n", one.finding);
}

void print_field(const char* name, const std::string& text) {
  if (!text.empty()) fmt::print("{:<10}{}\n", name, text);
}

void print_setting(const scenario::Scenario& one) {
  print_field("catches", one.catches);
  print_field("given", fmt::format("{}", fmt::join(one.given, ", ")));
  print_field("needs", fmt::format("{}", fmt::join(one.needs, ", ")));
  std::string policies;
  for (const auto& [key, value] : one.policies)
    policies += fmt::format("{}{}={}", policies.empty() ? "" : " ", key, value);
  print_field("policy", policies);
  print_field("tags", fmt::format("{}", fmt::join(one.tags, ", ")));
}

// As its author wrote it; a fragment's steps only by the fragment's name, which `given` has told.
void print_script(const scenario::Scenario& one) {
  fmt::print("\nThe script ({}:{})\n", one.where.file, one.where.line);
  for (const scenario::Step& step : one.steps) {
    if (step.from_fragment) continue;
    fmt::print("  {:>4}   {}\n", step.where.line, step.text);
    if (const auto* expect = std::get_if<scenario::Expect>(&step.action)) {
      for (const scenario::Alternative& other : expect->alternatives) {
        fmt::print("           {}\n", scenario::print_alternative(other, *expect));
      }
    }
  }
}

int print_ladder(const scenario::Scenario& one, std::uint64_t seed) {
  const Result<run::TargetFactory> make = find_target("reference");
  run::ScheduleOptions options;
  options.seed = seed;
  options.virtual_time = true;
  options.hang_after = Duration::seconds(20);
  std::optional<run::Outcome> outcome;
  run::schedule({one}, *make, options, [&](std::size_t, run::Outcome done) { outcome = std::move(done); });
  if (!outcome) return run::kOwnError;  // interrupted
  fmt::print("\nPlayed with the reference stack: {}", run::to_string(outcome->verdict));
  for (const std::string& reason : outcome->reasons) fmt::print("; {}", reason);
  fmt::print("\n{}", run::ladder(outcome->trace, {}));
  return run::kWithinPolicy;
}

int explain(const SelectOptions& options, std::uint64_t seed) {
  const Selected selected = select_cases(options, false);
  if (selected.status != 0) return selected.status;
  const scenario::Scenario& one = selected.cases.front();
  std::set<std::string> others;
  for (const scenario::Scenario& scenario : selected.cases) {
    if (scenario::full_id(scenario) != scenario::full_id(one)) others.insert(scenario::full_id(scenario));
  }
  fmt::print("{}\n{}\n\n", scenario::full_id(one), one.title);
  fmt::print("It demands\n");
  print_demands(one, selected.tree->ledger());
  fmt::print("\n");
  print_setting(one);
  print_script(one);
  const int status = print_ladder(one, seed);
  if (!others.empty()) {
    constexpr std::size_t kMost = 8;
    std::vector<std::string> named(others.begin(), others.end());
    const std::size_t more = named.size() > kMost ? named.size() - kMost : 0;
    named.resize(std::min(named.size(), kMost));
    fmt::print("\nalso chosen: {}{}\n", fmt::join(named, ", "),
               more > 0 ? fmt::format(" and {} more", more) : "");
  }
  return status;
}

}  // namespace

void add_explain(CLI::App& app, int& status) {
  CLI::App* sub = app.add_subcommand("explain", "say what a case does and demands, and draw it");
  auto options = std::make_shared<SelectOptions>();
  auto seed = std::make_shared<std::uint64_t>(1);
  add_select_options(*sub, *options);
  sub->get_option("case")->required();
  sub->add_option("--seed", *seed, "as in run");
  sub->callback([options, seed, &status] { status = explain(*options, *seed); });
}

}  // namespace tcpspec::cli
