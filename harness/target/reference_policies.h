// What the language's `policy key=value` means for the reference stack, and what it does when nothing is set.
// A part of the reference target.
#ifndef HARNESS_TARGET_REFERENCE_POLICIES_H_
#define HARNESS_TARGET_REFERENCE_POLICIES_H_

#include <map>
#include <string>

#include "harness/target/profile.h"
#include "stack/base/result.h"
#include "stack/tcp/config.h"

namespace tcpspec::target {

// The profile of the reference stack with its default configuration.
[[nodiscard]] Profile reference_profile();

// Applies each policy to the configuration. One that cannot be set passes only if its value is the profile's
// choice; otherwise an Error that begins with "policy ".
[[nodiscard]] Status apply_policies(const std::map<std::string, std::string>& policies,
                                    const Profile& profile, tcp::Config& config);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REFERENCE_POLICIES_H_
