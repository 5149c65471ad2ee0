#include "stack/tcp/tlp.h"

#include <algorithm>

#include "stack/base/check.h"

namespace tcpspec::tcp {

void Tlp::reset() {
  end_seq_.reset();
  is_retrans_ = false;
  ends_with_fin_ = false;
}

bool Tlp::may_arm(const TlpSituation& situation) {
  // RFC 8985 §7.2 [SHOULD]: not in a recovery, nor with anything SACKed: others look after these.
  return situation.segments_in_flight > 0 && !situation.in_recovery && situation.segments_sacked == 0;
}

Duration Tlp::timeout(Duration srtt, std::uint32_t segments_in_flight, Duration max_ack_delay, Instant now,
                      Instant rto_expires) {
  // §7.2: two smoothed round trips; the ACK of a lone segment may be delayed on top of that. A second without
  // a sample.
  Duration pto = kTimeoutWithoutSrtt;
  if (srtt > Duration()) {
    pto = srtt * 2;
    if (segments_in_flight == 1) pto += max_ack_delay;
  }
  // §7.2: never later than the retransmission timeout would be.
  return std::clamp(rto_expires - now, Duration(), pto);
}

TlpProbe Tlp::choose(bool new_data, std::uint32_t segments_in_flight) const {
  // §7.3 [MUST]: one probe in flight at a time, and a round trip measured since the one before.
  if (end_seq_ || !sample_since_probe_) return TlpProbe::kNone;
  if (new_data) return TlpProbe::kNewData;
  return segments_in_flight > 0 ? TlpProbe::kLastSegment : TlpProbe::kNone;
}

void Tlp::sent(TlpProbe probe, Seq32 snd_nxt, bool ends_with_fin) {
  CHECK(probe != TlpProbe::kNone);
  end_seq_ = snd_nxt;
  is_retrans_ = probe == TlpProbe::kLastSegment;
  ends_with_fin_ = ends_with_fin;
  sample_since_probe_ = false;
}

TlpVerdict Tlp::on_ack(const TlpAck& ack) {
  if (!end_seq_ || ack.ack.before(*end_seq_)) return TlpVerdict::kNothing;
  // A receiver reports octets; whether it counts the FIN behind them as one is its own affair.
  const bool matches =
      ack.dsack_end && (*ack.dsack_end == *end_seq_ || (ends_with_fin_ && *ack.dsack_end + 1 == *end_seq_));
  // §7.4.2: new data can be delivered only once. Case 1: a D-SACK of the probe shows that both copies came.
  if (!is_retrans_ || matches) {
    reset();
    return TlpVerdict::kDelivered;
  }
  // What was sent after the probe is acknowledged and no duplicate was reported: one of the copies was lost.
  if (ack.ack.after(*end_seq_)) {
    reset();
    return TlpVerdict::kRepairedLoss;
  }
  // Case 2: a receiver without SACK answers the second copy with a plain duplicate ACK.
  if (ack.duplicate && !ack.has_sack) {
    reset();
    return TlpVerdict::kDelivered;
  }
  return TlpVerdict::kNothing;
}

}  // namespace tcpspec::tcp
