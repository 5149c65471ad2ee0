// What a SYN offers and what both sides then hold to: RFC 9293 §3.7.1, RFC 7323 §2 and §3, RFC 2018 §2.
#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

void Connection::Impl::initialize_send(Seq32 iss, Instant now) {
  tcb.snd.iss = iss;
  tcb.snd.una = iss;
  tcb.snd.nxt = iss;
  tcb.snd.up = iss;
  queue_base = iss + 1;
  recovery.last_end = iss;
  // RFC 6298 (2.1): before any measurement.
  tcb.rto = config.initial_rto;
  progress_at = now;
  // RFC 9293 §3.7.1 [MUST-15]: what to assume of a peer that announces no MSS.
  start_path();
  set_peer_mss(config.send_mss_default);
}

void Connection::Impl::start_active(const Endpoint& local, const Endpoint& remote, Seq32 iss, Instant now) {
  // RFC 9293 §3.10.1: an active OPEN sends <SEQ=ISS><CTL=SYN>, SND.UNA is ISS, SND.NXT becomes ISS+1.
  tcb.local = local;
  tcb.remote = remote;
  initialize_send(iss, now);
  enter_state(tcb, State::kSynSent);
  transmit(iss, iss + 1, now);
}

void Connection::Impl::start_passive(const wire::Segment& syn, Seq32 iss, Instant now) {
  // RFC 9293 §3.10.7.2 third: RCV.NXT is SEG.SEQ+1, IRS is SEG.SEQ; <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>.
  tcb.passive = true;
  tcb.local = syn.destination;
  tcb.remote = syn.source;
  initialize_send(iss, now);
  enter_state(tcb, State::kListen);
  accept_peer_syn(syn, now);
  enter_state(tcb, State::kSynReceived);
  transmit(iss, iss + 1, now);
}

// The peer's SYN, with or without ACK, in LISTEN or SYN-SENT: numbers, window and options. Text and FIN that
// came with it wait for ESTABLISHED (§3.10.7.2 third, §3.10.7.3 fourth).
void Connection::Impl::accept_peer_syn(const wire::Segment& syn, Instant now) {
  tcb.rcv.irs = syn.seq;
  tcb.rcv.nxt = syn.seq + 1;
  tcb.rcv.up = tcb.rcv.nxt;
  ecn.syn_arrived(syn.flags);
  last_ack_sent = tcb.rcv.nxt;
  const wire::TcpOptions& options = syn.options;
  // RFC 9293 §3.7.1 [MUST-16]: never more than the peer announced, nor than the path carries. An MSS of zero
  // announces nothing.
  const std::uint16_t announced = options.mss.value_or(0);
  set_peer_mss(announced == 0 ? config.send_mss_default : announced);
  // RFC 7323 §2.2: scaling is on in both directions or in none; §2.3: a shift above 14 counts as 14, and who
  // looks at the Tcb can see it.
  scaling_agreed = config.window_scaling && options.window_scale.has_value();
  if (scaling_agreed) {
    tcb.peer_shift_clipped = *options.window_scale > 14;
    tcb.snd.shift = std::min<std::uint8_t>(*options.window_scale, 14);
    tcb.rcv.shift = own_shift();
  }
  // RFC 7323 §3.2: timestamps are on if both SYNs carried them.
  if (config.timestamps && options.timestamps) {
    tcb.timestamps_on = true;
    ts_recent.start(options.timestamps->value, now);
    tcb.ts_recent = ts_recent.value();
  }
  tcb.sack_on = config.sack_permitted && options.sack_permitted;
  // RFC 7323 §2.2: the window of a SYN is never scaled.
  tcb.snd.wnd = syn.window;
  tcb.snd.max_wnd = std::max(tcb.snd.max_wnd, tcb.snd.wnd);
  tcb.snd.wl1 = syn.seq;
  tcb.snd.wl2 = syn.has_ack() ? syn.ack : tcb.snd.una;
  if (!syn.payload.empty() || syn.fin()) {
    held_for_established = std::make_unique<wire::Segment>(syn);
    held_for_established->flags = syn.flags.without(wire::Flag::kSyn);
    move_start(*held_for_established, 1);
  }
}

// A shift so large that the buffer is less than one unit of it could never offer any window.
std::uint8_t Connection::Impl::own_shift() const {
  std::uint8_t shift = config.window_shift;
  while ((1U << shift) > config.receive_buffer) --shift;
  return shift;
}

void Connection::Impl::add_syn_options(wire::TcpOptions& options, bool answer) const {
  // RFC 9293 §3.7.1 [SHLD-5]: the MSS goes into every SYN; in a SYN-ACK, the other options only if the peer's
  // SYN had them.
  options.mss = config.mss;
  const bool scale = answer ? scaling_agreed : config.window_scaling;
  if (scale) options.window_scale = own_shift();
  options.sack_permitted = answer ? tcb.sack_on : config.sack_permitted;
}

}  // namespace tcpspec::tcp
