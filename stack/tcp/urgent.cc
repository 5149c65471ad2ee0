#include "stack/tcp/urgent.h"

#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {
namespace {

constexpr std::int32_t kMostField = 65535;

}  // namespace

std::optional<Seq32> urgent_pointer(const wire::Segment& segment) {
  // RFC 9293 §3.1: the field counts only with URG; §3.8.5 [MUST-62]: added to SEG.SEQ it names the octet that
  // follows the urgent data. Zero would name none at all: a sender has no cause to send it.
  if (!segment.flags.has(wire::Flag::kUrg) || segment.urgent == 0) return std::nullopt;
  return segment.seq + segment.urgent;
}

void move_start(wire::Segment& segment, std::uint32_t octets) {
  segment.seq += octets;
  if (segment.urgent > octets) {
    segment.urgent = static_cast<std::uint16_t>(segment.urgent - octets);
  } else {
    segment.urgent = 0;
    segment.flags = segment.flags.without(wire::Flag::kUrg);
  }
}

std::optional<std::uint16_t> urgent_field(Seq32 seq, Seq32 snd_una, Seq32 snd_up) {
  // RFC 9293 §3.8.5: URG on every segment while urgent data is outstanding ahead of it.
  if (!snd_up.after(snd_una) || !snd_up.after(seq)) return std::nullopt;
  return static_cast<std::uint16_t>(std::min(snd_up - seq, kMostField));
}

bool UrgentMode::pointer_arrived(Seq32 rcv_up, Seq32 consumed) {
  if (!rcv_up.after(consumed)) return false;
  // RFC 9293 §3.10.7.4 sixth: in urgent mode already, so the user is not told again. §3.8.5 [MUST-32] would
  // have it told of each advance as well, and says in the same place that an update is invisible.
  const bool tell = !on_;
  on_ = true;
  return tell;
}

void UrgentMode::read_up_to(Seq32 consumed, Seq32 rcv_up) {
  // RFC 9293 §3.8.5: once everything before the pointer was taken, normal mode.
  if (!rcv_up.after(consumed)) on_ = false;
}

// --- Sending ---

SendResult Connection::Impl::user_send_urgent(ByteView data) {
  const SendResult result = user_send(data, true);
  // RFC 9293 §3.8.5: an urgent indication comes with at least one octet.
  if (result.accepted == 0) return result;
  // RFC 9293 §3.10.2: SND.UP is the number after the last octet of this SEND; it never moves back.
  tcb.snd.up = queue_end();
  urgent_untold = true;
  return result;
}

void Connection::Impl::add_urgent(wire::Segment& segment) {
  const std::optional<std::uint16_t> field = urgent_field(segment.seq, tcb.snd.una, tcb.snd.up);
  if (!field) return;
  segment.flags = segment.flags | wire::Flag::kUrg;
  segment.urgent = *field;
  urgent_untold = false;
}

// After what could be sent was sent. RFC 9293 §3.8.5: the pointer is there to make the receiver take what it
// has not taken yet, so it does not wait where a window holds the text back: an empty segment tells it.
void Connection::Impl::tell_urgent(Instant now) {
  if (!urgent_untold || !syn_acked || !can_send_text(tcb.state)) return;
  urgent_untold = false;
  if (tcb.snd.up.after(tcb.snd.nxt)) send_ack(now);
}

// --- Receiving ---

Seq32 Connection::Impl::consumed() const {
  return tcb.rcv.nxt - (static_cast<std::uint32_t>(receive_queue.size()) + (fin_received ? 1U : 0U));
}

void Connection::Impl::check_urgent(const wire::Segment& segment) {
  // RFC 9293 §3.10.7.4 sixth: ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2; once the peer's FIN came, URG is ignored.
  if (!can_receive_text(tcb.state)) return;
  const std::optional<Seq32> pointer = urgent_pointer(segment);
  if (!pointer) return;
  // RCV.UP <- max(RCV.UP, SEG.UP). A pointer that recedes, or names what was read, changes nothing.
  tcb.rcv.up = later(later(tcb.rcv.up, consumed()), *pointer);
  if (urgent.pointer_arrived(tcb.rcv.up, consumed()) && !stopped_receiving) emit(EventKind::kUrgent);
}

// RFC 9293 §3.8.5 [MUST-33]: how much urgent data is still to be read, what did not arrive yet included. A
// pointer beyond the end of the stream promises nothing.
std::uint32_t Connection::Impl::urgent_remaining() const {
  const Seq32 end = fin_received ? earlier(tcb.rcv.up, tcb.rcv.nxt - 1) : tcb.rcv.up;
  return static_cast<std::uint32_t>(std::max(end - consumed(), 0));
}

// How many octets one RECEIVE may take. RFC 9293 §3.9.1.3: text that follows urgent data is not delivered in
// the same buffer with it, for nothing in the buffer would tell where the one ends. Set apart, the last
// urgent octet is the boundary itself.
std::size_t Connection::Impl::readable(std::size_t most) const {
  std::size_t count = std::min(most, receive_queue.size());
  if (!config.urgent_inline && urgent.fetched)
    count = std::min(count, static_cast<std::size_t>(std::max(*urgent.fetched - consumed(), 0)));
  const std::int32_t ahead = tcb.rcv.up - consumed();
  if (ahead <= 0) return count;
  return std::min(count, static_cast<std::size_t>(config.urgent_inline ? ahead : ahead - 1));
}

// RFC 6093 §3.4, the practice of BSD: the stream passes over the octet that was set apart.
void Connection::Impl::pass_octet_apart() {
  while (!config.urgent_inline && !receive_queue.empty()) {
    if (urgent.fetched && *urgent.fetched == consumed()) {
      urgent.fetched.reset();
      (void)receive_queue.take_front(1);
    } else if (tcb.rcv.up == consumed() + 1) {
      urgent.apart = receive_queue.take_front(1).front();
    } else {
      return;
    }
  }
}

// After the user has taken something.
void Connection::Impl::update_urgent_mode() {
  tcb.rcv.up = later(tcb.rcv.up, consumed());
  urgent.read_up_to(consumed(), tcb.rcv.up);
}

ReceiveResult Connection::Impl::user_receive_urgent() {
  ReceiveResult result;
  result.error = CallError::kWouldBlock;
  if (tcb.state == State::kClosed && error != CallError::kNone) {
    result.error = error;
  } else if (urgent.apart) {
    result = ReceiveResult{Bytes{*urgent.apart}, false, CallError::kNone, 0};
    urgent.apart.reset();
  } else if (!config.urgent_inline && !urgent.fetched) {
    const std::int32_t offset = tcb.rcv.up - 1 - consumed();
    if (offset < 0 || static_cast<std::size_t>(offset) >= receive_queue.size()) return result;
    result =
        ReceiveResult{receive_queue.copy(static_cast<std::size_t>(offset), 1), false, CallError::kNone, 0};
    urgent.fetched = tcb.rcv.up - 1;
  }
  return result;
}

}  // namespace tcpspec::tcp
