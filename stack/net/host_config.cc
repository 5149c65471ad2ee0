#include <fmt/format.h>

#include <cstddef>
#include <optional>

#include "stack/net/host.h"

namespace tcpspec::net {
namespace {

Status check_range(const char* name, std::size_t value, std::size_t least, std::size_t most) {
  if (value >= least && value <= most) return Ok{};
  return Error{fmt::format("{} is {}, must be {} to {}", name, value, least, most)};
}

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

Status check_limits(const Limits& limits) {
  constexpr std::size_t kMost = 1U << 20;
  for (const Status& status : {check_range("limits.most_half_open", limits.most_half_open, 1, kMost),
                               check_range("limits.most_connections", limits.most_connections, 1, kMost),
                               check_range("limits.most_time_wait", limits.most_time_wait, 1, kMost),
                               check_range("limits.most_paths", limits.most_paths, 1, 65536)}) {
    if (!status.ok()) return status;
  }
  return Ok{};
}

}  // namespace

Status validate(const HostConfig& c) {
  // RFC 791 §3.2: every IPv4 link carries 68 octets. IPv6 asks for 1280 (RFC 8200 §5), but a host may have no
  // use for its IPv6 side.
  for (const Status& status :
       {check_addresses(c), check_range("mtu", c.mtu, 68, 65535), check_range("ttl", c.ttl, 1, 255),
        tcp::validate(c.tcp), validate(c.ip), check_limits(c.limits), validate(c.link)}) {
    if (!status.ok()) return status;
  }
  return Ok{};
}

}  // namespace tcpspec::net
