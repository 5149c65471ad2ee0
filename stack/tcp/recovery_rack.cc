// RACK-TLP in a connection, RFC 8985: when Rack and Tlp are asked, and what is sent by their word. The rest
// of the machine, entering recovery and one reduction for each window, is that of recovery.cc.
#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

void Connection::Impl::adapt_rack(const AckBefore& before, const SackNews& news, Instant now) {
  RackAck ack;
  ack.snd_una = tcb.snd.una;
  ack.snd_nxt = tcb.snd.nxt;
  ack.dsack = news.duplicate.has_value();
  ack.leaves_recovery = before.in_recovery && !recovery.any();
  recovery.rack.adapt(ack);
  detect_by_rack(now);
}

// RFC 8985 §6.2 step 5: on an ACK, and when the reordering timer fires.
void Connection::Impl::detect_by_rack(Instant now) {
  bool found = false;
  bool resent_lost = false;
  const auto mark = [&](const Sent& record) {
    found = true;
    // A retransmission lost that left after the last reduction is a second sign of congestion.
    const bool after = record.last_sent >= recovery.reduced_at;
    if (recovery.fast && record.retransmitted() && after) resent_lost = true;
    retransmission_queue.mark_lost(retransmission_queue.index_of(record.begin));
  };
  const auto detect = [&] {
    const RackFacts facts{recovery.any(), retransmission_queue.sacked_records(),
                          config.duplicate_ack_threshold, tcb.srtt};
    return recovery.rack.detect_losses(retransmission_queue.records(), facts, now, mark);
  };
  Duration timeout = detect();
  if (found && !recovery.any()) {
    enter_fast_recovery(now);
    timeout = detect();
  } else if (resent_lost) {
    // RFC 8985 §9.3 [MUST, without PRR]: the loss of a retransmission is answered by itself.
    const auto flight = static_cast<std::uint32_t>(tcb.snd.nxt - tcb.snd.una);
    recovery.ecn_point.reset();
    reduce_window(std::min(flight, congestion->cwnd()), now);
  }
  if (timeout > Duration()) {
    timers.start(Timer::kReorder, now + timeout);
  } else {
    timers.stop(Timer::kReorder);
  }
}

// RFC 8985 §6.3.
void Connection::Impl::mark_by_rack_on_timeout(Instant now) {
  recovery.tlp.reset();
  timers.stop(Timer::kReorder);
  timers.stop(Timer::kTailLossProbe);
  recovery.rack.mark_on_timeout(retransmission_queue.records(), tcb.snd.una, now, [&](const Sent& record) {
    retransmission_queue.mark_lost(retransmission_queue.index_of(record.begin));
  });
}

// RFC 8985 §7.4.2: what this ACK tells of the probe in flight.
void Connection::Impl::judge_probe(const wire::Segment& segment, const AckBefore& before,
                                   const SackNews& news, Instant now) {
  TlpAck ack;
  ack.ack = segment.ack;
  if (news.duplicate) ack.dsack_end = news.duplicate->right;
  ack.has_sack = !segment.options.sack_blocks.empty();
  ack.duplicate = is_duplicate_ack(segment, before);
  switch (recovery.tlp.on_ack(ack)) {
    case TlpVerdict::kNothing:
    case TlpVerdict::kDelivered:
      return;
    case TlpVerdict::kRepairedLoss:
      // The probe repaired the loss alone: the window answers it as fast recovery would have.
      if (!recovery.any()) reduce_window(recovery.probed_flight, now);
      recovery.reduced_at = Instant::never();
      return;
  }
}

// RFC 8985 §7.2: after everything else of an entry point.
void Connection::Impl::update_tail_loss_probe(Instant now) {
  const auto in_flight = static_cast<std::uint32_t>(retransmission_queue.size());
  const TlpSituation situation{recovery.any(), retransmission_queue.sacked_records(), in_flight};
  const bool possible = repair() == LossRecovery::kRack && config.tail_loss_probe && syn_acked &&
                        can_send_text(tcb.state) && timers.running(Timer::kRetransmit) &&
                        Tlp::may_arm(situation);
  if (!possible) {
    timers.stop(Timer::kTailLossProbe);
  } else if (recovery.probe_wanted) {
    timers.start(Timer::kTailLossProbe, now + Tlp::timeout(tcb.srtt, in_flight, config.tlp_max_ack_delay, now,
                                                           timers.at(Timer::kRetransmit)));
  }
  recovery.probe_wanted = false;
}

// RFC 8985 §7.3.
void Connection::Impl::on_tail_loss_probe(Instant now) {
  if (retransmission_queue.empty()) return;
  const std::uint32_t text = std::min({unsent_octets(), usable_window(), payload_limit()});
  const bool room = retransmission_queue.size() < config.most_sent_records;
  TlpProbe probe =
      recovery.tlp.choose(text > 0 && room, static_cast<std::uint32_t>(retransmission_queue.size()));
  switch (probe) {
    case TlpProbe::kNone:
      break;
    case TlpProbe::kNewData: {
      const bool fin = fin_unsent() && text == unsent_octets() && usable_window() > text;
      transmit(tcb.snd.nxt, tcb.snd.nxt + text + (fin ? 1U : 0U), now);
      break;
    }
    case TlpProbe::kLastSegment: {
      const std::size_t last = retransmission_queue.size() - 1;
      if (!retransmit_tail(last, now)) probe = TlpProbe::kNone;
      break;
    }
  }
  if (probe != TlpProbe::kNone) {
    recovery.tlp.sent(probe, tcb.snd.nxt, tcb.fin_seq && tcb.snd.nxt == *tcb.fin_seq + 1);
    recovery.probed_flight = static_cast<std::uint32_t>(tcb.snd.nxt - tcb.snd.una);
  }
  // §7.3 [MUST]: now the retransmission timer, not this one again.
  restart_retransmission_timer(now);
  recovery.probe_wanted = false;
}

}  // namespace tcpspec::tcp
