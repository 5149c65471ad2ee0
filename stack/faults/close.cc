// Closing: the peer's FIN (RFC 9293 §3.10.7.4 eighth), ours and its ACK (fifth), CLOSE and what it must not
// lose (§3.6, §3.10.4).
#include <algorithm>

#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

constexpr Fault kFaults[] = {
    {"fin-ahead-of-a-hole-counts-at-once",
     "SM44 PI04",
     "a FIN beyond missing text closes the peer's direction at once",
     "RFC 9293 §3.10.7.4 eighth",
     "RFC9293:3.10.7.4-8fin-ooo",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check != Check::kFin || !s.fin() || !tcp::can_receive_text(at.tcb.state)) return d;
            if (!s.end().after(at.tcb.rcv.nxt)) return d;
            at.tcb.rcv.nxt = s.end() - 1;
            at.in.accept_fin(at.now);
            return d;
          }}},
    {"fin-with-old-text-is-ignored",
     "SM08",
     "the FIN of a segment that starts left of RCV.NXT is not seen",
     "RFC 9293 §3.10.7.4 eighth",
     "RFC9293:3.10.7.4-8fin-data",
     {.arrives =
          [](Here& at, Segment& s) {
            if (tcp::can_receive_text(at.tcb.state) && s.fin() && s.seq.before(at.tcb.rcv.nxt))
              s.flags = s.flags.without(Flag::kFin);
            return true;
          }}},
    {"fin-with-text-is-ignored",
     "seen in none",
     "the FIN of a segment that carries text is not seen",
     "RFC 9293 §3.10.7.4 eighth",
     "RFC9293:3.10.7.4-8fin-data",
     {.arrives =
          [](Here& at, Segment& s) {
            if (tcp::is_synchronized(at.tcb.state) && s.fin() && !s.payload.empty())
              s.flags = s.flags.without(Flag::kFin);
            return true;
          }}},
    {"fin-takes-no-number",
     "seen in none",
     "the ACK of a FIN does not count the FIN",
     "RFC 9293 §3.4",
     "RFC9293:3.4-fin-seq",
     {.leaves =
          [](Here& at, Segment& s) {
            if (at.in.fin_received && s.has_ack() && !s.rst()) s.ack = s.ack - 1;
            return true;
          }}},
    {"fin-is-not-acknowledged-at-once",
     "seen in none",
     "the ACK of a FIN waits as one of text does",
     "RFC 5681 §4.2, RFC 9293 §3.10.7.4 eighth",
     "RFC9293:3.10.7.4-8fin-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check != Check::kFin || !s.fin()) return d;
            at.in.ack_now = false;
            at.in.timers.start(Timer::kDelayedAck, at.now + Duration::millis(400));
            return d;
          }}},
    {"repeated-fin-gets-no-ack",
     "seen in none",
     "a FIN that comes again is not acknowledged again",
     "RFC 9293 §3.10.7.4 first",
     "RFC9293:3.10.7.4-1seq-old-data-CW",
     {.arrives = [](Here& at, Segment& s) { return !s.fin() || !at.in.fin_received; }}},
    {"text-after-fin-is-taken",
     "LW20 TF17",
     "text that follows the peer's FIN is acknowledged and delivered",
     "RFC 9293 §3.10.7.4 seventh",
     "RFC9293:3.10.7.4-7text-CW",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!at.in.fin_received || s.payload.empty() || s.seq != at.tcb.rcv.nxt || s.rst()) return true;
            at.in.receive_queue.append(ByteView(s.payload));
            at.tcb.rcv.nxt += static_cast<std::uint32_t>(s.payload.size());
            at.in.ack_now = true;
            s.seq = at.tcb.rcv.nxt;
            s.payload.clear();
            return true;
          }}},
    {"peer-fin-closes-both-ways",
     "several embedded stacks",
     "the peer's FIN ends our direction as well",
     "RFC 9293 §3.6.1",
     "RFC9293:MAY-1",
     {.decided =
          [](Here& at) {
            if (at.tcb.state == State::kCloseWait && !at.in.close_requested) at.in.user_close();
          }}},
    {"peer-fin-ends-the-connection",
     "seen in none",
     "the peer's FIN deletes the TCB as soon as it is acknowledged",
     "RFC 9293 §3.10.7.4 eighth",
     "RFC9293:3.10.7.4-8fin-ESTAB",
     {.settled =
          [](Here& at) {
            if (at.tcb.state == State::kCloseWait)
              at.in.become_closed(tcp::EventKind::kClosed, tcp::CallError::kNone);
          }}},
    {"end-of-stream-is-not-told",
     "seen in none",
     "the user never learns that the peer closed",
     "RFC 9293 §3.6, §3.10.7.4 eighth",
     "RFC9293:3.6-signal-eof",
     {.calls =
          [](Here& at, UserCall call) {
            at.notes.seen = call == UserCall::kReceive && at.in.fin_received;
            if (at.notes.seen) at.in.fin_received = false;
            return true;
          },
      .decided =
          [](Here& at) {
            if (at.notes.seen) at.in.fin_received = true;
            at.notes.seen = false;
          }}},
    {"any-ack-ends-last-ack",
     "SM14",
     "in LAST-ACK any ACK closes, though it does not cover our FIN",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-LASTACK-nofin",
     {.checked =
          [](Here& at, Check check, Segment&, Disposition d) {
            if (check != Check::kAck || at.tcb.state != State::kLastAck || d != Disposition::kDrop) return d;
            at.in.become_closed(tcp::EventKind::kClosed, tcp::CallError::kNone);
            return Disposition::kGone;
          }}},
    {"any-ack-ends-fin-wait-1",
     "LW08",
     "in FIN-WAIT-1 any new ACK counts as one of our FIN",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-FW1-nofin",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool ack = check == Check::kSyn && s.has_ack() && s.ack.after(at.tcb.snd.una);
            if (ack && at.tcb.state == State::kFinWait1 && at.in.syn_acked) at.tcb.fin_acked = true;
            return d;
          },
      .fires = [](Here& at,
                  Timer timer) { return timer != Timer::kRetransmit || at.tcb.state != State::kFinWait2; }}},
    {"fin-wait-2-drops-text",
     "SM25",
     "after our FIN the peer's text is acknowledged no more: no half-close",
     "RFC 9293 §3.6, §3.10.7.4 seventh",
     "RFC9293:3.10.7.4-7text-FW2",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool half = check == Check::kAck && at.tcb.state == State::kFinWait2 && !s.payload.empty();
            return half ? Disposition::kDrop : d;
          }}},
    {"fin-wait-1-resets-on-text",
     "seen in none",
     "text that comes after our FIN resets the connection",
     "RFC 9293 §3.6",
     "RFC9293:3.6-recv-after-close",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool closing = at.tcb.state == State::kFinWait1 || at.tcb.state == State::kFinWait2;
            if (check != Check::kAck || !closing || s.payload.empty()) return d;
            at.in.send_abort_reset(at.now);
            at.in.become_closed(tcp::EventKind::kReset, tcp::CallError::kReset);
            return Disposition::kGone;
          }}},
    {"simultaneous-close-skips-closing",
     "LW23",
     "when FINs cross, the peer's FIN in FIN-WAIT-1 leads to TIME-WAIT, and ours is sent no more",
     "RFC 9293 §3.6",
     "RFC9293:3.6-simclose",
     {.settled =
          [](Here& at) {
            if (at.tcb.state == State::kClosing) at.in.enter_time_wait(at.now);
          }}},
    {"fin-is-not-repeated-in-closing",
     "SM40",
     "in CLOSING a lost FIN is not sent again",
     "RFC 9293 §3.10.8",
     "RFC9293:3.10.8-rexmt-CLOSING",
     {.fires = [](Here& at,
                  Timer timer) { return timer != Timer::kRetransmit || at.tcb.state != State::kClosing; }}},
    {"fin-is-never-repeated",
     "SM40",
     "a lost FIN is not sent again",
     "RFC 9293 §3.10.8",
     "RFC9293:3.10.8-rexmt-FW1",
     {.fires =
          [](Here& at, Timer timer) {
            return timer != Timer::kRetransmit || !at.tcb.fin_seq || at.tcb.snd.una != *at.tcb.fin_seq;
          }}},
    {"close-discards-unsent-text",
     "LW08",
     "CLOSE sends the FIN at once; what still waited is lost",
     "RFC 9293 §3.10.4",
     "RFC9293:3.9.1.4-close-flush",
     {.calls =
          [](Here& at, UserCall call) {
            if (call != UserCall::kClose || !tcp::can_send_text(at.tcb.state) || !at.in.syn_acked)
              return true;
            const auto sent = static_cast<std::size_t>(std::max(at.tcb.snd.nxt - at.in.queue_base, 0));
            const Bytes kept = at.in.send_queue.copy(0, std::min(sent, at.in.send_queue.size()));
            at.in.send_queue.clear();
            at.in.send_queue.append(kept);
            return true;
          }}},
    {"close-with-unread-text-sends-fin",
     "LW27 TF11",
     "CLOSE with text unread sends a FIN in place of a RST",
     "RFC 9293 §3.6.1",
     "RFC9293:SHLD-3",
     {.calls =
          [](Here& at, UserCall call) {
            if (call == UserCall::kStopReceiving) at.in.receive_queue.clear();
            return true;
          }}},
    {"text-after-full-close-is-swallowed",
     "AL11",
     "text that comes after a full close is acknowledged, not reset",
     "RFC 9293 §3.6.1",
     "RFC9293:SHLD-3",
     {.calls = [](Here&, UserCall call) { return call != UserCall::kStopReceiving; }}},
    {"close-in-close-wait-sends-rst",
     "seen in none",
     "CLOSE after the peer's FIN resets the connection",
     "RFC 9293 §3.10.4",
     "RFC9293:3.10.4-CW",
     {.calls =
          [](Here& at, UserCall call) {
            if (call != UserCall::kClose || at.tcb.state != State::kCloseWait) return true;
            at.in.user_abort(at.now);
            return false;
          }}},
    {"close-sends-no-fin",
     "seen in none",
     "CLOSE changes the state, but no FIN leaves",
     "RFC 9293 §3.10.4",
     "RFC9293:3.10.4-ESTAB",
     {.leaves =
          [](Here&, Segment& s) {
            if (!s.fin()) return true;
            s.flags = s.flags.without(Flag::kFin);
            return !s.payload.empty();
          }}},
    {"fin-carries-no-ack",
     "seen in none",
     "our FIN leaves without the ACK bit",
     "RFC 9293 §3.1",
     "RFC9293:3.8-ack-always",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.fin()) s.flags = s.flags.without(Flag::kAck);
            return true;
          }}},
    {"repeated-fin-moves-on",
     "seen in none",
     "a FIN that is sent again has the next number",
     "RFC 9293 §3.8.1",
     "RFC9293:3.10.8-rexmt-FW1",
     {.leaves =
          [](Here& at, Segment& s) {
            if (s.fin() && at.tcb.retransmissions > 0) s.seq += 1;
            return true;
          }}},
};

}  // namespace

std::span<const Fault> close_faults() { return kFaults; }

}  // namespace tcpspec::faults
