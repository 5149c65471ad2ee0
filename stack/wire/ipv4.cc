#include "stack/wire/ipv4.h"

#include <algorithm>

#include "stack/base/check.h"
#include "stack/wire/checksum.h"

namespace tcpspec::wire {
namespace {

constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kOffsetMask = 0x1fff;

}  // namespace

Parsed<Ipv4Packet> parse_ipv4(ByteView bytes) {
  if (bytes.size() < kIpv4HeaderSize) return Fault::kShort;
  // RFC 1122 §3.2.1.1: a datagram of another version is silently discarded.
  if (bytes[0] >> 4 != 4) return Fault::kVersion;
  const std::size_t header_length = std::size_t{bytes[0] & 0x0fU} * 4;
  if (header_length < kIpv4HeaderSize || header_length > bytes.size()) return Fault::kIpHeaderLength;
  const std::size_t total_length = load_be16(bytes, 2);
  if (total_length < header_length || total_length > bytes.size()) return Fault::kIpTotalLength;
  // RFC 1122 §3.2.1.2: the header checksum of every datagram is verified, and a bad one silently discarded.
  if (checksum(bytes.first(header_length)) != 0) return Fault::kIpChecksum;

  const std::uint16_t fragment = load_be16(bytes, 6);
  Ipv4Packet packet;
  packet.header.source = IpAddress::from_bytes(bytes.subspan(12, 4));
  packet.header.destination = IpAddress::from_bytes(bytes.subspan(16, 4));
  packet.header.protocol = bytes[9];
  packet.header.ttl = bytes[8];
  packet.header.type_of_service = bytes[1];
  packet.header.identification = load_be16(bytes, 4);
  packet.header.dont_fragment = (fragment & kDontFragment) != 0;
  packet.header.more_fragments = (fragment & kMoreFragments) != 0;
  packet.header.fragment_offset = fragment & kOffsetMask;
  packet.whole = bytes.first(total_length);
  packet.options = packet.whole.first(header_length).subspan(kIpv4HeaderSize);
  packet.payload = packet.whole.subspan(header_length);
  return packet;
}

Bytes build_ipv4(const Ipv4Header& header, ByteView payload, ByteView options) {
  constexpr std::size_t kMostOptions = 40;
  const std::size_t header_size = kIpv4HeaderSize + (options.size() + 3) / 4 * 4;
  CHECK(header.source.is_v4() && header.destination.is_v4());
  CHECK(options.size() <= kMostOptions);
  CHECK(payload.size() <= 65535 - header_size);
  CHECK(header.fragment_offset <= kOffsetMask);
  // RFC 791 §3.1: zeros, the end of the option list, pad to the word.
  Bytes bytes(header_size);
  bytes[0] = static_cast<std::uint8_t>(0x40 | (header_size / 4));
  bytes[1] = header.type_of_service;
  store_be16(bytes, 2, static_cast<std::uint16_t>(header_size + payload.size()));
  store_be16(bytes, 4, header.identification);
  store_be16(
      bytes, 6,
      static_cast<std::uint16_t>((header.dont_fragment ? kDontFragment : 0) |
                                 (header.more_fragments ? kMoreFragments : 0) | header.fragment_offset));
  bytes[8] = header.ttl;
  bytes[9] = header.protocol;
  std::copy_n(header.source.bytes().begin(), 4, bytes.begin() + 12);
  std::copy_n(header.destination.bytes().begin(), 4, bytes.begin() + 16);
  std::ranges::copy(options, bytes.begin() + kIpv4HeaderSize);
  store_be16(bytes, 10, checksum(bytes));
  append(bytes, payload);
  return bytes;
}

}  // namespace tcpspec::wire
