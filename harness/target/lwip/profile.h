// What lwIP is and which choices it makes, read from its source: none of them can be changed while it runs
// but Nagle's algorithm.
#ifndef HARNESS_TARGET_LWIP_PROFILE_H_
#define HARNESS_TARGET_LWIP_PROFILE_H_

#include <map>
#include <string>

#include "harness/target/profile.h"
#include "stack/base/result.h"

namespace tcpspec::target::lwip {

[[nodiscard]] Profile profile();
// Whether new sockets have Nagle's algorithm on; an Error, which begins with "policy ", names a policy that
// can neither be set nor is lwIP's own choice.
[[nodiscard]] Result<bool> nagle_for(const std::map<std::string, std::string>& policies,
                                     const Profile& profile);

}  // namespace tcpspec::target::lwip

#endif  // HARNESS_TARGET_LWIP_PROFILE_H_
