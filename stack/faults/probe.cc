// Probing a zero window, and answering probes: RFC 9293 §3.8.6.1.
#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

bool is_probe(const Here& at, const Segment& s) {
  return tcp::can_send_text(at.tcb.state) && at.tcb.snd.wnd == 0 && s.length() == 1 && !s.syn();
}

constexpr Fault kFaults[] = {
    {"zero-window-is-never-probed",
     "GV17 LW07",
     "a shut window is waited out without a probe",
     "RFC 9293 §3.8.6.1",
     "RFC9293:MUST-36",
     {.fires = [](Here&, Timer timer) { return timer != Timer::kPersist; }}},
    {"zero-window-is-probed-once",
     "seen in none",
     "after one probe of a shut window no other follows",
     "RFC 9293 §3.8.6.1",
     "RFC9293:MUST-37",
     {.fires = [](Here& at, Timer timer) { return timer != Timer::kPersist || ++at.notes.count == 1; }}},
    {"probes-come-at-a-constant-interval",
     "seen in none",
     "probes of a shut window never slow down",
     "RFC 9293 §3.8.6.1",
     "RFC9293:SHLD-30",
     {.fired =
          [](Here& at, Timer timer) {
            if (timer != Timer::kPersist || at.tcb.state == State::kClosed) return;
            at.in.persist_interval = at.tcb.rto;
            at.in.timers.start(Timer::kPersist, at.now + at.tcb.rto);
          }}},
    {"probing-gives-up",
     "seen in none",
     "a window that stays shut ends the connection after four probes, though each was answered",
     "RFC 9293 §3.8.6.1",
     "RFC9293:MUST-37",
     {.fires =
          [](Here& at, Timer timer) {
            if (timer != Timer::kPersist || ++at.notes.count <= 4) return true;
            at.in.become_closed(tcp::EventKind::kTimedOut, tcp::CallError::kTimedOut);
            return false;
          }}},
    {"probe-carries-the-wrong-octet",
     "LW19",
     "the octet of a probe is not the one of the stream",
     "RFC 9293 §3.8.6.1, RFC 2525 §2.4",
     "RFC9293:MUST-36",
     {.leaves =
          [](Here& at, Segment& s) {
            if (is_probe(at, s) && !s.payload.empty()) s.payload[0] ^= 0x20;
            return true;
          }}},
    {"probe-has-a-wrong-number",
     "PI08",
     "a probe has a sequence number two beyond the window's edge",
     "RFC 9293 §3.8.6.1",
     "RFC9293:MUST-36",
     {.leaves =
          [](Here& at, Segment& s) {
            if (is_probe(at, s)) s.seq += 2;
            return true;
          }}},
    {"first-probe-comes-at-once",
     "seen in none",
     "a shut window is probed after 50 ms in place of one RTO",
     "RFC 9293 §3.8.6.1",
     "RFC9293:SHLD-29",
     {.settled =
          [](Here& at) {
            if (!at.in.timers.running(Timer::kPersist)) {
              at.notes.seen = false;
            } else if (!at.notes.seen) {
              at.notes.seen = true;
              at.in.timers.start(Timer::kPersist, at.now + Duration::millis(50));
            }
          }}},
    {"probe-of-our-zero-window-is-unanswered",
     "GV17",
     "while our window is shut, what lies at its edge gets no ACK",
     "RFC 9293 §3.8.6.1",
     "RFC9293:3.8.6.1-zw-ack",
     {.arrives =
          [](Here& at, Segment& s) {
            return !tcp::can_receive_text(at.tcb.state) || at.tcb.rcv.wnd > 0 || s.length() == 0 || s.rst();
          }}},
    {"octet-of-a-probe-is-taken",
     "seen in none",
     "while our window is shut, the octet of a probe is taken though there is no room for it",
     "RFC 9293 §3.8.6",
     "RFC9293:3.8.6-overfill-discard",
     {.arrives =
          [](Here& at, Segment& s) {
            if (tcp::can_receive_text(at.tcb.state) && at.tcb.rcv.wnd == 0 && s.payload.size() == 1) {
              at.in.receive_queue.append(ByteView(s.payload));
              at.tcb.rcv.nxt += 1;
              at.in.ack_now = true;
              s.payload.clear();
              s.seq += 1;
            }
            return true;
          }}},
    {"old-octet-probe-is-unanswered",
     "seen in none",
     "a keep-alive of the peer, one number left of the window, gets no ACK",
     "RFC 9293 §3.8.4",
     "RFC9293:3.10.7.4-1seq-old-len0-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            return check == Check::kSequence && s.seq == at.tcb.rcv.nxt - 1 && s.length() <= 1
                       ? Disposition::kDrop
                       : d;
          }}},
};

}  // namespace

std::span<const Fault> probe_faults() { return kFaults; }

}  // namespace tcpspec::faults
