// LinkConfig: every knob of a host's link and of what it knows about its neighbours, with default, range,
// unit and RFC. Part of HostConfig; validate(HostConfig) refuses values out of range.
#ifndef STACK_NET_LINK_CONFIG_H_
#define STACK_NET_LINK_CONFIG_H_

#include <cstdint>

#include "stack/base/address.h"
#include "stack/base/result.h"
#include "stack/base/time.h"
#include "stack/wire/mac_address.h"

namespace tcpspec::net {

enum class LinkKind : std::uint8_t {
  kIp,        // bare IP packets, no neighbours
  kEthernet,  // frames, RFC 894: ARP, neighbour discovery, multicast listener reports
};

// Of the neighbour cache, for ARP and neighbour discovery alike. Constants of RFC 4861 §10.
struct NeighbourConfig {
  std::uint32_t most_entries = 256;                      // of each family; 1..65536
  std::uint32_t most_waiting = 4;                        // packets per neighbour; 1..64, RFC 1122 §2.3.2.2
  Duration request_interval = Duration::seconds(1);      // 0.1..60 s; RetransTimer; RFC 1122 §2.3.2.1
  std::uint32_t multicast_requests = 3;                  // 1..16; MAX_MULTICAST_SOLICIT
  std::uint32_t unicast_requests = 3;                    // 1..16; MAX_UNICAST_SOLICIT
  Duration base_reachable_time = Duration::seconds(30);  // 1 s..1 h; half to one and a half of it are used
  Duration delay_first_probe = Duration::seconds(5);     // 0.1..60 s; DELAY_FIRST_PROBE_TIME
  Duration forget_after = Duration::seconds(1200);       // 60 s..1 day without use; RFC 1122 §2.3.2.1
};

struct LinkConfig {
  LinkKind kind = LinkKind::kIp;
  // What follows is for Ethernet only.
  wire::MacAddress mac = wire::MacAddress::of(2, 0, 0, 0, 0, 1);  // one station's
  std::uint8_t v4_prefix_length = 24;                             // 0..32: neighbours of the IPv4 address
  std::uint8_t v6_prefix_length = 64;                             // 0..128
  IpAddress v4_gateway;                                           // 0.0.0.0: none
  IpAddress v6_gateway = IpAddress::any(IpVersion::kV6);          // ::: none but those that advertise
  NeighbourConfig neighbours;
  // ARP as RFC 5227 extends it.
  std::uint32_t arp_announcements = 0;                    // at start, 0..8; RFC 5227 §2.3: ANNOUNCE_NUM is 2
  Duration arp_announce_interval = Duration::seconds(2);  // 1..60 s
  Duration arp_defend_interval = Duration::seconds(10);   // 1 s..1 h; RFC 5227 §2.4: DEFEND_INTERVAL
  // IPv6.
  std::uint32_t dad_transmits = 0;         // RFC 4862 §5.1: 1; 0..16, 0 does without DAD and starts at once
  std::uint32_t router_solicitations = 0;  // RFC 4861 §6.3.7: 3; 0..16
  bool accept_router_advertisements = true;
  bool accept_redirects = true;       // both families
  std::uint32_t most_routers = 8;     // 1..64, learnt ones
  std::uint32_t most_prefixes = 16;   // 1..256, learnt ones
  std::uint32_t most_redirects = 64;  // 1..65536; the oldest is forgotten
  std::uint32_t mld_robustness = 2;   // RFC 3810 §9.1; 1..7: unsolicited reports of a group
};

// Names the first value out of its range, with the range.
[[nodiscard]] Status validate(const LinkConfig& config);

}  // namespace tcpspec::net

#endif  // STACK_NET_LINK_CONFIG_H_
