#include "stack/net/path_mtu.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tcpspec::net {
namespace {

// RFC 1191 §7, table 7-1, greatest first.
constexpr std::array<std::uint32_t, 11> kPlateaus{65535, 32000, 17914, 8166, 4352, 2002,
                                                  1492,  1006,  508,   296,  68};

}  // namespace

std::optional<std::uint32_t> plateau_below(std::uint32_t octets) {
  const auto* const found =
      std::find_if(kPlateaus.begin(), kPlateaus.end(), [&](std::uint32_t mtu) { return mtu < octets; });
  return found == kPlateaus.end() ? std::nullopt : std::optional(*found);
}

std::optional<std::uint32_t> claimed_mtu_v4(std::uint32_t rest_of_header, const QuotedLength& quoted,
                                            std::uint32_t current_estimate) {
  // RFC 1191 §4: the low 16 bits; the others are unused and not looked at.
  const std::uint32_t next_hop = rest_of_header & 0xffffU;
  if (next_hop != 0) return next_hop;
  // RFC 1191 §5: routers of 4.2BSD's kind add the header's length to the total length. One that is not less
  // than the estimate must have come from them.
  std::uint32_t refused = quoted.total;
  if (refused >= current_estimate) refused -= std::min<std::uint32_t>(refused, quoted.header);
  return plateau_below(refused);
}

std::optional<std::uint32_t> PathMtuCache::of(const IpAddress& destination) const {
  const auto found = paths_.find(destination);
  return found == paths_.end() ? std::nullopt : std::optional(found->second.mtu);
}

void PathMtuCache::too_big(const IpAddress& destination, std::uint32_t mtu, Instant raise_at) {
  const auto found = paths_.find(destination);
  if (found == paths_.end()) {
    make_room();
    paths_.emplace(destination, Path{mtu, raise_at, next_written_});
  } else {
    Path& path = found->second;
    path.mtu = std::min(path.mtu, mtu);
    path.raise_at = raise_at;
    by_age_.erase(std::exchange(path.written, next_written_));
  }
  by_age_.emplace(next_written_++, destination);
}

void PathMtuCache::make_room() {
  while (!by_age_.empty() && paths_.size() >= most_) {
    paths_.erase(by_age_.begin()->second);
    by_age_.erase(by_age_.begin());
  }
}

Instant PathMtuCache::next_deadline() const {
  Instant earliest = Instant::never();
  for (const auto& [destination, path] : paths_) earliest = std::min(earliest, path.raise_at);
  return earliest;
}

std::vector<IpAddress> PathMtuCache::expire(Instant now) {
  std::vector<IpAddress> risen;
  for (auto at = by_age_.begin(); at != by_age_.end();) {
    const auto path = paths_.find(at->second);
    if (path->second.raise_at > now) {
      ++at;
      continue;
    }
    risen.push_back(at->second);
    paths_.erase(path);
    at = by_age_.erase(at);
  }
  return risen;
}

}  // namespace tcpspec::net
