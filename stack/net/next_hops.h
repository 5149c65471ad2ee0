// NextHops: through which neighbour of ours a packet leaves, for one family. RFC 4861 §5.2 and §6.3.6, RFC
// 1122 §3.3.1: what is on-link goes straight to its destination, a redirected destination where the redirect
// said, all else to a default router. Owns the prefixes, routers and redirects that were configured or
// learnt; whoever learnt them has checked the message. A lifetime that is over counts from when somebody
// looks.
//
// Bounds: LinkConfig's most_prefixes, most_routers, most_redirects. What comes on top: prefixes and routers
// are not learnt, the oldest redirect is forgotten.
#ifndef STACK_NET_NEXT_HOPS_H_
#define STACK_NET_NEXT_HOPS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/time.h"
#include "stack/net/link_config.h"

namespace tcpspec::net {

class NextHops {
 public:
  // The configuration of the family that `own` is of.
  NextHops(const LinkConfig& config, const IpAddress& own);

  // None: no route.
  [[nodiscard]] std::optional<IpAddress> next_hop(const IpAddress& destination, Instant now) const;
  [[nodiscard]] bool on_link(const IpAddress& address, Instant now) const;
  // The broadcast address of the configured IPv4 prefix.
  [[nodiscard]] bool is_subnet_broadcast(const IpAddress& address) const;

  // Zero seconds forget; 0xffffffff seconds of a prefix are for ever.
  void learn_prefix(const IpAddress& prefix, std::uint8_t length, std::uint32_t seconds, Instant now);
  void learn_router(const IpAddress& router, std::uint16_t seconds, Instant now);
  // False, and nothing changes, unless `from` is the first hop in use for the destination (RFC 4861 §8.1,
  // RFC 1122 §3.2.2.2) and the target is our neighbour.
  [[nodiscard]] bool redirect(const IpAddress& from, const IpAddress& destination, const IpAddress& target,
                              Instant now);
  // Nobody answers there: the next router's turn (RFC 4861 §6.3.6, RFC 1122 §3.3.1.4).
  void unreachable(const IpAddress& neighbour);
  // It says that it is no router.
  void no_router(const IpAddress& neighbour);

  [[nodiscard]] std::size_t routers() const { return routers_.size(); }
  [[nodiscard]] std::size_t redirects() const { return redirects_.size(); }

 private:
  struct Prefix {
    IpAddress prefix;
    std::uint8_t length = 0;
    Instant until = Instant::never();
  };
  struct Router {
    IpAddress address;
    Instant until = Instant::never();
    bool configured = false;
  };
  struct Redirected {
    IpAddress target;
    std::uint64_t order = 0;
  };

  void forget_redirects_to(const IpAddress& neighbour);

  std::size_t most_routers_, most_prefixes_, most_redirects_;
  Prefix own_;
  std::vector<Prefix> prefixes_;
  std::vector<Router> routers_;  // the first whose time is not over is used
  std::map<IpAddress, Redirected> redirects_;
  std::uint64_t next_order_ = 0;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_NEXT_HOPS_H_
