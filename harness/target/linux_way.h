// Way: how packets get into the kernel under test, one device of its own in the namespace. Only in: what
// comes out is seen by the Capture beside the device. Packets begin at the IP header on every way.
#ifndef HARNESS_TARGET_LINUX_WAY_H_
#define HARNESS_TARGET_LINUX_WAY_H_

#include <memory>

#include "harness/target/netns_link.h"
#include "harness/target/target.h"
#include "stack/base/bytes.h"
#include "stack/base/result.h"

namespace tcpspec::target {

class Way {
 public:
  virtual ~Way() = default;
  // Index of the device that the kernel under test owns, up and with its address.
  [[nodiscard]] virtual unsigned device() const = 0;
  // Hands one packet over; what it proves is only that the device took it.
  virtual Status write(ByteView packet) = 0;
  // Throws away what the kernel sent, so that no queue of the device fills.
  virtual void drain() = 0;
};

// The addresses and the route of a case.
Status give_addresses(Netlink& netlink, unsigned index, const CaseSetup& setup);
// ETH_P_IP or ETH_P_IPV6, as the first octet says; the case's own version where it says neither.
[[nodiscard]] std::uint16_t ethertype_of(ByteView packet, IpVersion otherwise);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_LINUX_WAY_H_
