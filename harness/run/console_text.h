// Small things that the parts of the console report share: symbols, colours, times.
#ifndef HARNESS_RUN_CONSOLE_TEXT_H_
#define HARNESS_RUN_CONSOLE_TEXT_H_

#include <string>
#include <string_view>

#include "harness/run/report_console.h"

namespace tcpspec::run {

enum class Tint { kNone, kGood, kMild, kBad, kFaint, kBold };
[[nodiscard]] std::string tinted(std::string_view text, Tint tint, const ConsoleStyle& style);
[[nodiscard]] const char* symbol(Verdict verdict);  // ✓ ~ ✗ – ? !
[[nodiscard]] Tint tint_of(Verdict verdict);
// "0.21 s", "3.1 s", "7,200 s".
[[nodiscard]] std::string seconds_text(Duration d);
// What stands behind a case's name: its title, or why it is not simply a pass.
[[nodiscard]] std::string line_text(const CaseResult& result);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_CONSOLE_TEXT_H_
