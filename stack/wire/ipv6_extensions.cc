#include <algorithm>

#include "stack/base/check.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"

namespace tcpspec::wire {
namespace {

constexpr std::uint8_t kErroneousField = 0;
constexpr std::uint8_t kUnknownNextHeader = 1;
constexpr std::uint8_t kUnknownOption = 2;
constexpr std::uint16_t kOffsetMask = 0xfff8;
constexpr std::uint16_t kMoreFragments = 1;

Rejection silently() { return {Fault::kExtensionHeader, std::nullopt}; }
Rejection problem(std::uint8_t code, std::size_t pointer) {
  return {Fault::kExtensionHeader, ParameterProblem{code, static_cast<std::uint32_t>(pointer)}};
}

bool is_extension(std::uint8_t next_header) {
  return next_header == kProtocolHopByHop || next_header == kProtocolDestinationOptions ||
         next_header == kProtocolRouting || next_header == kProtocolFragment;
}

// The length of the extension header at `at`, or none where it is cut short.
std::optional<std::size_t> extension_length(std::uint8_t kind, ByteView whole, std::size_t at) {
  if (at + 8 > whole.size()) return std::nullopt;
  const std::size_t length = kind == kProtocolFragment ? 8 : (std::size_t{whole[at + 1]} + 1) * 8;
  if (at + length > whole.size()) return std::nullopt;
  return length;
}

// RFC 8200 §4.2: the options of a hop-by-hop or destination options header that ends at `end`.
std::optional<Rejection> check_options(ByteView whole, std::size_t at, std::size_t end, bool to_group) {
  constexpr std::uint8_t kPad1 = 0;
  constexpr std::uint8_t kPadN = 1;
  constexpr std::uint8_t kRouterAlert = 5;  // RFC 2711: on every MLD message, and nothing to a host
  while (at < end) {
    const std::uint8_t type = whole[at];
    if (type == kPad1) {
      ++at;
      continue;
    }
    if (at + 2 > end || at + 2 + whole[at + 1] > end) return problem(kErroneousField, at);
    if (type != kPadN && type != kRouterAlert) {
      // RFC 8200 §4.2: the two high bits of an unrecognized option say what to do: 00 skip it, 01 discard
      // the packet, 10 discard and report even to a group, 11 discard and report unless it went to a group.
      const int action = type >> 6;
      if (action == 1 || (action == 3 && to_group)) return silently();
      if (action >= 2) return problem(kUnknownOption, at);
    }
    at += 2 + std::size_t{whole[at + 1]};
  }
  return std::nullopt;
}

std::optional<Rejection> check_extension(std::uint8_t kind, const Ipv6Packet& packet, std::size_t at,
                                         std::size_t length) {
  if (kind == kProtocolRouting) {
    // RFC 8200 §4.4: an unrecognized routing type with no segments left is skipped; with some left the
    // packet is discarded, and the report points at the routing type. RFC 5095 §3: type 0 counts as
    // unrecognized; this host recognizes none.
    if (packet.whole[at + 3] != 0) return problem(kErroneousField, at + 2);
    return std::nullopt;
  }
  if (kind == kProtocolFragment) return std::nullopt;
  return check_options(packet.whole, at + 2, at + length, packet.header.destination.is_multicast());
}

Ipv6Fragment fragment_at(ByteView whole, std::size_t at, std::size_t named_at) {
  const std::uint16_t word = load_be16(whole, at + 2);
  Ipv6Fragment fragment;
  fragment.offset = word & kOffsetMask;
  fragment.more = (word & kMoreFragments) != 0;
  fragment.identification = load_be32(whole, at + 4);
  fragment.next_header = whole[at];
  fragment.at = static_cast<std::uint32_t>(at);
  fragment.next_header_at = static_cast<std::uint32_t>(named_at);
  fragment.head = whole.first(at);
  fragment.data = whole.subspan(at + kIpv6FragmentHeaderSize);
  return fragment;
}

}  // namespace

WalkedIpv6 walk_extension_headers(const Ipv6Packet& packet, std::size_t most_headers) {
  const ByteView whole = packet.whole;
  std::uint8_t kind = packet.header.next_header;
  std::size_t named_at = 6;
  std::size_t at = kIpv6HeaderSize;
  // RFC 8200 §4.1: in any order and any number, hop-by-hop options excepted. The number has a bound all the
  // same (RFC 8504 §5.3), and a packet beyond it vanishes.
  for (std::size_t headers = 0; is_extension(kind); ++headers) {
    if (headers == most_headers) return silently();
    // RFC 8200 §4.3: hop-by-hop options stand only right after the IPv6 header; elsewhere the number is as
    // unrecognized as any other.
    if (kind == kProtocolHopByHop && at != kIpv6HeaderSize) return problem(kUnknownNextHeader, named_at);
    const std::optional<std::size_t> length = extension_length(kind, whole, at);
    if (!length) return silently();
    if (std::optional<Rejection> rejection = check_extension(kind, packet, at, *length)) return *rejection;
    if (kind == kProtocolFragment) {
      // RFC 8200 §4.5, RFC 6946 §4: offset and M flag both zero is a whole datagram, processed by itself.
      const Ipv6Fragment fragment = fragment_at(whole, at, named_at);
      if (fragment.offset != 0 || fragment.more) return fragment;
    }
    named_at = at;
    kind = whole[at];
    at += *length;
  }
  return UpperLayer{kind, static_cast<std::uint32_t>(named_at), whole.subspan(at)};
}

std::optional<UpperLayer> skip_extension_headers(const Ipv6Packet& packet) {
  const ByteView whole = packet.whole;
  std::uint8_t kind = packet.header.next_header;
  std::size_t named_at = 6;
  std::size_t at = kIpv6HeaderSize;
  while (is_extension(kind)) {
    const std::optional<std::size_t> length = extension_length(kind, whole, at);
    if (!length) return std::nullopt;
    if (kind == kProtocolFragment && (load_be16(whole, at + 2) & kOffsetMask) != 0) return std::nullopt;
    named_at = at;
    kind = whole[at];
    at += *length;
  }
  return UpperLayer{kind, static_cast<std::uint32_t>(named_at), whole.subspan(at)};
}

bool holds_header_chain(std::uint8_t next_header, ByteView octets) {
  std::size_t at = 0;
  while (is_extension(next_header)) {
    const std::optional<std::size_t> length = extension_length(next_header, octets, at);
    if (!length) return false;
    next_header = octets[at];
    at += *length;
  }
  const std::size_t left = octets.size() - at;
  if (next_header == kProtocolTcp) return left >= 20 && left >= std::size_t{octets[at + 12] & 0xf0U} / 4;
  if (next_header == kProtocolUdp) return left >= 8;
  if (next_header == kProtocolIcmpV6) return left >= 4;
  return true;
}

Bytes build_fragment_header(std::uint8_t next_header, std::uint32_t offset, bool more,
                            std::uint32_t identification) {
  CHECK(offset % 8 == 0 && offset <= kOffsetMask);
  Bytes bytes{next_header, 0};
  append_be16(bytes, static_cast<std::uint16_t>(offset | (more ? kMoreFragments : 0)));
  append_be32(bytes, identification);
  return bytes;
}

}  // namespace tcpspec::wire
