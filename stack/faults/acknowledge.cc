// The ACK field and the ACKs we send: RFC 9293 §3.10.7.4 first and fifth, §3.8.6.3, RFC 5961 §5 and §7.
#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

bool of_unsent(const Here& at, const Segment& s) {
  return tcp::is_synchronized(at.tcb.state) && s.has_ack() && s.ack.after(at.tcb.snd.nxt);
}

constexpr Fault kFaults[] = {
    {"ack-of-unsent-is-ignored",
     "LW17 GV13",
     "an ACK of what was never sent is dropped without an ACK",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-future-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            return check == Check::kAck && of_unsent(at, s) ? Disposition::kDrop : d;
          }}},
    {"ack-of-unsent-is-accepted",
     "TF14",
     "an ACK of what was never sent is taken for one of everything",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-future-ESTAB",
     {.arrives =
          [](Here& at, Segment& s) {
            if (of_unsent(at, s)) s.ack = at.tcb.snd.nxt;
            return true;
          }}},
    {"ack-of-unsent-resets",
     "seen in none",
     "an ACK of what was never sent resets the connection",
     "RFC 9293 §3.5.2 group 3",
     "RFC9293:3.5.2-g3",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check != Check::kAck || !of_unsent(at, s)) return d;
            at.in.send_reset_for(s);
            at.in.become_closed(tcp::EventKind::kReset, tcp::CallError::kReset);
            return Disposition::kGone;
          }}},
    {"ancient-ack-is-accepted",
     "before RFC 5961",
     "an ACK older than the largest window ever offered is taken, and its text with it",
     "RFC 5961 §5.2",
     "RFC5961:5.2-b",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool old = check == Check::kAck && s.ack.before(at.tcb.snd.una);
            return old && d == Disposition::kChallenge ? Disposition::kContinue : d;
          }}},
    {"old-ack-drops-the-text",
     "seen in none",
     "text is dropped when its ACK number is older than the newest that was seen",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-dup-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool old = check == Check::kSyn && d == Disposition::kContinue && s.has_ack() &&
                             tcp::is_synchronized(at.tcb.state) && s.ack.before(at.tcb.snd.una);
            return old ? Disposition::kDrop : d;
          }}},
    {"segment-without-ack-is-taken",
     "seen in none",
     "text without the ACK bit is accepted",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-off-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check == Check::kSyn && d == Disposition::kContinue && !s.has_ack()) {
              s.flags = s.flags | Flag::kAck;
              s.ack = at.tcb.snd.una;
            }
            return d;
          }}},
    {"segment-without-ack-is-reset",
     "seen in none",
     "a segment without the ACK bit gets a RST",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-off-ESTAB",
     {.checked =
          [](Here&, Check check, Segment& s, Disposition d) {
            return check == Check::kAck && !s.has_ack() ? Disposition::kDropAndReset : d;
          }}},
    {"segment-without-ack-is-answered",
     "seen in none",
     "a segment without the ACK bit gets an ACK",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-off-ESTAB",
     {.checked =
          [](Here&, Check check, Segment& s, Disposition d) {
            return check == Check::kAck && !s.has_ack() ? Disposition::kDropAndAck : d;
          }}},

    {"unacceptable-segment-gets-no-ack",
     "GV13",
     "a segment outside the window is dropped without an ACK",
     "RFC 9293 §3.10.7.4 first",
     "RFC9293:3.10.7.4-1seq-old-data-ESTAB",
     {.checked =
          [](Here&, Check check, Segment& s, Disposition d) {
            const bool out = check == Check::kSequence && d == Disposition::kDropAndAck && !s.syn();
            return out ? Disposition::kDrop : d;
          }}},
    {"unacceptable-segment-gets-no-ack-when-closing",
     "GV13",
     "once the peer has sent its FIN, a segment outside the window is dropped without an ACK",
     "RFC 9293 §3.10.7.4 first",
     "RFC9293:3.10.7.4-1seq-old-data-CW",
     {.checked =
          [](Here& at, Check check, Segment&, Disposition d) {
            const bool out = check == Check::kSequence && d == Disposition::kDropAndAck && at.in.fin_received;
            return out ? Disposition::kDrop : d;
          }}},
    {"old-text-spends-the-challenge-budget",
     "SM32",
     "ACKs of repeated text count as challenge ACKs, so a peer that lost ours waits for the next second",
     "RFC 9293 §3.10.7.4 first, RFC 5961 §7",
     "RFC9293:3.10.7.4-1seq-old-data-ESTAB",
     {.configures = [](tcp::Config& config) { config.challenge_ack_limit = 1; },
      .checked =
          [](Here&, Check check, Segment&, Disposition d) {
            const bool old = check == Check::kSequence && d == Disposition::kDropAndAck;
            return old ? Disposition::kChallenge : d;
          }}},
    {"challenge-ack-echoes-the-peer",
     "FR02",
     "a challenge ACK carries numbers of the segment it answers in place of SND.NXT and RCV.NXT",
     "RFC 5961 §3.2",
     "RFC9293:3.10.7.4-1seq-ack-form",
     {.checked =
          [](Here& at, Check, Segment& s, Disposition d) {
            if (d != Disposition::kChallenge) return d;
            Segment ack = at.in.make_segment(s.ack, Flag::kAck, at.now);
            ack.ack = s.end();
            at.in.put_out(std::move(ack));
            return Disposition::kDrop;
          }}},
    {"challenge-acks-have-no-limit",
     "before RFC 5961",
     "challenge ACKs are not limited",
     "RFC 5961 §7",
     "RFC5961:7-a",
     {.configures = [](tcp::Config& config) { config.challenge_ack_limit = 1'000'000'000; }}},
    {"pure-ack-is-acknowledged",
     "seen in none",
     "an ACK without text is answered with an ACK",
     "RFC 9293 §3.8.6.3, §3.10.7.4",
     "RFC9293:3.10.7.4-5ack-new-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check == Check::kFin && s.length() == 0 && d == Disposition::kContinue) at.in.ack_now = true;
            return d;
          }}},
    {"ack-is-delayed-for-a-second",
     "seen in none",
     "an ACK waits for up to a second",
     "RFC 9293 §3.8.6.3",
     "RFC9293:MUST-40",
     {.configures =
          [](tcp::Config& config) {
            if (config.delayed_ack > Duration()) config.delayed_ack = Duration::seconds(1);
          }}},
    {"ack-only-every-eighth-segment",
     "AL10",
     "a stream of full segments gets an ACK for every eighth",
     "RFC 9293 §3.8.6.3",
     "RFC9293:SHLD-19",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check != Check::kText || s.payload.empty() || at.in.reassembly.has_holes()) return d;
            if (at.in.ack_now && ++at.notes.count % 8 != 0) {
              at.in.ack_now = false;
              at.in.timers.start(Timer::kDelayedAck, at.now + at.in.config.delayed_ack);
            }
            return d;
          }}},
    {"text-out-of-order-waits-for-its-ack",
     "seen in none",
     "the ACK of a segment out of order is delayed, so the sender gets no duplicate ACKs in time",
     "RFC 5681 §4.2",
     "RFC9293:3.8.6.3-ooo-imm",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check != Check::kText || s.payload.empty() || !at.in.reassembly.has_holes()) return d;
            at.in.ack_now = false;
            at.in.timers.start(Timer::kDelayedAck, at.now + at.in.config.delayed_ack);
            return d;
          }}},
    {"filled-hole-waits-for-its-ack",
     "seen in none",
     "the ACK of a segment that fills a hole is delayed",
     "RFC 5681 §4.2",
     "RFC5681:4.2-f",
     {.arrives =
          [](Here& at, Segment&) {
            at.notes.seen = at.in.reassembly.has_holes();
            return true;
          },
      .checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool filled = at.notes.seen && !at.in.reassembly.has_holes();
            if (check != Check::kText || s.payload.empty() || !filled) return d;
            at.in.ack_now = false;
            at.in.timers.start(Timer::kDelayedAck, at.now + at.in.config.delayed_ack);
            return d;
          }}},
    {"ack-covers-what-lies-beyond-a-hole",
     "seen in none",
     "text beyond a hole is acknowledged as if the hole were filled",
     "RFC 9293 §3.4",
     "RFC9293:3.4-ack-cumulative",
     {.leaves =
          [](Here& at, Segment& s) {
            const auto beyond = at.in.reassembly.sack_blocks(1);
            if (s.has_ack() && !s.rst() && !beyond.empty()) s.ack = beyond.front().right;
            return true;
          }}},
    {"ack-of-text-is-one-short",
     "seen in none",
     "ACKs leave out the last octet that arrived",
     "RFC 9293 §3.4",
     "RFC9293:3.4-ack-cumulative",
     {.leaves =
          [](Here& at, Segment& s) {
            if (s.has_ack() && !s.rst() && tcp::can_receive_text(at.tcb.state) &&
                s.ack.after(at.tcb.rcv.irs + 1))
              s.ack = s.ack - 1;
            return true;
          }}},
    {"text-without-ack-flag",
     "seen in none",
     "segments with text leave without the ACK bit",
     "RFC 9293 §3.1",
     "RFC9293:3.8-ack-always",
     {.leaves =
          [](Here&, Segment& s) {
            if (!s.payload.empty()) s.flags = s.flags.without(Flag::kAck);
            return true;
          }}},
};

}  // namespace

std::span<const Fault> acknowledge_faults() { return kFaults; }

}  // namespace tcpspec::faults
