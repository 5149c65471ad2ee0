#include "stack/wire/ipv6.h"

#include <algorithm>

#include "stack/base/check.h"

namespace tcpspec::wire {
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

}  // namespace tcpspec::wire
