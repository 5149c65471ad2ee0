// From an ACK to what is lost: duplicate ACKs (RFC 5681 §2), limited transmit (RFC 3042), fast retransmit and
// fast recovery by RFC 6582 (NewReno) or RFC 6675 (SACK). Losses found by time are in recovery_rack.cc; what
// is marked lost is sent by send.cc, as far as the windows let it.
#include "stack/tcp/recovery.h"

#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

LossRecovery Connection::Impl::repair() const {
  // RFC 6675 §1, RFC 8985 §3: without SACK blocks from the peer there is NewReno.
  const bool by_sack = config.recovery == LossRecovery::kSack || config.recovery == LossRecovery::kRack;
  return by_sack && !tcb.sack_on ? LossRecovery::kNewReno : config.recovery;
}

bool Connection::Impl::repairs_by_sack() const {
  return repair() == LossRecovery::kSack || repair() == LossRecovery::kRack;
}

std::uint32_t Connection::Impl::smss() const {
  // RFC 5681 §2: the largest segment of text; SACK blocks, which come and go, are left out of account.
  constexpr std::uint32_t kTimestampsRoom = 12;
  const std::uint32_t options = tcb.timestamps_on ? kTimestampsRoom : 0;
  return std::max<std::uint32_t>(tcb.send_mss, options + 1) - options;
}

// Our SYN was acknowledged.
void Connection::Impl::start_congestion_control() {
  congestion = make_congestion_control(config.congestion);
  congestion->start(smss(), config.initial_window_segments, syn_retransmitted);
  recovery.scoreboard.start(tcb.snd.una);
  recovery.rack.start(tcb.snd.una);
  recovery.previous_una = tcb.snd.una;
}

// Before an acceptable ACK changes anything.
AckBefore Connection::Impl::begin_ack(const wire::Segment& segment, Instant now) {
  RackAck ack;
  if (tcb.timestamps_on && segment.options.timestamps)
    ack.echo_reply = segment.options.timestamps->echo_reply - timestamp_offset;
  recovery.rack.begin_ack(ack, now);
  return {tcb.snd.una, tcb.snd.wnd, retransmission_queue.empty(), recovery.any(),
          segment.flags.has(wire::Flag::kEce) && ecn.may_send_ect()};
}

// After SND.UNA and the window were set from it.
void Connection::Impl::finish_ack(const wire::Segment& segment, const AckBefore& before, Instant now) {
  if (!congestion) return;
  const SackNews news = read_sack_blocks(segment);
  const bool advanced = tcb.snd.una != before.una;
  if (advanced) on_new_data_acked(before, now);
  count_duplicate_ack(segment, before, news);
  if (!recovery.fast) recovery.scoreboard.at_rest(tcb.snd.una);
  switch (repair()) {
    case LossRecovery::kTimeoutOnly:
      return;
    case LossRecovery::kNewReno:
      return detect_by_duplicates(now);
    case LossRecovery::kSack:
      return detect_by_sack(now);
    case LossRecovery::kRack:
      judge_probe(segment, before, news, now);
      return adapt_rack(before, news, now);
  }
}

SackNews Connection::Impl::read_sack_blocks(const wire::Segment& segment) {
  if (!repairs_by_sack() || segment.options.sack_blocks.empty()) return {};
  const SackNews news = recovery.scoreboard.update(
      retransmission_queue, segment.options.sack_blocks,
      {segment.ack, tcb.snd.una, tcb.snd.nxt, tcb.snd.max_wnd}, config.most_sent_records,
      [this](const Sent& record) { recovery.rack.delivered(record); });
  tcb.sack_blocks_ignored += news.ignored;
  if (news.duplicate) ++tcb.duplicates_reported;
  return news;
}

void Connection::Impl::on_new_data_acked(const AckBefore& before, Instant now) {
  const auto acked = static_cast<std::uint32_t>(tcb.snd.una - before.una);
  recovery.previous_una = before.una;
  recovery.duplicate_acks = 0;
  recovery.limited_sent = 0;
  recovery.probe_wanted = true;
  recovery.one_until_ack = false;
  // The receiver asks for what it had reported: it threw that away (RFC 2018 §8), and perhaps the rest.
  if (!retransmission_queue.empty() && retransmission_queue.front().sacked)
    retransmission_queue.clear_sacked();
  if (recovery.ecn_point && tcb.snd.una.at_or_after(*recovery.ecn_point)) recovery.ecn_point.reset();
  const bool all = !recovery.point || tcb.snd.una.at_or_after(*recovery.point);
  if (recovery.fast) {
    // RFC 6582 §3.2 step 3, RFC 6675 §5 (A): all that was sent when it began is there.
    if (all) return leave_fast_recovery();
    if (repair() == LossRecovery::kNewReno) on_partial_ack(acked);
  } else {
    if (all) recovery.after_timeout = false;
    // A number that all ACKs have passed says nothing any more, and some day would say the contrary (RFC 6582
    // §6: the numbers go round).
    if (recovery.point && tcb.snd.una.after(*recovery.point)) recovery.point.reset();
  }
  // RFC 3168 §6.1.2: an ACK with ECE does not open the window; RFC 5681 §3.1: nor does that of our SYN.
  if (!before.congestion_echo && before.una != tcb.snd.iss)
    congestion->on_ack({acked, retransmission_queue.pipe(), recovery.fast, tcb.srtt, now});
}

