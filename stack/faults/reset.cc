// Resets: which ones end a connection (RFC 9293 §3.5.3, §3.10.7.4 second, RFC 5961 §3), and which are sent
// (§3.5.2, §3.10.5, §3.10.7.1).
#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

Disposition reset_by(Here& at) {
  at.in.reset_by_peer();
  return Disposition::kGone;
}

constexpr Fault kFaults[] = {
    {"rst-anywhere-in-window-resets",
     "LW11 GV01 AL02",
     "a RST anywhere in the window ends the connection, not only one at RCV.NXT",
     "RFC 5961 §3.2",
     "RFC5961:3.2-b",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            return check == Check::kReset && s.rst() && d == Disposition::kChallenge ? reset_by(at) : d;
          }}},
    {"rst-outside-window-resets",
     "TF02 SM31",
     "a RST outside the window ends the connection",
     "RFC 9293 §3.5.3, §3.10.7.4 first",
     "RFC9293:3.10.7.4-2rst-oow-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            return check == Check::kSequence && s.rst() && d == Disposition::kDrop ? reset_by(at) : d;
          }}},
    {"rst-at-rcv-nxt-is-only-challenged",
     "seen in none",
     "a RST exactly at RCV.NXT gets a challenge ACK as well, so nothing can reset the connection",
     "RFC 5961 §3.2",
     "RFC9293:3.10.7.4-2rst-exact-ESTAB",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!s.rst() || !tcp::is_synchronized(at.tcb.state) || s.seq != at.tcb.rcv.nxt) return true;
            at.in.ack_now = true;
            return false;
          }}},
    {"in-window-rst-is-dropped-in-silence",
     "seen in none",
     "a RST inside the window but not at RCV.NXT gets no challenge ACK",
     "RFC 5961 §3.2",
     "RFC5961:3.2-b",
     {.checked =
          [](Here&, Check check, Segment& s, Disposition d) {
            return check == Check::kReset && s.rst() && d == Disposition::kChallenge ? Disposition::kDrop : d;
          }}},
    {"rst-outside-window-is-answered",
     "SM31",
     "a RST outside the window gets an ACK",
     "RFC 9293 §3.10.7.4 first",
     "RFC9293:3.10.7.4-1seq-rst-oow-ESTAB",
     {.checked =
          [](Here&, Check check, Segment& s, Disposition d) {
            const bool dropped = check == Check::kSequence && s.rst() && d == Disposition::kDrop;
            return dropped ? Disposition::kDropAndAck : d;
          }}},
    {"rst-with-text-is-acknowledged",
     "PI02",
     "a RST that carries text is taken for text and acknowledged",
     "RFC 9293 §3.5.3",
     "RFC9293:SHLD-2",
     {.arrives =
          [](Here& at, Segment& s) {
            if (s.rst() && !s.payload.empty() && tcp::is_synchronized(at.tcb.state))
              s.flags = s.flags.without(Flag::kRst) | Flag::kAck;
            return true;
          }}},
    {"rst-in-time-wait-is-challenged",
     "LW26",
     "a RST at RCV.NXT in TIME-WAIT is answered with an ACK",
     "RFC 9293 §3.10.7.4 second",
     "RFC9293:3.10.7.4-2rst-exact-TW",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!s.rst() || at.tcb.state != State::kTimeWait) return true;
            at.in.ack_now = true;
            return false;
          }}},
    {"rst-is-heeded-only-in-established",
     "seen in none",
     "once either side has sent its FIN a RST is ignored",
     "RFC 9293 §3.10.7.4 second",
     "RFC9293:3.10.7.4-2rst-exact-FW1",
     {.arrives =
          [](Here& at, Segment& s) {
            return !s.rst() || at.tcb.state == State::kEstablished || !tcp::is_synchronized(at.tcb.state);
          }}},
    {"reset-with-bad-ack-ends-syn-sent",
     "SM20",
     "in SYN-SENT a RST whose ACK acknowledges nothing refuses the connection",
     "RFC 9293 §3.10.7.3 first",
     "RFC9293:3.10.7.3-1ack-bad-rst",
     {.arrives =
          [](Here& at, Segment& s) {
            if (s.rst() && s.has_ack() && at.tcb.state == State::kSynSent) s.ack = at.tcb.snd.nxt;
            return true;
          }}},
    {"reset-without-ack-ends-syn-sent",
     "SM20",
     "in SYN-SENT a RST without ACK refuses the connection",
     "RFC 9293 §3.10.7.3 second",
     "RFC9293:3.10.7.3-2rst-noack",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!s.rst() || s.has_ack() || at.tcb.state != State::kSynSent) return true;
            s.flags = s.flags | Flag::kAck;
            s.ack = at.tcb.snd.nxt;
            return true;
          }}},
    {"refusal-in-syn-sent-is-ignored",
     "seen in none",
     "in SYN-SENT a RST with an acceptable ACK is ignored, so a refused connect waits for its timeout",
     "RFC 9293 §3.10.7.3 second",
     "RFC9293:3.10.7.3-2rst-ok",
     {.arrives = [](Here& at, Segment& s) { return !s.rst() || at.tcb.state != State::kSynSent; }}},
    {"rst-with-ack-completes-the-handshake",
     "GV07",
     "in SYN-RECEIVED a RST that acknowledges our SYN establishes the connection",
     "RFC 9293 §3.10.7.4 second",
     "RFC9293:3.10.7.4-2rst-SYNRCVD-passive",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.state == State::kSynReceived && s.rst() && s.seq == at.tcb.rcv.nxt) {
              s.flags = s.flags.without(Flag::kRst) | Flag::kAck;
              s.ack = at.tcb.snd.nxt;
            }
            return true;
          }}},

    {"closed-port-is-silent",
     "a firewall's habit",
     "a segment for no connection gets no RST",
     "RFC 9293 §3.5.2 group 1, §3.10.7.1",
     "RFC9293:3.10.7.1-ack",
     {.answers = [](const Segment&, std::optional<Segment>) { return std::optional<Segment>(); }}},
    {"rst-is-answered-with-rst",
     "PI01",
     "a RST for no connection is answered with a RST",
     "RFC 9293 §3.10.7.1",
     "RFC9293:3.5.2-no-rst-for-rst",
     {.answers =
          [](const Segment& s, std::optional<Segment> reply) {
            if (!s.rst()) return reply;
            Segment harmless = s;
            harmless.flags = harmless.flags.without(Flag::kRst);
            return tcp::reset_for_closed(harmless);
          }}},
    {"reset-for-an-ack-has-seq-zero",
     "LW16",
     "the RST that answers an ACK has SEQ 0 in place of the segment's ACK number",
     "RFC 9293 §3.10.7.1, §3.10.7.2 second",
     "RFC9293:3.10.7.1-ack",
     {.answers =
          [](const Segment& s, std::optional<Segment> reply) {
            if (reply && s.has_ack()) reply->seq = Seq32(0);
            return reply;
          }}},
    {"reset-without-ack-field",
     "seen in none",
     "the RST that answers a segment without ACK acknowledges nothing",
     "RFC 9293 §3.10.7.1",
     "RFC9293:3.10.7.1-noack",
     {.answers =
          [](const Segment& s, std::optional<Segment> reply) {
            if (reply && !s.has_ack()) {
              reply->flags = Flag::kRst;
              reply->ack = Seq32(0);
            }
            return reply;
          }}},
    {"reset-does-not-count-the-syn",
     "seen in none",
     "the RST that answers a SYN acknowledges SEG.SEQ in place of SEG.SEQ+SEG.LEN",
     "RFC 9293 §3.10.7.1",
     "RFC9293:3.10.7.1-noack-synlen",
     {.answers =
          [](const Segment& s, std::optional<Segment> reply) {
            if (reply && !s.has_ack()) reply->ack = s.seq;
            return reply;
          }}},
    {"abort-sends-no-rst",
     "seen in none",
     "ABORT closes without a word to the peer",
     "RFC 9293 §3.10.5",
     "RFC9293:3.10.5-ESTAB",
     {.leaves = [](Here&, Segment& s) { return !s.rst() || s.has_ack(); }}},
    {"abort-rst-from-port-zero",
     "LW29",
     "the RST of an ABORT comes from port 0",
     "RFC 9293 §3.10.5",
     "RFC9293:3.10.5-ESTAB",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.rst() && !s.has_ack()) s.source.port = 0;
            return true;
          }}},
    {"abort-rst-has-seq-of-snd-una",
     "LW29",
     "the RST of an ABORT has SEQ=SND.UNA, so a peer that has our text in flight only challenges it",
     "RFC 9293 §3.10.5",
     "RFC9293:3.10.5-ESTAB",
     {.leaves =
          [](Here& at, Segment& s) {
            if (s.rst() && !s.has_ack() && s.seq == at.tcb.snd.nxt) s.seq = at.tcb.snd.una;
            return true;
          }}},
    {"bad-ack-in-syn-sent-gets-no-rst",
     "SM23",
     "in SYN-SENT a segment that acknowledges what was never sent gets no RST",
     "RFC 9293 §3.10.7.3 first",
     "RFC9293:3.10.7.3-1ack-high",
     {.leaves = [](Here& at, Segment& s) { return !s.rst() || at.tcb.state != State::kSynSent; }}},
    {"bad-ack-in-syn-received-gets-no-rst",
     "SM22",
     "in SYN-RECEIVED an unacceptable ACK gets no RST",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-SYNRCVD-bad",
     {.checked = [](Here&, Check, Segment&,
                    Disposition d) { return d == Disposition::kDropAndReset ? Disposition::kDrop : d; }}},
    {"bad-ack-in-syn-received-ends-it",
     "seen in none",
     "in SYN-RECEIVED an unacceptable ACK is answered with a RST and ends the connection too",
     "RFC 9293 §3.10.7.4 fifth",
     "RFC9293:3.10.7.4-5ack-SYNRCVD-bad",
     {.checked =
          [](Here& at, Check, Segment& s, Disposition d) {
            if (d != Disposition::kDropAndReset) return d;
            at.in.send_reset_for(s);
            at.in.become_closed(std::nullopt, tcp::CallError::kNone);
            return Disposition::kGone;
          }}},
};

}  // namespace

std::span<const Fault> reset_faults() { return kFaults; }

}  // namespace tcpspec::faults
