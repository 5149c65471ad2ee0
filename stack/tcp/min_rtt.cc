#include "stack/tcp/min_rtt.h"

#include <algorithm>

namespace tcpspec::tcp {

void MinRtt::sample(Duration rtt, Instant now) {
  if (rtt < Duration()) return;
  const std::int64_t part = now.nanos() / (kWindow.count_nanos() / static_cast<std::int64_t>(kParts));
  for (int moved = 0; newest_part_ < part && moved < static_cast<int>(kParts); ++moved) {
    std::rotate(least_.begin(), least_.end() - 1, least_.end());
    least_.front().reset();
    ++newest_part_;
  }
  newest_part_ = std::max(newest_part_, part);
  least_.front() = std::min(least_.front().value_or(rtt), rtt);
}

std::optional<Duration> MinRtt::value() const {
  std::optional<Duration> least;
  for (const std::optional<Duration>& of_part : least_)
    if (of_part && (!least || *of_part < *least)) least = of_part;
  return least;
}

}  // namespace tcpspec::tcp
