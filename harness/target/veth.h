// The veth way in, for users who may not open /dev/net/tun: a pair of Ethernet devices, both ends in the one
// namespace. The target's end has the addresses, no neighbour resolution, and every offload off, so that what
// is captured has full checksums and is cut to size; the tester's end has no address and frames are made by
// hand.
#ifndef HARNESS_TARGET_VETH_H_
#define HARNESS_TARGET_VETH_H_

#include <memory>

#include "harness/target/linux_way.h"

namespace tcpspec::target {

[[nodiscard]] Result<std::unique_ptr<Way>> open_veth(Netlink& netlink, const CaseSetup& setup);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_VETH_H_
