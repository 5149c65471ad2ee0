#include "stack/tcp/timers.h"

#include <algorithm>

namespace tcpspec::tcp {

Instant Timers::next() const { return *std::min_element(at_.begin(), at_.end()); }

std::optional<Timer> Timers::take_expired(Instant now) {
  const auto earliest = std::min_element(at_.begin(), at_.end());
  if (*earliest > now || *earliest == Instant::never()) return std::nullopt;
  *earliest = Instant::never();
  return static_cast<Timer>(earliest - at_.begin());
}

}  // namespace tcpspec::tcp
