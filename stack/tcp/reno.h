// Reno: slow start and congestion avoidance of RFC 5681 §3.1, and the reductions of §3.1 and §3.2. Counts
// octets, not ACKs (§3.1 recommends it; RFC 3465 goes further and is not implemented: its limit L of two
// segments for each ACK would let delayed ACKs grow the window faster than here).
// Deliberately without the validation of RFC 7661: a window that the user does not fill grows all the same,
// as RFC 5681 leaves it; §4.1's restart after an idle time cuts it.
#ifndef STACK_TCP_RENO_H_
#define STACK_TCP_RENO_H_

#include "stack/tcp/congestion.h"

namespace tcpspec::tcp {

class Reno final : public CongestionControl {
 public:
  void start(std::uint32_t smss, int initial_segments, bool syn_lost) override;
  void on_ack(const AckedData& ack) override;
  void on_loss_detected(std::uint32_t flight, Instant now) override;
  void on_recovery_exit(std::uint32_t most) override;
  void on_timeout(std::uint32_t flight, bool again, Instant now) override;
  void on_ecn_echo(std::uint32_t flight, Instant now) override;
  void on_idle_restart() override;

 private:
  [[nodiscard]] std::uint32_t half(std::uint32_t flight) const;

  std::uint32_t initial_window_ = 0;
  std::uint32_t counted_ = 0;  // octets acknowledged in congestion avoidance since cwnd last grew
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_RENO_H_
