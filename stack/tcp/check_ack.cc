// RFC 9293 §3.10.7.4 fifth: the ACK field.
#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

Disposition Connection::Impl::check_ack(const wire::Segment& segment, Instant now) {
  // fifth: without the ACK bit, drop and say nothing.
  if (!segment.has_ack()) return Disposition::kDrop;
  if (tcb.state == State::kSynReceived) return ack_in_syn_received(segment, now);
  return ack_in_synchronized(segment, now);
}

Disposition Connection::Impl::ack_in_syn_received(const wire::Segment& segment, Instant now) {
  // SYN-RECEIVED: SND.UNA < SEG.ACK =< SND.NXT establishes; any other ACK is answered <SEQ=SEG.ACK><CTL=RST>
  // and the state stays. (The range of RFC 5961 §5 is for connections that exist already.)
  if (!segment.ack.after(tcb.snd.una) || segment.ack.after(tcb.snd.nxt)) return Disposition::kDropAndReset;
  tcb.snd.wl1 = segment.seq;
  tcb.snd.wl2 = segment.ack;
  advance_una(segment, now);
  CHECK(update_send_window(segment));
  enter_established();
  return Disposition::kContinue;
}

void Connection::Impl::enter_established() {
  enter_state(tcb, State::kEstablished);
  emit(EventKind::kEstablished);
  // RFC 9293 §3.10.4: a CLOSE in SYN-RECEIVED with data queued waited for this moment.
  if (close_requested) enter_state(tcb, State::kFinWait1);
}

Disposition Connection::Impl::ack_in_synchronized(const wire::Segment& segment, Instant now) {
  // FIN-WAIT-1 by a CLOSE in SYN-RECEIVED: our SYN still wants its ACK, under the rule of that state.
  if (!syn_acked && (!segment.ack.after(tcb.snd.una) || segment.ack.after(tcb.snd.nxt)))
    return Disposition::kDropAndReset;
  // An octet that probed a zero window counts as sent, though SND.NXT does not include it.
  const Seq32 most = probe_end ? later(tcb.snd.nxt, *probe_end) : tcb.snd.nxt;
  // ESTABLISHED: an ACK of something not yet sent is answered with an ACK, and dropped. By RFC 5961 §5.2 an
  // ACK older than SND.UNA - MAX.SND.WND is treated alike; a younger old one is only a duplicate. Both ACKs
  // are from the budget of RFC 5961 §7.
  if (segment.ack.after(most)) return config.rfc5961 ? Disposition::kChallenge : Disposition::kDropAndAck;
  if (config.rfc5961 && segment.ack.before(tcb.snd.una - tcb.snd.max_wnd)) return Disposition::kChallenge;
  const AckBefore before = begin_ack(segment, now);
  if (segment.ack.after(tcb.snd.una)) advance_una(segment, now);
  if (segment.ack.at_or_after(tcb.snd.una) && !update_send_window(segment)) {
    // A segment from before the one whose window counts, with an ACK of something new: SND.UNA moves, and the
    // right edge that the peer offered last stays where it is.
    tcb.snd.wnd = static_cast<std::uint32_t>(std::max((before.una + before.window) - tcb.snd.una, 0));
  }
  finish_ack(segment, before, now);
  // RFC 9293 §3.8.6.1 [MUST-37]: while the peer answers probes of its zero window, nothing times out.
  if (must_probe_window()) progress_at = now;
  return ack_by_state(now);
}

