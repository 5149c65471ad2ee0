#include "harness/cli/selecting.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include "harness/run/report.h"
#include "harness/run/selection.h"

namespace tcpspec::cli {
namespace {

bool wanted(const SelectOptions& options, const scenario::Scenario& scenario, const run::Ledger& ledger) {
  if (options.ip == "v4" && scenario.ip != IpVersion::kV4) return false;
  if (options.ip == "v6" && scenario.ip != IpVersion::kV6) return false;
  if (options.level.empty()) return true;
  const run::Grade grade = run::grade_of(scenario, ledger);
  if (options.level == "text") return grade == run::Grade::kText;
  if (options.level == "must") return grade == run::Grade::kMust;
  if (options.level == "should") return grade <= run::Grade::kShould;
  return grade <= run::Grade::kMay;
}

int complain_about_errors(const CaseTree& tree) {
  for (const std::string& error : tree.errors()) fmt::print(stderr, "{}\n", error);
  fmt::print(stderr, "tcpspec: {} error{}; nothing ran\n", tree.errors().size(),
             tree.errors().size() == 1 ? "" : "s");
  return run::kUsage;
}

int complain_about_words(const run::Selection& selection) {
  for (const std::string& word : selection.unknown) {
    fmt::print(stderr, "tcpspec: '{}' is no case, folder, file, tag or ledger row with a case\n", word);
  }
  if (!selection.likely.empty()) {
    fmt::print(stderr, "tcpspec: did you mean {}?\n", fmt::join(selection.likely, ", "));
  }
  return run::kNothingRan;
}

}  // namespace

void add_select_options(CLI::App& app, SelectOptions& options) {
  app.add_option(
      "case", options.words,
      "ids (half-close/data, with [v4] or [v6] behind for one version), beginnings of ids up to a '/', "
      "globs, tags (@slow), ledger rows (RFC9293:MUST-13), files and folders; all by default");
  app.add_option("--cases", options.cases, "the case tree (else $TCPSPEC_CASES, else the installed one)");
  app.add_option("--level", options.level,
                 "only cases with a row of this keyword or a stronger one (must: the RFC says MUST); text: "
                 "no keyword")
      ->check(CLI::IsMember({"must", "should", "may", "text"}));
  app.add_option("--ip", options.ip, "only this IP version")->check(CLI::IsMember({"v4", "v6"}));
}

Selected select_cases(const SelectOptions& options, bool whole_tree) {
  Selected out;
  const Result<std::string> folder = find_cases(options.cases);
  if (!folder.ok()) {
    fmt::print(stderr, "tcpspec: {}\n", folder.error());
    out.status = run::kUsage;
    return out;
  }
  out.tree = std::make_unique<CaseTree>(*folder);
  out.tree->load_for(options.words, whole_tree);
  if (!out.tree->errors().empty()) {
    out.status = complain_about_errors(*out.tree);
    return out;
  }
  std::vector<scenario::Scenario>& all = out.tree->cases();
  const run::Selection selection = run::select(all, out.tree->paths(), options.words);
  for (const std::string& remark : selection.remarks) fmt::print(stderr, "tcpspec: {}\n", remark);
  if (!selection.unknown.empty()) {
    out.status = complain_about_words(selection);
    return out;
  }
  const std::set<std::size_t> chosen(selection.cases.begin(), selection.cases.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    scenario::Scenario named;
    named.id = all[i].id;
    named.ip = all[i].ip;
    if (chosen.count(i) != 0 && wanted(options, all[i], out.tree->ledger()))
      out.cases.push_back(std::move(all[i]));
    out.all.push_back(std::move(named));
  }
  if (out.cases.empty()) {
    fmt::print(stderr, "tcpspec: {}\n",
               out.all.empty() ? "there are no cases in " + *folder : "no case fits --level and --ip");
    out.status = run::kNothingRan;
  }
  return out;
}

}  // namespace tcpspec::cli
