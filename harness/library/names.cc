#include "harness/library/names.h"

#include <fmt/format.h>

#include <cctype>
#include <string_view>

#include "harness/run/report_console.h"
#include "stack/base/check.h"

namespace tcpspec::library {
namespace {

std::string mapped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool kept = c == '/' || std::isalnum(static_cast<unsigned char>(c)) != 0;
    out += kept ? c : '_';
  }
  return out;
}

std::string first_reason(const run::Outcome& outcome) {
  return outcome.reasons.empty() ? std::string() : outcome.reasons.front();
}

std::string text_of(const run::Report& report, const run::CaseResult& result, const std::string& baseline) {
  const run::Outcome& outcome = result.outcome;
  const std::string head =
      fmt::format("{}  {}", run::to_string(outcome.verdict), scenario::full_id(*result.scenario));
  switch (outcome.verdict) {
    case run::Verdict::kPass:
      return "";
    case run::Verdict::kTolerated:
    case run::Verdict::kNotApplicable:
      return fmt::format("{}: {}", head, fmt::join(outcome.reasons, "; "));
    case run::Verdict::kKnownGap:
      return fmt::format("{}: {} ({})", head, first_reason(outcome), baseline);
    case run::Verdict::kUnexpectedPass:
      return fmt::format("{}: {} says that it fails: \"{}\". It passes; strike it from the list.", head,
                         baseline, first_reason(outcome));
    case run::Verdict::kFail:
    case run::Verdict::kCrash:
    case run::Verdict::kHang:
    case run::Verdict::kError:
    case run::Verdict::kInconclusive:
      return fmt::format("{}  {}\n{}", head, result.scenario->title, run::console_story(report, result));
  }
  CHECK(false);
  return "";
}

}  // namespace

std::string suite_name(const std::string& rfc, const std::string& section, const std::string& title) {
  std::string name = mapped(rfc.empty() ? title : fmt::format("RFC{}_{}", rfc, section));
  while (name.ends_with('_')) name.pop_back();
  return name;
}

std::string test_name(const scenario::Scenario& scenario) {
  return mapped(scenario.id) + (scenario.ip == IpVersion::kV4 ? "/v4" : "/v6");
}

Played told(const run::Report& report, const run::CaseResult& result, const std::string& baseline,
            Ending ending) {
  const auto& failure = result.outcome.failure;
  const bool known = failure && !failure->where.file.empty();
  const scenario::SourceLocation& where = known ? failure->where : result.scenario->where;
  Played played;
  played.ending = ending;
  played.verdict = run::to_string(result.outcome.verdict);
  played.text = text_of(report, result, baseline);
  played.file = where.file;
  played.line = where.line;
  return played;
}

}  // namespace tcpspec::library
