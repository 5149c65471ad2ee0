#include "stack/net/link_config.h"

#include "stack/base/range_checker.h"

namespace tcpspec::net {
namespace {

void check_neighbours(RangeChecker& check, const NeighbourConfig& c) {
  const Duration tenth = Duration::millis(100);
  const Duration minute = Duration::seconds(60);
  check.number("neighbours.most_entries", c.most_entries, 1, 65536);
  check.number("neighbours.most_waiting", c.most_waiting, 1, 64);
  check.time("neighbours.request_interval", c.request_interval, tenth, minute);
  check.number("neighbours.multicast_requests", c.multicast_requests, 1, 16);
  check.number("neighbours.unicast_requests", c.unicast_requests, 1, 16);
  check.time("neighbours.base_reachable_time", c.base_reachable_time, Duration::seconds(1),
             Duration::seconds(3600));
  check.time("neighbours.delay_first_probe", c.delay_first_probe, tenth, minute);
  check.time("neighbours.forget_after", c.forget_after, minute, Duration::seconds(86'400));
}

}  // namespace

Status validate(const LinkConfig& c) {
  RangeChecker check;
  const Duration second = Duration::seconds(1);
  check.demand(c.mac.is_station(), "mac must be one station's address, not a group's and not zero");
  check.number("v4_prefix_length", c.v4_prefix_length, 0, 32);
  check.number("v6_prefix_length", c.v6_prefix_length, 0, 128);
  check.demand(c.v4_gateway.is_v4() && !c.v4_gateway.is_multicast() && !c.v4_gateway.is_broadcast(),
               "v4_gateway must be one host's IPv4 address, or 0.0.0.0 for none");
  check.demand(!c.v6_gateway.is_v4() && !c.v6_gateway.is_multicast(),
               "v6_gateway must be one host's IPv6 address, or :: for none");
  check_neighbours(check, c.neighbours);
  check.number("arp_announcements", c.arp_announcements, 0, 8);
  check.time("arp_announce_interval", c.arp_announce_interval, second, Duration::seconds(60));
  check.time("arp_defend_interval", c.arp_defend_interval, second, Duration::seconds(3600));
  check.number("dad_transmits", c.dad_transmits, 0, 16);
  check.number("router_solicitations", c.router_solicitations, 0, 16);
  check.number("most_routers", c.most_routers, 1, 64);
  check.number("most_prefixes", c.most_prefixes, 1, 256);
  check.number("most_redirects", c.most_redirects, 1, 65536);
  check.number("mld_robustness", c.mld_robustness, 1, 7);
  return check.result();
}

}  // namespace tcpspec::net
