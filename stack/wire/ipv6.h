// The IPv6 header, RFC 8200 §3, and the walk over extension headers (§4) to what lies above (in
// ipv6_extensions.cc). Built without extension headers, but for the fragment header of a source. Reassembly
// is not here: a fragment is found and described; an atomic one (RFC 6946) counts as whole.
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
inline constexpr std::size_t kIpv6AddressSize = 16;

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

// A piece of a datagram, RFC 8200 §4.5.
struct Ipv6Fragment {
  std::uint32_t offset = 0;  // octets
  bool more = false;
  std::uint32_t identification = 0;
  std::uint8_t next_header = 0;      // of what was cut
  std::uint32_t at = 0;              // where in the packet the fragment header stands
  std::uint32_t next_header_at = 0;  // where the octet stands that announces it
  ByteView head;                     // the packet up to the fragment header
  ByteView data;
};

inline constexpr std::size_t kIpv6FragmentHeaderSize = 8;
// RFC 8504 §5.3 lets a host bound the extension headers of a packet; no sane one has as many.
inline constexpr std::size_t kMostExtensionHeaders = 16;

using WalkedIpv6 = std::variant<UpperLayer, Ipv6Fragment, Rejection>;

// The upper layer of a packet that has reached its destination, or the first fragment header that is not
// atomic. An unknown next header is returned as the protocol: whoever demultiplexes knows what it serves.
[[nodiscard]] WalkedIpv6 walk_extension_headers(const Ipv6Packet& packet,
                                                std::size_t most_headers = kMostExtensionHeaders);
// The same by lengths alone, judging nothing: is a rejected packet itself an ICMPv6 error? A first fragment
// is looked into, a later one has no upper layer to show.
[[nodiscard]] std::optional<UpperLayer> skip_extension_headers(const Ipv6Packet& packet);
// RFC 8200 §4.5, RFC 7112 §5: whether the start of a fragmented datagram holds all its headers, the upper
// layer's fixed one included (TCP's with its options). What is behind an unknown number is not judged.
[[nodiscard]] bool holds_header_chain(std::uint8_t next_header, ByteView octets);

// The 8 octets of a fragment header; `offset` in octets.
[[nodiscard]] Bytes build_fragment_header(std::uint8_t next_header, std::uint32_t offset, bool more,
                                          std::uint32_t identification);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_IPV6_H_
