#include "stack/tcp/reno.h"

namespace tcpspec::tcp {

void Reno::start(std::uint32_t smss, int initial_segments, bool syn_lost) {
  set_smss(smss);
  // RFC 5681 §3.1: IW by the segment size; one segment where the SYN or SYN-ACK was lost. The ACK of the SYN
  // itself adds nothing to it.
  initial_window_ = initial_window(smss_, initial_segments);
  set_cwnd(syn_lost ? smss_ : initial_window_);
  ssthresh_ = kMostWindow;
}

// RFC 5681 §3.1 (4): at least two segments.
std::uint32_t Reno::half(std::uint32_t flight) const { return std::max(flight / 2, 2 * smss_); }

void Reno::on_ack(const AckedData& ack) {
  // RFC 6675 §5, RFC 6582 §3.2: the window does not grow by the ACKs of a fast recovery.
  if (ack.in_recovery) return;
  if (in_slow_start()) {
    // RFC 5681 §3.1 (2): by what was acknowledged, but at most one segment for each ACK, so that a receiver
    // that acknowledges octet by octet gains nothing.
    counted_ = 0;
    return set_cwnd(cwnd_ + std::min(ack.octets, smss_));
  }
  // §3.1: congestion avoidance: one segment for each window of octets acknowledged, which is about one round
  // trip; not more, whatever one ACK covers.
  counted_ = std::min(counted_ + std::min(ack.octets, kMostWindow), 2 * std::min(cwnd_, kMostWindow));
  if (counted_ < cwnd_) return;
  counted_ -= cwnd_;
  set_cwnd(cwnd_ + smss_);
}

void Reno::on_loss_detected(std::uint32_t flight, Instant) {
  // RFC 5681 §3.2 step 2 and RFC 6675 §5 (4.2): half of what was in flight.
  ssthresh_ = half(flight);
  set_cwnd(std::min(cwnd_, ssthresh_));
  counted_ = 0;
}

void Reno::on_recovery_exit(std::uint32_t most) { set_cwnd(std::min(ssthresh_, most)); }

void Reno::on_timeout(std::uint32_t flight, bool again, Instant) {
  // RFC 5681 §3.1 (4): ssthresh is set once for a segment; it stays when the same one times out again.
  if (!again) ssthresh_ = half(flight);
  // §3.1: the loss window: one segment, whatever IW is.
  set_cwnd(smss_);
  counted_ = 0;
}

void Reno::on_ecn_echo(std::uint32_t flight, Instant now) {
  const std::uint32_t before = cwnd_;
  // RFC 3168 §6.1.2: as for a lost segment; but nothing has to be sent again, so the window goes down to one
  // segment, below which only time can help (Connection::Impl::react_to_congestion_echo).
  on_loss_detected(flight, now);
  set_cwnd(std::max(std::min(before / 2, cwnd_), smss_));
}

void Reno::on_idle_restart() {
  // RFC 5681 §4.1: RW = min(IW, cwnd).
  set_cwnd(std::min(initial_window_, cwnd_));
  counted_ = 0;
}

}  // namespace tcpspec::tcp
