// The output engine: what leaves, when, in which segments. RFC 9293 §3.8.6.2.1 (sender's silly window
// avoidance with Nagle's rule), §3.10.8 (retransmission), §3.9.1.2 (push). It sends what the
// peer's window and the congestion window permit; what is lost is for recovery.cc to say.
#include <algorithm>
#include <utility>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

std::uint32_t Connection::Impl::unsent_octets() const {
  const Seq32 from = later(tcb.snd.nxt, queue_base);
  return static_cast<std::uint32_t>(std::max(queue_end() - from, 0));
}

bool Connection::Impl::outstanding() const {
  return tcb.snd.nxt != tcb.snd.una || unsent_octets() > 0 || fin_unsent();
}

void Connection::Impl::output(Instant now) {
  if (can_send_text(tcb.state) && syn_acked && !must_probe_window()) {
    resend(now);
    const bool all_resent = retransmission_queue.lost_octets() == 0;
    if (all_resent && !timers.running(Timer::kCongestionPause)) send_new(now);
    if (all_resent) resend_unsure(now);
  } else if (tcb.state == State::kFinWait1 && !syn_acked && !tcb.fin_seq && tcb.snd.wnd > 1) {
    // RFC 9293 §3.10.4, CLOSE in SYN-RECEIVED: the FIN goes out without waiting for the ACK of our SYN.
    transmit(tcb.snd.nxt, tcb.snd.nxt + 1, now);
  }
  if (tcb.state == State::kClosed || tcb.state == State::kSynSent) return;
  tell_urgent(now);
  if (ack_now) send_ack(now);
}

// What is marked lost, in the order of the numbers, segment by segment as it was sent.
void Connection::Impl::resend(Instant now) {
  while (const std::optional<std::size_t> lost = retransmission_queue.first_lost()) {
    // The first retransmission of a recovery does not wait: RFC 5681 §3.2 step 3, RFC 6298 (5.4).
    const std::uint32_t most = std::min(retransmission_queue[*lost].length(), payload_limit());
    if (!recovery.send_one && (recovery.one_until_ack || !congestion_allows(most))) return;
    if (!retransmit(*lost, now)) return;
    recovery.send_one = false;
  }
  recovery.send_one = false;
}

// RFC 6675 §4 NextSeg (3) and (4): in recovery, when neither (1) nor (2) has anything to send, what may not
// be lost goes again, to keep ACKs coming.
void Connection::Impl::resend_unsure(Instant now) {
  if (!recovery.fast || repair() != LossRecovery::kSack) return;
  if (usable_window() > 0 && (unsent_octets() > 0 || fin_unsent())) return;
  while (congestion_allows(smss())) {
    const std::optional<std::size_t> unsure = recovery.scoreboard.next_unsure(retransmission_queue);
    if (!unsure) break;
    if (!retransmit(*unsure, now)) return;
    retransmission_queue.mark_twice(*unsure);
  }
  if (!congestion_allows(smss())) return;
  const std::optional<std::size_t> last = recovery.scoreboard.rescue(retransmission_queue);
  // (4): HighRxt stays, RescueRxt goes to RecoveryPoint, so there is one of these in a recovery.
  if (last && retransmit_tail(*last, now)) recovery.scoreboard.rescued(*recovery.point);
}

// RFC 7323 §2.4 (4): a scaled window shrinks by less than its unit when its edge is rounded down; what had
// been in it is repeated all the same.
Seq32 Connection::Impl::resend_edge() const {
  return tcb.snd.una + tcb.snd.wnd + ((1U << tcb.snd.shift) - 1);
}

bool Connection::Impl::retransmit(std::size_t i, Instant now) {
  const Sent record = retransmission_queue[i];
  Seq32 end = record.end;
  // The limit may be lower by now: SACK blocks take their room. The FIN's number takes none.
  const bool with_fin = tcb.fin_seq && end == *tcb.fin_seq + 1;
  const Seq32 text_end = with_fin ? *tcb.fin_seq : end;
  if (text_end - record.begin > static_cast<std::int32_t>(payload_limit()))
    end = record.begin + payload_limit();
  // RFC 9293 §3.8.6 [SHLD-16]: after the peer shrank its window, what still lies in it is repeated. What
  // lies beyond could be as well [MAY-7]; here it waits.
  end = earlier(end, resend_edge());
  if (!end.after(record.begin)) return false;
  if (end != record.end) retransmission_queue.split(i, end);
  transmit(record.begin, end, now);
  if (recovery.fast) recovery.scoreboard.retransmitted(end);
  return true;
}

