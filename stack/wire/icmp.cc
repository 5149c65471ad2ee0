#include "stack/wire/icmp.h"

#include "stack/wire/checksum.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv4_options.h"
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
  QuotedSegment quoted;
  quoted.source = {source, load_be16(tcp, 0)};
  quoted.destination = {destination, load_be16(tcp, 2)};
  quoted.seq = Seq32(load_be32(tcp, 4));
  return quoted;
}

// RFC 791 §3.1: on a source route the header names the next hop, and the option's last address the
// destination.
IpAddress final_destination(ByteView header) {
  const auto parsed = parse_ipv4_options(header.subspan(kIpv4HeaderSize));
  const auto* options = std::get_if<Ipv4Options>(&parsed);
  if (options != nullptr && options->route_unfinished) return options->recorded->hops.back();
  return IpAddress::from_bytes(header.subspan(16, 4));
}

Parsed<QuotedSegment> quote_v4(ByteView body) {
  if (body.size() < kIpv4HeaderSize || body[0] >> 4 != 4) return Fault::kIcmpQuote;
  const std::size_t header_length = std::size_t{body[0] & 0x0fU} * 4;
  if (header_length < kIpv4HeaderSize || header_length > body.size()) return Fault::kIcmpQuote;
  const bool later_fragment = (load_be16(body, 6) & 0x1fff) != 0;
  if (later_fragment || body[9] != kProtocolTcp) return Fault::kIcmpQuote;
  Parsed<QuotedSegment> segment =
      quoted_ports(IpAddress::from_bytes(body.subspan(12, 4)), final_destination(body.first(header_length)),
                   body.subspan(header_length));
  if (!segment.ok()) return segment;
  QuotedSegment quoted = *segment;
  quoted.total_length = load_be16(body, 2);
  quoted.ip_header = static_cast<std::uint16_t>(header_length);
  return quoted;
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

std::optional<std::uint8_t> quoted_protocol(IpVersion version, ByteView body) {
  const bool v4 = version == IpVersion::kV4;
  if (body.size() < (v4 ? kIpv4HeaderSize : kIpv6HeaderSize)) return std::nullopt;
  if (body[0] >> 4 != (v4 ? 4 : 6)) return std::nullopt;
  if (v4) return body[9];
  // A datagram that this host cut itself: the fragment header names what is inside.
  if (body[6] != kProtocolFragment) return body[6];
  return body.size() > kIpv6HeaderSize ? std::optional(body[kIpv6HeaderSize]) : std::nullopt;
}

Parsed<QuotedDatagram> parse_udp_quote(IpVersion version, ByteView body) {
  if (quoted_protocol(version, body) != kProtocolUdp) return Fault::kIcmpQuote;
  const bool v4 = version == IpVersion::kV4;
  std::size_t header = v4 ? std::size_t{body[0] & 0x0fU} * 4 : kIpv6HeaderSize;
  if (v4 && (header < kIpv4HeaderSize || (load_be16(body, 6) & 0x1fff) != 0)) return Fault::kIcmpQuote;
  if (!v4 && body[6] == kProtocolFragment) {
    if (body.size() < header + kIpv6FragmentHeaderSize) return Fault::kIcmpQuote;
    if ((load_be16(body, header + 2) & 0xfff8) != 0) return Fault::kIcmpQuote;
    header += kIpv6FragmentHeaderSize;
  }
  if (body.size() < header + 8) return Fault::kIcmpQuote;
  const ByteView addresses = v4 ? body.subspan(12, 8) : body.subspan(8, 32);
  const std::size_t size = addresses.size() / 2;
  return QuotedDatagram{{IpAddress::from_bytes(addresses.first(size)), load_be16(body, header)},
                        {IpAddress::from_bytes(addresses.subspan(size)), load_be16(body, header + 2)}};
}

Parsed<QuotedSegment> parse_quote(IpVersion version, ByteView body) {
  return version == IpVersion::kV4 ? quote_v4(body) : quote_v6(body);
}

}  // namespace tcpspec::wire
