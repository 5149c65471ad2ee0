#include "stack/tcp/ecn.h"

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {
namespace {

constexpr wire::Flags kBoth = wire::Flag::kEce | wire::Flag::kCwr;

wire::Flags ecn_flags(wire::Flags flags) { return wire::Flags::from_bits(flags.bits() & kBoth.bits()); }

}  // namespace

wire::Flags EcnState::flags_of_syn(EcnMode mode, int setup_syns) {
  // RFC 3168 §6.1.1: both flags ask for ECN; who does not want it clears both. §6.1.1.1: some boxes drop a
  // SYN with these flags, so after a number of such SYNs without an answer it goes out plain.
  if (mode == EcnMode::kRequest && !gave_up_ && setup_syns_ < setup_syns) {
    ++setup_syns_;
    sent_setup_ = true;
    return kBoth;
  }
  sent_other_ = true;
  return {};
}

wire::Flags EcnState::flags_of_syn_ack(EcnMode mode) {
  // RFC 3168 §6.1.1: only an ECN-setup SYN may be answered in kind: ECE alone, so that a mirror of the SYN's
  // flags is no consent (§6.1.1.2). Once either side sent a plain one it would promise nothing.
  const bool agrees = mode != EcnMode::kOff && received_setup_ && !received_other_ && !sent_other_;
  if (!agrees) {
    sent_other_ = true;
    return {};
  }
  sent_setup_ = true;
  return wire::Flag::kEce;
}

void EcnState::syn_arrived(wire::Flags flags) {
  // RFC 3168 §6.1.1: an ECN-setup SYN has both flags, an ECN-setup SYN-ACK has ECE without CWR; every other
  // form says no.
  const bool setup = flags.has(wire::Flag::kAck) ? ecn_flags(flags) == wire::Flags(wire::Flag::kEce)
                                                 : ecn_flags(flags) == kBoth;
  (setup ? received_setup_ : received_other_) = true;
}

void EcnState::arrived(const wire::Segment& segment, bool with_text) {
  // RFC 3168 §6.1.3: CWR ends the echo of what earlier ACKs told. A mark that no ACK told yet is still told,
  // for the ACK answers that text too; and one on this very segment begins anew.
  if (segment.flags.has(wire::Flag::kCwr)) echoing_ = false;
  // §6.1.4: a mark on a pure ACK means nothing here. §6.1.1: none does where ECN was not agreed.
  if (with_text && segment.ecn == wire::Ecn::kCe && must_echo()) marked_ = true;
}

bool EcnState::wants_reduction(Seq32 ack) const {
  // RFC 3168 §6.1.2: once for each window of data. An ACK of nothing sent after the last reduction tells of
  // the congestion that was answered then, be it by a mark or by a loss.
  if (!may_send_ect()) return false;
  return !reduced_at_ || ack.after(*reduced_at_);
}

void EcnState::window_reduced(Seq32 snd_nxt) {
  if (!may_send_ect()) return;
  reduced_at_ = snd_nxt;
  cwr_owed_ = true;
}

bool EcnState::take_cwr() {
  const bool owed = cwr_owed_;
  cwr_owed_ = false;
  return owed;
}

// --- The connection's side ---

// Of a SYN or SYN-ACK of ours. RFC 3168 §6.1.1: neither is ever ECT.
void Connection::Impl::add_ecn_setup(wire::Segment& syn) {
  const wire::Flags flags =
      syn.has_ack() ? ecn.flags_of_syn_ack(config.ecn) : ecn.flags_of_syn(config.ecn, config.ecn_setup_syns);
  syn.flags = syn.flags | flags;
}

// RFC 3168 §6.1.2: text sent for the first time is ECT(0), and the first of it after a reduction has CWR.
// §6.1.5: text sent again has neither.
void Connection::Impl::mark_new_text(wire::Segment& segment) {
  if (!ecn.may_send_ect()) return;
  segment.ecn = wire::Ecn::kEct0;
  if (ecn.take_cwr()) segment.flags = segment.flags | wire::Flag::kCwr;
}

// After the fifth check: the segment is acceptable, and so is its ACK. RFC 3168 §6.1.5: what lies outside the
// window was dropped before, with its mark: it may be forged. §6.1.6: a probe of our zero window has text
// that was cut off, and its mark counts.
void Connection::Impl::ecn_arrived(const wire::Segment& segment, bool with_text, Instant now) {
  ecn.arrived(segment, with_text);
  if (!segment.flags.has(wire::Flag::kEce) || segment.ack.before(tcb.snd.una)) return;
  if (ecn.wants_reduction(segment.ack)) react_to_congestion_echo(now);
}

// The peer's SYN again, in SYN-RECEIVED: it may have given up asking, and then neither side sends ECT (RFC
// 3168 §6.1.1.1). When SYNs cross, the SYN-ACK speaks for itself.
void Connection::Impl::ecn_syn_again(const wire::Segment& syn) {
  if (syn.syn() && !syn.rst() && syn.seq == tcb.rcv.irs && syn.has_ack() != tcb.passive)
    ecn.syn_arrived(syn.flags);
}

// RFC 3168 §6.1.2: the answer to ECE is the answer to a lost segment, without the retransmission. A window of
// one segment cannot be halved: then nothing new leaves before a retransmission timeout has passed, and that
// of what is in flight begins anew.
void Connection::Impl::react_to_congestion_echo(Instant now) {
  const bool least = congestion && congestion->cwnd() <= smss();
  enter_cwr(now);
  if (!least) return;
  timers.start(Timer::kCongestionPause, now + tcb.rto);
  if (timers.running(Timer::kRetransmit)) restart_retransmission_timer(now);
}

// RFC 3168 §6.1.1.1: a RST in answer to an ECN-setup SYN may come from a box that does not know the flags.
// One plain SYN finds out.
bool Connection::Impl::retry_without_ecn(Instant now) {
  if (!config.ecn_retry_refused || !ecn.asked() || ecn_retried) return false;
  ecn_retried = true;
  ecn.stop_asking();
  transmit(tcb.snd.iss, tcb.snd.iss + 1, now);
  restart_retransmission_timer(now);
  return true;
}

}  // namespace tcpspec::tcp
