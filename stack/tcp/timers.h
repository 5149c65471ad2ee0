// Every deadline of a connection in one place. Holds instants only: what happens when one is reached is
// written in the file of its subject (rto.cc, persist.cc, keepalive.cc, …).
#ifndef STACK_TCP_TIMERS_H_
#define STACK_TCP_TIMERS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "stack/base/time.h"

namespace tcpspec::tcp {

// In the order in which timers of one instant are served: what ends a connection goes before what it sends.
enum class Timer : std::uint8_t {
  kTimeWait,         // 2 MSL, RFC 9293 §3.4.2
  kFinWait2,         // Config::fin_wait_2_timeout
  kGiveUp,           // R2 (§3.8.3) or the user timeout (§3.10.8), whichever comes first
  kRetransmit,       // RFC 6298
  kReorder,          // RFC 8985 §6.2 step 5: the reordering window of what may be lost has passed
  kTailLossProbe,    // PTO, RFC 8985 §7.2
  kPersist,          // zero-window probe, §3.8.6.1
  kSwsOverride,      // sender's silly window override, §3.8.6.2.1
  kDelayedAck,       // §3.8.6.3
  kCongestionPause,  // nothing new until then: RFC 3168 §6.1.2, a window of one segment
  kKeepalive,        // §3.8.4
  kCount,
};

class Timers {
 public:
  Timers() { stop_all(); }

  void start(Timer timer, Instant at) { at_[index(timer)] = at; }
  void stop(Timer timer) { at_[index(timer)] = Instant::never(); }
  void stop_all() { at_.fill(Instant::never()); }
  [[nodiscard]] bool running(Timer timer) const { return at(timer) != Instant::never(); }
  [[nodiscard]] Instant at(Timer timer) const { return at_[index(timer)]; }

  // The earliest deadline, or never().
  [[nodiscard]] Instant next() const;
  // The earliest timer whose deadline is not after `now`; it is stopped.
  [[nodiscard]] std::optional<Timer> take_expired(Instant now);

 private:
  [[nodiscard]] static constexpr std::size_t index(Timer timer) { return static_cast<std::size_t>(timer); }
  std::array<Instant, static_cast<std::size_t>(Timer::kCount)> at_;
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_TIMERS_H_
