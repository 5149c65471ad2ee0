// SEGMENT ARRIVES in SYN-SENT, RFC 9293 §3.10.7.3.
#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

void Connection::Impl::arrives_in_syn_sent(const wire::Segment& segment, Instant now) {
  // first, the ACK bit: an ACK of something never sent (SEG.ACK =< ISS or SEG.ACK > SND.NXT) is answered with
  // <SEQ=SEG.ACK><CTL=RST>, unless the segment is a RST itself; either way it is dropped.
  if (segment.has_ack() && (segment.ack.at_or_before(tcb.snd.iss) || segment.ack.after(tcb.snd.nxt))) {
    if (!segment.rst()) send_reset_for(segment);
    return;
  }
  const bool ack_acceptable = segment.has_ack();

  // second, the RST bit: with an acceptable ACK it refuses the connection; without ACK it proves nothing and
  // is dropped. RFC 5961 §3 compares with RCV.NXT, which does not exist yet: here the ACK is the proof.
  if (segment.rst()) {
    if (ack_acceptable && !retry_without_ecn(now)) become_closed(EventKind::kRefused, CallError::kRefused);
    return;
  }

  // third, security: not implemented.

  // fifth, out of order because it is short: neither SYN nor RST, drop.
  if (!segment.syn()) return;

  // fourth, the SYN bit.
  accept_peer_syn(segment, now);
  if (ack_acceptable) {
    advance_una(segment, now);
    update_send_window(segment);
    // Our SYN is acknowledged: ESTABLISHED, <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, and the rest of the segment
    // is processed from the sixth step of §3.10.7.4 on.
    ack_now = true;
    enter_established();
    return process_held(now);
  }
  // Simultaneous open: SYN-RECEIVED, <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>. It repeats our SYN, so its round
  // trip is not measured; the retransmission timer goes on.
  enter_state(tcb, State::kSynReceived);
  transmit(tcb.snd.iss, tcb.snd.iss + 1, now);
}

}  // namespace tcpspec::tcp
