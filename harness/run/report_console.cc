#include "harness/run/report_console.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

#include "harness/run/console_text.h"
#include "harness/run/ladder.h"

namespace tcpspec::run {
namespace {

constexpr std::size_t kNameWidth = 42, kTitleWidth = 76;
constexpr std::size_t kTimeWidth = 9, kTimesWidth = 8;

struct Columns {
  std::size_t name = kNameWidth, title = kTitleWidth;
  bool cut = false;
};

Columns columns_for(const ConsoleStyle& style) {
  Columns out;
  constexpr std::size_t kFixed = 6 + 1 + kTimesWidth + kTimeWidth + 1;
  if (style.width == 0) return out;
  const std::size_t left = std::max<std::size_t>(style.width, 80) - kFixed;
  out.name = std::min(kNameWidth, left / 2);
  out.title = std::min<std::size_t>(left - out.name, 100);
  out.cut = true;
  return out;
}

std::string padded_to(std::string text, std::size_t width) {
  const std::size_t there = columns(text);
  if (there < width) text.append(width - there, ' ');
  return text;
}

// The results of one line of the tree that ended alike.
std::string case_line(const CaseGroup& group, const std::vector<const CaseResult*>& alike,
                      const ConsoleStyle& style) {
  const Columns at = columns_for(style);
  const CaseResult& first = *alike.front();
  const Verdict verdict = first.outcome.verdict;
  const bool whole = alike.size() == group.results.size();
  std::string name = whole ? group.name : alike.size() == 1 ? scenario::full_id(*first.scenario) : group.name;
  std::string times;
  if (whole && alike.size() > 1) times = fmt::format(" [×{}]", alike.size());
  if (!whole && alike.size() > 1) times = fmt::format(" [×{} of {}]", alike.size(), group.results.size());
  std::string title = line_text(first);
  Duration longest;
  int attempts = 1;
  for (const CaseResult* result : alike) {
    longest = std::max(longest, result->outcome.elapsed);
    attempts = std::max(attempts, result->outcome.attempts);
  }
  if (attempts > 1) title += fmt::format(" (attempt {})", attempts);
  if (at.cut) title = fitted(title, at.title);
  const std::string elapsed = verdict == Verdict::kNotApplicable ? "" : seconds_text(longest);
  std::string line = fmt::format("    {} {} {}{:>{}}{:>{}}", tinted(symbol(verdict), tint_of(verdict), style),
                                 padded_to(name, at.name), padded_to(title, at.title), times, kTimesWidth,
                                 elapsed, kTimeWidth);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string choices_line(const target::Profile& profile) {
  std::string out;
  for (const auto& [key, value] : profile.choices) {
    out += fmt::format("{}{} {}", out.empty() ? "" : " · ", key, value);
  }
  return out;
}

const char* clock_text(const target::Profile& profile) {
  return profile.clock == target::ClockKind::kVirtual ? "virtual time" : "real time";
}

std::string verdict_counts(const Summary& summary) {
  struct Entry {
    Verdict verdict;
    const char* name;
    bool always;
  };
  static constexpr Entry kEntries[] = {{Verdict::kPass, "pass", true},
                                       {Verdict::kTolerated, "tolerated", true},
                                       {Verdict::kFail, "fail", true},
                                       {Verdict::kCrash, "crash", false},
                                       {Verdict::kHang, "hang", false},
                                       {Verdict::kError, "our own error", false},
                                       {Verdict::kKnownGap, "known gap", false},
                                       {Verdict::kUnexpectedPass, "unexpected pass", false},
                                       {Verdict::kNotApplicable, "not applicable", true},
                                       {Verdict::kInconclusive, "inconclusive", true}};
  std::string out;
  for (const Entry& entry : kEntries) {
    const std::size_t count = summary.count(entry.verdict);
    if (count == 0 && !entry.always) continue;
    out += fmt::format("   {} {}", grouped(count), entry.name);
  }
  std::string grades;
  for (const Grade grade : {Grade::kMust, Grade::kShould, Grade::kMay, Grade::kText}) {
    const std::size_t count = summary.failures[static_cast<std::size_t>(grade)];
    if (count > 0)
      grades += fmt::format("{}{} {}", grades.empty() ? "" : ", ", grouped(count), to_string(grade));
  }
  if (!grades.empty()) out += fmt::format("   (failing: {})", grades);
  return out;
}

std::string rfc_line(const RfcRows& rows) {
  std::string out = fmt::format("RFC {:<5}", rows.rfc);
  bool first = true;
  for (const Grade grade : {Grade::kMust, Grade::kShould, Grade::kMay, Grade::kText}) {
    const RowCount& count = rows.by_grade[static_cast<std::size_t>(grade)];
    if (count.judged == 0) continue;
    out += fmt::format("{}{} {} of {}", first ? " " : " · ", to_string(grade), count.met, count.judged);
    first = false;
  }
  if (rows.unreached > 0) {
    out += fmt::format("{}{} row{} not reached on this target", first ? " " : " · ", rows.unreached,
                       rows.unreached == 1 ? "" : "s");
  }
  return out + "\n";
}

}  // namespace

std::string console_head(const Report& report, const ConsoleStyle& style) {
  const target::Profile& profile = report.profile;
  const std::string setting = profile.setting.empty() ? clock_text(profile) : profile.setting;
  std::string out = fmt::format("{}   target {}{}{} ({})   {} case{}   seed {}",
                                tinted("tcpspec " + report.version, Tint::kBold, style), profile.name,
                                profile.version.empty() ? "" : " ", profile.version, setting,
                                grouped(report.scheduled), report.scheduled == 1 ? "" : "s", report.seed);
  if (!report.lateness.empty()) {
    out += fmt::format("   tester jitter p99 {:.1f} ms", percentile(report.lateness, 99).as_seconds() * 1e3);
  }
  out += "\n";
  if (const std::string choices = choices_line(profile); !choices.empty())
    out += "profile  " + choices + "\n";
  return out;
}

std::string console_tree(const Report& report, const ConsoleStyle& style) {
  std::string out;
  std::string rfc = "none yet";
  for (const SectionGroup& section : by_section(report)) {
    if (section.rfc != rfc || section.rfc.empty()) {
      rfc = section.rfc;
      const std::string head =
          rfc.empty() ? section.title : fmt::format("RFC {}  {}", rfc, report.ledger->rfc_title(rfc));
      out += "\n" + tinted(head, Tint::kBold, style) + "\n";
    }
    if (!section.rfc.empty()) out += fmt::format("  {}  {}\n", section.section, section.title);
    for (const CaseGroup& group : section.cases) {
      std::map<std::pair<Verdict, std::string>, std::vector<const CaseResult*>> alike;
      for (const CaseResult* result : group.results) {
        // Different reasons are worth a line each.
        const bool plain =
            result->outcome.verdict == Verdict::kPass || result->outcome.verdict == Verdict::kFail;
        alike[{result->outcome.verdict, plain ? "" : line_text(*result)}].push_back(result);
      }
      for (const auto& [verdict, results] : alike) {
        out += case_line(group, results, style);
        if (!style.verbose) continue;
        for (const CaseResult* result : results) {
          out += fmt::format("\n        {}\n", scenario::full_id(*result->scenario));
          if (!result->outcome.choices.empty()) {
            out += fmt::format("        policy {}\n", fmt::join(result->outcome.choices, " "));
          }
          out += ladder(result->outcome.trace, {"        ", 0, true}) + "\n";
        }
      }
    }
  }
  return out;
}

std::string console_summary(const Report& report, const Summary& summary, int status,
                            const ConsoleStyle& style) {
  const std::size_t executed = report.results.size();
  std::string out =
      fmt::format("\n{} case{}{}        scheduled {} {} executed {}   {}\n", grouped(report.scheduled),
                  report.scheduled == 1 ? "" : "s", verdict_counts(summary), grouped(report.scheduled),
                  executed == report.scheduled ? "=" : "≠", grouped(executed), seconds_text(report.wall));
  for (const RfcRows& rows : summary.rfcs) out += rfc_line(rows);
  for (const std::string& remark : report.remarks) out += "note: " + remark + "\n";
  for (const CaseResult& result : report.results) {
    if (result.outcome.verdict != Verdict::kUnexpectedPass) continue;
    out += fmt::format("{}: {} passes now; strike it from the list\n", report.baseline,
                       scenario::full_id(*result.scenario));
  }
  for (const BaselineEntry& entry : report.stale) {
    out += fmt::format("{}:{}: {} names no case; strike it from the list\n", report.baseline, entry.line,
                       entry.id);
  }
  if (report.signal != 0)
    out += fmt::format("interrupted by signal {}; the rest did not run\n", report.signal);
  out += tinted(fmt::format("exit {}", status), status == kWithinPolicy ? Tint::kGood : Tint::kBad, style) +
         "\n";
  return out;
}

std::string progress_line(const Progress& progress) {
  std::string out = fmt::format("{}/{}   running {}   {}", grouped(progress.done), grouped(progress.total),
                                grouped(progress.running), seconds_text(progress.elapsed));
  // Until a tenth is done, a guess would only be wrong.
  if (progress.done * 10 >= progress.total && progress.done > 0 && progress.done < progress.total) {
    const double rate = progress.elapsed.as_seconds() / static_cast<double>(progress.done);
    const auto left = static_cast<double>(progress.total - progress.done);
    out += fmt::format("   about {:.0f} s left", rate * left + 0.5);
  }
  return out;
}

}  // namespace tcpspec::run
