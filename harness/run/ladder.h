// Ladder: a trace as a text diagram, the tester on the left, the target on the right, one line an event.
#ifndef HARNESS_RUN_LADDER_H_
#define HARNESS_RUN_LADDER_H_

#include <cstddef>
#include <string>

#include "harness/run/trace.h"

namespace tcpspec::run {

struct LadderOptions {
  std::string indent = "  ";
  std::size_t arrow = 0;  // columns between the two sides; 0: as wide as the longest label needs, at most 72
  bool notes = true;      // what the runner remarked
};

[[nodiscard]] std::string ladder(const Trace& trace, const LadderOptions& options);

// Columns of UTF-8 text, one a character; enough for what reports print.
[[nodiscard]] std::size_t columns(std::string_view text);
// Cut to `most` columns, the last one an ellipsis where something was cut.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t most);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_LADDER_H_
