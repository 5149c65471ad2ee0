// Text that an agent wrote, made fit for people's terminals and reports.
#ifndef HARNESS_TARGET_REMOTE_PRINTABLE_H_
#define HARNESS_TARGET_REMOTE_PRINTABLE_H_

#include <string>

namespace tcpspec::target {

// Control characters become '?', and what is longer than `longest` octets is cut, marked by "…".
[[nodiscard]] std::string printable(const std::string& text, std::size_t longest = 300);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REMOTE_PRINTABLE_H_
