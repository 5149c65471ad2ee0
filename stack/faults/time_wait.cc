// TIME-WAIT: how long, what is answered, what may reopen. RFC 9293 §3.4.2, §3.6.1, §3.10.7.4, RFC 6191.
#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

constexpr Fault kFaults[] = {
    {"time-wait-is-skipped",
     "several embedded stacks",
     "the active closer deletes its TCB at once",
     "RFC 9293 §3.6.1",
     "RFC9293:MUST-13",
     {.settled =
          [](Here& at) {
            if (at.tcb.state == State::kTimeWait)
              at.in.become_closed(tcp::EventKind::kClosed, tcp::CallError::kNone);
          }}},
    {"time-wait-lasts-ten-seconds",
     "several embedded stacks",
     "TIME-WAIT ends after 10 s in place of 2 MSL",
     "RFC 9293 §3.6.1",
     "RFC9293:MUST-13",
     {.configures = [](tcp::Config& config) { config.msl = Duration::seconds(5); }}},
    {"time-wait-lasts-one-msl",
     "seen in none",
     "TIME-WAIT ends after one MSL",
     "RFC 9293 §3.6.1",
     "RFC9293:MUST-13",
     {.configures = [](tcp::Config& config) { config.msl = config.msl / 2; }}},
    {"time-wait-never-ends",
     "seen in none",
     "the TCB stays in TIME-WAIT for ever",
     "RFC 9293 §3.10.8",
     "RFC9293:3.10.8-timewait",
     {.fires = [](Here&, Timer timer) { return timer != Timer::kTimeWait; }}},
    {"repeated-fin-does-not-restart-time-wait",
     "seen in none",
     "a FIN that comes again in TIME-WAIT is acknowledged, but 2 MSL do not begin anew",
     "RFC 9293 §3.10.7.4 eighth",
     "RFC9293:3.10.7.4-8fin-TW",
     {.arrives =
          [](Here& at, Segment&) {
            at.notes.seen = at.tcb.state == State::kTimeWait;
            at.notes.at = at.in.timers.at(Timer::kTimeWait);
            return true;
          },
      .settled =
          [](Here& at) {
            if (at.notes.seen && at.tcb.state == State::kTimeWait)
              at.in.timers.start(Timer::kTimeWait, at.notes.at);
            at.notes.seen = false;
          }}},
    {"any-segment-restarts-time-wait",
     "seen in none",
     "an old segment in TIME-WAIT makes 2 MSL begin anew",
     "RFC 9293 §3.10.7.4",
     "RFC9293:3.10.7.4-1seq-old-len0-TW",
     {.arrives =
          [](Here& at, Segment&) {
            if (at.tcb.state == State::kTimeWait) at.in.enter_time_wait(at.now);
            return true;
          }}},
    {"time-wait-is-silent",
     "seen in none",
     "nothing that arrives in TIME-WAIT is answered",
     "RFC 9293 §3.10.7.4",
     "RFC9293:3.10.7.4-5ack-TW-fin",
     {.arrives = [](Here& at, Segment&) { return at.tcb.state != State::kTimeWait; }}},
    {"time-wait-answers-with-rst",
     "seen in none",
     "what arrives in TIME-WAIT is answered with a RST",
     "RFC 9293 §3.10.7.4",
     "RFC9293:3.10.7.4-1seq-old-data-TW",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.state != State::kTimeWait || s.rst()) return true;
            at.in.send_reset_for(s);
            return false;
          }}},
    {"old-syn-reopens-time-wait",
     "GV05",
     "in TIME-WAIT any SYN begins a new connection, old duplicates too",
     "RFC 9293 §3.6.1, RFC 6191 §2",
     "RFC9293:MAY-2",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.state != State::kTimeWait || !s.syn() || s.has_ack() || s.rst()) return true;
            at.in.become_closed(tcp::EventKind::kClosed, tcp::CallError::kNone);
            return false;
          }}},
    {"rst-in-time-wait-restarts-it",
     "LW26",
     "a RST in TIME-WAIT makes 2 MSL begin anew",
     "RFC 9293 §3.10.7.4 second",
     "RFC9293:3.10.7.4-2rst-exact-TW",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.state != State::kTimeWait || !s.rst()) return true;
            at.in.enter_time_wait(at.now);
            return false;
          }}},
    {"last-ack-waits-two-msl",
     "seen in none",
     "the passive closer stays for 2 MSL after the ACK of its FIN",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-LASTACK-fin",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool last = check == Check::kSyn && at.tcb.state == State::kLastAck && at.tcb.fin_seq &&
                              s.has_ack() && s.ack == *at.tcb.fin_seq + 1;
            if (!last) return d;
            at.in.timers.stop(Timer::kRetransmit);
            at.in.timers.stop(Timer::kGiveUp);
            return Disposition::kDrop;
          }}},
};

}  // namespace

std::span<const Fault> time_wait_faults() { return kFaults; }

}  // namespace tcpspec::faults
