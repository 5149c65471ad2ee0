// The retransmission timer and giving up: RFC 6298, RFC 9293 §3.8.1 to §3.8.3.
#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

bool data_state(const Here& at) { return at.in.syn_acked && at.tcb.state != State::kClosed; }

constexpr Fault kFaults[] = {
    {"text-is-never-repeated",
     "seen in none",
     "lost text is not sent again",
     "RFC 9293 §3.8.1, §3.10.8",
     "RFC9293:3.10.8-rexmt-ESTAB",
     {.fires = [](Here& at, Timer timer) { return timer != Timer::kRetransmit || !data_state(at); }}},
    {"text-is-repeated-once",
     "seen in none",
     "lost text is sent again once and then no more",
     "RFC 9293 §3.8.1, RFC 6298 §5",
     "RFC6298:5.6",
     {.fires =
          [](Here& at, Timer timer) {
            return timer != Timer::kRetransmit || !data_state(at) || at.tcb.retransmissions < 1;
          }}},
    {"partial-ack-stops-the-timer",
     "SM11",
     "an ACK of part of what is in flight turns the retransmission timer off",
     "RFC 6298 §5 (5.2), (5.3)",
     "RFC6298:5.3",
     {.arrives =
          [](Here& at, Segment&) {
            at.notes.seq = at.tcb.snd.una;
            at.notes.seen = data_state(at);
            return true;
          },
      .settled =
          [](Here& at) {
            const bool partial =
                at.notes.seen && at.tcb.snd.una != at.notes.seq && at.tcb.snd.una != at.tcb.snd.nxt;
            if (partial) at.in.timers.stop(Timer::kRetransmit);
            at.notes.seen = false;
          }}},
    {"new-ack-does-not-restart-the-timer",
     "SM05",
     "an ACK of new text leaves the retransmission timer where it was",
     "RFC 6298 §5 (5.3)",
     "RFC6298:5.3",
     {.arrives =
          [](Here& at, Segment&) {
            at.notes.at = at.in.timers.at(Timer::kRetransmit);
            at.notes.seen = data_state(at) && at.in.timers.running(Timer::kRetransmit);
            return true;
          },
      .settled =
          [](Here& at) {
            if (at.notes.seen && at.in.timers.running(Timer::kRetransmit) &&
                at.in.timers.at(Timer::kRetransmit) > at.notes.at)
              at.in.timers.start(Timer::kRetransmit, at.notes.at);
            at.notes.seen = false;
          }}},
    {"backoff-is-missing",
     "SM43 LX07",
     "text is repeated at a constant interval",
     "RFC 6298 §5 (5.5)",
     "RFC6298:5.5",
     {.fired =
          [](Here& at, Timer timer) {
            if (timer != Timer::kRetransmit || !data_state(at)) return;
            at.tcb.rto = at.tcb.rto / 2;
            at.in.timers.start(Timer::kRetransmit, at.now + at.tcb.rto);
          }}},
    {"backoff-is-linear",
     "SM43",
     "each timeout adds a second in place of doubling",
     "RFC 6298 §5 (5.5)",
     "RFC6298:5.5",
     {.fired =
          [](Here& at, Timer timer) {
            if (timer != Timer::kRetransmit || !data_state(at)) return;
            at.tcb.rto = at.tcb.rto / 2 + Duration::seconds(1) / 2;
            at.in.timers.start(Timer::kRetransmit, at.now + at.tcb.rto);
          }}},
    {"first-timeout-is-hasty",
     "several stacks",
     "before the first measurement the timeout is 200 ms",
     "RFC 6298 §2 (2.1)",
     "RFC6298:2.1",
     {.configures = [](tcp::Config& config) { config.initial_rto = Duration::millis(200); }}},
    {"timeout-has-no-minimum",
     "several stacks",
     "the timeout falls to what was measured, below one second",
     "RFC 6298 §2 (2.4)",
     "RFC6298:2.4",
     {.configures = [](tcp::Config& config) { config.min_rto = Duration::millis(10); }}},
    {"timeout-is-fixed",
     "seen in none",
     "the timeout is a second, whatever the round trip",
     "RFC 6298 §2",
     "RFC9293:3.8.1-rto-dynamic",
     {.configures = [](tcp::Config& config) { config.max_rto = config.min_rto; }}},
    {"repeated-text-is-measured",
     "Karn's reason",
     "the round trip of text that was sent twice is measured",
     "RFC 6298 §3",
     "RFC6298:3-a",
     {.fired =
          [](Here& at, Timer timer) {
            if (timer == Timer::kRetransmit && data_state(at)) at.notes.seen = true;
          },
      .settled =
          [](Here& at) {
            if (at.notes.seen && data_state(at))
              at.in.timed = tcp::Connection::Impl::Timed{at.tcb.snd.una + 1, at.now};
            at.notes.seen = false;
          }}},
    {"lost-syn-keeps-the-short-timeout",
     "seen in none",
     "after a SYN was lost, text starts with a timeout of one second in place of three",
     "RFC 6298 §5 (5.7)",
     "RFC6298:5.7",
     {.settled =
          [](Here& at) {
            if (at.in.syn_retransmitted && at.in.syn_acked) {
              at.in.syn_retransmitted = false;
              at.tcb.rto = at.in.config.initial_rto;
            }
          }}},

    {"repetition-has-other-octets",
     "LW19, RFC 2525 §2.4",
     "text that is sent again differs from what was sent first",
     "RFC 9293 §3.8.1",
     "RFC9293:3.10.8-rexmt-front",
     {.leaves =
          [](Here& at, Segment& s) {
            if (!s.payload.empty() && s.seq.before(at.tcb.snd.nxt)) s.payload[0] ^= 0x01;
            return true;
          }}},
    {"repetition-has-the-next-number",
     "SM26",
     "text that is sent again has the number of what would come next",
     "RFC 9293 §3.8.1, §3.10.8",
     "RFC9293:3.10.8-rexmt-front",
     {.leaves =
          [](Here& at, Segment& s) {
            if (!s.payload.empty() && s.seq.before(at.tcb.snd.nxt)) s.seq = at.tcb.snd.nxt;
            return true;
          }}},
    {"repetition-is-empty",
     "SM38",
     "the segment that is sent again has the right number and no text",
     "RFC 9293 §3.10.8",
     "RFC9293:3.10.8-rexmt-ESTAB",
     {.leaves =
          [](Here& at, Segment& s) {
            if (s.seq.before(at.tcb.snd.nxt) && data_state(at) && at.tcb.retransmissions > 0)
              s.payload.clear();
            return true;
          }}},
    {"every-segment-leaves-twice",
     "seen in none",
     "every segment with text is sent twice at once",
     "RFC 6298 §5, RFC 5681 §3",
     "RFC6298:5-a",
     {.leaves =
          [](Here& at, Segment& s) {
            if (!s.payload.empty()) at.in.segments_out.push_back(s);
            return true;
          }}},
    {"repetition-has-an-old-ack",
     "seen in none",
     "text that is sent again acknowledges what it did the first time, not what arrived since",
     "RFC 9293 §3.8",
     "RFC9293:3.8-ack-always",
     {.leaves =
          [](Here& at, Segment& s) {
            if (s.payload.empty() || s.rst()) return true;
            if (!s.seq.before(at.tcb.snd.nxt)) {
              at.notes.seq = s.ack;
              at.notes.seen = true;
            } else if (at.notes.seen) {
              s.ack = at.notes.seq;
            }
            return true;
          }}},

    {"retransmission-never-gives-up",
     "GV16",
     "a peer that never answers is tried for ever",
     "RFC 9293 §3.8.3",
     "RFC9293:MUST-20",
     {.configures =
          [](tcp::Config& config) {
            config.user_timeout = Duration::nanos(0);
            config.r2_data = config.r2_syn = Duration::seconds(80'000);
          }}},
    {"gives-up-after-three-seconds",
     "GV16",
     "a connection ends when text was not acknowledged for 3 s",
     "RFC 9293 §3.8.3",
     "RFC9293:SHLD-11",
     {.configures = [](tcp::Config& config) { config.r2_data = Duration::seconds(3); }}},
    {"timed-out-connection-stays-open",
     "FB05",
     "after R2 nothing is sent, and the user is not told",
     "RFC 9293 §3.8.3",
     "RFC9293:MUST-20",
     {.fires = [](Here&, Timer timer) { return timer != Timer::kGiveUp; }}},
    {"user-timeout-is-ignored",
     "seen in none",
     "the user's timeout has no effect",
     "RFC 9293 §3.9.1.1, §3.10.8",
     "RFC9293:3.10.8-user-ESTAB",
     {.configures = [](tcp::Config& config) { config.user_timeout = Duration::nanos(0); }}},
    {"giving-up-tells-the-peer-fin",
     "seen in none",
     "a connection that timed out sends a FIN as if it were closed",
     "RFC 9293 §3.10.8",
     "RFC9293:3.10.8-user-ESTAB",
     {.fires =
          [](Here& at, Timer timer) {
            if (timer == Timer::kGiveUp && data_state(at))
              at.in.put_out(at.in.make_segment(at.tcb.snd.nxt, Flag::kFin | Flag::kAck, at.now));
            return true;
          }}},
};

}  // namespace

std::span<const Fault> retransmission_faults() { return kFaults; }

}  // namespace tcpspec::faults