// RFC 6582 §3.2 step 3, "partial acknowledgments": the next hole is sent at once, and the window gives back
// what left the network, but for the one segment that may follow.
void Connection::Impl::on_partial_ack(std::uint32_t acked) {
  recovery.inflation -= acked;
  if (acked >= smss()) recovery.inflation += smss();
  recovery.partial_seen = true;
  if (retransmission_queue.empty()) return;
  retransmission_queue.mark_lost(0);
  recovery.send_one = true;
}

// RFC 6582 §3.2 step 3: of the partial ACKs only the first restarts the retransmission timer, so that a
// window with many holes ends in slow start rather than in one round trip for each.
bool Connection::Impl::is_later_partial_ack() const {
  return recovery.fast && repair() == LossRecovery::kNewReno && recovery.partial_seen &&
         tcb.snd.una.before(*recovery.point);
}

void Connection::Impl::count_duplicate_ack(const wire::Segment& segment, const AckBefore& before,
                                           const SackNews& news) {
  // RFC 6675 §2: with SACK, a segment that reports octets not reported before, whatever else it does.
  if (repairs_by_sack()) {
    if (news.newly_sacked > 0) ++recovery.duplicate_acks;
    return;
  }
  if (!is_duplicate_ack(segment, before)) return;
  ++recovery.duplicate_acks;
  // RFC 5681 §3.2 step 4: one more segment has left the network. Not more of them than are out there: a
  // receiver could make up ACKs.
  const std::int64_t most = tcb.snd.nxt - tcb.snd.una;
  if (recovery.fast)
    recovery.inflation = std::min(recovery.inflation + smss(), std::max(most, recovery.inflation));
}

// RFC 5681 §2, (a) to (e).
bool Connection::Impl::is_duplicate_ack(const wire::Segment& segment, const AckBefore& before) const {
  const std::uint32_t window = static_cast<std::uint32_t>(segment.window) << tcb.snd.shift;
  return !before.nothing_in_flight && segment.payload.empty() && !segment.syn() && !segment.fin() &&
         segment.ack == before.una && window == before.window;
}

// RFC 6582 §3.2 step 2: at the third duplicate ACK.
void Connection::Impl::detect_by_duplicates(Instant now) {
  if (recovery.fast || recovery.duplicate_acks != config.duplicate_ack_threshold) return;
  if (!retransmission_queue.empty() && may_enter_by_duplicates()) enter_fast_recovery(now);
}

bool Connection::Impl::may_enter_by_duplicates() const {
  // RFC 6582 §3.2 step 2: only when the ACK covers more than `recover`: else they are the echo of what was
  // sent again. Its step 1 starts `recover` at the ISS, which would keep a connection from repairing the loss
  // of its first segment; here it is unset until there was a recovery.
  if (!recovery.point || tcb.snd.una.after(*recovery.point)) return true;
  // §4.1, the ACK heuristic: needless retransmissions make the ACK jump over what the receiver had. The
  // window keeps this from happening just after a timeout.
  return congestion->cwnd() > smss() &&
         tcb.snd.una - recovery.previous_una <= 4 * static_cast<std::int32_t>(smss());
}

// RFC 6675 §5 (1), (2): DupThresh duplicates, or octets enough above SND.UNA. §5.1: not before what was in
// flight at a timeout is acknowledged.
void Connection::Impl::detect_by_sack(Instant now) {
  const Scoreboard::Limits limits{config.duplicate_ack_threshold, smss()};
  if (retransmission_queue.empty()) return;
  recovery.scoreboard.mark_losses(retransmission_queue, limits);
  if (recovery.any()) return;
  // What was judged lost while the last recovery ran begins the next one as soon as that is over.
  const bool enough = recovery.duplicate_acks >= config.duplicate_ack_threshold;
  if (enough || recovery.scoreboard.is_lost(tcb.snd.una)) enter_fast_recovery(now);
}

void Connection::Impl::enter_fast_recovery(Instant now) {
  const auto flight = static_cast<std::uint32_t>(tcb.snd.nxt - tcb.snd.una);
  recovery.fast = true;
  recovery.after_timeout = false;
  recovery.point = tcb.snd.nxt;
  recovery.partial_seen = false;
  recovery.send_one = true;
  recovery.inflation = 0;
  // RFC 5681 §3.2 step 2, RFC 6675 §5 (4.2): what limited transmit sent does not count.
  reduce_window(flight - std::min(flight, recovery.limited_sent), now);
  recovery.limited_sent = 0;
  recovery.scoreboard.enter_recovery(tcb.snd.una);
  if (repair() == LossRecovery::kRack) {
    // RFC 8985 §7.1: a probe's tale ends here.
    recovery.tlp.reset();
    timers.stop(Timer::kTailLossProbe);
    return;
  }
  // RFC 5681 §3.2 step 3: the segment at SND.UNA; cwnd is ssthresh and the segments that have left.
  retransmission_queue.mark_lost(0);
  if (repair() == LossRecovery::kNewReno)
    recovery.inflation = std::int64_t{config.duplicate_ack_threshold} * smss();
}

