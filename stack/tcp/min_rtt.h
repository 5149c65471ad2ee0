// MinRtt: the least round trip of the recent past, RFC 8985 §6.2 step 1: a minimum over a window, not over
// all time, so that a connection that moves to a longer path learns it. The window is five minutes, moved in
// thirds: a sample counts for at least two and at most three thirds of it. Without new samples the last value
// stands, however old. Constant memory.
#ifndef STACK_TCP_MIN_RTT_H_
#define STACK_TCP_MIN_RTT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "stack/base/time.h"

namespace tcpspec::tcp {

class MinRtt {
 public:
  static constexpr Duration kWindow = Duration::seconds(300);
  static constexpr std::size_t kParts = 3;

  // Samples come in the order of time. A negative one is ignored.
  void sample(Duration rtt, Instant now);
  [[nodiscard]] std::optional<Duration> value() const;

 private:
  std::array<std::optional<Duration>, kParts> least_;  // of each part, the newest first
  std::int64_t newest_part_ = 0;                       // time in parts of the window
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_MIN_RTT_H_
