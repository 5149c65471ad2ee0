// The TUN way in: no neighbour resolution, full checksums, no segmentation offload. Needs /dev/net/tun to
// open.
#ifndef HARNESS_TARGET_TUN_H_
#define HARNESS_TARGET_TUN_H_

#include <memory>

#include "harness/target/linux_way.h"

namespace tcpspec::target {

// Whether this process may open /dev/net/tun; if not, why.
[[nodiscard]] Status tun_opens();
// In the process's own network namespace, which enter_namespaces() made.
[[nodiscard]] Result<std::unique_ptr<Way>> open_tun(Netlink& netlink, const CaseSetup& setup);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_TUN_H_
