// Namespaces of the calling process: a user namespace, in which it is root, and a network namespace with
// nothing in it. Needs no privilege where the system permits user namespaces. Also the sysctls of that
// namespace. Cannot be undone for the process: one process, one case.
#ifndef HARNESS_TARGET_NETNS_H_
#define HARNESS_TARGET_NETNS_H_

#include <string>
#include <string_view>

#include "stack/base/result.h"

namespace tcpspec::target {

// The process must have one thread. An error says what was refused and what to do about it.
Status enter_namespaces();

// What to do when something that root of the namespace may do was refused all the same (AppArmor); may be
// empty.
[[nodiscard]] std::string refusal_remedy();

enum class SysctlOutcome { kWritten, kAbsent, kRefused };
struct SysctlResult {
  SysctlOutcome outcome = SysctlOutcome::kWritten;
  int error = 0;  // errno
};
// `name` below /proc/sys/net: "ipv4/tcp_sack". Absent: this kernel has none for a namespace.
[[nodiscard]] SysctlResult write_sysctl(std::string_view name, std::string_view value);
[[nodiscard]] bool has_sysctl(std::string_view name);

// "what: strerror(error)".
[[nodiscard]] std::string system_error(std::string_view what, int error);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_NETNS_H_
