// Opening a connection: RFC 9293 §3.5, §3.10.7.3 and SYN-RECEIVED in §3.10.7.4, and SYNs that come later
// (RFC 5961 §4).
#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

constexpr Fault kFaults[] = {
    {"simultaneous-open-is-ignored",
     "LW31",
     "in SYN-SENT a SYN without ACK is dropped",
     "RFC 9293 §3.5, §3.10.7.3 fourth",
     "RFC9293:MUST-10",
     {.arrives = [](Here& at,
                    Segment& s) { return at.tcb.state != State::kSynSent || !s.syn() || s.has_ack(); }}},
    {"simultaneous-open-answers-with-bare-ack",
     "seen in none",
     "when SYNs cross, the answer is an ACK in place of the SYN-ACK",
     "RFC 9293 §3.10.7.3 fourth",
     "RFC9293:3.10.7.3-4syn-only",
     {.leaves =
          [](Here& at, Segment& s) {
            if (at.tcb.state == State::kSynReceived && !at.tcb.passive && s.syn()) {
              s.flags = s.flags.without(Flag::kSyn);
              s.seq += 1;
              s.options = {};
            }
            return true;
          }}},
    {"text-without-syn-ends-syn-sent",
     "SM20",
     "in SYN-SENT a segment without SYN and RST ends the attempt",
     "RFC 9293 §3.10.7.3 fifth",
     "RFC9293:3.10.7.3-5neither",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.state != State::kSynSent || s.syn() || s.rst()) return true;
            at.in.become_closed(tcp::EventKind::kRefused, tcp::CallError::kRefused);
            return false;
          }}},
    {"syn-ack-number-is-not-checked",
     "SM28",
     "in SYN-SENT any ACK number acknowledges our SYN",
     "RFC 9293 §3.10.7.3 first",
     "RFC9293:3.10.7.3-1ack-low",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.state == State::kSynSent && s.syn() && s.has_ack() && !s.rst()) s.ack = at.tcb.snd.nxt;
            return true;
          }}},
    {"handshake-ack-number-is-not-checked",
     "TF14",
     "in SYN-RECEIVED any ACK number establishes",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-SYNRCVD-bad",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check == Check::kSyn && at.tcb.state == State::kSynReceived && s.has_ack())
              s.ack = at.tcb.snd.nxt;
            return d;
          }}},
    {"syn-is-never-repeated",
     "seen in none",
     "a lost SYN is not sent again",
     "RFC 9293 §3.8.3, §3.10.8",
     "RFC9293:3.10.8-rexmt-SYNSENT",
     {.fires = [](Here& at,
                  Timer timer) { return timer != Timer::kRetransmit || at.tcb.state != State::kSynSent; }}},
    {"syn-ack-is-never-repeated",
     "seen in none",
     "a lost SYN-ACK is not sent again",
     "RFC 9293 §3.10.8",
     "RFC9293:3.10.8-rexmt-SYNRCVD",
     {.fires =
          [](Here& at, Timer timer) {
            return timer != Timer::kRetransmit || at.tcb.state != State::kSynReceived;
          }}},
    {"syn-is-repeated-without-backoff",
     "LX07",
     "SYNs are repeated every second, however many were lost",
     "RFC 6298 §5 (5.5)",
     "RFC6298:5.5",
     {.fired =
          [](Here& at, Timer timer) {
            if (timer != Timer::kRetransmit || at.tcb.state != State::kSynSent) return;
            at.tcb.rto = at.in.config.initial_rto;
            at.in.timers.start(Timer::kRetransmit, at.now + at.tcb.rto);
          }}},
    {"repeated-syn-has-a-new-isn",
     "seen in none",
     "each repetition of a SYN takes a new sequence number",
     "RFC 9293 §3.8.1, §3.10.8",
     "RFC9293:3.10.8-rexmt-SYNSENT",
     {.leaves =
          [](Here& at, Segment& s) {
            if (s.syn()) s.seq += 1000 * static_cast<std::uint32_t>(at.tcb.retransmissions);
            return true;
          }}},
    {"syn-gives-up-after-ten-seconds",
     "several embedded stacks",
     "an unanswered SYN is given up after 10 s",
     "RFC 9293 §3.8.3",
     "RFC9293:MUST-23",
     {.configures = [](tcp::Config& config) { config.r2_syn = Duration::seconds(10); }}},
    {"third-message-carries-no-ack",
     "seen in none",
     "the answer to a SYN-ACK does not acknowledge it",
     "RFC 9293 §3.5 figure 6",
     "RFC9293:3.10.7.3-4synack",
     {.leaves =
          [](Here& at, Segment& s) {
            if (at.tcb.state == State::kEstablished && !at.tcb.passive && s.payload.empty() && !s.rst() &&
                at.in.receive_queue.empty() && s.ack == at.tcb.rcv.irs + 1)
              s.ack = at.tcb.rcv.irs;
            return true;
          }}},
    {"text-with-the-syn-is-lost",
     "seen in none",
     "text that comes with a SYN or SYN-ACK is acknowledged and then forgotten",
     "RFC 9293 §3.10.7.2 third",
     "RFC9293:3.5-syn-data-hold",
     {.reaches =
          [](Notes& notes, Segment& s, bool) {
            if (s.syn() && !s.payload.empty()) notes.seen = true;
            return true;
          },
      .checked =
          [](Here& at, Check check, Segment&, Disposition d) {
            if (check == Check::kText && at.notes.seen) at.in.receive_queue.clear();
            if (check == Check::kText) at.notes.seen = false;
            return d;
          }}},
    {"fin-with-the-syn-is-lost",
     "seen in none",
     "a FIN that comes with the SYN is forgotten",
     "RFC 9293 §3.10.7.2 third",
     "RFC9293:3.10.7.2-3syn-fin",
     {.reaches =
          [](Notes&, Segment& s, bool) {
            if (s.syn()) s.flags = s.flags.without(Flag::kFin);
            return true;
          }}},

    {"syn-in-window-resets",
     "PI05",
     "a SYN in the window of a synchronized connection resets it, as RFC 793 said",
     "RFC 5961 §4.2",
     "RFC9293:3.10.7.4-4syn-inwin-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check != Check::kSyn || d != Disposition::kChallenge) return d;
            at.in.send_reset_for(s);
            at.in.become_closed(tcp::EventKind::kReset, tcp::CallError::kReset);
            return Disposition::kGone;
          }}},
    {"syn-in-synchronized-state-is-ignored",
     "SM31",
     "a SYN on a synchronized connection gets no challenge ACK, so a peer that restarted stays locked out",
     "RFC 5961 §4.2",
     "RFC9293:3.10.7.4-4syn-oow-ESTAB",
     {.arrives = [](Here& at, Segment& s) { return !s.syn() || !tcp::is_synchronized(at.tcb.state); }}},
    {"syn-outside-window-is-ignored",
     "LW32",
     "in SYN-RECEIVED a SYN outside the window is dropped without an ACK",
     "RFC 9293 §3.10.7.4 first",
     "RFC9293:3.10.7.4-1seq-dupsyn-SYNRCVD",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool here = check == Check::kSequence && s.syn() && at.tcb.state == State::kSynReceived;
            return here && d != Disposition::kContinue ? Disposition::kDrop : d;
          }}},
    {"repeated-syn-starts-a-second-handshake",
     "seen in none",
     "a SYN that comes again in SYN-RECEIVED changes the numbers that were agreed",
     "RFC 9293 §3.10.7.4 first",
     "RFC9293:3.10.7.4-1seq-dupsyn-SYNRCVD",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.state != State::kSynReceived || !s.syn() || s.has_ack()) return true;
            at.tcb.rcv.irs = s.seq;
            at.tcb.rcv.nxt = s.seq;
            return true;
          }}},
    {"half-open-peer-is-not-challenged-twice",
     "seen in none",
     "only the first SYN on a synchronized connection gets its challenge ACK",
     "RFC 5961 §4.2, §7",
     "RFC5961:4.2-a",
     {.arrives =
          [](Here& at, Segment& s) {
            return !s.syn() || !tcp::is_synchronized(at.tcb.state) || ++at.notes.count == 1;
          }}},
};

}  // namespace

std::span<const Fault> handshake_faults() { return kFaults; }

}  // namespace tcpspec::faults
