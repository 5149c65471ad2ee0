// Text for people: a packet in packetdrill's words ("F. 1:1(0) ack 2 win 65535 <mss 1460>"), and decoded
// field by field.
#ifndef HARNESS_PACKET_EXPLAIN_H_
#define HARNESS_PACKET_EXPLAIN_H_

#include <cstdint>
#include <functional>
#include <string>

#include "harness/packet/image.h"

namespace tcpspec::packet {

// What relative numbers count from: the sender's and the receiver's ISN.
struct Numbering {
  std::uint32_t sender_isn = 0;
  std::uint32_t receiver_isn = 0;
};

// "S. E W": the flag letters in packetdrill's order (S F R P . U E W A); "-" for none.
[[nodiscard]] std::string flags_text(std::uint16_t flags);
// "mss 1460,nop,wscale 7"; SACK edges relative to the receiver's ISN; malformed ones as "kind 3 length 0 07".
// Empty for none.
[[nodiscard]] std::string options_text(const TcpHeader& tcp, std::uint32_t receiver_isn);
// The same with the text of SACK edges left to the caller.
[[nodiscard]] std::string options_text(const TcpHeader& tcp,
                                       const std::function<std::string(std::uint32_t edge)>& edge_text);
// One line; ICMP and others are named too: "icmp destination unreachable (port)", "17 (udp) 40 octets".
[[nodiscard]] std::string summary(const Image& image, const Numbering& numbering);
// For hexdumps in reports: offset, hex, printable characters, 16 octets a line.
[[nodiscard]] std::string hexdump(ByteView bytes);

}  // namespace tcpspec::packet

#endif  // HARNESS_PACKET_EXPLAIN_H_
