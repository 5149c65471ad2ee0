#include "harness/run/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "harness/run/ladder.h"
#include "harness/run/report.h"

namespace tcpspec::run {
namespace {

// From what says least about a row to what says worst.
constexpr std::string_view kWorse = "-NIPTUEKFCH";

char worse(char a, char b) { return kWorse.find(a) < kWorse.find(b) ? b : a; }

using CasesOfRow = std::map<std::string, std::set<std::pair<std::string, int>>, std::less<>>;

std::map<std::string, std::string, std::less<>> letters_of_rows(const std::vector<scenario::Scenario>& cases,
                                                                const std::vector<MatrixColumn>& reports) {
  std::map<std::string, std::string, std::less<>> out;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    std::map<std::string, char> by_case;
    for (const MatrixCase& one : reports[i].cases) by_case[one.name] = one.letter;
    for (const scenario::Scenario& scenario : cases) {
      const auto ran = by_case.find(scenario::full_id(scenario));
      if (ran == by_case.end()) continue;
      for (const std::string& row : scenario.covers) {
        std::string& letters = out.try_emplace(row, std::string(reports.size(), '-')).first->second;
        letters[i] = worse(letters[i], ran->second);
      }
    }
  }
  return out;
}

std::string grade_cell(const std::vector<const RowCoverage*>& rows, Grade grade) {
  std::size_t seen = 0;
  std::size_t covered = 0;
  for (const RowCoverage* row : rows) {
    if (grade_of(*row->row) != grade || row->how == Covered::kUnobservable) continue;
    ++seen;
    if (row->how != Covered::kOpen) ++covered;
  }
  return seen == 0 ? "" : fmt::format("{} of {}", covered, seen);
}

std::string table_line(const std::string& name, const std::string& title,
                       const std::vector<const RowCoverage*>& rows) {
  const auto count = [&](Covered how) {
    return std::count_if(rows.begin(), rows.end(), [&](const RowCoverage* row) { return row->how == how; });
  };
  std::string shown = fitted(title, 44);
  shown.append(44 - columns(shown), ' ');
  std::string line = fmt::format("{:<9} {} {:>11} {:>11} {:>11} {:>11} {:>12} {:>6}", name, shown,
                                 grade_cell(rows, Grade::kMust), grade_cell(rows, Grade::kShould),
                                 grade_cell(rows, Grade::kMay), grade_cell(rows, Grade::kText),
                                 count(Covered::kUnobservable), count(Covered::kOpen));
  return line + "\n";
}

}  // namespace

std::vector<RowCoverage> cover(const Ledger& ledger, const std::vector<scenario::Scenario>& cases,
                               const std::vector<MatrixColumn>& reports) {
  CasesOfRow of_row;
  for (const scenario::Scenario& scenario : cases) {
    for (const std::string& row : scenario.covers)
      of_row[row].emplace(scenario.where.file, scenario.where.line);
  }
  const auto letters = letters_of_rows(cases, reports);
  std::vector<RowCoverage> out;
  for (const auto& [id, row] : ledger.rows()) {
    RowCoverage entry;
    entry.row = &row;
    entry.letters = std::string(reports.size(), '-');
    auto found = of_row.find(id);
    entry.how = Covered::kByCase;
    if (found == of_row.end() && !row.restates.empty()) {
      found = of_row.find(row.restates);
      entry.how = Covered::kByTheOther;
    }
    if (found != of_row.end()) {
      entry.cases = found->second.size();
      if (const auto seen = letters.find(found->first); seen != letters.end()) entry.letters = seen->second;
    } else {
      entry.how = row.observable == Observable::kUnobservable ? Covered::kUnobservable : Covered::kOpen;
    }
    out.push_back(std::move(entry));
  }
  std::stable_sort(out.begin(), out.end(), [](const RowCoverage& a, const RowCoverage& b) {
    if (section_before(a.row->rfc(), a.row->section, b.row->rfc(), b.row->section)) return true;
    if (section_before(b.row->rfc(), b.row->section, a.row->rfc(), a.row->section)) return false;
    return a.row->line < b.row->line;
  });
  return out;
}

std::string coverage_table(const Ledger& ledger, const std::vector<RowCoverage>& rows) {
  std::vector<std::pair<std::string, std::vector<const RowCoverage*>>> rfcs;
  std::vector<const RowCoverage*> all;
  for (const RowCoverage& row : rows) {
    if (rfcs.empty() || rfcs.back().first != row.row->rfc())
      rfcs.emplace_back(row.row->rfc(), std::vector<const RowCoverage*>());
    rfcs.back().second.push_back(&row);
    all.push_back(&row);
  }
  std::string out = fmt::format("{:<54} {:>11} {:>11} {:>11} {:>11} {:>12} {:>6}\n", "", "MUST", "SHOULD",
                                "MAY", "text", "unobservable", "open");
  for (const auto& [rfc, of_rfc] : rfcs) out += table_line("RFC " + rfc, ledger.rfc_title(rfc), of_rfc);
  return out + table_line("all", fmt::format("{} rows", all.size()), all);
}

std::string coverage_rows(const std::vector<RowCoverage>& rows, const std::vector<MatrixColumn>& reports,
                          bool open_only) {
  std::string out;
  for (const MatrixColumn& report : reports)
    out += fmt::format("column {}: {}\n", &report - reports.data() + 1, report.target);
  for (const RowCoverage& row : rows) {
    if (open_only && row.how != Covered::kOpen) continue;
    std::string how;
    switch (row.how) {
      case Covered::kByCase:
        how = fmt::format("{} case{}", row.cases, row.cases == 1 ? "" : "s");
        break;
      case Covered::kByTheOther:
        how = "as " + row.row->restates;
        break;
      case Covered::kUnobservable:
        how = "unobservable";
        break;
      case Covered::kOpen:
        how = "open";
        break;
    }
    out += fmt::format("{}{}{:<40} {:<10} {:<24} {}\n", row.letters, row.letters.empty() ? "" : "  ",
                       row.row->id, row.row->grade(), how,
                       row.how == Covered::kUnobservable ? row.row->unobservable_reason : row.row->title);
  }
  return out;
}

}  // namespace tcpspec::run
