#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "harness/library/names.h"
#include "harness/library/tcpspec.h"
#include "harness/run/baseline.h"
#include "harness/run/case_tree.h"
#include "harness/run/report_console.h"
#include "harness/run/runner.h"
#include "harness/run/selection.h"
#include "stack/base/check.h"

namespace tcpspec {
namespace {

constexpr int kRealTimeAttempts = 3;  // a busy machine is quieter later

std::string joined(const std::vector<std::string>& lines) {
  return fmt::format("{}", fmt::join(lines, "\n"));
}

Status read_baseline(const std::string& path, run::Baseline& baseline) {
  if (path.empty()) return Ok{};
  const Result<std::string> text = run::read_file(path);
  if (!text.ok()) return Error{fmt::format("{}: {}", path, text.error())};
  std::vector<std::string> wrong;
  for (const scenario::Diagnostic& error : baseline.parse(path, *text)) {
    wrong.push_back(scenario::to_string(error));
  }
  if (!wrong.empty()) return Error{joined(wrong)};
  return Ok{};
}

Ending ending_of(run::Verdict verdict) {
  switch (verdict) {
    case run::Verdict::kPass:
    case run::Verdict::kTolerated:
      return Ending::kOk;
    case run::Verdict::kFail:
    case run::Verdict::kCrash:
    case run::Verdict::kHang:
    case run::Verdict::kError:
    case run::Verdict::kUnexpectedPass:
      return Ending::kFailed;
    case run::Verdict::kNotApplicable:
    case run::Verdict::kInconclusive:
    case run::Verdict::kKnownGap:
      return Ending::kSkipped;
  }
  CHECK(false);
  return Ending::kFailed;
}

// In the order of a report's tree, with the section as the suite.
std::vector<std::pair<const scenario::Scenario*, std::string>> in_order(
    const std::vector<scenario::Scenario>& scenarios, const run::Ledger& ledger) {
  run::Report report;
  report.ledger = &ledger;
  for (const scenario::Scenario& scenario : scenarios) report.results.push_back({&scenario, {}, {}});
  std::vector<std::pair<const scenario::Scenario*, std::string>> out;
  for (const run::SectionGroup& section : run::by_section(report)) {
    const std::string suite = library::suite_name(section.rfc, section.section, section.title);
    for (const run::CaseGroup& group : section.cases) {
      for (const run::CaseResult* result : group.results) out.emplace_back(result->scenario, suite);
    }
  }
  return out;
}

bool wanted(const Options& options, const scenario::Scenario& scenario) {
  return std::ranges::find(options.versions, scenario.ip) != options.versions.end();
}

run::Outcome attempt(const scenario::Scenario& scenario, Target& target, std::uint64_t seed) {
  const int attempts = target.profile().clock == ClockKind::kReal ? kRealTimeAttempts : 1;
  run::Outcome outcome;
  for (int i = 1; i <= attempts; ++i) {
    outcome = run::run_case(scenario, target, {seed, {}});
    outcome.attempts = i;
    if (outcome.verdict != run::Verdict::kInconclusive) break;
  }
  return outcome;
}

}  // namespace

struct Suite::Loaded {
  explicit Loaded(const std::string& folder) : tree(folder) {}

  Status select(const Options& options);
  Status name_all();
  void note_stale(const Options& options, const std::vector<scenario::Scenario>& all);

  run::CaseTree tree;
  run::Baseline baseline;
  std::string baseline_path;
  std::uint64_t seed = 1;
  std::vector<scenario::Scenario> scenarios;  // as chosen
  std::vector<const scenario::Scenario*> order;
  std::vector<CaseName> names;  // of `order`
  std::vector<std::string> remarks, stale;
};

void Suite::Loaded::note_stale(const Options& options, const std::vector<scenario::Scenario>& all) {
  for (const run::BaselineEntry& entry : baseline.stale(all)) {
    stale.push_back(fmt::format("{}:{}: no case is called '{}'", options.baseline, entry.line, entry.id));
  }
}

Status Suite::Loaded::select(const Options& options) {
  tree.load_for(options.select, !options.baseline.empty());
  if (!tree.errors().empty()) return Error{joined(tree.errors())};
  std::vector<scenario::Scenario>& all = tree.cases();
  run::Selection selection = run::select(all, tree.paths(), options.select);
  remarks = std::move(selection.remarks);
  if (!selection.unknown.empty()) {
    return Error{fmt::format("'{}' is no case, folder, file, tag or ledger row with a case{}",
                             fmt::join(selection.unknown, "', '"),
                             selection.likely.empty()
                                 ? ""
                                 : fmt::format("; did you mean {}?", fmt::join(selection.likely, ", ")))};
  }
  note_stale(options, all);
  for (const std::size_t index : selection.cases) {
    if (wanted(options, all[index])) scenarios.push_back(std::move(all[index]));
  }
  if (scenarios.empty()) return Error{"no case is left of the selection and these IP versions"};
  all.clear();
  return Ok{};
}

Status Suite::Loaded::name_all() {
  std::map<std::string, std::string> taken;
  for (auto& [scenario, suite] : in_order(scenarios, tree.ledger())) {
    CaseName name;
    name.id = scenario::full_id(*scenario);
    name.suite = std::move(suite);
    name.test = library::test_name(*scenario);
    name.title = scenario->title;
    name.covers = scenario->covers;
    name.file = scenario->where.file;
    name.line = scenario->where.line;
    const auto [other, added] = taken.try_emplace(name.suite + "." + name.test, name.id);
    if (!added) {
      return Error{fmt::format("{}:{}: '{}' and '{}' are both the test {}", name.file, name.line, name.id,
                               other->second, other->first)};
    }
    order.push_back(scenario);
    names.push_back(std::move(name));
  }
  CHECK(order.size() == scenarios.size());
  return Ok{};
}

Result<Suite> Suite::load(const Options& options) {
  if (options.cases.empty()) return Error{"Options::cases does not say where the cases are"};
  if (!run::is_case_tree(options.cases)) {
    return Error{fmt::format("{}: not a case tree (it has no folder 'ledger')", options.cases)};
  }
  const auto loaded = std::make_shared<Loaded>(options.cases);
  loaded->seed = options.seed;
  loaded->baseline_path = options.baseline;
  if (const Status read = read_baseline(options.baseline, loaded->baseline); !read.ok())
    return Error{read.error()};
  if (const Status selected = loaded->select(options); !selected.ok()) return Error{selected.error()};
  if (const Status named = loaded->name_all(); !named.ok()) return Error{named.error()};
  return Suite(loaded);
}

const std::vector<CaseName>& Suite::cases() const { return loaded_->names; }
const std::vector<std::string>& Suite::remarks() const { return loaded_->remarks; }
const std::vector<std::string>& Suite::stale() const { return loaded_->stale; }

Played Suite::play(std::size_t index, const MakeTarget& make, const std::string& again) const {
  CHECK(index < loaded_->order.size());
  const scenario::Scenario& scenario = *loaded_->order[index];
  run::Report report;
  report.ledger = &loaded_->tree.ledger();
  report.seed = loaded_->seed;
  report.again = [&again](const run::CaseResult&) { return again; };
  run::CaseResult result;
  result.scenario = &scenario;
  const std::unique_ptr<Target> target = make();
  if (target == nullptr) {
    result.outcome.reasons = {"the target cannot be made"};
  } else {
    result.outcome = attempt(scenario, *target, loaded_->seed);
    loaded_->baseline.apply(scenario, result.outcome);
  }
  return library::told(report, result, loaded_->baseline_path, ending_of(result.outcome.verdict));
}

}  // namespace tcpspec
