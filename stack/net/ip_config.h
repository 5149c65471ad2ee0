// IpConfig: every knob of the host between link and TCP: IP, ICMP, UDP and loopback, with default, range,
// unit and RFC. Part of HostConfig; validate(HostConfig) refuses values out of range.
#ifndef STACK_NET_IP_CONFIG_H_
#define STACK_NET_IP_CONFIG_H_

#include <cstdint>

#include "stack/base/result.h"
#include "stack/base/time.h"

namespace tcpspec::net {

// What a completed IPv4 source route does at its destination, RFC 9293 §3.9.2.1.
enum class SourceRoutes : std::uint8_t {
  kRefuse,  // the packet is dropped and counted, as RFC 7126 §4.3.5 and §4.4.5 advise
  kReturn,  // accepted; echo replies go back along it (RFC 1122 §3.2.2.6), and so do the segments of a
            // connection that was opened passively [MUST-53]
};

// Bounds of IpReassembly. What a peer can make it hold is min(datagrams, octets); the oldest goes first.
struct ReassemblyConfig {
  Duration ipv4_timeout = Duration::seconds(60);   // RFC 1122 §3.3.2: fixed, 60..120 s
  std::uint32_t most_datagrams = 64;               // at once, all sources; 1..65536
  std::uint32_t most_octets = 1U << 20;            // all sources; 131072..2^30
  std::uint32_t most_octets_per_source = 1 << 18;  // 131072..2^30; enough for one datagram of 65535
  bool refuse_tiny_fragments = true;  // IPv4 fragments that cut through the TCP header, RFC 1858 §3, RFC 3128
};

struct IpConfig {
  ReassemblyConfig reassembly;
  SourceRoutes source_routes = SourceRoutes::kReturn;
  std::uint8_t most_extension_headers = 16;    // in one IPv6 packet, RFC 8504 §5.3; 1..64
  bool answer_group_echo = false;              // echo to multicast or broadcast, RFC 1122 §3.2.2.6 [MAY]
  std::uint16_t loopback_mtu = 16'384;         // octets; 1280..65535
  std::uint32_t most_loopback_packets = 1024;  // waiting at once; what comes on top is lost; 16..65536
  // UDP, RFC 768.
  bool udp_checksum = true;                 // over IPv4; RFC 1122 §4.1.3.4 lets the user do without
  bool accept_unsummed_udp = true;          // IPv4 only: over IPv6 it is always dropped, RFC 8200 §8.1
  std::uint32_t most_udp_datagrams = 256;   // waiting at one socket; 1..65536
  std::uint32_t most_udp_octets = 262'144;  // waiting at one socket; 65535..2^30
};

// Names the first value out of its range, with the range.
[[nodiscard]] Status validate(const IpConfig& config);

}  // namespace tcpspec::net

#endif  // STACK_NET_IP_CONFIG_H_
