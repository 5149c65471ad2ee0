// The report a person reads: a tree like the RFC's table of contents, one line a case, the failures once more
// at the end with everything there is to know, and what it adds up to. Text out; prints nothing by itself.
#ifndef HARNESS_RUN_REPORT_CONSOLE_H_
#define HARNESS_RUN_REPORT_CONSOLE_H_

#include <cstddef>
#include <string>

#include "harness/run/report.h"
#include "harness/run/scheduler.h"

namespace tcpspec::run {

struct ConsoleStyle {
  bool colour = false;    // never the only carrier of a meaning
  bool verbose = false;   // the ladder of every case
  std::size_t width = 0;  // of the terminal; 0: none, cut nothing
};

// "tcpspec 0.1.0   target linux 6.18 (own namespaces, TUN, real time)   1,284 cases   seed 1 …" and the
// profile.
[[nodiscard]] std::string console_head(const Report& report, const ConsoleStyle& style);
[[nodiscard]] std::string console_tree(const Report& report, const ConsoleStyle& style);
// Failures, then what could not be decided; empty without any.
[[nodiscard]] std::string console_failures(const Report& report, const ConsoleStyle& style);
// One of them, from the rows it tests to the line that shows it again.
[[nodiscard]] std::string console_story(const Report& report, const CaseResult& result);
// Counts, rows by RFC and the closing line with the exit status.
[[nodiscard]] std::string console_summary(const Report& report, const Summary& summary, int status,
                                          const ConsoleStyle& style);
// "1,284".
[[nodiscard]] std::string grouped(std::size_t number);
// One line, for a terminal, while it runs.
[[nodiscard]] std::string progress_line(const Progress& progress);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_REPORT_CONSOLE_H_
