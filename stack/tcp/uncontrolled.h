// Uncontrolled: no congestion window; the peer's window alone limits. For tests that look at something else,
// and against peers that need no care. Only the timeout is kept as RFC 6298 (5.4) wants it: one segment, and
// the others once that one was acknowledged.
#ifndef STACK_TCP_UNCONTROLLED_H_
#define STACK_TCP_UNCONTROLLED_H_

#include "stack/tcp/congestion.h"

namespace tcpspec::tcp {

class Uncontrolled final : public CongestionControl {
 public:
  void start(std::uint32_t smss, int, bool) override { set_smss(smss); }
  void on_ack(const AckedData&) override { cwnd_ = kMostWindow; }
  void on_loss_detected(std::uint32_t, Instant) override {}
  void on_recovery_exit(std::uint32_t) override {}
  void on_timeout(std::uint32_t, bool, Instant) override { cwnd_ = smss_; }
  void on_ecn_echo(std::uint32_t, Instant) override {}
  void on_idle_restart() override {}
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_UNCONTROLLED_H_
