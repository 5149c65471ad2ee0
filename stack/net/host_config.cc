#include <cstddef>
#include <cstdint>

#include "stack/base/range_checker.h"
#include "stack/net/host.h"

namespace tcpspec::net {
namespace {

Status check_addresses(const HostConfig& c) {
  const auto one_host = [](const IpAddress& address) {
    return !address.is_multicast() && !address.is_broadcast() && !address.is_loopback();
  };
  if (!c.v4.is_v4() || !one_host(c.v4)) {
    return Error{"v4 is " + to_string(c.v4) + ", must be one host's IPv4 address, or 0.0.0.0 for none"};
  }
  if ((c.v6.is_v4() && !c.v6.is_unspecified()) || !one_host(c.v6)) {
    return Error{"v6 is " + to_string(c.v6) + ", must be one host's IPv6 address, or unspecified for none"};
  }
  return Ok{};
}

}  // namespace

Status validate(const HostConfig& c) {
  constexpr std::int64_t kMost = 1 << 20;
  RangeChecker check;
  check.all_of(check_addresses(c));
  // RFC 791 §3.2: every IPv4 link carries 68 octets. IPv6 asks for 1280 (RFC 8200 §5), but a host may have no
  // use for its IPv6 side.
  check.number("mtu", c.mtu, 68, 65535);
  check.number("ttl", c.ttl, 1, 255);
  check.all_of(tcp::validate(c.tcp));
  check.all_of(validate(c.ip));
  const auto count = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  check.number("limits.most_half_open", count(c.limits.most_half_open), 1, kMost);
  check.number("limits.most_connections", count(c.limits.most_connections), 1, kMost);
  check.number("limits.most_time_wait", count(c.limits.most_time_wait), 1, kMost);
  check.number("limits.most_paths", count(c.limits.most_paths), 1, 65536);
  check.all_of(validate(c.link));
  return check.result();
}

}  // namespace tcpspec::net
