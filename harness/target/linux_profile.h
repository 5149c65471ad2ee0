// What the Linux of this machine is and how its permitted choices are set: the Profile, and policies as
// sysctls of a network namespace. Tables only; nothing here writes a sysctl.
#ifndef HARNESS_TARGET_LINUX_PROFILE_H_
#define HARNESS_TARGET_LINUX_PROFILE_H_

#include <map>
#include <string>
#include <vector>

#include "harness/target/profile.h"
#include "harness/target/target.h"
#include "stack/base/result.h"

namespace tcpspec::target {

enum class WayKind { kTun, kVeth };

// Reads uname, the length of a jiffy, and which sysctls there are.
[[nodiscard]] Profile linux_profile(WayKind way);

struct Sysctl {
  std::string name;  // below /proc/sys/net
  std::string value;
  // What a refusal means: empty, the set-up failed; else the policy ("rfc5961=off") that cannot be had.
  std::string policy;
  bool operator==(const Sysctl&) const = default;
};

// What every case has, so that its verdict does not depend on how the host is tuned. A kernel without one of
// them behaves so anyway.
[[nodiscard]] const std::vector<Sysctl>& base_sysctls();
// Which differ for a case about that IP version: nothing but TCP is to be heard on the wire.
[[nodiscard]] std::vector<Sysctl> quiet_sysctls(IpVersion ip);
// An error begins with "policy ": Linux cannot be set so.
[[nodiscard]] Result<std::vector<Sysctl>> policy_sysctls(const std::map<std::string, std::string>& policies,
                                                         const Profile& profile);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_LINUX_PROFILE_H_
