// PathMtuCache: the host's estimate of the path MTU to each destination, RFC 1191 §6.2 and §6.3, RFC 8201
// §5.2 and §5.3; and what a "packet too big" message claims, RFC 1191 §5. Of a destination without an
// entry nothing is known but the MTU of the link. Only what a connection believed (tcp::PathMtu) comes in
// here, so a message about nothing in flight leaves no trace.
//
// Bound: PathMtuConfig::most_paths entries; the one that was written longest ago goes first. Its connections
// keep their estimate until they end.
#ifndef STACK_NET_PATH_MTU_H_
#define STACK_NET_PATH_MTU_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/time.h"

namespace tcpspec::net {

// RFC 1191 §7, table 7-1: MTUs that links have; the greatest below `octets`, or nothing below 69.
[[nodiscard]] std::optional<std::uint32_t> plateau_below(std::uint32_t octets);

// What an IPv4 "fragmentation needed" claims. A router older than RFC 1191 leaves the field zero: then it is
// the plateau below the size of what it refused, as the quoted header tells it.
struct QuotedLength {
  std::uint16_t total = 0;   // octets, as quoted
  std::uint16_t header = 0;  // octets
};
[[nodiscard]] std::optional<std::uint32_t> claimed_mtu_v4(std::uint32_t rest_of_header,
                                                          const QuotedLength& quoted,
                                                          std::uint32_t current_estimate);

class PathMtuCache {
 public:
  explicit PathMtuCache(std::size_t most_paths) : most_(most_paths) {}

  [[nodiscard]] std::optional<std::uint32_t> of(const IpAddress& destination) const;
  // A connection believed a message. Never raises. Whether it lowers or not, the time until the estimate may
  // rise starts anew (RFC 1191 §3, RFC 8201 §4: after any such message).
  void too_big(const IpAddress& destination, std::uint32_t mtu, Instant raise_at);

  // When the first entry is old enough to be forgotten, or never().
  [[nodiscard]] Instant next_deadline() const;
  // The destinations of which nothing is known any more, in the order of their ages.
  [[nodiscard]] std::vector<IpAddress> expire(Instant now);

  [[nodiscard]] std::size_t size() const { return paths_.size(); }

 private:
  struct Path {
    std::uint32_t mtu;
    Instant raise_at;
    std::uint64_t written;  // order of the last message
  };
  void make_room();

  std::size_t most_;
  std::uint64_t next_written_ = 0;
  std::map<IpAddress, Path> paths_;
  std::map<std::uint64_t, IpAddress> by_age_;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_PATH_MTU_H_
