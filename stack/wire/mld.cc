#include "stack/wire/mld.h"

#include <algorithm>
#include <array>

#include "stack/base/check.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/mac_address.h"
#include "stack/wire/protocol.h"

namespace tcpspec::wire {
namespace {

constexpr std::uint8_t kPad1 = 0;
constexpr std::uint8_t kRouterAlert = 5;
// RFC 2711 §2.1: a router alert of value 0 announces MLD; PadN fills the header up to 8 octets.
constexpr std::array<std::uint8_t, 8> kAlertHeader{kProtocolIcmpV6, 0, kRouterAlert, 2, 0, 0, 1, 0};

bool has_router_alert(ByteView header) {
  ByteView options = header.subspan(2);
  while (!options.empty()) {
    if (options[0] == kPad1) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options.size() < 2U + options[1]) return false;
    if (options[0] == kRouterAlert) return options[1] == 2 && load_be16(options, 2) == 0;
    options = options.subspan(2U + options[1]);
  }
  return false;
}

// RFC 3810 §5.1.3: from 32768 on, three bits of exponent and twelve of mantissa.
Duration response_delay(std::uint16_t code) {
  if (code < 0x8000) return Duration::millis(code);
  return Duration::millis(std::int64_t{(code & 0x0fff) | 0x1000} << (((code >> 12) & 7) + 3));
}

Bytes build_packet(const IpAddress& source, const IpAddress& destination, const IcmpMessage& message) {
  CHECK(source.is_unspecified() || is_link_local(source));
  Bytes payload(kAlertHeader.begin(), kAlertHeader.end());
  append(payload, build_icmp(source, destination, message));
  Ipv6Header header;
  header.source = source;
  header.destination = destination;
  header.next_header = kProtocolHopByHop;
  header.hop_limit = 1;
  return build_ipv6(header, payload);
}

}  // namespace

bool is_listener_message(std::uint8_t type) {
  return (type >= icmp6::kListenerQuery && type <= icmp6::kListenerDoneV1) ||
         type == icmp6::kListenerReportV2;
}

bool is_from_this_link(ByteView packet) {
  CHECK(packet.size() >= kIpv6HeaderSize);
  constexpr std::size_t kNextHeaderAt = 6, kHopLimitAt = 7, kSourceAt = 8;
  if (!is_link_local(IpAddress::from_bytes(packet.subspan(kSourceAt, kIpv6AddressSize)))) return false;
  if (packet[kHopLimitAt] != 1 || packet[kNextHeaderAt] != kProtocolHopByHop) return false;
  const ByteView rest = packet.subspan(kIpv6HeaderSize);
  if (rest.size() < 2) return false;
  const std::size_t size = (rest[1] + std::size_t{1}) * 8;
  return size <= rest.size() && has_router_alert(rest.first(size));
}

Parsed<MldQuery> parse_mld_query(const IcmpMessage& message) {
  if (message.body.size() < kIpv6AddressSize) return Fault::kMldShort;
  MldQuery query;
  const auto code = static_cast<std::uint16_t>(message.rest_of_header >> 16);
  query.group = IpAddress::from_bytes(message.body.first(kIpv6AddressSize));
  // RFC 3810 §8.1: 24 octets of ICMP are version 1; 28 and more version 2; any other length is ignored.
  if (message.body.size() == kIpv6AddressSize) {
    query.version = 1;
    query.most_response_delay = Duration::millis(code);
  } else {
    constexpr std::size_t kSourcesAt = kIpv6AddressSize + 4;
    if (message.body.size() < kSourcesAt) return Fault::kMldShort;
    const std::size_t count = load_be16(message.body, kIpv6AddressSize + 2);
    if (message.body.size() < kSourcesAt + count * kIpv6AddressSize) return Fault::kMldShort;
    query.most_response_delay = response_delay(code);
    for (std::size_t i = 0; i < count; ++i) {
      query.sources.push_back(
          IpAddress::from_bytes(message.body.subspan(kSourcesAt + i * kIpv6AddressSize, kIpv6AddressSize)));
    }
  }
  if (!query.group.is_unspecified() && !query.group.is_multicast()) return Fault::kMldGroup;
  return query;
}

Parsed<IpAddress> parse_mld_v1_report(const IcmpMessage& message) {
  if (message.body.size() < kIpv6AddressSize) return Fault::kMldShort;
  const IpAddress group = IpAddress::from_bytes(message.body.first(kIpv6AddressSize));
  if (!group.is_multicast()) return Fault::kMldGroup;
  return group;
}

Bytes build_mld_v2_report(const IpAddress& source, const std::vector<MldRecord>& records) {
  // RFC 3810 §5.2.14: ff02::16, which all routers that speak version 2 listen to.
  constexpr std::array<std::uint8_t, kIpv6AddressSize> kRouters{0xff, 2, 0, 0, 0, 0, 0, 0,
                                                                0,    0, 0, 0, 0, 0, 0, 0x16};
  Bytes body;
  for (const MldRecord& record : records) {
    body.push_back(static_cast<std::uint8_t>(record.type));
    body.push_back(0);
    append_be16(body, static_cast<std::uint16_t>(record.sources.size()));
    append(body, record.group.bytes());
    for (const IpAddress& address : record.sources) append(body, address.bytes());
  }
  IcmpMessage message;
  message.type = icmp6::kListenerReportV2;
  message.rest_of_header = static_cast<std::uint32_t>(records.size());
  message.body = body;
  return build_packet(source, IpAddress::from_bytes(kRouters), message);
}

Bytes build_mld_v1_report(const IpAddress& source, const IpAddress& group) {
  IcmpMessage message;
  message.type = icmp6::kListenerReportV1;
  message.body = group.bytes();
  return build_packet(source, group, message);
}

}  // namespace tcpspec::wire
