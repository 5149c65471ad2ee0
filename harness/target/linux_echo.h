// An ICMP echo through the stack under test: the proof that packets go in, are routed and come out again,
// before a case begins. Only that: no general ICMP.
#ifndef HARNESS_TARGET_LINUX_ECHO_H_
#define HARNESS_TARGET_LINUX_ECHO_H_

#include <cstdint>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace tcpspec::target {

// RFC 792 and RFC 4443 §4.1, from an address of a documentation range; a whole packet.
[[nodiscard]] Bytes echo_request(const IpAddress& to, std::uint16_t sequence);
// The answer to any of them.
[[nodiscard]] bool is_echo_reply(ByteView packet);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_LINUX_ECHO_H_
