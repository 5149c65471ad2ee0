#include "stack/wire/icmp.h"

#include "stack/wire/checksum.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"

namespace tcpspec::wire {
namespace {

// RFC 4443 §2.3: ICMPv6 sums a pseudo-header, ICMP (RFC 792) only the message.
std::uint16_t icmp_checksum(const IpAddress& source, const IpAddress& destination, ByteView bytes) {
  Checksum sum;
  if (!source.is_v4()) {
    sum.add_pseudo_header(source, destination, kProtocolIcmpV6, static_cast<std::uint32_t>(bytes.size()));
  }
  sum.add(bytes);
  return sum.finish();
}

Parsed<QuotedSegment> quoted_ports(const IpAddress& source, const IpAddress& destination, ByteView tcp) {
  if (tcp.size() < 8) return Fault::kIcmpQuote;
  return QuotedSegment{
      {source, load_be16(tcp, 0)}, {destination, load_be16(tcp, 2)}, Seq32(load_be32(tcp, 4))};
}

Parsed<QuotedSegment> quote_v4(ByteView body) {
  if (body.size() < kIpv4HeaderSize || body[0] >> 4 != 4) return Fault::kIcmpQuote;
  const std::size_t header_length = std::size_t{body[0] & 0x0fU} * 4;
  if (header_length < kIpv4HeaderSize || header_length > body.size()) return Fault::kIcmpQuote;
  const bool later_fragment = (load_be16(body, 6) & 0x1fff) != 0;
  if (later_fragment || body[9] != kProtocolTcp) return Fault::kIcmpQuote;
  return quoted_ports(IpAddress::from_bytes(body.subspan(12, 4)), IpAddress::from_bytes(body.subspan(16, 4)),
                      body.subspan(header_length));
}

Parsed<QuotedSegment> quote_v6(ByteView body) {
  // This stack sends no extension headers, so a quote that has some is of no packet of ours.
  if (body.size() < kIpv6HeaderSize || body[0] >> 4 != 6) return Fault::kIcmpQuote;
  if (body[6] != kProtocolTcp) return Fault::kIcmpQuote;
  return quoted_ports(IpAddress::from_bytes(body.subspan(8, 16)), IpAddress::from_bytes(body.subspan(24, 16)),
                      body.subspan(kIpv6HeaderSize));
}

}  // namespace

Parsed<IcmpMessage> parse_icmp(const IpAddress& source, const IpAddress& destination, ByteView bytes) {
  if (bytes.size() < kIcmpHeaderSize) return Fault::kIcmpShort;
  if (icmp_checksum(source, destination, bytes) != 0) return Fault::kIcmpChecksum;
  return IcmpMessage{bytes[0], bytes[1], load_be32(bytes, 4), bytes.subspan(kIcmpHeaderSize)};
}

Bytes build_icmp(const IpAddress& source, const IpAddress& destination, const IcmpMessage& message) {
  Bytes bytes(kIcmpHeaderSize);
  bytes[0] = message.type;
  bytes[1] = message.code;
  store_be32(bytes, 4, message.rest_of_header);
  append(bytes, message.body);
  store_be16(bytes, 2, icmp_checksum(source, destination, bytes));
  return bytes;
}

bool is_icmp_error(IpVersion version, std::uint8_t type) {
  if (version == IpVersion::kV6) return type < 128 || type == icmp6::kRedirect;
  // RFC 1122 §3.2.2 lists the queries; 13 to 18 are timestamp, information and address mask.
  const bool query =
      type == icmp4::kEchoReply || type == icmp4::kEchoRequest || (type >= 13 && type <= 18) || type == 10;
  return !query;
}

Parsed<QuotedSegment> parse_quote(IpVersion version, ByteView body) {
  return version == IpVersion::kV4 ? quote_v4(body) : quote_v6(body);
}

}  // namespace tcpspec::wire
