#include "stack/wire/ethernet.h"

#include <algorithm>
#include <array>

namespace tcpspec::wire {
namespace {

// IEEE 802.3: up to here the field is a length, from kFirstType on a type, in between it is neither.
constexpr std::uint16_t kMostLength = 1500;
constexpr std::uint16_t kFirstType = 0x0600;
// RFC 1042: DSAP and SSAP 170, unnumbered information, organization code zero; the type follows.
constexpr std::array<std::uint8_t, 6> kLlcSnap{0xaa, 0xaa, 0x03, 0, 0, 0};
constexpr std::size_t kLlcSnapSize = 8;

Parsed<EthernetFrame> parse_802_3(EthernetFrame frame, std::uint16_t length, ByteView content) {
  if (length > content.size()) return Fault::kEthernetLength;
  content = content.first(length);
  // RFC 1122 §2.3.3: a host should take RFC 1042 packets among those of RFC 894. Nothing else in an 802.3
  // frame is IP or ARP.
  if (content.size() < kLlcSnapSize || !std::ranges::equal(content.first(kLlcSnap.size()), kLlcSnap)) {
    return Fault::kEthernetLlc;
  }
  frame.type = load_be16(content, kLlcSnap.size());
  frame.payload = content.subspan(kLlcSnapSize);
  return frame;
}

}  // namespace

Parsed<EthernetFrame> parse_ethernet(ByteView bytes) {
  if (bytes.size() < kEthernetHeaderSize) return Fault::kEthernetShort;
  EthernetFrame frame;
  frame.destination = MacAddress::from_bytes(bytes.first(kMacSize));
  frame.source = MacAddress::from_bytes(bytes.subspan(kMacSize, kMacSize));
  // IEEE 802: a group can be spoken to, and never speaks.
  if (frame.source.is_group()) return Fault::kEthernetSource;
  const std::uint16_t type_or_length = load_be16(bytes, 12);
  const ByteView content = bytes.subspan(kEthernetHeaderSize);
  if (type_or_length <= kMostLength) return parse_802_3(frame, type_or_length, content);
  if (type_or_length < kFirstType) return Fault::kEthernetLength;
  frame.type = type_or_length;
  frame.payload = content;
  return frame;
}

Bytes build_ethernet(const EthernetFrame& frame) {
  Bytes bytes;
  bytes.reserve(std::max(kEthernetLeast, kEthernetHeaderSize + frame.payload.size()));
  append(bytes, frame.destination.bytes());
  append(bytes, frame.source.bytes());
  append_be16(bytes, frame.type);
  append(bytes, frame.payload);
  // RFC 894 "Frame Format": the data field is padded with zeros to the least that Ethernet carries.
  if (bytes.size() < kEthernetLeast) bytes.resize(kEthernetLeast);
  return bytes;
}

}  // namespace tcpspec::wire
