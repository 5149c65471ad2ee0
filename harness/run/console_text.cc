#include "harness/run/console_text.h"

#include <fmt/format.h>

namespace tcpspec::run {

std::string tinted(std::string_view text, Tint tint, const ConsoleStyle& style) {
  const char* code = "";
  switch (tint) {
    case Tint::kNone:
      return std::string(text);
    case Tint::kGood:
      code = "32";
      break;
    case Tint::kMild:
      code = "33";
      break;
    case Tint::kBad:
      code = "31";
      break;
    case Tint::kFaint:
      code = "2";
      break;
    case Tint::kBold:
      code = "1";
      break;
  }
  if (!style.colour) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

const char* symbol(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
    case Verdict::kUnexpectedPass:
      return "✓";
    case Verdict::kTolerated:
      return "~";
    case Verdict::kFail:
    case Verdict::kKnownGap:
      return "✗";
    case Verdict::kNotApplicable:
      return "–";
    case Verdict::kInconclusive:
      return "?";
    case Verdict::kCrash:
    case Verdict::kHang:
    case Verdict::kError:
      return "!";
  }
  CHECK(false);
  return "";
}

Tint tint_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return Tint::kGood;
    case Verdict::kTolerated:
    case Verdict::kInconclusive:
    case Verdict::kKnownGap:
    case Verdict::kUnexpectedPass:
      return Tint::kMild;
    case Verdict::kFail:
    case Verdict::kCrash:
    case Verdict::kHang:
    case Verdict::kError:
      return Tint::kBad;
    case Verdict::kNotApplicable:
      return Tint::kFaint;
  }
  CHECK(false);
  return Tint::kNone;
}

std::string grouped(std::size_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string seconds_text(Duration d) {
  const double seconds = d.as_seconds();
  if (seconds < 0.995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 99.5) return fmt::format("{:.1f} s", seconds);
  return grouped(static_cast<std::size_t>(seconds + 0.5)) + " s";
}

std::string line_text(const CaseResult& result) {
  const std::string& title = result.scenario->title;
  const std::string reason = result.outcome.reasons.empty() ? std::string() : result.outcome.reasons.front();
  const auto explained = [&](const char* what) {
    return reason.empty() ? fmt::format("{}: {}", what, title) : fmt::format("{}: {}", what, reason);
  };
  switch (result.outcome.verdict) {
    case Verdict::kPass:
    case Verdict::kFail:
      return title;
    case Verdict::kTolerated:
      return reason.empty() ? title : reason;
    case Verdict::kInconclusive:
      return explained("inconclusive");
    case Verdict::kNotApplicable:
      return explained("not applicable");
    case Verdict::kCrash:
      return explained("crash");
    case Verdict::kHang:
      return explained("hang");
    case Verdict::kError:
      return explained("our own error");
    case Verdict::kKnownGap:
      return explained("known gap");
    case Verdict::kUnexpectedPass:
      return explained("unexpected pass");
  }
  CHECK(false);
  return "";
}

}  // namespace tcpspec::run
