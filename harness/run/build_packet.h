// From an `<` step to the bytes that are injected: numbers resolved, payload from the stream, sealed, then
// damaged.
#ifndef HARNESS_RUN_BUILD_PACKET_H_
#define HARNESS_RUN_BUILD_PACKET_H_

#include "harness/packet/image.h"
#include "harness/run/connections.h"
#include "harness/run/trace.h"
#include "harness/scenario/scenario.h"

namespace tcpspec::run {

struct BuiltPacket {
  Bytes bytes;
  packet::Image image;   // before damage
  bool damaged = false;  // so that the target cannot take it for what `image` says
};

[[nodiscard]] Result<BuiltPacket> build_packet(const scenario::PacketSpec& spec, Connections& connections);
// Quotes the target's packet with that number from the trace, or one made up if it never sent one.
[[nodiscard]] Result<BuiltPacket> build_icmp(const scenario::IcmpSpec& spec, Connections& connections,
                                             const Trace& trace);

// The stream offset of a segment's first octet of text: relative number 1 is offset 0.
[[nodiscard]] std::uint32_t stream_offset(const packet::TcpHeader& tcp, std::uint32_t isn);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_BUILD_PACKET_H_
