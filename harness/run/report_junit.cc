#include <fmt/format.h>

#include <pugixml.hpp>
#include <sstream>
#include <string_view>

#include "harness/run/ladder.h"
#include "harness/run/report_files.h"

namespace tcpspec::run {
namespace {

// XML 1.0 has no room for most control characters, not even escaped.
std::string clean(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool fine = octet >= 0x20 ? octet != 0x7f : (c == '\n' || c == '\t');
    out += fine ? c : '?';
  }
  return out;
}

std::string seconds(Duration d) { return fmt::format("{:.3f}", d.as_seconds()); }

std::string details(const Report& report, const CaseResult& result) {
  const Outcome& outcome = result.outcome;
  std::string out = fmt::format("{}:{}\n", result.scenario->where.file, result.scenario->where.line);
  for (const std::string& id : result.scenario->covers) {
    if (const Requirement* row = report.ledger->find(id)) {
      out += fmt::format("{} ({})  {}\n", row->clause(), row->grade(), row->title);
    }
  }
  for (const std::string& reason : outcome.reasons) out += reason + "\n";
  if (outcome.failure) {
    const Failure& failure = *outcome.failure;
    for (const SourceLine& line : failure.script) {
      out += fmt::format("{} {:>4}  {}\n", line.failing ? ">" : " ", line.line, line.text);
    }
    out += fmt::format("allowed  {}\nactual   {}\ndiffers  {}\nbefore   {}\n", failure.allowed,
                       failure.actual, failure.differs, failure.before);
  }
  out += fmt::format("again    {}\n\n{}", again_command(report, result), ladder(outcome.trace, {}));
  return clean(out);
}

std::string message_of(const CaseResult& result) {
  const Outcome& outcome = result.outcome;
  if (outcome.failure && !outcome.failure->differs.empty())
    return clean("differs: " + outcome.failure->differs);
  return outcome.reasons.empty() ? to_string(outcome.verdict) : clean(outcome.reasons.front());
}

// What CI shows: a failure breaks the build, an error is nobody's verdict on the target, skipped is neither.
const char* element_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
    case Verdict::kTolerated:
      return nullptr;
    case Verdict::kFail:
    case Verdict::kUnexpectedPass:
      return "failure";
    case Verdict::kCrash:
    case Verdict::kHang:
    case Verdict::kError:
      return "error";
    case Verdict::kInconclusive:
    case Verdict::kNotApplicable:
    case Verdict::kKnownGap:
      return "skipped";
  }
  CHECK(false);
  return nullptr;
}

struct SuiteCounts {
  int tests = 0, failures = 0, errors = 0, skipped = 0;
  Duration time;
};

void add_case(pugi::xml_node suite, const Report& report, const CaseResult& result,
              const std::string& classname, SuiteCounts& counts) {
  const Outcome& outcome = result.outcome;
  pugi::xml_node node = suite.append_child("testcase");
  node.append_attribute("classname") = classname.c_str();
  node.append_attribute("name") = scenario::full_id(*result.scenario).c_str();
  node.append_attribute("file") = result.scenario->where.file.c_str();
  node.append_attribute("line") = result.scenario->where.line;
  node.append_attribute("time") = seconds(outcome.elapsed).c_str();
  ++counts.tests;
  counts.time += outcome.elapsed;
  const char* element = element_of(outcome.verdict);
  if (element == nullptr) {
    if (outcome.verdict == Verdict::kTolerated) {
      node.append_child("system-out").text() = ("tolerated: " + message_of(result)).c_str();
    }
    return;
  }
  const std::string_view kind = element;
  counts.failures += kind == "failure" ? 1 : 0;
  counts.errors += kind == "error" ? 1 : 0;
  counts.skipped += kind == "skipped" ? 1 : 0;
  pugi::xml_node said = node.append_child(element);
  if (kind != "skipped") said.append_attribute("type") = to_string(outcome.verdict);
  const std::string prefix = kind == "skipped" ? fmt::format("{}: ", to_string(outcome.verdict)) : "";
  said.append_attribute("message") = (prefix + message_of(result)).c_str();
  if (outcome.verdict != Verdict::kNotApplicable) said.text() = details(report, result).c_str();
}

void set_counts(pugi::xml_node node, const SuiteCounts& counts) {
  node.append_attribute("tests") = counts.tests;
  node.append_attribute("failures") = counts.failures;
  node.append_attribute("errors") = counts.errors;
  node.append_attribute("skipped") = counts.skipped;
  node.append_attribute("time") = seconds(counts.time).c_str();
}

}  // namespace

std::string report_junit(const Report& report, const Summary& summary) {
  pugi::xml_document document;
  pugi::xml_node suites = document.append_child("testsuites");
  suites.append_attribute("name") = fmt::format("tcpspec {}", report.target).c_str();
  SuiteCounts all;
  for (const SectionGroup& section : by_section(report)) {
    pugi::xml_node suite = suites.append_child("testsuite");
    const std::string name = section.rfc.empty()
                                 ? section.title
                                 : fmt::format("RFC {} {} {}", section.rfc, section.section, section.title);
    const std::string classname =
        section.rfc.empty() ? section.title : fmt::format("RFC{}.{}", section.rfc, section.section);
    suite.append_attribute("name") = name.c_str();
    SuiteCounts counts;
    for (const CaseGroup& group : section.cases) {
      for (const CaseResult* result : group.results) add_case(suite, report, *result, classname, counts);
    }
    set_counts(suite, counts);
    all = {all.tests + counts.tests, all.failures + counts.failures, all.errors + counts.errors,
           all.skipped + counts.skipped, all.time + counts.time};
  }
  CHECK(static_cast<std::size_t>(all.failures) ==
        summary.count(Verdict::kFail) + summary.count(Verdict::kUnexpectedPass));
  set_counts(suites, all);
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace tcpspec::run