// RFC 5681 §3.2, RFC 3168 §6.1.2: once for one window of data, be it for a mark or for a loss.
void Connection::Impl::reduce_window(std::uint32_t flight, Instant now) {
  recovery.reduced_at = now;
  if (recovery.ecn_point) return;
  congestion->on_loss_detected(flight, now);
  ecn.window_reduced(tcb.snd.nxt);
}

void Connection::Impl::leave_fast_recovery() {
  recovery.fast = false;
  recovery.inflation = 0;
  recovery.reduced_at = Instant::never();
  const auto flight = static_cast<std::uint32_t>(tcb.snd.nxt - tcb.snd.una);
  // RFC 6582 §3.2 step 3 (1): no burst where little is in flight. RFC 6675 §5 (A) leaves the window alone:
  // pipe has held it all along.
  congestion->on_recovery_exit(repairs_by_sack() ? CongestionControl::kMostWindow
                                                 : std::max(flight, smss()) + smss());
}

// The retransmission timer fired over text or FIN.
void Connection::Impl::enter_timeout_recovery(Instant now) {
  const auto flight = static_cast<std::uint32_t>(tcb.snd.nxt - tcb.snd.una);
  congestion->on_timeout(flight, tcb.retransmissions > 1, now);
  ecn.window_reduced(tcb.snd.nxt);
  recovery.fast = false;
  recovery.after_timeout = true;
  // RFC 6582 §3.2 step 4, RFC 6675 §5.1: no fast retransmit for what was sent until now.
  recovery.point = tcb.snd.nxt;
  recovery.duplicate_acks = 0;
  recovery.limited_sent = 0;
  recovery.inflation = 0;
  recovery.reduced_at = Instant::never();
  recovery.ecn_point.reset();
  recovery.send_one = recovery.one_until_ack = true;  // RFC 6298 (5.4)
  // RFC 2018 §8: the receiver may have thrown away what it reported; after a timeout it is not believed.
  retransmission_queue.clear_sacked();
  recovery.scoreboard.on_timeout(tcb.snd.una, tcb.snd.nxt);
  if (repair() == LossRecovery::kRack) return mark_by_rack_on_timeout(now);
  // RFC 5681 §3.1: all of it is taken for lost; slow start sends it again from SND.UNA on.
  retransmission_queue.mark_all_lost();
}

// RFC 3168 §6.1.2: the peer told of a mark. Never while a loss is repaired: that has halved the window.
void Connection::Impl::enter_cwr(Instant now) {
  if (!congestion || recovery.any() || recovery.ecn_point) return;
  congestion->on_ecn_echo(static_cast<std::uint32_t>(tcb.snd.nxt - tcb.snd.una), now);
  recovery.ecn_point = tcb.snd.nxt;
  ecn.window_reduced(tcb.snd.nxt);
}

// What the congestion window lets out now, beside what is in the network.
std::uint32_t Connection::Impl::congestion_room() const {
  if (!congestion) return CongestionControl::kMostWindow;
  std::int64_t window = congestion->cwnd() + recovery.inflation;
  std::int64_t used = retransmission_queue.pipe();
  const bool duplicates = !recovery.any() && recovery.duplicate_acks > 0;
  if (duplicates && repair() == LossRecovery::kNewReno && config.limited_transmit) {
    // RFC 3042 §2: one more segment of new text for each of the first two duplicate ACKs; cwnd stays.
    window += std::int64_t{std::min(recovery.duplicate_acks, 2)} * smss();
  } else if (duplicates && repairs_by_sack() && !config.limited_transmit) {
    // RFC 6675 §5 (3) [MAY]: without it, what was sacked makes no room before recovery.
    used += retransmission_queue.sacked_octets();
  }
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(window - used, 0, CongestionControl::kMostWindow));
}

bool Connection::Impl::congestion_allows(std::uint32_t octets) const {
  // RFC 6675 §5 (C): in recovery only when a whole segment has room.
  const bool whole = recovery.fast && repairs_by_sack();
  return congestion_room() >= (whole ? std::max(octets, smss()) : octets);
}

void Connection::Impl::read_out_recovery() {
  if (!congestion) return;
  congestion->set_smss(smss());
  tcb.cwnd = static_cast<std::uint32_t>(std::max<std::int64_t>(congestion->cwnd() + recovery.inflation, 0));
  tcb.ssthresh = congestion->ssthresh();
  tcb.pipe = retransmission_queue.pipe();
  tcb.in_recovery = recovery.fast;
  tcb.duplicate_acks = recovery.duplicate_acks;
}

}  // namespace tcpspec::tcp
