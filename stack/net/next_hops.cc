#include "stack/net/next_hops.h"

#include <algorithm>

namespace tcpspec::net {
namespace {

constexpr std::uint32_t kForEver = 0xffffffff;

bool matches(const IpAddress& address, const IpAddress& prefix, std::uint8_t length) {
  if (address.version() != prefix.version()) return false;
  const ByteView a = address.bytes();
  const ByteView p = prefix.bytes();
  const std::size_t whole = length / 8U;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), p.begin())) return false;
  const unsigned rest = length % 8U;
  return rest == 0 || ((a[whole] ^ p[whole]) >> (8 - rest)) == 0;
}

}  // namespace

NextHops::NextHops(const LinkConfig& config, const IpAddress& own)
    : most_routers_(config.most_routers),
      most_prefixes_(config.most_prefixes),
      most_redirects_(config.most_redirects) {
  own_ = {own, own.is_v4() ? config.v4_prefix_length : config.v6_prefix_length};
  const IpAddress& gateway = own.is_v4() ? config.v4_gateway : config.v6_gateway;
  if (!gateway.is_unspecified()) routers_.push_back({gateway, Instant::never(), true});
}

bool NextHops::on_link(const IpAddress& address, Instant now) const {
  // RFC 4861 §5.1: the link-local prefix is always on-link.
  if (wire::is_link_local(address)) return true;
  if (matches(address, own_.prefix, own_.length)) return true;
  return std::ranges::any_of(prefixes_, [&](const Prefix& prefix) {
    return now < prefix.until && matches(address, prefix.prefix, prefix.length);
  });
}

bool NextHops::is_subnet_broadcast(const IpAddress& address) const {
  // RFC 3021: two addresses and fewer leave no room for a broadcast address.
  if (!address.is_v4() || own_.length > 30 || !matches(address, own_.prefix, own_.length)) return false;
  const std::uint32_t host_bits = 0xffffffffU >> own_.length;
  return (load_be32(address.bytes(), 0) & host_bits) == host_bits;
}

std::optional<IpAddress> NextHops::next_hop(const IpAddress& destination, Instant now) const {
  const auto redirected = redirects_.find(destination);
  if (redirected != redirects_.end()) return redirected->second.target;
  if (on_link(destination, now)) return destination;
  const auto router =
      std::ranges::find_if(routers_, [now](const Router& candidate) { return now < candidate.until; });
  return router == routers_.end() ? std::nullopt : std::optional(router->address);
}

void NextHops::learn_prefix(const IpAddress& prefix, std::uint8_t length, std::uint32_t seconds,
                            Instant now) {
  // RFC 4861 §6.3.4: what is said about the link-local prefix is ignored.
  if (wire::is_link_local(prefix) || prefix.is_multicast()) return;
  std::erase_if(prefixes_, [&](const Prefix& known) {
    return known.until <= now || (known.length == length && matches(known.prefix, prefix, length));
  });
  if (seconds == 0 || prefixes_.size() >= most_prefixes_) return;
  prefixes_.push_back(
      {prefix, length, seconds == kForEver ? Instant::never() : now + Duration::seconds(seconds)});
}

void NextHops::learn_router(const IpAddress& router, std::uint16_t seconds, Instant now) {
  const auto found = std::ranges::find(routers_, router, &Router::address);
  if (found != routers_.end()) {
    // What a person has configured, no message takes away.
    if (found->configured) return;
    // RFC 4861 §6.3.4: lifetime zero takes it from the list at once.
    if (seconds == 0) return no_router(router);
    found->until = now + Duration::seconds(seconds);
    return;
  }
  std::erase_if(routers_, [now](const Router& known) { return known.until <= now; });
  const auto learnt = std::ranges::count(routers_, false, &Router::configured);
  if (seconds == 0 || static_cast<std::size_t>(learnt) >= most_routers_) return;
  routers_.push_back({router, now + Duration::seconds(seconds), false});
}

bool NextHops::redirect(const IpAddress& from, const IpAddress& destination, const IpAddress& target,
                        Instant now) {
  const std::optional<IpAddress> current = next_hop(destination, now);
  if (!current || *current != from || destination == from) return false;
  // RFC 1122 §3.2.2.2: the new gateway is on the net that the redirect came through. A destination that is
  // its own target is thereby said to be on-link (RFC 4861 §8.3).
  if (target != destination && !on_link(target, now)) return false;
  if (!redirects_.contains(destination) && redirects_.size() >= most_redirects_) {
    redirects_.erase(
        std::ranges::min_element(redirects_, {}, [](const auto& item) { return item.second.order; }));
  }
  redirects_[destination] = {target, next_order_++};
  return true;
}

void NextHops::forget_redirects_to(const IpAddress& neighbour) {
  std::erase_if(redirects_, [&](const auto& item) { return item.second.target == neighbour; });
}

void NextHops::unreachable(const IpAddress& neighbour) {
  forget_redirects_to(neighbour);
  const auto found = std::ranges::find(routers_, neighbour, &Router::address);
  if (found != routers_.end()) std::rotate(found, found + 1, routers_.end());
}

void NextHops::no_router(const IpAddress& neighbour) {
  forget_redirects_to(neighbour);
  std::erase_if(routers_,
                [&](const Router& known) { return known.address == neighbour && !known.configured; });
}

}  // namespace tcpspec::net
