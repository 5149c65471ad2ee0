// The IPv4 header, RFC 791 §3.1: checked when read, built with the options it is given. Reassembly is not
// here: a fragment parses, and says that it is one. Options are handed over unread, for ipv4_options.h.
#ifndef STACK_WIRE_IPV4_H_
#define STACK_WIRE_IPV4_H_

#include <cstddef>
#include <cstdint>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/wire/parsed.h"

namespace tcpspec::wire {

inline constexpr std::size_t kIpv4HeaderSize = 20;
inline constexpr std::size_t kMostIpOctets = 65535;  // what a length field of either version can say

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
  ByteView options;  // between the fixed header and the payload
  ByteView payload;  // as far as the total length says; octets after it are link padding
  ByteView whole;    // header and payload, for an ICMP error to quote
};

[[nodiscard]] Parsed<Ipv4Packet> parse_ipv4(ByteView bytes);
// The packet with its lengths and checksum filled in, options padded to whole words. More than 40 octets of
// options or 65535 in all is our own bug.
[[nodiscard]] Bytes build_ipv4(const Ipv4Header& header, ByteView payload, ByteView options = {});

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_IPV4_H_
