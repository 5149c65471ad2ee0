// SEGMENT ARRIVES in SYN-RECEIVED and the synchronized states: the eight checks of RFC 9293 §3.10.7.4, each
// a function, in the order of the text.
#include <utility>

#include "stack/tcp/fault_points.h"
#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

void Connection::Impl::arrives_in_synchronized(wire::Segment segment, Instant now) {
  const Seq32 seq = segment.seq;  // as it came, before anything is trimmed
  const bool with_text = !segment.payload.empty();
  const auto checked = [&](Check check, Disposition decided) {
    return point::checked(*this, check, segment, decided, now);
  };
  Disposition disposition = checked(Check::kSequence, check_sequence(segment, now));
  if (disposition == Disposition::kContinue) disposition = checked(Check::kReset, check_rst(segment));
  // third: security and compartment are not implemented; every segment matches.
  if (disposition == Disposition::kContinue) disposition = checked(Check::kSyn, check_syn(segment));
  if (disposition == Disposition::kContinue) {
    disposition = checked(Check::kAck, check_ack(segment, now));
    // Its number and its ACK are good, whatever becomes of the rest.
    const bool counts = disposition == Disposition::kContinue || disposition == Disposition::kDrop;
    if (counts && segment.has_ack()) {
      record_timestamp(segment, seq, now);
      ecn_arrived(segment, with_text, now);
    }
  }
  if (disposition == Disposition::kContinue) {
    process_held(now);
    trim_to_window(segment);  // RCV.NXT may have moved over what it repeats
    disposition = process_rest(segment, now);
  }
  act_on(disposition, segment, now);
  // RFC 2883 §4 (1): a duplicate that no ACK answers now is not told later.
  if (!ack_now) sack_report.forget();
}

Disposition Connection::Impl::process_rest(wire::Segment& segment, Instant now) {
  if (tcb.state == State::kClosed) return Disposition::kGone;
  check_urgent(segment);  // sixth
  const Disposition disposition =
      point::checked(*this, Check::kText, segment, process_text(segment, now), now);
  if (disposition != Disposition::kContinue) return disposition;
  return point::checked(*this, Check::kFin, segment, check_fin(segment, now), now);
}

// RFC 9293 §3.10.7.2 third, §3.10.7.3 fourth: text and FIN that came with the SYN were kept until our SYN
// was acknowledged.
void Connection::Impl::process_held(Instant now) {
  if (!held_for_established || !syn_acked) return;
  wire::Segment held = std::move(*std::exchange(held_for_established, nullptr));
  trim_to_window(held);
  act_on(process_rest(held, now), held, now);
}

void Connection::Impl::act_on(Disposition disposition, const wire::Segment& segment, Instant now) {
  switch (disposition) {
    case Disposition::kContinue:
    case Disposition::kDrop:
    case Disposition::kGone:
      return;
    case Disposition::kDropAndAck:
      return answer_unacceptable(segment, now);
    case Disposition::kChallenge:
      return challenge_ack(now);
    case Disposition::kDropAndReset:
      return send_reset_for(segment);
  }
}

}  // namespace tcpspec::tcp
