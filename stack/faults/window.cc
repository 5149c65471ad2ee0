// Windows, ours and the peer's: RFC 9293 §3.8.6 and §3.10.7.4, RFC 7323 §2.
#include <algorithm>

#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

constexpr Fault kFaults[] = {
    {"text-beyond-the-right-edge-is-accepted",
     "SM01 GV10",
     "text is taken as far as the buffer goes, beyond the window that was offered",
     "RFC 9293 §3.10.7.4 seventh",
     "RFC9293:3.10.7.4-1seq-right-ESTAB",
     {.configures = [](tcp::Config& config) { config.receive_buffer *= 2; },
      .leaves =
          [](Here& at, Segment& s) {
            // Half of the room is offered, all of it is used.
            if (s.has_ack() && !s.syn()) s.window /= 2;
            if (s.syn())
              s.window = static_cast<std::uint16_t>(std::min(s.window + 0U, at.in.config.receive_buffer / 2));
            return true;
          }}},
    {"segment-must-lie-within-the-window",
     "SM07",
     "a segment that reaches beyond either edge of the window is dropped whole",
     "RFC 9293 §3.4, §3.10.7.4 first",
     "RFC9293:3.10.7.4-1seq-overlap-ESTAB",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!tcp::is_synchronized(at.tcb.state) || s.rst() || s.length() == 0) return true;
            const Seq32 edge = at.tcb.rcv.nxt + at.tcb.rcv.wnd;
            const bool in = s.seq.in(at.tcb.rcv.nxt, at.tcb.rcv.wnd) && s.end().at_or_before(edge);
            if (!in) at.in.ack_now = true;
            return in;
          }}},
    {"only-the-expected-octet-is-acceptable",
     "uIP-like stacks",
     "a segment that does not start at RCV.NXT is unacceptable, though part of it is new",
     "RFC 9293 §3.10.7.4 first",
     "RFC9293:3.10.7.4-1seq-left-ESTAB",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!tcp::is_synchronized(at.tcb.state) || s.rst() || s.syn() || !s.seq.before(at.tcb.rcv.nxt))
              return true;
            at.in.ack_now = true;
            return false;
          }}},
    {"window-edge-moves-left",
     "GV11",
     "the right edge moves back as the buffer fills",
     "RFC 9293 §3.8.6",
     "RFC9293:SHLD-14",
     {.leaves =
          [](Here& at, Segment& s) {
            const auto unread = static_cast<std::uint32_t>(at.in.receive_queue.size()) >> at.tcb.rcv.shift;
            if (s.has_ack() && !s.syn())
              s.window = static_cast<std::uint16_t>(s.window - std::min<std::uint32_t>(s.window, unread));
            return true;
          }}},
    {"silly-window-updates",
     "GV08",
     "every octet that the user takes is announced at once",
     "RFC 9293 §3.8.6.2.2",
     "RFC9293:MUST-39",
     {.calls =
          [](Here& at, UserCall call) {
            at.notes.seen = call == UserCall::kReceive;
            return true;
          },
      .decided =
          [](Here& at) {
            if (!at.notes.seen || !tcp::can_receive_text(at.tcb.state)) return;
            at.notes.seen = false;
            if (at.in.receive_space() == at.tcb.rcv.wnd) return;
            at.tcb.rcv.wnd = std::max(at.tcb.rcv.wnd, at.in.receive_space());
            at.in.ack_now = true;
          }}},
    {"reopened-window-is-not-announced",
     "SM37",
     "a window that was shut opens without word to the peer",
     "RFC 9293 §3.8.6.2.2",
     "RFC9293:3.8.6.2.2-formula",
     {.calls =
          [](Here& at, UserCall call) {
            at.notes.seen = call == UserCall::kReceive;
            return true;
          },
      .decided =
          [](Here& at) {
            if (at.notes.seen) at.in.ack_now = false;
            at.notes.seen = false;
          }}},
    {"window-stays-shut",
     "seen in none",
     "a window that was shut once never opens again",
     "RFC 9293 §3.8.6",
     "RFC9293:3.8.6.2.2-formula",
     {.leaves =
          [](Here& at, Segment& s) {
            if (s.has_ack() && !s.syn() && !s.rst() && s.window == 0) at.notes.seen = true;
            if (at.notes.seen) s.window = 0;
            return true;
          }}},
    {"zero-window-drops-acks",
     "seen in none",
     "while our window is shut, a segment with text is dropped before its ACK and window are seen",
     "RFC 9293 §3.10.7.4 first",
     "RFC9293:3.10.7.4-1seq-zw-ackproc",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!tcp::is_synchronized(at.tcb.state) || at.tcb.rcv.wnd > 0 || s.payload.empty() || s.rst())
              return true;
            at.in.ack_now = true;
            return false;
          }}},
    {"zero-window-takes-rst-for-text",
     "seen in none",
     "while our window is shut no RST is heeded",
     "RFC 9293 §3.10.7.4 first",
     "RFC9293:MUST-66",
     {.arrives =
          [](Here& at, Segment& s) {
            return !s.rst() || !tcp::is_synchronized(at.tcb.state) || at.tcb.rcv.wnd > 0;
          }}},
    {"window-field-is-not-scaled",
     "seen in none",
     "with scaling agreed, our window field still counts octets, so the peer sees four times the window",
     "RFC 7323 §2.3",
     "RFC7323:2.3-e",
     {.leaves =
          [](Here& at, Segment& s) {
            if (!s.syn() && s.has_ack())
              s.window = static_cast<std::uint16_t>(std::min(at.tcb.rcv.wnd, 65535U));
            return true;
          }}},

    {"stale-window-update-is-taken",
     "LW22",
     "a window is taken from segments older than the last update",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-wnd-old",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check == Check::kAck && d == Disposition::kContinue && !s.syn())
              at.tcb.snd.wnd = static_cast<std::uint32_t>(s.window) << at.tcb.snd.shift;
            return d;
          }}},
    {"window-update-without-new-ack-is-ignored",
     "SM37",
     "a window that opens without a new ACK number is not seen",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-wnd-dupack",
     {.arrives =
          [](Here& at, Segment& s) {
            at.notes.seen =
                tcp::is_synchronized(at.tcb.state) && s.ack == at.tcb.snd.una && s.payload.empty();
            at.notes.number = at.tcb.snd.wnd;
            return true;
          },
      .checked =
          [](Here& at, Check check, Segment&, Disposition d) {
            if (check == Check::kAck && at.notes.seen) at.tcb.snd.wnd = at.notes.number;
            return d;
          }}},
    {"window-of-the-handshake-ack-is-ignored",
     "GV14",
     "the window in the ACK that ends the handshake is not taken",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-SYNRCVD-ok",
     {.arrives =
          [](Here& at, Segment&) {
            at.notes.seen = at.tcb.state == State::kSynReceived;
            at.notes.number = at.tcb.snd.wnd;
            return true;
          },
      .checked =
          [](Here& at, Check check, Segment&, Disposition d) {
            if (check == Check::kAck && at.notes.seen) at.tcb.snd.wnd = at.notes.number;
            return d;
          }}},
    {"peer-window-is-ignored",
     "SM13",
     "text is sent whatever window the peer offers",
     "RFC 9293 §3.8.6",
     "RFC9293:MUST-34",
     {.decided =
          [](Here& at) {
            if (at.tcb.snd.wnd < 60'000 && tcp::is_synchronized(at.tcb.state)) at.tcb.snd.wnd = 60'000;
          }}},
    {"one-octet-beyond-the-window",
     "seen in none",
     "text is sent one octet beyond the peer's window",
     "RFC 9293 §3.8.6",
     "RFC9293:MUST-34",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check == Check::kAck && d == Disposition::kContinue && s.window > 0)
              at.tcb.snd.wnd = (static_cast<std::uint32_t>(s.window) << at.tcb.snd.shift) + 1;
            return d;
          }}},
    {"shrunk-window-ends-the-connection",
     "seen in none",
     "a right edge that moves left resets the connection",
     "RFC 9293 §3.8.6",
     "RFC9293:MUST-34",
     {.arrives =
          [](Here& at, Segment&) {
            at.notes.seq = at.tcb.snd.una + at.tcb.snd.wnd;
            return true;
          },
      .checked =
          [](Here& at, Check check, Segment&, Disposition d) {
            const bool shrank = (at.tcb.snd.una + at.tcb.snd.wnd).before(at.notes.seq);
            if (check != Check::kAck || d != Disposition::kContinue || !shrank ||
                !tcp::is_synchronized(at.tcb.state))
              return d;
            at.in.send_abort_reset(at.now);
            at.in.become_closed(tcp::EventKind::kReset, tcp::CallError::kReset);
            return Disposition::kGone;
          }}},
    {"peer-window-scale-is-ignored",
     "SM17",
     "the peer's window is read without its scale",
     "RFC 7323 §2.3",
     "RFC7323:2.3-d",
     {.checked =
          [](Here& at, Check check, Segment&, Disposition d) {
            if (check == Check::kSequence) at.tcb.snd.shift = 0;
            return d;
          }}},
    {"window-scale-without-agreement",
     "SM16",
     "our window is scaled though the peer's SYN had no scale",
     "RFC 7323 §2.2",
     "RFC7323:2.2-c",
     {.leaves =
          [](Here& at, Segment& s) {
            if (!at.in.scaling_agreed && !s.syn() && s.has_ack())
              s.window = static_cast<std::uint16_t>(s.window >> 2);
            return true;
          }}},
    {"shift-above-fourteen-is-used",
     "TF10",
     "a window scale of more than 14 is taken as it stands",
     "RFC 7323 §2.3",
     "RFC7323:2.3-f",
     {.reaches =
          [](Notes& notes, Segment& s, bool) {
            if (s.syn() && s.options.window_scale.value_or(0) > 14) notes.number = *s.options.window_scale;
            return true;
          },
      .decided =
          [](Here& at) {
            if (at.notes.number > 0)
              at.tcb.snd.shift = static_cast<std::uint8_t>(std::min(at.notes.number, 20U));
          }}},
    {"window-of-a-syn-is-taken-as-scaled",
     "seen in none",
     "the window of the peer's SYN is shifted",
     "RFC 7323 §2.2",
     "RFC7323:2.2-f",
     {.reaches =
          [](Notes& notes, Segment& s, bool) {
            notes.seen = s.syn() && s.options.window_scale.has_value();
            return true;
          },
      .decided =
          [](Here& at) {
            if (at.notes.seen && at.in.scaling_agreed) at.tcb.snd.wnd <<= at.tcb.snd.shift;
            at.notes.seen = false;
          }}},
    {"tinygrams-while-text-is-in-flight",
     "seen in none",
     "every SEND leaves at once, whatever is in flight",
     "RFC 9293 §3.7.4",
     "RFC9293:SHLD-7",
     {.configures = [](tcp::Config& config) { config.nagle = false; }}},
    {"nagle-cannot-be-turned-off",
     "seen in none",
     "small segments wait for the ACK though the user chose not to",
     "RFC 9293 §3.7.4",
     "RFC9293:MUST-17",
     {.configures = [](tcp::Config& config) { config.nagle = true; }}},
    {"small-windows-are-filled-at-once",
     "RFC 1122's reason",
     "text is cut to whatever small window opens: the silly window syndrome",
     "RFC 9293 §3.8.6.2.1",
     "RFC9293:MUST-38",
     {.decided = [](Here& at) { at.in.override_fired = true; }}},
    {"small-window-waits-forever",
     "LW07",
     "a window smaller than what waits is never used: no override timeout",
     "RFC 9293 §3.8.6.2.1",
     "RFC9293:3.8.6.2.1-r4",
     {.fires = [](Here&, Timer timer) { return timer != Timer::kSwsOverride; }}},
};

}  // namespace

std::span<const Fault> window_faults() { return kFaults; }

}  // namespace tcpspec::faults
