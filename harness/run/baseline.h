// Baseline: the gaps that are known of one target, each with its reason, so that CI breaks on new ones only.
// Changes no verdict but these: the listed kind of failure becomes KnownGap, a pass of a listed case
// UnexpectedPass (strike it from the list). Inconclusive and NotApplicable stay what they are. Parsing and
// applying only; reads no file.
//
//   # comment
//   half-close/fin-wait-2-data        fail   drops the text and its FIN (bug 4711)
//   keepalive/probe [v6]              crash  fixed in 2.1
//
// One entry a line: the case's id, `[v4]` or `[v6]` for one IP version only, `fail`, `crash` or `hang`, and
// the reason, which is required.
#ifndef HARNESS_RUN_BASELINE_H_
#define HARNESS_RUN_BASELINE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/verdict.h"
#include "harness/scenario/diagnostic.h"

namespace tcpspec::run {

struct BaselineEntry {
  std::string id;
  std::optional<IpVersion> ip;  // none: both
  Verdict verdict = Verdict::kFail;
  std::string reason;
  int line = 0;
};

class Baseline {
 public:
  // Empty: the file is read. `path` is for messages.
  [[nodiscard]] std::vector<scenario::Diagnostic> parse(const std::string& path, std::string_view text);
  [[nodiscard]] const std::vector<BaselineEntry>& entries() const { return entries_; }

  // An entry for the very IP version comes before one for both.
  [[nodiscard]] const BaselineEntry* find(const scenario::Scenario& scenario) const;
  // Turns the verdict, and puts the entry's reason first.
  void apply(const scenario::Scenario& scenario, Outcome& outcome) const;
  // Entries that name none of these cases: the list is stale.
  [[nodiscard]] std::vector<BaselineEntry> stale(const std::vector<scenario::Scenario>& all) const;

 private:
  std::vector<BaselineEntry> entries_;
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_BASELINE_H_
