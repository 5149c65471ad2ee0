// What an interop run says: the matrix for people, failures once more with everything there is to know, the
// last line with the counts; JSON for tools. Text out; prints nothing by itself.
//
// JSON, one object; schema 1 grows by fields, never changes their meaning:
//   tool {name, version}, target {name, profile, version, setting, clock}, seed, jobs, wall_seconds, exit,
//   interrupted; counts {verdict: number}
//   scale        "full"|"ci"; absent with --chaos
//   conversations [{name, seed, verdict, letter, row, ip, direction, opening (matrix) or knobs (chaos),
//                 elapsed_seconds, octets_per_second, figures (conversation.h), reasons, again, capture?,
//                 failure?: {rule, allowed, actual, differs, before, last}}]
// elapsed_seconds is the target's own time, from the opening until both ends were in order.
#ifndef HARNESS_INTEROP_REPORT_H_
#define HARNESS_INTEROP_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/interop/conversation.h"
#include "harness/interop/matrix.h"
#include "harness/run/report_console.h"
#include "harness/run/verdict.h"
#include "harness/target/profile.h"

namespace tcpspec::interop {

struct Played {
  std::string name;
  std::optional<Variant> variant;  // none: chaos
  std::uint64_t seed = 0;          // chaos
  std::string knobs;
  run::Outcome outcome;
  Figures figures;
  std::string again, capture;
};

struct Report {
  std::string version, target;
  target::Profile profile;
  std::uint64_t seed = 1;
  int jobs = 1;
  std::string scale;  // empty: chaos
  std::size_t scheduled = 0;
  std::vector<Played> results;  // what is finished
  Duration wall;
  std::vector<std::string> remarks;
  std::size_t repeated = 0, repeated_equal = 0;  // chaos: seeds that were played twice
  int signal = 0;
};

[[nodiscard]] int exit_status(const Report& report);  // as of run (run/report.h)

[[nodiscard]] std::string console_head(const Report& report, const run::ConsoleStyle& style);
// Rows: link and options; columns: IP version and direction. A cell has a letter for each opening (the
// peer's, then the target's; P T F I N C H E, · not played), the slower time, the lower throughput, and the
// retransmissions of the sender, both added.
[[nodiscard]] std::string console_matrix(const Report& report, const run::ConsoleStyle& style);
// What was not applicable and why, once for each reason; then failures and what could not be decided.
[[nodiscard]] std::string console_failures(const Report& report, const run::ConsoleStyle& style);
[[nodiscard]] std::string console_summary(const Report& report, int status, const run::ConsoleStyle& style);
[[nodiscard]] std::string report_json(const Report& report, int status);

}  // namespace tcpspec::interop

#endif  // HARNESS_INTEROP_REPORT_H_
