// SEND, RECEIVE, CLOSE and ABORT in every state: RFC 9293 §3.10.2 to §3.10.5. STATUS (§3.10.6) is tcb().
#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

SendResult Connection::Impl::user_send(ByteView data, bool push) {
  switch (tcb.state) {
    case State::kClosed:
    case State::kListen:
      // "connection does not exist", or what ended it.
      return {0, error == CallError::kNone ? CallError::kNotConnected : error};
    case State::kFinWait1:
    case State::kFinWait2:
    case State::kClosing:
    case State::kLastAck:
    case State::kTimeWait:
      return {0, CallError::kClosing};
    case State::kSynSent:
    case State::kSynReceived:
      // Queued for transmission after entering ESTABLISHED.
    case State::kEstablished:
    case State::kCloseWait:
      break;
  }
  // A CLOSE that still waits for the queue to drain has ended SENDs as well.
  if (close_requested) return {0, CallError::kClosing};
  if (data.empty()) return {};
  const std::size_t room = config.send_buffer - std::min<std::size_t>(config.send_buffer, send_queue.size());
  const std::size_t accepted = std::min(room, data.size());
  send_queue.append(data.first(accepted));
  if (accepted < data.size()) send_was_full = true;
  if (push && accepted > 0) push_marks.push_back(queue_end());
  return {accepted, accepted == 0 ? CallError::kWouldBlock : CallError::kNone};
}

ReceiveResult Connection::Impl::user_receive(std::size_t most) {
  ReceiveResult result;
  if (tcb.state == State::kClosed && error != CallError::kNone) {
    result.error = error;
    return result;
  }
  // RFC 9293 §3.10.3: in CLOSE-WAIT what arrived before the FIN is delivered first, then "connection
  // closing". The text wants that error in CLOSING, LAST-ACK and TIME-WAIT at once; a user that closed only
  // its own direction still gets every octet here.
  pass_octet_apart();
  const std::size_t count = readable(most);
  result.data = receive_queue.take_front(count);
  update_urgent_mode();
  result.urgent_remaining = urgent_remaining();
  if (count > 0 && can_receive_text(tcb.state) && window_update_due()) ack_now = true;
  if (count > 0 || most == 0) return result;
  result.end_of_stream = fin_received;
  if (fin_received) return result;
  result.error = tcb.state == State::kClosed ? CallError::kNotConnected : CallError::kWouldBlock;
  return result;
}

void Connection::Impl::user_close() {
  switch (tcb.state) {
    case State::kClosed:    // "connection does not exist"
    case State::kListen:    // never the state of a connection object: listeners are the host's
    case State::kFinWait1:  // "connection closing"; a second FIN is not sent
    case State::kFinWait2:
    case State::kClosing:
    case State::kLastAck:
    case State::kTimeWait:
      return;
    case State::kSynSent:
      // RFC 9293 §3.10.4: the TCB is deleted; nothing was synchronized, so nothing is sent.
      return become_closed(EventKind::kClosed, CallError::kNone);
    case State::kSynReceived:
      // With no SEND issued, a FIN goes out and the state is FIN-WAIT-1; otherwise the CLOSE waits for
      // ESTABLISHED.
      close_requested = true;
      if (send_queue.empty()) enter_state(tcb, State::kFinWait1);
      return;
    case State::kEstablished:
      // The FIN waits until the queue was segmentized; the state changes in any case.
      close_requested = true;
      return enter_state(tcb, State::kFinWait1);
    case State::kCloseWait:
      // Once the queue was segmentized the FIN goes out, and only then LAST-ACK is entered (set_fin_sent).
      close_requested = true;
      return;
  }
}

void Connection::Impl::user_stop_receiving(Instant now) {
  if (tcb.state == State::kClosed) return;
  stopped_receiving = true;
  start_fin_wait_2_timer(now);
  // RFC 9293 §3.6.1 [SHLD-3]: unread data at CLOSE would be lost silently; a RST says so. In TIME-WAIT the
  // peer is done, and its FIN promised to read no more.
  if (receive_queue.empty() || tcb.state == State::kTimeWait) return;
  receive_queue.clear();
  send_abort_reset(now);
  become_closed(EventKind::kClosed, CallError::kNone);
}

void Connection::Impl::user_abort(Instant now) {
  switch (tcb.state) {
    case State::kClosed:
      return;
    case State::kSynReceived:
    case State::kEstablished:
    case State::kFinWait1:
    case State::kFinWait2:
    case State::kCloseWait:
      // RFC 9293 §3.10.5: queued SENDs and RECEIVEs are answered "connection reset", <SEQ=SND.NXT><CTL=RST>.
      send_abort_reset(now);
      break;
    case State::kListen:
    case State::kSynSent:
    case State::kClosing:
    case State::kLastAck:
    case State::kTimeWait:
      // Nothing to tell the peer.
      break;
  }
  receive_queue.clear();
  become_closed(EventKind::kClosed, CallError::kNone);
}

}  // namespace tcpspec::tcp
