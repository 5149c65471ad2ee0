// The IPv6 header, RFC 8200 §3, and the walk over extension headers (§4) to what lies above. Built without
// extension headers. Reassembly is not here; an atomic fragment (RFC 6946) counts as whole.
#ifndef STACK_WIRE_IPV6_H_
#define STACK_WIRE_IPV6_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/wire/parsed.h"

namespace tcpspec::wire {

inline constexpr std::size_t kIpv6HeaderSize = 40;

struct Ipv6Header {
  IpAddress source;
  IpAddress destination;
  std::uint8_t next_header = 0;
  std::uint8_t hop_limit = 64;
  std::uint8_t traffic_class = 0;
  std::uint32_t flow_label = 0;  // 20 bits
  bool operator==(const Ipv6Header&) const = default;
};

struct Ipv6Packet {
  Ipv6Header header;
  ByteView payload;  // extension headers included
  ByteView whole;
};

[[nodiscard]] Parsed<Ipv6Packet> parse_ipv6(ByteView bytes);
// More than 65535 octets of payload is our own bug.
[[nodiscard]] Bytes build_ipv6(const Ipv6Header& header, ByteView payload);

struct UpperLayer {
  std::uint8_t protocol = 0;
  std::uint32_t protocol_at = 0;  // where in the packet the octet stands that names it
  ByteView payload;
};

// What an ICMPv6 Parameter Problem would say (RFC 4443 §3.4).
struct ParameterProblem {
  std::uint8_t code = 0;  // 0 erroneous field, 1 unknown next header, 2 unknown option
  std::uint32_t pointer = 0;
  bool operator==(const ParameterProblem&) const = default;
};
struct Rejection {
  Fault fault = Fault::kExtensionHeader;
  std::optional<ParameterProblem> problem;  // none where the packet is to vanish silently
};

// The upper layer of a packet that has reached its destination. An unknown next header is returned as the
// protocol: whoever demultiplexes knows what it serves.
[[nodiscard]] std::variant<UpperLayer, Rejection> walk_extension_headers(const Ipv6Packet& packet);
// The same by lengths alone, judging nothing: is a rejected packet itself an ICMPv6 error?
[[nodiscard]] std::optional<UpperLayer> skip_extension_headers(const Ipv6Packet& packet);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_IPV6_H_
