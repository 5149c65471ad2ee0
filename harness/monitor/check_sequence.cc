// Sequence and acknowledgment numbers of a known incarnation.
#include <fmt/format.h>

#include "harness/monitor/checks.h"

namespace tcpspec::monitor {
namespace {

void check_ack(const Segment& segment, const Life& life, bool whole, const Report& report) {
  const std::int64_t ack = life.peer.at(segment.ack);
  // RFC 9293 §3.4 [text]: the ACK is the next number expected, so all octets before it have come.
  if (whole) {
    const std::int64_t greatest = life.arrived.greatest_end(1), prefix = life.arrived.prefix_end(0);
    if (ack > greatest) {
      report(RuleId::kAckBeyond, fmt::format("ACK {}, it was sent numbers up to {}", ack, greatest));
    } else if (ack > prefix) {
      report(RuleId::kAckHole,
             fmt::format("ACK {}, but {} was never sent to it (or the capture missed it)", ack, prefix));
    }
  }
  if (ack < life.ack_sent && life.is_newest(segment)) {
    report(RuleId::kAckBackwards, fmt::format("ACK {} after {}", ack, life.ack_sent));
  }
}

void check_octets(const Segment& segment, const Life& life, const Report& report) {
  const std::int64_t begin = life.own.at(segment.seq) + (segment.has(kSyn) ? 1 : 0);
  // RFC 9293 §3.8.4 [MAY-6]: a keep-alive may carry one octet of garbage where the last acknowledged one was.
  if (begin < 1 || (segment.text == 1 && begin == life.acked - 1)) return;
  const auto at = life.octets.difference(begin, segment.image->payload);
  // RFC 9293 §3.8.1: a retransmission carries what was not acknowledged, not something new.
  if (at) report(RuleId::kRepeatedOctets, fmt::format("octet {} differs from the one sent first", *at));
}

void check_fin(const Segment& segment, const Life& life, const Report& report) {
  const std::int64_t begin = life.own.at(segment.seq);
  const std::int64_t text_end = begin + segment.text + (segment.has(kSyn) ? 1 : 0);
  if (segment.has(kFin)) {
    // RFC 9293 §3.4 [text]: FIN has the number after the last octet of text, for ever.
    if (life.fin && *life.fin != text_end) {
      return report(RuleId::kFinNumber, fmt::format("FIN {}, it was {}", text_end, *life.fin));
    }
    // One number more may have been this FIN, in a packet that the capture missed.
    if (!life.fin && (life.text_end > text_end || life.sent_end > text_end + 1)) {
      return report(RuleId::kFinNumber,
                    fmt::format("FIN {}, numbers up to {} were in use", text_end, life.sent_end));
    }
  }
  if (!life.fin) return;
  // RFC 9293 §3.5 [text]: FIN ends the stream; what follows it has the number after it and no text.
  if (text_end > *life.fin && segment.text > 0) {
    report(RuleId::kAfterFin, fmt::format("text up to {}, FIN was {}", text_end, *life.fin));
  } else if (begin > *life.fin + 1) {
    report(RuleId::kAfterFin, fmt::format("number {}, FIN was {}", begin, *life.fin));
  }
}

}  // namespace

void check_sequence(const Segment& segment, const Connection& connection, const Life& life, bool whole,
                    const Report& report) {
  if (segment.has(kRst) || segment.has(kSyn)) return;
  if (segment.has(kAck)) check_ack(segment, life, whole, report);
  check_octets(segment, life, report);
  check_fin(segment, life, report);
  // RFC 9293 §3.8.4 [SHLD-12, MAY-6]: one number below SND.NXT with nothing outstanding, after a pause.
  constexpr Duration kPause = Duration::millis(500);
  const bool idle = connection.last_activity() && segment.at - *connection.last_activity() > kPause;
  if (idle && life.acked == life.sent_end && life.own.at(segment.seq) == life.sent_end - 1 &&
      segment.text > 1) {
    report(RuleId::kProbeShape, fmt::format("a probe with {} octets", segment.text));
  }
}

void check_syn_ack(const Segment& segment, const Connection& connection, bool whole, const Report& report) {
  if (!segment.has(kSyn) || !segment.has(kAck) || segment.has(kRst)) return;
  if (whole && connection.answers_no_syn(segment)) {
    return report(RuleId::kAckBeyond, "it acknowledges none of the SYNs that were sent to it");
  }
  // RFC 9293 §3.10.8 [text]: the retransmission queue holds one SYN-ACK. A new SYN may draw a new one.
  const Life* const life = connection.life();
  if (life != nullptr && !life->established && !connection.stirred() && life->own.isn() != segment.seq) {
    report(RuleId::kSynIsn,
           fmt::format("number {}, it was 0 for the same SYN", segment.seq - life->own.isn()));
  }
}

}  // namespace tcpspec::monitor
