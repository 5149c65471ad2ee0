// CongestionControl: how much may be in the network, RFC 5681 §3. The interface that Reno implements and
// others (CUBIC, …) fit. It is told what happened and answers with a window; it knows neither segments nor
// sequence numbers, decides neither what is lost nor what is sent, and keeps no timers: recovery.cc does.
// Everything is in octets. Constant memory.
#ifndef STACK_TCP_CONGESTION_H_
#define STACK_TCP_CONGESTION_H_

#include <algorithm>
#include <cstdint>
#include <memory>

#include "stack/base/time.h"
#include "stack/tcp/config.h"

namespace tcpspec::tcp {

// An ACK of new data.
struct AckedData {
  std::uint32_t octets = 0;  // newly acknowledged by number; SYN and FIN do not count
  std::uint32_t pipe = 0;    // still in the network after it
  bool in_recovery = false;  // fast recovery goes on, or ends with this ACK
  Duration srtt;
  Instant now;
};

class CongestionControl {
 public:
  // RFC 5681 §3.1: "arbitrarily high": the largest window that RFC 7323 can offer.
  static constexpr std::uint32_t kMostWindow = 65535U << 14;

  CongestionControl() = default;
  CongestionControl(const CongestionControl&) = delete;
  CongestionControl& operator=(const CongestionControl&) = delete;
  virtual ~CongestionControl() = default;

  // Once the handshake is done and the segment size known. `syn_lost`: our SYN or SYN-ACK timed out.
  virtual void start(std::uint32_t smss, int initial_segments, bool syn_lost) = 0;
  virtual void on_ack(const AckedData& ack) = 0;
  // Fast recovery begins, or what it sent again was lost in turn. `flight`: FlightSize, what limited transmit
  // sent apart. The window never grows by this.
  virtual void on_loss_detected(std::uint32_t flight, Instant now) = 0;
  // Fast recovery is over; for now the window shall not be above `most`.
  virtual void on_recovery_exit(std::uint32_t most) = 0;
  // The retransmission timer fired. `again`: for a segment that it had already sent again.
  virtual void on_timeout(std::uint32_t flight, bool again, Instant now) = 0;
  // RFC 3168 §6.1.2: the peer told of a mark; once for each window.
  virtual void on_ecn_echo(std::uint32_t flight, Instant now) = 0;
  // RFC 5681 §4.1: nothing was sent for longer than an RTO.
  virtual void on_idle_restart() = 0;

  // The path takes other segments now: no sign of congestion, and the window stays (RFC 8201 §5.4).
  void set_smss(std::uint32_t smss) { smss_ = std::max<std::uint32_t>(smss, 1); }

  // Read out.
  [[nodiscard]] std::uint32_t smss() const { return smss_; }
  [[nodiscard]] std::uint32_t cwnd() const { return cwnd_; }
  [[nodiscard]] std::uint32_t ssthresh() const { return ssthresh_; }
  [[nodiscard]] bool in_slow_start() const { return cwnd_ < ssthresh_; }

 protected:
  void set_cwnd(std::uint32_t cwnd) { cwnd_ = std::min(cwnd, kMostWindow); }

  std::uint32_t smss_ = 536;
  std::uint32_t cwnd_ = kMostWindow;
  std::uint32_t ssthresh_ = kMostWindow;
};

// RFC 5681 §3.1, RFC 6928 §2: the window to begin with. `segments` is Config::initial_window_segments.
[[nodiscard]] std::uint32_t initial_window(std::uint32_t smss, int segments);

// What Config::congestion names.
[[nodiscard]] std::unique_ptr<CongestionControl> make_congestion_control(Congestion kind);

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_CONGESTION_H_