bool Connection::Impl::retransmit_tail(std::size_t i, Instant now) {
  const Sent record = retransmission_queue[i];
  if (record.end.after(resend_edge())) return false;
  const std::uint32_t with_fin = tcb.fin_seq && record.end == *tcb.fin_seq + 1 ? 1 : 0;
  const std::uint32_t limit = payload_limit() + with_fin;
  const bool whole = record.length() <= limit;
  const Seq32 begin = whole ? record.begin : record.end - limit;
  if (!whole) retransmission_queue.split(i, begin);
  transmit(begin, record.end, now);
  return true;
}

// RFC 1191 §6.4, RFC 8201 §5.4: segments in flight with more text than `limit` cannot arrive. They go again,
// cut to what the path takes now. That is no sign of congestion, so the window stays; but only one leaves
// until ACKs come again.
void Connection::Impl::resegment_to(std::uint32_t limit) {
  for (std::size_t i = 0; i < retransmission_queue.size(); ++i) {
    const Sent& record = retransmission_queue[i];
    const std::uint32_t with_fin = tcb.fin_seq && record.end == *tcb.fin_seq + 1 ? 1 : 0;
    if (record.sacked || record.length() - with_fin <= limit) continue;
    retransmission_queue.mark_lost(i);
    recovery.send_one = recovery.one_until_ack = true;
  }
}

std::uint32_t Connection::Impl::usable_window() const {
  return static_cast<std::uint32_t>(std::max(tcb.snd.una + tcb.snd.wnd - tcb.snd.nxt, 0));
}

void Connection::Impl::send_new(Instant now) {
  // RFC 5681 §4.1: no data was sent for longer than an RTO.
  if (config.idle_restart && now - recovery.data_sent > tcb.rto) congestion->on_idle_restart();
  while (true) {
    const std::uint32_t queued = unsent_octets();
    // D and U of §3.8.6.2.1: octets queued and unsent, and the usable window.
    const std::uint32_t usable = usable_window();
    if (usable == 0 || (queued == 0 && !fin_unsent())) break;
    const std::uint32_t mss = payload_limit();
    if (!may_send_now(queued, usable, mss)) {
      // §3.8.6.2.1 (4): what waits for a larger window or for more text waits no longer than this. What waits
      // by Nagle's rule waits for the ACK.
      const bool nagle_waits = config.nagle && tcb.snd.nxt != tcb.snd.una;
      if (nagle_waits) {
        timers.stop(Timer::kSwsOverride);
      } else if (!timers.running(Timer::kSwsOverride)) {
        timers.start(Timer::kSwsOverride, now + config.override_timeout);
      }
      return;
    }
    const std::uint32_t text = std::min({queued, usable, mss});
    // What the congestion window holds back waits for an ACK, and so does what would be one record too many.
    if (!congestion_allows(text) || retransmission_queue.size() >= config.most_sent_records) break;
    override_fired = false;
    const bool fin = fin_unsent() && text == queued && usable > text;
    transmit(tcb.snd.nxt, tcb.snd.nxt + text + (fin ? 1U : 0U), now);
  }
  override_fired = false;
  timers.stop(Timer::kSwsOverride);
}

// RFC 9293 §3.8.6.2.1 [MUST-38] (1) to (4); the conditions on SND.NXT = SND.UNA are Nagle's [SHLD-7,
// MUST-17].
bool Connection::Impl::may_send_now(std::uint32_t queued, std::uint32_t usable, std::uint32_t mss) const {
  const std::uint32_t most = std::min(queued, usable);
  // (1) a full segment.
  if (most >= mss) return true;
  // No text will follow a queued FIN, so nothing is gained by waiting: the rest leaves with it.
  if (fin_unsent() && queued <= usable) return true;
  // Urgent text does not wait for an ACK.
  const bool nagle_allows = !config.nagle || tcb.snd.nxt == tcb.snd.una || tcb.snd.up.after(tcb.snd.nxt);
  // (2) all of it, pushed.
  const bool pushed = !push_marks.empty() && push_marks.back() == queue_end();
  if (nagle_allows && pushed && queued <= usable) return true;
  // (3) half of the largest window that the peer ever offered.
  if (nagle_allows && most >= (tcb.snd.max_wnd + 1) / 2) return true;
  // (4) the override timeout. Text that was not pushed leaves by it as well: no SEND is held for ever
  // [MUST-60].
  return override_fired;
}

