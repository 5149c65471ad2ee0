// Verdict: how one case ended, and the story of a failure in the order a reader needs it: which rule, what
// was allowed, what came, what differs, what led there, how to see it again.
#ifndef HARNESS_RUN_VERDICT_H_
#define HARNESS_RUN_VERDICT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/run/trace.h"
#include "harness/scenario/scenario.h"
#include "stack/base/time.h"

namespace tcpspec::run {

enum class Verdict : std::uint8_t {
  kPass,
  kTolerated,  // a SHOULD not followed, or the right effect in an odd form
  kFail,
  kInconclusive,   // the tester was late, or the stimulus is not proven
  kNotApplicable,  // with evidence
  kCrash,
  kHang,
  kError,           // ours
  kKnownGap,        // Fail that the baseline lists
  kUnexpectedPass,  // Pass that the baseline lists as failing
};
[[nodiscard]] const char* to_string(Verdict verdict);  // "pass", "known-gap", …: as in JSON and baselines
[[nodiscard]] char letter(Verdict verdict);            // P T F I N C H E K U

struct SourceLine {
  int line = 0;
  std::string text;
  bool failing = false;
  bool operator==(const SourceLine&) const = default;
};

struct Failure {
  scenario::SourceLocation where;
  std::string rule;                // monitor rule id; empty: the case's own expectation
  std::vector<SourceLine> script;  // the steps around it
  std::string allowed;
  std::string actual;
  std::string differs;
  std::string before;             // what led there, one line
  std::vector<std::string> last;  // the last packets, one line each
  bool timing = false;            // late or early, but otherwise as allowed
  bool operator==(const Failure&) const = default;
};

struct Outcome {
  Verdict verdict = Verdict::kError;
  std::optional<Failure> failure;    // Fail, Inconclusive, Tolerated by a rule
  std::vector<std::string> reasons;  // why tolerated; evidence of not applicable; what crashed; the error
  Duration elapsed;                  // on the target's clock
  std::vector<std::string> choices;  // policies and profile choices that applied
  Trace trace;
  std::string details;  // of who played it and is no case: its own figures, in its own form
  int attempts = 1;     // more than one: Inconclusive was tried again
  bool operator==(const Outcome&) const = default;
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_VERDICT_H_
