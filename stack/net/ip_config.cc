#include "stack/net/ip_config.h"

#include "stack/base/range_checker.h"

namespace tcpspec::net {
namespace {

constexpr std::uint32_t kOneGiB = 1U << 30;
// Room for one datagram of 65535 octets in fragments of the least link (RFC 791 §3.2), and what they cost.
constexpr std::uint32_t kOneDatagram = 131'072;

}  // namespace

Status validate(const IpConfig& c) {
  RangeChecker check;
  const ReassemblyConfig& r = c.reassembly;
  // RFC 1122 §3.3.2: between one minute and two.
  check.time("reassembly.ipv4_timeout", r.ipv4_timeout, Duration::seconds(60), Duration::seconds(120));
  check.number("reassembly.most_datagrams", r.most_datagrams, 1, 65536);
  check.number("reassembly.most_octets", r.most_octets, kOneDatagram, kOneGiB);
  check.number("reassembly.most_octets_per_source", r.most_octets_per_source, kOneDatagram, kOneGiB);
  check.number("most_extension_headers", c.most_extension_headers, 1, 64);
  check.number("loopback_mtu", c.loopback_mtu, 1280, 65535);
  check.number("most_loopback_packets", c.most_loopback_packets, 16, 65536);
  check.number("most_udp_datagrams", c.most_udp_datagrams, 1, 65536);
  check.number("most_udp_octets", c.most_udp_octets, 65535, kOneGiB);
  return check.result();
}

}  // namespace tcpspec::net
