// Probing a zero window, RFC 9293 §3.8.6.1.
#include <algorithm>
#include <utility>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

// The peer's window is shut and something waits for it: the persist timer rules instead of RFC 6298's. A
// window that shrank to zero over text in flight is probed alike (§3.8.6 [MUST-35]).
bool Connection::Impl::must_probe_window() const {
  return syn_acked && can_send_text(tcb.state) && tcb.snd.wnd == 0 && outstanding();
}

void Connection::Impl::enter_persist(Instant now) {
  if (!must_probe_window()) return;
  timers.stop(Timer::kRetransmit);
  timers.stop(Timer::kReorder);
  timers.stop(Timer::kTailLossProbe);
  timers.stop(Timer::kSwsOverride);
  if (timers.running(Timer::kPersist)) return;
  start_persist_timer(now);
}

void Connection::Impl::start_persist_timer(Instant now) {
  // [SHLD-29]: the first probe when the window has been shut for one RTO.
  persist_interval = tcb.rto;
  timers.start(Timer::kPersist, now + persist_interval);
}

void Connection::Impl::leave_persist() {
  if (!timers.running(Timer::kPersist) || must_probe_window()) return;
  timers.stop(Timer::kPersist);
  if (retransmission_queue.empty()) return;
  // The window opened over text that had been in flight when it shut, which the receiver may have refused:
  // start over from SND.UNA. That is no sign of congestion.
  timers.stop(Timer::kRetransmit);
  retransmission_queue.mark_all_lost();
}

void Connection::Impl::on_persist_timeout(Instant now) {
  // [MUST-36]: probe; [MUST-37, SHLD-30]: at growing intervals, for as long as the peer answers. The probe is
  // the one octet just beyond the window (or our FIN), new text where there is some. Until it is acknowledged
  // SND.NXT does not count it, so that our ACKs keep a number that the peer accepts.
  const Seq32 begin = tcb.snd.una;
  const bool fin = close_requested && begin == queue_end();
  wire::Flags flags = wire::Flag::kAck;
  if (fin) flags = flags | wire::Flag::kFin;
  if (ends_push_unit(begin, begin + 1)) flags = flags | wire::Flag::kPsh;
  wire::Segment probe = make_segment(begin, flags, now);
  if (!fin) {
    CHECK(!send_queue.empty());
    probe.payload = send_queue.copy(0, 1);
  }
  put_out(std::move(probe));
  timed.reset();
  if (!(begin + 1).at_or_before(tcb.snd.nxt)) probe_end = begin + 1;
  if (fin) set_fin_sent(begin);
  persist_interval = std::min(persist_interval * 2, config.max_rto);
  timers.start(Timer::kPersist, now + persist_interval);
}

}  // namespace tcpspec::tcp
