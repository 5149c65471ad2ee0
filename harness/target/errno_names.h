// The names of socket errors and their numbers as Linux gives them in SO_ERROR: the numbers that scripts
// write. Data only; the running system's <errno.h> is not asked.
#ifndef HARNESS_TARGET_ERRNO_NAMES_H_
#define HARNESS_TARGET_ERRNO_NAMES_H_

#include <string_view>

namespace tcpspec::target {

// Zero for a name that is not in the table.
[[nodiscard]] int errno_number(std::string_view name);
// Empty for a number that is not in the table.
[[nodiscard]] std::string_view errno_name(int number);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_ERRNO_NAMES_H_
