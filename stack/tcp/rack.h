// Rack: time-based loss detection, RFC 8985 §6: which segments are lost, judged by what was delivered that
// had been sent later. Decides only: it owns no records and no timer and sends nothing. Its state is of
// constant size, whatever a peer sends.
//
// How a sender drives it. On transmission (§6.1) it keeps Sent::last_sent, transmissions and lost. On each
// ACK:
//   rack.begin_ack(ack, now);
//   rack.delivered(record)                  for each record that this ACK is the first to deliver, by its
//   number
//                                           or by a SACK block, in any order, before the record is dropped;
//   rack.adapt(ack);                        after SND.UNA moved and recovery was perhaps left
//   rack.detect_losses(records, facts, now, mark);
// and the last line again, after perhaps entering recovery for its sake, and when the reordering timer fires.
#ifndef STACK_TCP_RACK_H_
#define STACK_TCP_RACK_H_

#include <algorithm>
#include <cstdint>
#include <optional>

#include "stack/base/seq32.h"
#include "stack/base/time.h"
#include "stack/tcp/min_rtt.h"
#include "stack/tcp/sent_queue.h"

namespace tcpspec::tcp {

// What an ACK says beside the segments that it delivers.
struct RackAck {
  std::optional<std::uint32_t> echo_reply;  // TSecr as timestamp_clock() counts, less the connection's offset
  Seq32 snd_una;                            // after this ACK
  Seq32 snd_nxt;
  bool dsack = false;            // it reports a duplicate, RFC 2883
  bool leaves_recovery = false;  // fast or RTO recovery ends with it
};

// What the size of the reordering window depends on beside Rack's own state.
struct RackFacts {
  bool in_recovery = false;           // fast or RTO recovery
  std::uint32_t segments_sacked = 0;  // records with `sacked`, above SND.UNA
  int duplicate_ack_threshold = 3;
  Duration srtt;  // zero: no sample yet
};

class Rack {
 public:
  // Recoveries through which a window that was widened stays so, §6.2 step 4.
  static constexpr int kPersistRecoveries = 16;
  // The most quarters of min_RTT that the window grows to; SRTT bounds it long before.
  static constexpr int kMostSteps = 1'000'000;

  // At the start of the connection; `una` is the first number that may be acknowledged.
  void start(Seq32 una);

  // Step 1: every round trip measured by RFC 6298 or RFC 7323, the handshake's too.
  void on_rtt_sample(Duration rtt, Instant now) { min_rtt_.sample(rtt, now); }

  // Steps 2 and 3.
  void begin_ack(const RackAck& ack, Instant now);
  void delivered(const Sent& record);
  // Step 4, what widens and narrows the window.
  void adapt(const RackAck& ack);
  // Step 4, the window as it is now: RACK.reo_wnd.
  [[nodiscard]] Duration reordering_window(const RackFacts& facts) const;

  // Step 5. `records` is the retransmission queue in the order of sequence numbers, in which first_sent never
  // decreases; mark(record) is called for each that is lost now and sets Sent::lost. Gives the time until
  // the last of those waiting for the window to pass is lost, zero when none waits: the reordering timer.
  // Costs a step for each record sent before the latest one delivered.
  template <typename Records, typename Mark>
  [[nodiscard]] Duration detect_losses(Records&& records, const RackFacts& facts, Instant now, Mark mark);

  // §6.3: at the retransmission timeout. The first outstanding record, and those sent long enough ago.
  template <typename Records, typename Mark>
  void mark_on_timeout(Records&& records, Seq32 snd_una, Instant now, Mark mark) const;

  // Read out.
  [[nodiscard]] const std::optional<Instant>& xmit_ts() const { return xmit_ts_; }  // of RACK.segment
  [[nodiscard]] Seq32 end_seq() const { return end_seq_; }
  [[nodiscard]] const std::optional<Duration>& rtt() const { return rtt_; }  // RACK.rtt
  [[nodiscard]] std::optional<Duration> min_rtt() const { return min_rtt_.value(); }
  [[nodiscard]] Seq32 fack() const { return fack_; }
  [[nodiscard]] bool reordering_seen() const { return reordering_seen_; }
  [[nodiscard]] Duration last_window() const { return reo_wnd_; }  // as detect_losses() last used it
  [[nodiscard]] int window_multiplier() const { return reo_wnd_mult_; }
  [[nodiscard]] int window_persist() const { return reo_wnd_persist_; }
  [[nodiscard]] const std::optional<Seq32>& dsack_round() const { return dsack_round_; }

  // RACK_sent_after(): equal times are told apart by sequence numbers.
  [[nodiscard]] static bool sent_after(Instant t1, Seq32 end1, Instant t2, Seq32 end2) {
    return t1 > t2 || (t1 == t2 && end1.after(end2));
  }

 private:
  [[nodiscard]] bool possibly_spurious(const Sent& record, Duration rtt) const;

  MinRtt min_rtt_;
  std::optional<Instant> xmit_ts_;
  Seq32 end_seq_;
  std::optional<Duration> rtt_;
  Seq32 fack_;
  bool reordering_seen_ = false;
  Duration reo_wnd_;
  int reo_wnd_mult_ = 1;
  int reo_wnd_persist_ = kPersistRecoveries;
  std::optional<Seq32> dsack_round_;
  // Of the ACK in hand.
  Instant now_;
  std::optional<std::uint32_t> echo_reply_;
  Seq32 fack_before_;
  std::optional<Duration> rtt_of_ack_;
};

template <typename Records, typename Mark>
Duration Rack::detect_losses(Records&& records, const RackFacts& facts, Instant now, Mark mark) {
  reo_wnd_ = reordering_window(facts);
  Duration timeout;
  if (!xmit_ts_) return timeout;
  for (auto& record : records) {
    // No record from here on was sent before RACK.segment: originals leave in the order of their numbers, and
    // no transmission of a record comes before its first.
    if (!sent_after(*xmit_ts_, end_seq_, record.first_sent, record.end)) break;
    if (record.sacked || record.lost) continue;
    // §6.2 step 5: only what was sent before RACK.segment can be judged by its delivery.
    if (!sent_after(*xmit_ts_, end_seq_, record.last_sent, record.end)) continue;
    const Duration remaining = record.last_sent + *rtt_ + reo_wnd_ - now;
    if (remaining <= Duration()) {
      mark(record);
    } else {
      timeout = std::max(timeout, remaining);
    }
  }
  return timeout;
}

template <typename Records, typename Mark>
void Rack::mark_on_timeout(Records&& records, Seq32 snd_una, Instant now, Mark mark) const {
  for (auto& record : records) {
    if (record.sacked || record.lost) continue;
    // §6.3: the first one was sent a timeout ago. Of the others those that had a round trip and the window.
    // Before any round trip is known nothing is said of them.
    const bool overdue = rtt_ && record.last_sent + *rtt_ + reo_wnd_ <= now;
    if (record.begin.at_or_before(snd_una) || overdue) mark(record);
  }
}

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_RACK_H_
