#include "stack/wire/udp.h"

#include "stack/base/check.h"
#include "stack/wire/checksum.h"
#include "stack/wire/protocol.h"

namespace tcpspec::wire {
namespace {

std::uint16_t udp_checksum(const IpAddress& source, const IpAddress& destination, ByteView bytes) {
  Checksum sum;
  sum.add_pseudo_header(source, destination, kProtocolUdp, static_cast<std::uint32_t>(bytes.size()));
  sum.add(bytes);
  return sum.finish();
}

}  // namespace

Parsed<UdpDatagram> parse_udp(const IpAddress& source, const IpAddress& destination, ByteView bytes,
                              bool accept_unsummed) {
  if (bytes.size() < kUdpHeaderSize) return Fault::kUdpShort;
  const std::size_t length = load_be16(bytes, 4);
  if (length < kUdpHeaderSize || length > bytes.size()) return Fault::kUdpLength;
  const ByteView datagram = bytes.first(length);
  // RFC 1122 §4.1.3.4: a zero checksum over IPv4 means that none was made. RFC 8200 §8.1: over IPv6 there
  // must be one.
  const bool unsummed = load_be16(datagram, 6) == 0;
  if (unsummed && !(accept_unsummed && source.is_v4())) return Fault::kUdpChecksum;
  if (!unsummed && udp_checksum(source, destination, datagram) != 0) return Fault::kUdpChecksum;
  return UdpDatagram{{source, load_be16(datagram, 0)},
                     {destination, load_be16(datagram, 2)},
                     datagram.subspan(kUdpHeaderSize)};
}

Bytes build_udp(const UdpDatagram& datagram, bool summed) {
  CHECK(datagram.data.size() <= 65535 - kUdpHeaderSize);
  Bytes bytes(kUdpHeaderSize);
  store_be16(bytes, 0, datagram.source.port);
  store_be16(bytes, 2, datagram.destination.port);
  store_be16(bytes, 4, static_cast<std::uint16_t>(kUdpHeaderSize + datagram.data.size()));
  append(bytes, datagram.data);
  if (!summed && datagram.source.address.is_v4()) return bytes;
  const std::uint16_t sum = udp_checksum(datagram.source.address, datagram.destination.address, bytes);
  // RFC 768: a computed zero is sent as all ones, for zero says that there is no checksum.
  store_be16(bytes, 6, sum == 0 ? 0xffff : sum);
  return bytes;
}

}  // namespace tcpspec::wire
