#include "harness/target/linux_way.h"

#include <linux/if_ether.h>

namespace tcpspec::target {

Status give_addresses(Netlink& netlink, unsigned index, const CaseSetup& setup) {
  if (Status status = netlink.add_address(index, setup.target); !status) return status;
  return netlink.add_default_route(index, setup.target);
}

std::uint16_t ethertype_of(ByteView packet, IpVersion otherwise) {
  const int version = packet.empty() ? 0 : packet[0] >> 4;
  if (version == 4) return ETH_P_IP;
  if (version == 6) return ETH_P_IPV6;
  return otherwise == IpVersion::kV4 ? ETH_P_IP : ETH_P_IPV6;
}

}  // namespace tcpspec::target
