#include "stack/wire/ipv6.h"

#include <algorithm>

#include "stack/base/check.h"
#include "stack/wire/protocol.h"

namespace tcpspec::wire {
namespace {

constexpr std::uint8_t kErroneousField = 0;
constexpr std::uint8_t kUnknownNextHeader = 1;
constexpr std::uint8_t kUnknownOption = 2;

Rejection silently(Fault fault) { return {fault, std::nullopt}; }
Rejection problem(std::uint8_t code, std::size_t pointer) {
  return {Fault::kExtensionHeader, ParameterProblem{code, static_cast<std::uint32_t>(pointer)}};
}

bool has_length_octet(std::uint8_t next_header) {
  return next_header == kProtocolHopByHop || next_header == kProtocolDestinationOptions ||
         next_header == kProtocolRouting;
}

// The length of the extension header at `at`, or none where it is cut short.
std::optional<std::size_t> extension_length(std::uint8_t kind, ByteView whole, std::size_t at) {
  if (at + 8 > whole.size()) return std::nullopt;
  const std::size_t length = kind == kProtocolFragment ? 8 : (std::size_t{whole[at + 1]} + 1) * 8;
  if (at + length > whole.size()) return std::nullopt;
  return length;
}

// RFC 8200 §4.2: the options of a hop-by-hop or destination options header that ends at `end`.
std::optional<Rejection> check_options(ByteView whole, std::size_t at, std::size_t end) {
  constexpr std::uint8_t kPad1 = 0;
  constexpr std::uint8_t kPadN = 1;
  while (at < end) {
    const std::uint8_t type = whole[at];
    if (type == kPad1) {
      ++at;
      continue;
    }
    if (at + 2 > end || at + 2 + whole[at + 1] > end) return problem(kErroneousField, at);
    if (type != kPadN) {
      // RFC 8200 §4.2: the two high bits of an unrecognized option say what to do: 00 skip it, 01 discard
      // the packet, 10 discard and report, 11 discard and report unless it was sent to a multicast group,
      // and only packets for our own unicast address come this far.
      const int action = type >> 6;
      if (action == 1) return silently(Fault::kExtensionHeader);
      if (action >= 2) return problem(kUnknownOption, at);
    }
    at += 2 + std::size_t{whole[at + 1]};
  }
  return std::nullopt;
}

std::optional<Rejection> check_extension(std::uint8_t kind, ByteView whole, std::size_t at,
                                         std::size_t length) {
  if (kind == kProtocolRouting) {
    // RFC 8200 §4.4: an unrecognized routing type with no segments left is skipped; with some left the
    // packet is discarded, and the report points at the routing type.
    if (whole[at + 3] != 0) return problem(kErroneousField, at + 2);
    return std::nullopt;
  }
  if (kind == kProtocolFragment) {
    // RFC 8200 §4.5: offset and M flag both zero is a whole datagram that needs no reassembly.
    if ((load_be16(whole, at + 2) & 0xfff9) != 0) return silently(Fault::kFragment);
    return std::nullopt;
  }
  return check_options(whole, at + 2, at + length);
}

std::variant<UpperLayer, Rejection> walk(const Ipv6Packet& packet, bool judge) {
  const ByteView whole = packet.whole;
  std::uint8_t kind = packet.header.next_header;
  std::size_t named_at = 6;
  std::size_t at = kIpv6HeaderSize;
  while (has_length_octet(kind) || kind == kProtocolFragment) {
    // RFC 8200 §4.3: hop-by-hop options stand only right after the IPv6 header; elsewhere the number is as
    // unrecognized as any other.
    if (judge && kind == kProtocolHopByHop && at != kIpv6HeaderSize) {
      return problem(kUnknownNextHeader, named_at);
    }
    const std::optional<std::size_t> length = extension_length(kind, whole, at);
    if (!length) return silently(Fault::kExtensionHeader);
    if (judge) {
      if (std::optional<Rejection> rejection = check_extension(kind, whole, at, *length)) return *rejection;
    }
    named_at = at;
    kind = whole[at];
    at += *length;
  }
  return UpperLayer{kind, static_cast<std::uint32_t>(named_at), whole.subspan(at)};
}

}  // namespace

Parsed<Ipv6Packet> parse_ipv6(ByteView bytes) {
  if (bytes.size() < kIpv6HeaderSize) return Fault::kShort;
  if (bytes[0] >> 4 != 6) return Fault::kVersion;
  const std::size_t payload_length = load_be16(bytes, 4);
  if (kIpv6HeaderSize + payload_length > bytes.size()) return Fault::kIpTotalLength;

  const std::uint32_t first_word = load_be32(bytes, 0);
  Ipv6Packet packet;
  packet.header.source = IpAddress::from_bytes(bytes.subspan(8, 16));
  packet.header.destination = IpAddress::from_bytes(bytes.subspan(24, 16));
  packet.header.next_header = bytes[6];
  packet.header.hop_limit = bytes[7];
  packet.header.traffic_class = static_cast<std::uint8_t>(first_word >> 20);
  packet.header.flow_label = first_word & 0xfffff;
  packet.whole = bytes.first(kIpv6HeaderSize + payload_length);
  packet.payload = packet.whole.subspan(kIpv6HeaderSize);
  return packet;
}

Bytes build_ipv6(const Ipv6Header& header, ByteView payload) {
  CHECK(!header.source.is_v4() && !header.destination.is_v4());
  CHECK(payload.size() <= 65535);
  CHECK(header.flow_label <= 0xfffff);
  Bytes bytes(kIpv6HeaderSize);
  store_be32(bytes, 0, 0x60000000U | (std::uint32_t{header.traffic_class} << 20) | header.flow_label);
  store_be16(bytes, 4, static_cast<std::uint16_t>(payload.size()));
  bytes[6] = header.next_header;
  bytes[7] = header.hop_limit;
  std::copy_n(header.source.bytes().begin(), 16, bytes.begin() + 8);
  std::copy_n(header.destination.bytes().begin(), 16, bytes.begin() + 24);
  append(bytes, payload);
  return bytes;
}

std::variant<UpperLayer, Rejection> walk_extension_headers(const Ipv6Packet& packet) {
  return walk(packet, true);
}

std::optional<UpperLayer> skip_extension_headers(const Ipv6Packet& packet) {
  const std::variant<UpperLayer, Rejection> walked = walk(packet, false);
  const UpperLayer* upper = std::get_if<UpperLayer>(&walked);
  return upper != nullptr ? std::optional(*upper) : std::nullopt;
}

}  // namespace tcpspec::wire
