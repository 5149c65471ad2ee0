#include "harness/monitor/ranges.h"

#include <algorithm>
#include <iterator>

namespace tcpspec::monitor {

void Ranges::add(std::int64_t begin, std::int64_t end) {
  if (begin >= end) return;
  auto next = pieces_.upper_bound(begin);
  if (next != pieces_.begin() && std::prev(next)->second >= begin) {
    --next;
    begin = next->first;
  }
  while (next != pieces_.end() && next->first <= end) {
    end = std::max(end, next->second);
    next = pieces_.erase(next);
  }
  pieces_.emplace(begin, end);
}

std::int64_t Ranges::prefix_end(std::int64_t from) const {
  const auto after = pieces_.upper_bound(from);
  if (after == pieces_.begin()) return from;
  return std::max(from, std::prev(after)->second);
}

bool Ranges::contains(std::int64_t begin, std::int64_t end) const { return prefix_end(begin) >= end; }

std::int64_t Ranges::greatest_end(std::int64_t otherwise) const {
  return pieces_.empty() ? otherwise : pieces_.rbegin()->second;
}

}  // namespace tcpspec::monitor
