// Addresses as lwIP writes them.
#ifndef HARNESS_TARGET_LWIP_ADDRESS_H_
#define HARNESS_TARGET_LWIP_ADDRESS_H_

#include "harness/target/lwip/lwip_api.h"
#include "stack/base/address.h"

namespace tcpspec::target::lwip {

[[nodiscard]] ip_addr_t to_lwip(const IpAddress& address);
[[nodiscard]] IpAddress from_lwip(const ip_addr_t& address);

}  // namespace tcpspec::target::lwip

#endif  // HARNESS_TARGET_LWIP_ADDRESS_H_
