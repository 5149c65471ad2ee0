#include "stack/tcp/rack.h"

#include "stack/tcp/timestamps.h"

namespace tcpspec::tcp {

void Rack::start(Seq32 una) {
  const MinRtt kept = min_rtt_;
  *this = Rack();
  min_rtt_ = kept;
  fack_ = una;
}

void Rack::begin_ack(const RackAck& ack, Instant now) {
  now_ = now;
  echo_reply_ = ack.echo_reply;
  fack_before_ = fack_;
  rtt_of_ack_.reset();
}

bool Rack::possibly_spurious(const Sent& record, Duration rtt) const {
  // RFC 8985 §6.2 step 2: what was sent once only is sure. Of a record sent again the ACK may answer an
  // earlier transmission: surely when the echoed clock is older than the last one, …
  if (!record.retransmitted()) return false;
  if (echo_reply_) {
    const std::uint32_t sent = timestamp_clock(record.last_sent);
    if (static_cast<std::int32_t>(*echo_reply_ - sent) < 0) return true;
  }
  // … and presumably when that one left less than the least round trip ago.
  const std::optional<Duration> least = min_rtt_.value();
  return least && rtt < *least;
}

void Rack::delivered(const Sent& record) {
  // §6.2 step 3: an original that arrives after something with a higher number came was overtaken. What this
  // same ACK delivers does not count as earlier: it is looked at in the order of numbers.
  if (record.end.after(fack_before_)) {
    fack_ = later(fack_, record.end);
  } else if (record.end.before(fack_before_) && !record.retransmitted()) {
    reordering_seen_ = true;
  }
  // §6.2 step 2. A record that this ACK delivers although it was marked lost counts by its last transmission.
  const Duration rtt = now_ - record.last_sent;
  if (possibly_spurious(record, rtt)) return;
  // Of one ACK the record sent last gives RACK.rtt, which is the shortest.
  if (!rtt_of_ack_ || rtt < *rtt_of_ack_) rtt_of_ack_ = rtt;
  rtt_ = rtt_of_ack_;
  if (!xmit_ts_ || sent_after(record.last_sent, record.end, *xmit_ts_, end_seq_)) {
    xmit_ts_ = record.last_sent;
    end_seq_ = record.end;
  }
}

void Rack::adapt(const RackAck& ack) {
  // §6.2 step 4: one step wider for each round trip that shows a duplicate …
  if (dsack_round_ && ack.snd_una.at_or_after(*dsack_round_)) dsack_round_.reset();
  if (!dsack_round_ && ack.dsack) {
    dsack_round_ = ack.snd_nxt;
    reo_wnd_mult_ = std::min(reo_wnd_mult_ + 1, kMostSteps);
    reo_wnd_persist_ = kPersistRecoveries;
  } else if (ack.leaves_recovery) {
    // … and back to one step after 16 recoveries without one.
    reo_wnd_persist_ = std::max(reo_wnd_persist_ - 1, 0);
    if (reo_wnd_persist_ == 0) reo_wnd_mult_ = 1;
  }
}

Duration Rack::reordering_window(const RackFacts& facts) const {
  // §6.2 step 4: while no reordering was ever seen, a recovery that runs or that DupThresh starts does not
  // wait.
  const bool enough = facts.segments_sacked >= static_cast<std::uint32_t>(facts.duplicate_ack_threshold);
  if (!reordering_seen_ && (facts.in_recovery || enough)) return Duration();
  const std::optional<Duration> least = min_rtt_.value();
  if (!least) return Duration();
  // min(mult * min_RTT / 4, SRTT), without a product that a wild sample could overflow.
  if (*least > facts.srtt * 4 / reo_wnd_mult_) return facts.srtt;
  return *least * reo_wnd_mult_ / 4;
}

}  // namespace tcpspec::tcp
