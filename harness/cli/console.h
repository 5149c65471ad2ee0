// What commands that run things share: complaints, the look of the console, the progress line, reports that
// go to a file or to standard output.
#ifndef HARNESS_CLI_CONSOLE_H_
#define HARNESS_CLI_CONSOLE_H_

#include <cstdio>
#include <string>
#include <vector>

#include "harness/run/report_console.h"
#include "harness/run/scheduler.h"
#include "stack/base/result.h"

namespace tcpspec::cli {

// On stderr; gives `status` back.
int fail_with(int status, const std::string& what);
// Colour and width as far as the stream is a terminal that has them.
[[nodiscard]] run::ConsoleStyle style_for(std::FILE* stream, bool verbose);
// What would be a pity to find out after an hour: that a file's folder is not there, or that the folder for
// captures cannot be made. Empty paths and - are fine.
[[nodiscard]] Status check_destinations(const std::vector<std::string>& files, const std::string& folder);
// To stdout for -, nowhere for an empty path. False: not written, and stderr says why.
[[nodiscard]] bool write_report(const std::string& path, const std::string& text);

// One line on stderr that is written over; nothing where stderr is no terminal.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  [[nodiscard]] bool shown() const { return shown_; }
  void show(const run::Progress& progress);

 private:
  bool shown_ = false, written_ = false;
};

}  // namespace tcpspec::cli

#endif  // HARNESS_CLI_CONSOLE_H_