Disposition Connection::Impl::ack_by_state(Instant now) {
  switch (tcb.state) {
    case State::kEstablished:
    case State::kFinWait2:
    case State::kCloseWait:
    case State::kTimeWait:  // only the peer's FIN again matters here: first and eighth
      return Disposition::kContinue;
    case State::kFinWait1:
      // Our FIN is acknowledged: FIN-WAIT-2, and processing goes on there.
      if (tcb.fin_acked) {
        enter_state(tcb, State::kFinWait2);
        start_fin_wait_2_timer(now);
      }
      return Disposition::kContinue;
    case State::kClosing:
      // Our FIN is acknowledged: TIME-WAIT. Otherwise the segment is ignored.
      if (tcb.fin_acked) enter_time_wait(now);
      return tcb.fin_acked ? Disposition::kContinue : Disposition::kDrop;
    case State::kLastAck:
      // The only thing that can arrive is the ACK of our FIN: the TCB is deleted.
      if (!tcb.fin_acked) return Disposition::kDrop;
      become_closed(EventKind::kClosed, CallError::kNone);
      return Disposition::kGone;
    case State::kClosed:
    case State::kListen:
    case State::kSynSent:
    case State::kSynReceived:
      break;
  }
  CHECK(false);
}

// SND.UNA <- SEG.ACK, which lies in (SND.UNA, SND.NXT] or acknowledges a window probe.
void Connection::Impl::advance_una(const wire::Segment& segment, Instant now) {
  sample_on_ack(segment, now);
  note_arrived(segment.ack);
  tcb.snd.una = segment.ack;
  tcb.snd.up = later(tcb.snd.up, tcb.snd.una);  // all of the urgent data is there: it stays behind
  tcb.snd.nxt = later(tcb.snd.nxt, tcb.snd.una);
  if (probe_end && probe_end->at_or_before(tcb.snd.una)) probe_end.reset();
  if (!syn_acked) on_syn_acked();
  if (tcb.snd.una.after(queue_base)) {
    const auto done = std::min(static_cast<std::size_t>(tcb.snd.una - queue_base), send_queue.size());
    send_queue.drop_front(done);
    queue_base += static_cast<std::uint32_t>(done);
  }
  while (!push_marks.empty() && push_marks.front().at_or_before(tcb.snd.una)) push_marks.pop_front();
  retransmission_queue.acked_to(tcb.snd.una, [this](const Sent& record) {
    if (record.begin != tcb.snd.iss) recovery.rack.delivered(record);
  });
  if (tcb.fin_seq && tcb.snd.una.after(*tcb.fin_seq)) tcb.fin_acked = true;
  tcb.retransmissions = 0;
  progress_at = now;
  // A probe whose octet was taken: the intervals begin anew.
  if (timers.running(Timer::kPersist)) start_persist_timer(now);
  // RFC 6298 (5.2): all acknowledged, the timer is off; (5.3): else it starts anew.
  if (retransmission_queue.empty()) {
    timers.stop(Timer::kRetransmit);
  } else if (!is_later_partial_ack()) {
    restart_retransmission_timer(now);
  }
}

void Connection::Impl::on_syn_acked() {
  syn_acked = true;
  start_congestion_control();
  // RFC 6298 (5.7): a SYN that had to be repeated under an initial RTO below three seconds makes it three
  // seconds when data transmission begins, whatever it had backed off to.
  const Duration three = Duration::seconds(3);
  if (syn_retransmitted && config.initial_rto < three) tcb.rto = std::min(three, config.max_rto);
}

bool Connection::Impl::update_send_window(const wire::Segment& segment) {
  // RFC 9293 §3.10.7.4 fifth: SND.WL1 < SEG.SEQ, or SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK; so that an old
  // segment does not set the window.
  const bool newer = tcb.snd.wl1.before(segment.seq) ||
                     (tcb.snd.wl1 == segment.seq && tcb.snd.wl2.at_or_before(segment.ack));
  if (!newer) return false;
  // RFC 7323 §2.3: the field is shifted, except in a SYN.
  const bool unscaled = segment.syn() || syn_trimmed;
  tcb.snd.wnd = static_cast<std::uint32_t>(segment.window) << (unscaled ? 0 : tcb.snd.shift);
  tcb.snd.max_wnd = std::max(tcb.snd.max_wnd, tcb.snd.wnd);
  tcb.snd.wl1 = segment.seq;
  tcb.snd.wl2 = segment.ack;
  return true;
}

}  // namespace tcpspec::tcp
