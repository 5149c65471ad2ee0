// The end of the console report: every failure in the order a reader needs it. Which rule, what was allowed,
// what came, what differs, what led there, how to see it again.
#include <fmt/format.h>

#include "harness/monitor/monitor.h"
#include "harness/run/console_text.h"

namespace tcpspec::run {
namespace {

std::string of_rows(const Report& report, const scenario::Scenario& scenario) {
  std::string out;
  for (const std::string& id : scenario.covers) {
    const Requirement* row = report.ledger->find(id);
    if (row == nullptr) continue;
    out += fmt::format("    {} ({})  {}\n", row->clause(), row->grade(), row->title);
  }
  return out;
}

// A rule of the monitor was broken: that, and not what the case is about.
std::string of_monitor(const std::string& id, const Report& report) {
  for (const monitor::Rule& rule : monitor::rules()) {
    if (rule.id != id) continue;
    const Requirement* row = report.ledger->find(rule.row);
    return fmt::format("    monitor/{}  {} ({})  {}\n", rule.id, rule.clause,
                       row == nullptr ? "text" : row->grade(), rule.says);
  }
  return fmt::format("    monitor/{}\n", id);
}

std::string field(const char* name, const std::string& text) {
  if (text.empty()) return "";
  std::string out = fmt::format("    {:<9} ", name);
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "              ";
  }
  return out + "\n";
}

std::string of_failure(const Failure& failure) {
  std::string out;
  for (const SourceLine& line : failure.script) {
    out += fmt::format("    {}{:>4}   {}\n", line.failing ? "→ " : "  ", line.line, line.text);
  }
  out += field("allowed", failure.allowed);
  out += field("actual", failure.actual);
  out += field("differs", failure.timing ? failure.differs + " (a matter of time only)" : failure.differs);
  out += field("before", failure.before);
  for (std::size_t i = 0; i < failure.last.size(); ++i) out += field(i == 0 ? "last" : "", failure.last[i]);
  return out;
}

std::string place_of(const CaseResult& result) {
  const Outcome& outcome = result.outcome;
  const scenario::SourceLocation& where = outcome.failure && !outcome.failure->where.file.empty()
                                              ? outcome.failure->where
                                              : result.scenario->where;
  return fmt::format("{}:{}", where.file, where.line);
}

std::string of_result(const Report& report, const CaseResult& result, const ConsoleStyle& style) {
  return fmt::format("  {} {}  {}\n{}\n",
                     tinted(symbol(result.outcome.verdict), tint_of(result.outcome.verdict), style),
                     place_of(result), tinted(scenario::full_id(*result.scenario), Tint::kBold, style),
                     console_story(report, result));
}

}  // namespace

std::string console_story(const Report& report, const CaseResult& result) {
  const Outcome& outcome = result.outcome;
  const bool by_monitor = outcome.failure && !outcome.failure->rule.empty();
  std::string out =
      by_monitor ? of_monitor(outcome.failure->rule, report) : of_rows(report, *result.scenario);
  if (outcome.failure) out += of_failure(*outcome.failure);
  for (std::size_t i = 0; i < outcome.reasons.size(); ++i) {
    out += field(i == 0 ? to_string(outcome.verdict) : "", outcome.reasons[i]);
  }
  if (!outcome.failure && is_failure(outcome.verdict)) {
    const auto& events = outcome.trace.events;
    const std::size_t from = events.size() > 4 ? events.size() - 4 : 0;
    for (std::size_t i = from; i < events.size(); ++i) {
      out += field(i == from ? "last" : "",
                   fmt::format("{:+.6f} s  {}{}", (events[i].at.earliest - Instant()).as_seconds(),
                               events[i].kind == TraceKind::kPacketIn    ? "< "
                               : events[i].kind == TraceKind::kPacketOut ? "> "
                                                                         : "",
                               events[i].text));
    }
  }
  if (outcome.attempts > 1) out += field("attempts", std::to_string(outcome.attempts));
  out += field("capture", result.capture);
  out += field("again", again_command(report, result));
  return out;
}

std::string console_failures(const Report& report, const ConsoleStyle& style) {
  std::string failures;
  std::string undecided;
  for (const CaseResult& result : report.results) {
    if (is_failure(result.outcome.verdict)) failures += of_result(report, result, style);
    if (result.outcome.verdict == Verdict::kInconclusive) undecided += of_result(report, result, style);
  }
  std::string out;
  if (!failures.empty()) out += "\n" + tinted("Failures", Tint::kBold, style) + "\n" + failures;
  if (!undecided.empty()) {
    out += "\n" + tinted("Inconclusive", Tint::kBold, style) + " (the tester's doing, not the target's)\n" +
           undecided;
  }
  return out;
}

}  // namespace tcpspec::run
