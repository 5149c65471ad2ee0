// The output engine: what leaves, when, in which segments. RFC 9293 §3.8.6.2.1 (sender's silly window
// avoidance with Nagle's rule), §3.10.8 (retransmission), §3.9.1.2 (push). It sends what the peer's window
// permits; there is no congestion window here.
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
    if (cursor == tcb.snd.nxt) send_new(now);
  } else if (tcb.state == State::kFinWait1 && !syn_acked && !tcb.fin_seq && tcb.snd.wnd > 1) {
    // RFC 9293 §3.10.4, CLOSE in SYN-RECEIVED: the FIN goes out without waiting for the ACK of our SYN.
    transmit(tcb.snd.nxt, tcb.snd.nxt + 1, now);
  }
  if (tcb.state == State::kClosed || tcb.state == State::kSynSent) return;
  if (ack_now) send_ack(now);
}

// What was sent and not acknowledged, from `cursor` on, segment by segment as it was sent.
void Connection::Impl::resend(Instant now) {
  while (cursor.before(tcb.snd.nxt) && resend_budget > 0) {
    const Seq32 edge = tcb.snd.una + tcb.snd.wnd;
    const auto sent = std::find_if(retransmission_queue.begin(), retransmission_queue.end(),
                                   [&](const Sent& entry) { return entry.end.after(cursor); });
    CHECK(sent != retransmission_queue.end());
    Seq32 end = sent->end;
    // The limit may be lower by now: SACK blocks take their room. The FIN's number takes none.
    const bool with_fin = tcb.fin_seq && end == *tcb.fin_seq + 1;
    const Seq32 text_end = with_fin ? *tcb.fin_seq : end;
    if (text_end - cursor > static_cast<std::int32_t>(payload_limit())) end = cursor + payload_limit();
    // RFC 9293 §3.8.6 [SHLD-16]: after the peer shrank its window, what still lies in it is repeated. What
    // lies beyond could be as well [MAY-7]; here it waits.
    end = earlier(end, edge);
    if (!end.after(cursor)) return;
    --resend_budget;
    transmit(cursor, end, now);
  }
}

void Connection::Impl::send_new(Instant now) {
  while (true) {
    const std::uint32_t queued = unsent_octets();
    // D and U of §3.8.6.2.1: octets queued and unsent, and the usable window.
    const Seq32 edge = tcb.snd.una + tcb.snd.wnd;
    const auto usable = static_cast<std::uint32_t>(std::max(edge - tcb.snd.nxt, 0));
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
    override_fired = false;
    const std::uint32_t text = std::min({queued, usable, mss});
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
  const bool nagle_allows = !config.nagle || tcb.snd.nxt == tcb.snd.una;
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
  if (size > 0) segment.payload.assign(send_queue.begin() + from, send_queue.begin() + from + size);
  put_out(std::move(segment));
  record_sent(begin, end, now);
  if (fin) set_fin_sent(text_end);
}

// RFC 9293 §3.9.1.2: PSH on the segment with the last octet of a push unit.
bool Connection::Impl::ends_push_unit(Seq32 begin, Seq32 end) const {
  return std::any_of(push_marks.begin(), push_marks.end(),
                     [&](Seq32 mark) { return mark.after(begin) && mark.at_or_before(end); });
}

void Connection::Impl::record_sent(Seq32 begin, Seq32 end, Instant now) {
  Sent entry{begin, end, now, now, 1};
  auto& queue = retransmission_queue;
  auto at = std::find_if(queue.begin(), queue.end(), [&](const Sent& sent) { return sent.end.after(begin); });
  // What is sent again replaces what it repeats; the first time it was sent stays known.
  while (at != queue.end() && at->begin.before(end)) {
    entry.first_sent = std::min(entry.first_sent, at->first_sent);
    entry.transmissions = std::max(entry.transmissions, at->transmissions + 1);
    if (at->end.after(end)) {
      at->begin = end;
      break;
    }
    at = queue.erase(at);
  }
  queue.insert(at, entry);
  // RFC 6298 §3: Karn's rule: nothing that was sent twice is measured. One new segment at a time is.
  if (begin.before(tcb.snd.nxt) || probe_end) {
    timed.reset();
  } else if (!timed) {
    timed = Timed{end, now};
  }
  cursor = end;
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
