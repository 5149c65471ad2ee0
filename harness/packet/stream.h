// The octets of a test stream: octet i of either direction is a function of i alone, so that data can be
// checked at every place (in a read, in a retransmission, in an echo) without storing them. Offset 0 is the
// first octet after the SYN.
#ifndef HARNESS_PACKET_STREAM_H_
#define HARNESS_PACKET_STREAM_H_

#include <cstddef>
#include <cstdint>

#include "stack/base/bytes.h"

namespace tcpspec::packet {

// No period that is a multiple of a common segment size: a shifted or repeated block shows.
[[nodiscard]] std::uint8_t stream_octet(std::uint64_t offset);
[[nodiscard]] Bytes stream(std::uint64_t offset, std::size_t count);
// Index of the first octet that differs from the stream at `offset`, or data.size().
[[nodiscard]] std::size_t stream_mismatch(std::uint64_t offset, ByteView data);

}  // namespace tcpspec::packet

#endif  // HARNESS_PACKET_STREAM_H_
