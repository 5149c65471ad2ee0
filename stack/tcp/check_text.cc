// RFC 9293 §3.10.7.4 seventh (text) and eighth (FIN), and when their ACK leaves: §3.8.6.3.
#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

Disposition Connection::Impl::process_text(const wire::Segment& segment, Instant now) {
  if (segment.payload.empty()) return Disposition::kContinue;
  if (!can_receive_text(tcb.state)) {
    // seventh, CLOSE-WAIT and later: cannot be, for the peer sent its FIN. The text is ignored; the ACK tells
    // the peer where its stream ended.
    ack_now = true;
    return Disposition::kContinue;
  }
  if (stopped_receiving) {
    // RFC 9293 §3.6.1 [SHLD-3]: new text after a full close would be lost; a RST says so.
    send_abort_reset(now);
    become_closed(EventKind::kClosed, CallError::kNone);
    return Disposition::kGone;
  }
  accept_text(segment, now);
  return Disposition::kContinue;
}

// Text within the window, at or right of RCV.NXT.
void Connection::Impl::accept_text(const wire::Segment& segment, Instant now) {
  // A scaled window is a multiple of 2^shift, so its edge may lie that much beyond the buffer. Beyond that
  // nothing is taken, whatever the edge promised.
  const std::size_t capacity = std::size_t{config.receive_buffer} + (std::size_t{1} << tcb.rcv.shift);
  const std::size_t ahead = static_cast<std::size_t>(segment.seq - tcb.rcv.nxt) + receive_queue.size();
  const std::size_t room = capacity - std::min(capacity, ahead);
  const bool in_order = segment.seq == tcb.rcv.nxt;
  const bool had_holes = reassembly.has_holes();
  const ByteView fits = ByteView(segment.payload).first(std::min(room, segment.payload.size()));
  const std::size_t before = receive_queue.size();
  if (in_order && !had_holes) {
    receive_queue.append(reassembly.before_fin(segment.seq, fits));
  } else {
    reassembly.insert(tcb.rcv.nxt, segment.seq, fits);
    receive_queue.append(reassembly.take(tcb.rcv.nxt));
  }
  const auto size = static_cast<std::uint32_t>(receive_queue.size() - before);
  tcb.rcv.nxt += size;
  tcb.rcv.wnd -= std::min(size, tcb.rcv.wnd);
  // RFC 9293 §3.8.6.3 with RFC 5681 §4.2: a segment out of order is acknowledged at once, and so is one of
  // which a part was received before: RFC 2883 §4 (1) wants it told by the ACK of this very segment.
  if (!in_order || size == 0 || sack_report.has_duplicate()) ack_now = true;
  if (!in_order || size == 0) return;
  emit(EventKind::kReadable);
  note_in_order(segment.payload.size(), had_holes, now);
}

void Connection::Impl::note_in_order(std::size_t octets, bool hole_filled, Instant now) {
  const std::uint32_t mss = std::min(config.mss, config.path_mss);
  const std::uint32_t full = mss - (tcb.timestamps_on ? 12U : 0U);
  unacked_octets += static_cast<std::uint32_t>(octets);
  if (octets >= full) ++unacked_full_segments;
  // RFC 9293 §3.8.6.3 [SHLD-18, SHLD-19]: an ACK may wait, but not beyond every second full-sized segment or
  // 2*RMSS octets. RFC 5681 §4.2: one that fills a hole, all or in part, does not wait at all.
  const bool second = unacked_full_segments >= 2 || unacked_octets >= 2 * mss;
  if (hole_filled || second || config.delayed_ack == Duration::nanos(0)) {
    ack_now = true;
  } else if (!timers.running(Timer::kDelayedAck)) {
    timers.start(Timer::kDelayedAck, now + config.delayed_ack);
  }
}

Disposition Connection::Impl::check_fin(const wire::Segment& segment, Instant now) {
  if (!can_receive_text(tcb.state)) {
    // eighth, CLOSE-WAIT and later: the state stays; in TIME-WAIT the 2 MSL begin anew.
    if (!segment.fin()) return Disposition::kContinue;
    ack_now = true;
    if (tcb.state == State::kTimeWait) enter_time_wait(now);
    return Disposition::kContinue;
  }
  if (segment.fin()) {
    // RFC 5681 §4.2: a FIN is acknowledged at once, and so is one that came too early.
    ack_now = true;
    reassembly.set_fin(segment.seq + static_cast<std::uint32_t>(segment.payload.size()));
  }
  // The FIN counts when the text before it is complete, by this segment or by an earlier one.
  if (reassembly.fin_at(tcb.rcv.nxt)) accept_fin(now);
  return Disposition::kContinue;
}

void Connection::Impl::accept_fin(Instant now) {
  // eighth: RCV.NXT moves over the FIN, the user learns that the peer is closing, the FIN is acknowledged.
  tcb.rcv.nxt += 1;
  tcb.rcv.wnd -= std::min<std::uint32_t>(1, tcb.rcv.wnd);
  fin_received = true;
  ack_now = true;
  emit(EventKind::kReadable);
  switch (tcb.state) {
    case State::kEstablished:
      return enter_state(tcb, State::kCloseWait);
    case State::kFinWait1:
      // Our FIN is not acknowledged, or the fifth check had entered FIN-WAIT-2.
      return enter_state(tcb, State::kClosing);
    case State::kFinWait2:
      return enter_time_wait(now);
    case State::kClosed:
    case State::kListen:
    case State::kSynSent:
    case State::kSynReceived:
    case State::kCloseWait:
    case State::kClosing:
    case State::kLastAck:
    case State::kTimeWait:
      break;
  }
  CHECK(false);
}

}  // namespace tcpspec::tcp
