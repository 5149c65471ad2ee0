// The fixed TCP header, RFC 9293 §3.1. Reserved bits are ignored when read and zero when built.
// The checksum belongs to the segment codec, which knows the addresses.
#ifndef STACK_WIRE_TCP_HEADER_H_
#define STACK_WIRE_TCP_HEADER_H_

#include <cstddef>
#include <cstdint>

#include "stack/base/bytes.h"
#include "stack/base/seq32.h"
#include "stack/wire/parsed.h"
#include "stack/wire/segment.h"

namespace tcpspec::wire {

inline constexpr std::size_t kTcpHeaderSize = 20;
inline constexpr std::size_t kTcpChecksumAt = 16;

struct TcpHeader {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Seq32 seq;
  Seq32 ack;
  std::size_t data_offset = kTcpHeaderSize;  // octets, not words
  Flags flags;
  std::uint16_t window = 0;
  std::uint16_t checksum = 0;
  std::uint16_t urgent = 0;
  bool operator==(const TcpHeader&) const = default;
};

// The data offset of the result lies within `bytes`.
[[nodiscard]] Parsed<TcpHeader> parse_tcp_header(ByteView bytes);
[[nodiscard]] Bytes build_tcp_header(const TcpHeader& header);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_TCP_HEADER_H_
