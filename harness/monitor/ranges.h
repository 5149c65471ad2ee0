// Ranges: a set of positions in one direction's stream, kept as disjoint half-open intervals.
#ifndef HARNESS_MONITOR_RANGES_H_
#define HARNESS_MONITOR_RANGES_H_

#include <cstddef>
#include <cstdint>
#include <map>

namespace tcpspec::monitor {

class Ranges {
 public:
  void add(std::int64_t begin, std::int64_t end);
  [[nodiscard]] bool contains(std::int64_t begin, std::int64_t end) const;
  // The first position at or after `from` that is not in the set.
  [[nodiscard]] std::int64_t prefix_end(std::int64_t from) const;
  // One past the greatest position; `otherwise` for an empty set.
  [[nodiscard]] std::int64_t greatest_end(std::int64_t otherwise) const;
  [[nodiscard]] std::size_t pieces() const { return pieces_.size(); }

 private:
  std::map<std::int64_t, std::int64_t> pieces_;  // begin -> end
};

}  // namespace tcpspec::monitor

#endif  // HARNESS_MONITOR_RANGES_H_