// Sends [begin, end): our SYN, text, our FIN, or text with our FIN; for the first time or again.
void Connection::Impl::transmit(Seq32 begin, Seq32 end, Instant now) {
  const bool syn = begin == tcb.snd.iss && !syn_acked;
  const Seq32 text_begin = syn ? begin + 1 : begin;
  const bool fin = close_requested && end == queue_end() + 1 && !syn;
  const Seq32 text_end = fin ? end - 1 : end;
  wire::Flags flags;
  if (syn) flags = flags | wire::Flag::kSyn;
  // RFC 9293 §3.1: every segment but the first SYN carries an ACK.
  if (tcb.state != State::kSynSent) flags = flags | wire::Flag::kAck;
  if (fin) flags = flags | wire::Flag::kFin;
  if (ends_push_unit(text_begin, text_end)) flags = flags | wire::Flag::kPsh;
  wire::Segment segment = make_segment(begin, flags, now);
  const std::ptrdiff_t from = text_begin - queue_base;
  const std::ptrdiff_t size = text_end - text_begin;
  if (size > 0)
    segment.payload = send_queue.copy(static_cast<std::size_t>(from), static_cast<std::size_t>(size));
  if (size > 0 && begin == tcb.snd.nxt && !probe_end) mark_new_text(segment);
  put_out(std::move(segment));
  record_sent(begin, end, now);
  if (fin) set_fin_sent(text_end);
}

// RFC 9293 §3.9.1.2: PSH on the segment with the last octet of a push unit.
bool Connection::Impl::ends_push_unit(Seq32 begin, Seq32 end) const {
  const auto mark = std::partition_point(push_marks.begin(), push_marks.end(),
                                         [&](Seq32 one) { return one.at_or_before(begin); });
  return mark != push_marks.end() && mark->at_or_before(end);
}

// RFC 8985 §6.2 tells transmissions of one instant apart by their numbers, which is wrong for a
// retransmission that follows new data. Here a clock may stand still for a whole window, so such a one is a
// nanosecond later.
Instant Connection::Impl::transmission_stamp(Seq32 end, Instant now) {
  const bool tied = recovery.last_stamp >= now && !end.after(recovery.last_end);
  recovery.last_stamp = tied ? recovery.last_stamp + Duration::nanos(1) : std::max(now, recovery.last_stamp);
  recovery.last_end = end;
  return recovery.last_stamp;
}

void Connection::Impl::record_sent(Seq32 begin, Seq32 end, Instant now) {
  const Instant stamp = transmission_stamp(end, now);
  if (begin.before(tcb.snd.nxt)) {
    const std::size_t i = retransmission_queue.index_of(begin);
    CHECK(retransmission_queue[i].begin == begin && retransmission_queue[i].end == end);
    retransmission_queue.sent_again(i, stamp);
  } else {
    retransmission_queue.append(begin, end, stamp);
    recovery.probe_wanted = true;
    // RFC 5681 §3.2 step 2: what limited transmit sent is not of the flight that ssthresh is taken from.
    const int duplicates = recovery.duplicate_acks;
    if (!recovery.fast && duplicates > 0 && duplicates < config.duplicate_ack_threshold)
      recovery.limited_sent += static_cast<std::uint32_t>(end - begin);
  }
  recovery.data_sent = now;
  // RFC 6298 §3: Karn's rule: nothing that was sent twice is measured. One new segment at a time is.
  if (begin.before(tcb.snd.nxt) || probe_end) {
    timed.reset();
  } else if (!timed) {
    timed = Timed{end, now};
  }
  tcb.snd.nxt = later(tcb.snd.nxt, end);
  if (probe_end && probe_end->at_or_before(tcb.snd.nxt)) probe_end.reset();
  // RFC 6298 (5.1).
  if (!timers.running(Timer::kRetransmit)) restart_retransmission_timer(now);
}

void Connection::Impl::set_fin_sent(Seq32 seq) {
  tcb.fin_seq = seq;
  // RFC 9293 §3.10.4: a CLOSE in CLOSE-WAIT enters LAST-ACK when its FIN is sent.
  if (tcb.state == State::kCloseWait) enter_state(tcb, State::kLastAck);
}

}  // namespace tcpspec::tcp
