// A full-size ICMP echo to the box and back: whether the box still sends packets of the link's whole size to
// us. A case that told it of a smaller path MTU (RFC 1191, RFC 8201) leaves that behind for ten minutes or
// more, and an address of ours with such a past would make later cases see short segments.
#ifndef HARNESS_TARGET_WIRE_PATH_ECHO_H_
#define HARNESS_TARGET_WIRE_PATH_ECHO_H_

#include <optional>

#include "harness/target/wire/cable.h"

namespace tcpspec::target::wire {

// A whole packet of `size` octets.
[[nodiscard]] Bytes make_echo(const IpAddress& from, const IpAddress& to, std::size_t size);
// What a packet says about the way back: whole, or in fragments. Nothing: it is no answer to an echo.
[[nodiscard]] std::optional<bool> came_whole(ByteView packet);

// Nothing: the box does not answer within `wait`. Requires that the box was reached.
[[nodiscard]] std::optional<bool> full_size_comes_back(Cable& cable, Duration wait);

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_PATH_ECHO_H_
