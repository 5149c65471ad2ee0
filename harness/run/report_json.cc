#include <array>
#include <nlohmann/json.hpp>

#include "harness/run/report_files.h"

namespace tcpspec::run {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(TraceKind kind) {
  switch (kind) {
    case TraceKind::kPacketIn:
      return "in";
    case TraceKind::kPacketOut:
      return "out";
    case TraceKind::kCallBegin:
      return "call";
    case TraceKind::kCallEnd:
      return "return";
    case TraceKind::kNote:
      return "note";
  }
  CHECK(false);
  return "";
}

const char* name_of(scenario::FileKind kind) {
  switch (kind) {
    case scenario::FileKind::kScript:
      return "script";
    case scenario::FileKind::kCase:
      return "case";
    case scenario::FileKind::kRegression:
      return "regression";
  }
  CHECK(false);
  return "";
}

Json of_event(const TraceEvent& event) {
  Json out{{"kind", name_of(event.kind)},
           {"at", {event.at.earliest.nanos(), event.at.latest.nanos()}},
           {"step", event.step},
           {"text", event.text}};
  if (!event.packet.empty()) out["packet"] = to_hex(event.packet);
  if (event.matched) out["matched"] = true;
  if (event.failing) out["failing"] = true;
  return out;
}

Json of_failure(const Failure& failure) {
  Json script = Json::array();
  for (const SourceLine& line : failure.script) {
    script.push_back({{"line", line.line}, {"text", line.text}, {"failing", line.failing}});
  }
  return {{"rule", failure.rule},           {"file", failure.where.file}, {"line", failure.where.line},
          {"column", failure.where.column}, {"script", script},           {"allowed", failure.allowed},
          {"actual", failure.actual},       {"differs", failure.differs}, {"before", failure.before},
          {"last", failure.last},           {"timing", failure.timing}};
}

Json of_rows(const scenario::Scenario& scenario, const Ledger& ledger) {
  Json out = Json::array();
  for (const std::string& id : scenario.covers) {
    const Requirement* row = ledger.find(id);
    if (row == nullptr) continue;
    out.push_back({{"id", row->id},
                   {"clause", row->clause()},
                   {"grade", row->grade()},
                   {"level", to_string(row->level)},
                   {"title", row->title}});
  }
  return out;
}

Json of_case(const Report& report, const CaseResult& result, const SectionGroup& section,
             const std::string& group, bool all_traces) {
  const scenario::Scenario& scenario = *result.scenario;
  const Outcome& outcome = result.outcome;
  Json out{{"id", scenario.id},
           {"ip", scenario.ip == IpVersion::kV4 ? 4 : 6},
           {"name", scenario::full_id(scenario)},
           {"group", group},
           {"file", scenario.where.file},
           {"line", scenario.where.line},
           {"kind", name_of(scenario.kind)},
           {"title", scenario.title},
           {"catches", scenario.catches},
           {"given", scenario.given},
           {"tags", scenario.tags},
           {"needs", scenario.needs},
           {"section", {{"rfc", section.rfc}, {"number", section.section}, {"title", section.title}}},
           {"covers", of_rows(scenario, *report.ledger)},
           {"grade", to_string(grade_of(scenario, *report.ledger))},
           {"verdict", to_string(outcome.verdict)},
           {"letter", std::string(1, letter(outcome.verdict))},
           {"elapsed_seconds", outcome.elapsed.as_seconds()},
           {"attempts", outcome.attempts},
           {"reasons", outcome.reasons},
           {"choices", outcome.choices},
           {"again", again_command(report, result)}};
  if (!result.capture.empty()) out["capture"] = result.capture;
  if (outcome.failure) out["failure"] = of_failure(*outcome.failure);
  if (all_traces || outcome.verdict != Verdict::kPass) {
    Json& trace = out["trace"] = Json::array();
    for (const TraceEvent& event : outcome.trace.events) trace.push_back(of_event(event));
  }
  return out;
}

Json of_target(const Report& report) {
  const target::Profile& profile = report.profile;
  return {{"name", report.target},
          {"profile", profile.name},
          {"version", profile.version},
          {"setting", profile.setting},
          {"clock", profile.clock == target::ClockKind::kVirtual ? "virtual" : "real"},
          {"choices", profile.choices},
          {"lacks", profile.lacks}};
}

Json of_counts(const Summary& summary) {
  Json out = Json::object();
  for (std::size_t i = 0; i < summary.verdicts.size(); ++i) {
    out[to_string(static_cast<Verdict>(i))] = summary.verdicts[i];
  }
  return out;
}

Json of_rfcs(const Summary& summary) {
  Json out = Json::array();
  for (const RfcRows& rows : summary.rfcs) {
    Json entry{{"rfc", rows.rfc}, {"unreached", rows.unreached}};
    for (std::size_t i = 0; i < rows.by_grade.size(); ++i) {
      entry[to_string(static_cast<Grade>(i))] = {{"met", rows.by_grade[i].met},
                                                 {"judged", rows.by_grade[i].judged}};
    }
    out.push_back(std::move(entry));
  }
  return out;
}

Json of_baseline(const Report& report) {
  Json stale = Json::array();
  for (const BaselineEntry& entry : report.stale) {
    stale.push_back({{"id", entry.id},
                     {"ip", entry.ip ? Json(*entry.ip == IpVersion::kV4 ? 4 : 6) : Json(nullptr)},
                     {"line", entry.line}});
  }
  return {{"file", report.baseline}, {"stale", stale}};
}

}  // namespace

std::string report_json(const Report& report, const Summary& summary, int status, bool all_traces) {
  Json out{{"schema", 1},
           {"tool", {{"name", "tcpspec"}, {"version", report.version}}},
           {"target", of_target(report)},
           {"seed", report.seed},
           {"jobs", report.jobs},
           {"scheduled", report.scheduled},
           {"executed", report.results.size()},
           {"wall_seconds", report.wall.as_seconds()},
           {"exit", status},
           {"interrupted", report.signal}};
  if (!report.lateness.empty()) {
    out["jitter_seconds"] = {{"p50", percentile(report.lateness, 50).as_seconds()},
                             {"p99", percentile(report.lateness, 99).as_seconds()},
                             {"max", percentile(report.lateness, 100).as_seconds()}};
  }
  if (!report.baseline.empty()) out["baseline"] = of_baseline(report);
  out["counts"] = of_counts(summary);
  out["rows"] = of_rfcs(summary);
  Json& cases = out["cases"] = Json::array();
  for (const SectionGroup& section : by_section(report)) {
    for (const CaseGroup& group : section.cases) {
      for (const CaseResult* result : group.results) {
        cases.push_back(of_case(report, *result, section, group.name, all_traces));
      }
    }
  }
  // Scripts and targets may say bytes that are no UTF-8.
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tcpspec::run
