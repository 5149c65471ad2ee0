// The Internet checksum (RFC 1071) as the wire target needs it: also half done, which is how it recognises a
// box that leaves the other half to hardware.
#ifndef HARNESS_TARGET_WIRE_CHECKSUM_H_
#define HARNESS_TARGET_WIRE_CHECKSUM_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace tcpspec::target::wire {

[[nodiscard]] std::uint32_t add_words(ByteView bytes, std::uint32_t sum);
[[nodiscard]] std::uint16_t fold(std::uint32_t sum);
// RFC 9293 §3.1 and RFC 8200 §8.1: addresses, protocol and length of the upper layer.
[[nodiscard]] std::uint32_t pseudo_sum(const IpAddress& from, const IpAddress& to, std::uint8_t protocol,
                                       std::size_t length);

// What hardware was to do and did not: the fault of the machine in between, not of the stack. Empty: nothing
// is wrong in this way; otherwise the sentence with the remedy. `packet`: from the IP header on, `octets` as
// long as it was on the wire; `mtu`: of the link.
[[nodiscard]] std::string offload_trap(ByteView packet, std::size_t octets, std::uint16_t mtu);

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_CHECKSUM_H_
