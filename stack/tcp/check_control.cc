// RFC 9293 §3.10.7.4 second (RST) and fourth (SYN).
#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

Disposition Connection::Impl::check_rst(const wire::Segment& segment) {
  if (!segment.rst()) return Disposition::kContinue;
  // RFC 1337 §3: a RST need not end TIME-WAIT; by RFC 9293 it does.
  if (tcb.state == State::kTimeWait && !config.rst_kills_time_wait) return Disposition::kDrop;
  // RFC 9293 §3.10.7.4 second 3), RFC 5961 §3.2: outside the window it was dropped before; exactly at RCV.NXT
  // it resets; elsewhere in the window it is challenged.
  if (config.rfc5961 && segment.seq != tcb.rcv.nxt) return Disposition::kChallenge;
  reset_by_peer();
  return Disposition::kGone;
}

void Connection::Impl::reset_by_peer() {
  switch (tcb.state) {
    case State::kSynReceived:
      if (tcb.passive) return return_to_listen();
      return become_closed(EventKind::kRefused, CallError::kRefused);
    case State::kEstablished:
    case State::kFinWait1:
    case State::kFinWait2:
    case State::kCloseWait:
      return become_closed(EventKind::kReset, CallError::kReset);
    case State::kClosing:
    case State::kLastAck:
    case State::kTimeWait:
      // Both sides had closed: no signal but the end.
      return become_closed(EventKind::kClosed, CallError::kNone);
    case State::kClosed:
    case State::kListen:
    case State::kSynSent:
      break;
  }
  CHECK(false);
}

Disposition Connection::Impl::check_syn(const wire::Segment& segment) {
  if (!segment.syn()) return Disposition::kContinue;
  // SYN-RECEIVED after a passive open: back to LISTEN. After an active one: as in the synchronized states.
  if (tcb.state == State::kSynReceived && tcb.passive) {
    return_to_listen();
    return Disposition::kGone;
  }
  // RFC 5961 §4.2: a challenge ACK whatever the number; a peer that did restart answers it with a RST.
  if (config.rfc5961) return Disposition::kChallenge;
  // Without RFC 5961, as RFC 793: a SYN in the window is an error; reset, tell the user, CLOSED.
  send_reset_for(segment);
  become_closed(EventKind::kReset, CallError::kReset);
  return Disposition::kGone;
}

}  // namespace tcpspec::tcp
