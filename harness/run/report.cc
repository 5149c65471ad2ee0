#include "harness/run/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

namespace tcpspec::run {
namespace {

using SectionKey = std::vector<std::tuple<int, long, std::string>>;

// Every part of "3.10.7.4", "A.1.2", "4.2.2.20(a)" as a number where it is one.
SectionKey section_key(std::string_view section) {
  SectionKey key;
  std::size_t at = 0;
  while (at < section.size()) {
    if (std::isdigit(static_cast<unsigned char>(section[at])) != 0) {
      long value = 0;
      while (at < section.size() && std::isdigit(static_cast<unsigned char>(section[at])) != 0 &&
             value < 1'000'000) {
        value = value * 10 + (section[at++] - '0');
      }
      key.emplace_back(0, value, "");
    } else if (section[at] == '.') {
      ++at;
    } else {
      key.emplace_back(1, 0, std::string(1, section[at++]));
    }
  }
  return key;
}

long rfc_key(std::string_view rfc) {
  if (rfc == "9293") return 0;
  if (rfc.empty()) return 1'000'000'000;
  const SectionKey key = section_key(rfc);
  return std::get<1>(key.front());
}

// What all ids have in common, up to a '/'.
std::string common_name(const std::vector<const CaseResult*>& results) {
  std::string name = results.front()->scenario->id;
  for (const CaseResult* result : results) {
    const std::string& id = result->scenario->id;
    if (id == name) continue;
    std::size_t same = 0;
    while (same < name.size() && same < id.size() && name[same] == id[same]) ++same;
    const bool whole = (same == name.size() && id[same] == '/') || (same == id.size() && name[same] == '/');
    if (!whole) same = same == 0 ? 0 : name.rfind('/', same - 1);
    name = same == std::string::npos || same == 0 ? name : name.substr(0, same);
  }
  return name;
}

enum class RowState { kUnreached, kMet, kBroken };

RowState judge(Verdict verdict, Grade grade) {
  switch (verdict) {
    case Verdict::kPass:
    case Verdict::kUnexpectedPass:
      return RowState::kMet;
    // A MUST is met in an odd form; a SHOULD is what was not followed.
    case Verdict::kTolerated:
      return grade == Grade::kShould ? RowState::kBroken : RowState::kMet;
    case Verdict::kFail:
    case Verdict::kKnownGap:
    case Verdict::kCrash:
    case Verdict::kHang:
      return RowState::kBroken;
    case Verdict::kInconclusive:
    case Verdict::kNotApplicable:
    case Verdict::kError:
      return RowState::kUnreached;
  }
  CHECK(false);
  return RowState::kUnreached;
}

std::vector<RfcRows> count_rows(const Report& report) {
  std::map<const Requirement*, RowState> rows;
  for (const CaseResult& result : report.results) {
    for (const std::string& id : result.scenario->covers) {
      const Requirement* row = report.ledger->find(id);
      if (row == nullptr) continue;
      RowState& state = rows.try_emplace(row, RowState::kUnreached).first->second;
      state = std::max(state, judge(result.outcome.verdict, grade_of(*row)));
    }
  }
  std::map<std::pair<long, std::string>, RfcRows> by_rfc;
  for (const auto& [row, state] : rows) {
    RfcRows& of = by_rfc[{rfc_key(row->rfc()), row->rfc()}];
    of.rfc = row->rfc();
    if (state == RowState::kUnreached) {
      ++of.unreached;
      continue;
    }
    RowCount& count = of.by_grade[static_cast<std::size_t>(grade_of(*row))];
    ++count.judged;
    if (state == RowState::kMet) ++count.met;
  }
  std::vector<RfcRows> out;
  for (auto& [key, of] : by_rfc) out.push_back(std::move(of));
  return out;
}

}  // namespace

bool is_failure(Verdict verdict) {
  return verdict == Verdict::kFail || verdict == Verdict::kCrash || verdict == Verdict::kHang ||
         verdict == Verdict::kError;
}

Summary summarize(const Report& report) {
  Summary summary;
  for (const CaseResult& result : report.results) {
    ++summary.verdicts[static_cast<std::size_t>(result.outcome.verdict)];
    if (is_failure(result.outcome.verdict) && result.outcome.verdict != Verdict::kError) {
      ++summary.failures[static_cast<std::size_t>(grade_of(*result.scenario, *report.ledger))];
    }
  }
  summary.rfcs = count_rows(report);
  return summary;
}

int exit_status(const Report& report, const Summary& summary) {
  if (report.signal != 0) return 128 + report.signal;
  if (summary.count(Verdict::kError) > 0) return kOwnError;
  const std::size_t died = summary.count(Verdict::kCrash) + summary.count(Verdict::kHang);
  const std::size_t undecided =
      summary.count(Verdict::kNotApplicable) + summary.count(Verdict::kInconclusive);
  if (died > 1 && died + undecided == report.results.size()) return kUnreachable;
  if (died > 0 || summary.count(Verdict::kFail) > 0) return kFailure;
  if (undecided == report.results.size()) return kNothingRan;
  if (summary.count(Verdict::kUnexpectedPass) > 0 || !report.stale.empty()) return kStaleBaseline;
  return kWithinPolicy;
}

bool section_before(const std::string& rfc_a, const std::string& a, const std::string& rfc_b,
                    const std::string& b) {
  return std::pair(rfc_key(rfc_a), section_key(a)) < std::pair(rfc_key(rfc_b), section_key(b));
}

std::vector<SectionGroup> by_section(const Report& report) {
  std::vector<SectionGroup> sections;
  std::map<std::pair<std::string, std::string>, std::size_t> section_at;
  std::map<std::pair<std::string, int>, std::pair<std::size_t, std::size_t>>
      case_at;  // by place in the source
  for (const CaseResult& result : report.results) {
    const scenario::Scenario& scenario = *result.scenario;
    const std::pair place(scenario.where.file, scenario.where.line);
    if (const auto known = case_at.find(place); known != case_at.end()) {
      sections[known->second.first].cases[known->second.second].results.push_back(&result);
      continue;
    }
    const Requirement* row = scenario.covers.empty() ? nullptr : report.ledger->find(scenario.covers.front());
    SectionGroup group;
    if (row != nullptr) {
      group.rfc = row->rfc();
      group.section = row->section;
      group.title = report.ledger->section_title(group.rfc, group.section);
    } else {
      group.title = scenario.kind == scenario::FileKind::kRegression ? "Regressions" : "Scripts";
    }
    const std::pair key(group.rfc, group.rfc.empty() ? group.title : group.section);
    const auto [at, added] = section_at.try_emplace(key, sections.size());
    if (added) sections.push_back(std::move(group));
    std::vector<CaseGroup>& cases = sections[at->second].cases;
    case_at[place] = {at->second, cases.size()};
    cases.push_back({{}, {&result}});
  }
  for (SectionGroup& section : sections) {
    for (CaseGroup& group : section.cases) group.name = common_name(group.results);
  }
  std::stable_sort(sections.begin(), sections.end(), [](const SectionGroup& a, const SectionGroup& b) {
    return section_before(a.rfc, a.section, b.rfc, b.section);
  });
  return sections;
}

std::string again_command(const Report& report, const CaseResult& result) {
  if (report.again) return report.again(result);
  const scenario::Scenario& scenario = *result.scenario;
  // A script's id is only its file's stem.
  const std::string what =
      scenario.kind == scenario::FileKind::kCase
          ? fmt::format("'{}'", scenario::full_id(scenario))
          : fmt::format("{} --ip {}", scenario.where.file, scenario.ip == IpVersion::kV4 ? "v4" : "v6");
  return fmt::format("tcpspec run {} --target {} --seed {}{}{} -v", what, report.target, report.seed,
                     report.again_options.empty() ? "" : " ", report.again_options);
}

Duration percentile(std::vector<Duration> samples, int p) {
  if (samples.empty()) return {};
  std::size_t at = samples.size() * static_cast<std::size_t>(p) / 100;
  at = std::min(at, samples.size() - 1);
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(at), samples.end());
  return samples[at];
}

}  // namespace tcpspec::run
