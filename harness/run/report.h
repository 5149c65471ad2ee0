// Report: one run as data, and what it adds up to. Every printed or written report is made of this alone.
#ifndef HARNESS_RUN_REPORT_H_
#define HARNESS_RUN_REPORT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/run/baseline.h"
#include "harness/run/ledger.h"
#include "harness/run/selection.h"
#include "harness/run/verdict.h"
#include "harness/target/profile.h"

namespace tcpspec::run {

struct CaseResult {
  const scenario::Scenario* scenario = nullptr;
  Outcome outcome;
  std::string capture;  // where it was written; empty: nowhere
};

struct Report {
  std::string version;  // of tcpspec
  std::string target;   // as the command line names it
  target::Profile profile;
  std::uint64_t seed = 1;
  int jobs = 1;
  const Ledger* ledger = nullptr;
  std::vector<CaseResult> results;  // what is finished, in the order of the tree
  std::size_t scheduled = 0;
  Duration wall;                   // real time of the run
  std::vector<Duration> lateness;  // of the tester's own wakeups; real-time targets only
  std::string baseline;            // path; empty: none
  std::vector<BaselineEntry> stale;
  std::vector<std::string> remarks;
  std::string again_options;  // what the command of a rerun needs beside id, target and seed: "--cases DIR"
  // How to see a result again, where that is not a command of tcpspec's; may be empty.
  std::function<std::string(const CaseResult&)> again;
  int signal = 0;  // that interrupted the run
};

// Rows of one RFC that the run judged: met is the number of those that no case found broken.
struct RowCount {
  std::size_t met = 0, judged = 0;
};
struct RfcRows {
  std::string rfc;
  std::array<RowCount, 4> by_grade;  // index: Grade
  std::size_t unreached = 0;         // every case of theirs was not applicable or inconclusive
};

struct Summary {
  std::array<std::size_t, 10> verdicts{};  // index: Verdict
  std::array<std::size_t, 4> failures{};   // Fail, Crash, Hang by Grade
  std::vector<RfcRows> rfcs;               // in the order of reports
  [[nodiscard]] std::size_t count(Verdict verdict) const {
    return verdicts[static_cast<std::size_t>(verdict)];
  }
};
[[nodiscard]] Summary summarize(const Report& report);

// The exit status that a run deserves, apart from reports that could not be written (kOwnError):
// what the tester got wrong comes first, then what the target did, then what was not tested at all, then the
// list.
inline constexpr int kWithinPolicy = 0;
inline constexpr int kFailure = 1;        // a Fail, Crash or Hang that no baseline lists
inline constexpr int kUsage = 2;          // or a case that cannot be read
inline constexpr int kNothingRan = 3;     // nothing selected, or no case came to a verdict
inline constexpr int kUnreachable = 4;    // the target cannot be made, or died in every one of several cases
inline constexpr int kOwnError = 5;       // an Error verdict, or a report that could not be written
inline constexpr int kStaleBaseline = 6;  // entries without a case, or cases that pass now
[[nodiscard]] int exit_status(const Report& report, const Summary& summary);  // 128 + signal when interrupted

// One line of the tree: a case with all its IP versions and matrix values.
struct CaseGroup {
  std::string name;  // what their ids share
  std::vector<const CaseResult*> results;
};
struct SectionGroup {
  std::string rfc;      // empty: scripts and regressions, which belong to no clause
  std::string section;  // "3.10.7.4"
  std::string title;
  std::vector<CaseGroup> cases;
};
// By the first row that a case covers; RFC 9293 first, the others by number, sections in their own order.
[[nodiscard]] std::vector<SectionGroup> by_section(const Report& report);
// Natural order of RFC and section: 9293 first, 3.9 before 3.10, appendices last.
[[nodiscard]] bool section_before(const std::string& rfc_a, const std::string& a, const std::string& rfc_b,
                                  const std::string& b);

// "tcpspec run 'half-close/data [v4]' --target linux --seed 1 -v"
[[nodiscard]] std::string again_command(const Report& report, const CaseResult& result);
// The p-th percentile (0…100); zero of nothing.
[[nodiscard]] Duration percentile(std::vector<Duration> samples, int p);
[[nodiscard]] bool is_failure(Verdict verdict);  // Fail, Crash, Hang, Error

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_REPORT_H_
