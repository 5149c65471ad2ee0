#include "harness/run/verdict.h"

#include "stack/base/check.h"

namespace tcpspec::run {

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kTolerated:
      return "tolerated";
    case Verdict::kFail:
      return "fail";
    case Verdict::kInconclusive:
      return "inconclusive";
    case Verdict::kNotApplicable:
      return "not-applicable";
    case Verdict::kCrash:
      return "crash";
    case Verdict::kHang:
      return "hang";
    case Verdict::kError:
      return "error";
    case Verdict::kKnownGap:
      return "known-gap";
    case Verdict::kUnexpectedPass:
      return "unexpected-pass";
  }
  CHECK(false);
  return "";
}

char letter(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return 'P';
    case Verdict::kTolerated:
      return 'T';
    case Verdict::kFail:
      return 'F';
    case Verdict::kInconclusive:
      return 'I';
    case Verdict::kNotApplicable:
      return 'N';
    case Verdict::kCrash:
      return 'C';
    case Verdict::kHang:
      return 'H';
    case Verdict::kError:
      return 'E';
    case Verdict::kKnownGap:
      return 'K';
    case Verdict::kUnexpectedPass:
      return 'U';
  }
  CHECK(false);
  return '?';
}

}  // namespace tcpspec::run
