// RFC 9293 §3.10.7.4 first: the sequence number, with PAWS (RFC 7323 §5.3) before it.
#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

Disposition Connection::Impl::check_sequence(wire::Segment& segment, Instant now) {
  if (tcb.state == State::kTimeWait) {
    const Disposition disposition = segment_in_time_wait(segment);
    if (disposition != Disposition::kContinue) return disposition;
  }
  if (tcb.state == State::kSynReceived) ecn_syn_again(segment);
  note_duplicate(segment);
  const Disposition disposition = check_timestamps(segment, now);
  if (disposition != Disposition::kContinue) return disposition;
  syn_trimmed = is_crossing_syn_ack(segment);
  if (syn_trimmed) {
    // RFC 9293 §3.5 figure 8 line 6: when SYNs cross, the SYN-ACK repeats a SYN that lies left of the window.
    // The test below would drop it with its ACK (appendix A.2); the SYN is trimmed off instead.
    segment.flags = segment.flags.without(wire::Flag::kSyn);
    move_start(segment, 1);
  }
  if (!is_acceptable(segment)) {
    // RFC 9293 §3.10.7.4 first, on a zero window: nothing is acceptable, yet valid ACKs and RSTs should
    // still count. So text at RCV.NXT is cut off, what remains goes on, and the sender is told the window.
    const bool at_zero_window = tcb.rcv.wnd == 0 && segment.seq == tcb.rcv.nxt;
    if (!at_zero_window || segment.rst() || segment.syn()) return not_acceptable(segment, now);
    ack_now = true;
  }
  trim_to_window(segment);
  return Disposition::kContinue;
}

// RFC 7323 §4.3 (2), §5.3 R3. The segment is in the window [R2]; here its ACK was good as well, so that one
// forged blindly cannot set TS.Recent far ahead and shut the peer out. `seq` is SEG.SEQ as it came.
void Connection::Impl::record_timestamp(const wire::Segment& segment, Seq32 seq, Instant now) {
  if (!tcb.timestamps_on || !segment.options.timestamps) return;
  ts_recent.update(segment.options.timestamps->value, seq, last_ack_sent, now);
  tcb.ts_recent = ts_recent.value();
}

Disposition Connection::Impl::check_timestamps(const wire::Segment& segment, Instant now) const {
  // RFC 7323 §5.2, §5.3 R1: a RST is exempt from both rules.
  if (!tcb.timestamps_on || segment.rst()) return Disposition::kContinue;
  // RFC 7323 §3.2: once negotiated, a segment without timestamps is dropped in silence; it must not end the
  // connection. A SYN goes on to its challenge ACK (RFC 5961 §4), which binds harder.
  if (!segment.options.timestamps) return segment.syn() ? Disposition::kContinue : Disposition::kDrop;
  if (!ts_recent.paws_rejects(segment.options.timestamps->value, now)) return Disposition::kContinue;
  // R1: an old duplicate: an ACK as for any unacceptable segment, and drop.
  return segment.syn() && config.rfc5961 ? Disposition::kChallenge : Disposition::kDropAndAck;
}

bool Connection::Impl::is_crossing_syn_ack(const wire::Segment& segment) const {
  return tcb.state == State::kSynReceived && !tcb.passive && segment.syn() && segment.has_ack() &&
         !segment.rst() && segment.seq == tcb.rcv.irs && segment.ack.after(tcb.snd.una) &&
         segment.ack.at_or_before(tcb.snd.nxt);
}

// RFC 9293 §3.4 table 6.
bool Connection::Impl::is_acceptable(const wire::Segment& segment) const {
  const Seq32 next = tcb.rcv.nxt;
  const std::uint32_t window = tcb.rcv.wnd;
  // RFC 5961 §3: for a RST its own number alone counts, whatever text it carries [SHLD-2].
  const std::uint32_t length = segment.rst() ? 0 : segment.length();
  if (length == 0) return window == 0 ? segment.seq == next : segment.seq.in(next, window);
  if (window == 0) return false;
  // A SYN left of the window is an old one, even where text that came with it reaches into the window.
  if (segment.syn()) return segment.seq.in(next, window);
  return segment.seq.in(next, window) || (segment.seq + (length - 1)).in(next, window);
}

Disposition Connection::Impl::not_acceptable(const wire::Segment& segment, Instant now) {
  // RFC 9293 §3.10.7.4 first: an unacceptable segment is answered <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> and
  // dropped, unless the RST bit is set: then it is dropped in silence.
  if (segment.rst()) return Disposition::kDrop;
  // fifth, TIME-WAIT: the peer's FIN again, left of the window: acknowledged, and 2 MSL begin anew.
  if (tcb.state == State::kTimeWait && segment.fin() && segment.end() == tcb.rcv.nxt) enter_time_wait(now);
  // A SYN repeated in SYN-RECEIVED lands here too: the text answers it with an ACK, not with the SYN-ACK
  // again. In synchronized states this is the challenge ACK of RFC 5961 §4, which does not look at the
  // number.
  if (segment.syn() && config.rfc5961) return Disposition::kChallenge;
  return Disposition::kDropAndAck;
}

// RFC 2883 §4: text that was received before is reported by the ACK that answers it, whether the segment is
// acceptable or not (§4.3: and whatever PAWS says of it). SYN and FIN are no text.
void Connection::Impl::note_duplicate(const wire::Segment& segment) {
  if (!tcb.sack_on || !config.dsack || segment.rst() || segment.syn()) return;
  const auto length = static_cast<std::uint32_t>(segment.payload.size());
  sack_report.note_text(tcb.rcv.nxt, segment.seq, segment.seq + length, reassembly);
}

// RFC 9293 §3.10.7.4 first: of an acceptable segment only what lies in the window is looked at: what is old
// goes, and what lies beyond the right edge. A segment right of RCV.NXT keeps its place.
void Connection::Impl::trim_to_window(wire::Segment& segment) const {
  if (segment.syn() || segment.rst()) return;
  if (segment.seq.before(tcb.rcv.nxt)) {
    const auto before = static_cast<std::size_t>(tcb.rcv.nxt - segment.seq);
    const std::size_t old = std::min(before, segment.payload.size());
    if (before > old) segment.flags = segment.flags.without(wire::Flag::kFin);
    segment.payload.erase(segment.payload.begin(),
                          segment.payload.begin() + static_cast<std::ptrdiff_t>(old));
    move_start(segment, static_cast<std::uint32_t>(before));
  }
  const std::int32_t beyond = segment.end() - (tcb.rcv.nxt + tcb.rcv.wnd);
  if (beyond <= 0) return;
  auto excess = static_cast<std::size_t>(beyond);
  if (segment.fin()) {
    segment.flags = segment.flags.without(wire::Flag::kFin);
    --excess;
  }
  segment.payload.resize(segment.payload.size() - std::min(excess, segment.payload.size()));
}

}  // namespace tcpspec::tcp
