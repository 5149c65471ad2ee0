// SEGMENT ARRIVES in SYN-RECEIVED and the synchronized states: the eight checks of RFC 9293 §3.10.7.4, each
// a function, in the order of the text.
#include <utility>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

void Connection::Impl::arrives_in_synchronized(const wire::Segment& arrived, Instant now) {
  wire::Segment segment = arrived;
  Disposition disposition = check_sequence(segment, now);
  if (disposition == Disposition::kContinue) disposition = check_rst(segment);
  // third: security and compartment are not implemented; every segment matches.
  if (disposition == Disposition::kContinue) disposition = check_syn(segment);
  if (disposition == Disposition::kContinue) disposition = check_ack(segment, now);
  if (disposition == Disposition::kContinue) {
    process_held(now);
    trim_to_window(segment);  // RCV.NXT may have moved over what it repeats
    disposition = process_rest(segment, now);
  }
  act_on(disposition, segment, now);
}

Disposition Connection::Impl::process_rest(const wire::Segment& segment, Instant now) {
  if (tcb.state == State::kClosed) return Disposition::kGone;
  // sixth, the URG bit: the octets it points at are ordinary text here; the user is not signalled.
  const Disposition disposition = process_text(segment, now);
  if (disposition != Disposition::kContinue) return disposition;
  return check_fin(segment, now);
}

// RFC 9293 §3.10.7.2 third, §3.10.7.3 fourth: text and FIN that came with the SYN were kept until our SYN
// was acknowledged.
void Connection::Impl::process_held(Instant now) {
  if (!held_for_established || !syn_acked) return;
  wire::Segment held = *std::exchange(held_for_established, std::nullopt);
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
      ack_now = true;
      return;
    case Disposition::kChallenge:
      return challenge_ack(now);
    case Disposition::kDropAndReset:
      return send_reset_for(segment);
  }
}

}  // namespace tcpspec::tcp
