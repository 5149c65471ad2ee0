// The retransmission timer, RFC 6298.
#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {
namespace {

// G: the grain of what is measured, one tick of the timestamp clock.
constexpr Duration kGranularity = Duration::millis(1);

Duration distance(Duration a, Duration b) { return a > b ? a - b : b - a; }

}  // namespace

// RFC 6298 (2.2) first sample, (2.3) later ones: alpha 1/8, beta 1/4, K 4; RTTVAR before SRTT.
void Connection::Impl::take_rtt_sample(Duration rtt, Instant now) {
  recovery.rack.on_rtt_sample(rtt, now);
  recovery.tlp.on_rtt_sample();
  if (!have_sample) {
    have_sample = true;
    tcb.srtt = rtt;
    tcb.rttvar = rtt / 2;
  } else {
    // RFC 7323 appendix G: with a sample for every ACK the gains shrink by the samples of one flight, so that
    // the history lasts as long as with one sample per round trip.
    const std::int64_t flight = tcb.snd.nxt - tcb.snd.una;
    const std::int64_t per_ack = 2 * std::int64_t{std::max<std::uint32_t>(payload_limit(), 1)};
    const std::int64_t samples =
        tcb.timestamps_on ? std::max<std::int64_t>((flight + per_ack - 1) / per_ack, 1) : 1;
    tcb.rttvar = tcb.rttvar + (distance(tcb.srtt, rtt) - tcb.rttvar) / (4 * samples);
    tcb.srtt = tcb.srtt + (rtt - tcb.srtt) / (8 * samples);
  }
  // (2.3) RTO = SRTT + max(G, K*RTTVAR); (2.4) not below the minimum; (2.5) a maximum is allowed.
  tcb.rto = tcb.srtt + std::max(kGranularity, tcb.rttvar * 4);
  tcb.rto = std::clamp(tcb.rto, config.min_rto, config.max_rto);
}

// Before SND.UNA moves. RFC 7323 §4.1 [RTTM]: with timestamps every ACK of something new is a sample, even
// of something sent twice; the echo says which copy it answers. Otherwise the one timed segment is.
void Connection::Impl::sample_on_ack(const wire::Segment& segment, Instant now) {
  if (tcb.timestamps_on && segment.options.timestamps) {
    timed.reset();
    const std::uint32_t echo = segment.options.timestamps->echo_reply - timestamp_offset;
    if (!echo_is_from_the_future(echo, now)) take_rtt_sample(echoed_round_trip(echo, now), now);
    return;
  }
  if (!timed || segment.ack.before(timed->end)) return;
  take_rtt_sample(now - timed->sent, now);
  timed.reset();
}

void Connection::Impl::restart_retransmission_timer(Instant now) {
  timers.start(Timer::kRetransmit, now + tcb.rto);
}

void Connection::Impl::on_retransmission_timeout(Instant now) {
  CHECK(!retransmission_queue.empty());
  if (timers.at(Timer::kTailLossProbe) <= now) {
    // RFC 8985 §7.2: where the timeout comes no later than the probe, the probe goes in its place.
    timers.stop(Timer::kTailLossProbe);
    return on_tail_loss_probe(now);
  }
  path_mtu_timed_out();
  // RFC 6298 (5.4): the earliest segment not acknowledged, and only that one; (5.5): RTO doubles; (5.6): the
  // timer starts again. Karn: the doubled value stays until a new measurement.
  tcb.rto = std::min(tcb.rto * 2, config.max_rto);
  ++tcb.retransmissions;
  if (!syn_acked) {
    syn_retransmitted = true;
    retransmission_queue.mark_all_lost();  // a FIN behind it as well; it waits for the ACK of the SYN
    transmit(tcb.snd.iss, tcb.snd.iss + 1, now);
  } else {
    enter_timeout_recovery(now);
  }
  restart_retransmission_timer(now);
}

}  // namespace tcpspec::tcp
