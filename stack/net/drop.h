// Counts of what went no further, and how the codec's faults become the host's reasons.
#ifndef STACK_NET_DROP_H_
#define STACK_NET_DROP_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "stack/net/host.h"
#include "stack/wire/parsed.h"

namespace tcpspec::net {

[[nodiscard]] Drop drop_for(wire::Fault fault);

class DropCounters {
 public:
  void count(Drop reason) { ++counts_.at(static_cast<std::size_t>(reason)); }
  void count(wire::Fault fault) { count(drop_for(fault)); }
  [[nodiscard]] std::uint64_t of(Drop reason) const { return counts_.at(static_cast<std::size_t>(reason)); }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Drop::kCount)> counts_{};
};

}  // namespace tcpspec::net

#endif  // STACK_NET_DROP_H_
