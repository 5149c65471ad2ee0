// The IPv4 header, RFC 791 §3.1: checked when read, built without options. Reassembly is not here: a
// fragment parses, and says that it is one. Options are skipped unread, so no source route is honoured.
#ifndef STACK_WIRE_IPV4_H_
#define STACK_WIRE_IPV4_H_

#include <cstddef>
#include <cstdint>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/wire/parsed.h"

namespace tcpspec::wire {

inline constexpr std::size_t kIpv4HeaderSize = 20;

struct Ipv4Header {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint8_t ttl = 64;
  std::uint8_t type_of_service = 0;  // DSCP and ECN
  std::uint16_t identification = 0;
  bool dont_fragment = false;
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;  // in units of 8 octets
  bool operator==(const Ipv4Header&) const = default;

  [[nodiscard]] bool is_fragment() const { return more_fragments || fragment_offset != 0; }
};

struct Ipv4Packet {
  Ipv4Header header;
  ByteView payload;  // as far as the total length says; octets after it are link padding
  ByteView whole;    // header and payload, for an ICMP error to quote
};

[[nodiscard]] Parsed<Ipv4Packet> parse_ipv4(ByteView bytes);
// The packet with its lengths and checksum filled in. More than 65515 octets of payload is our own bug.
[[nodiscard]] Bytes build_ipv4(const Ipv4Header& header, ByteView payload);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_IPV4_H_
