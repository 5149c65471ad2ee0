// RSTs, and ACKs that nothing has caused.
#include <algorithm>

#include <fmt/format.h>

#include "harness/monitor/checks.h"

namespace tcpspec::monitor {
namespace {

// RFC 9293 §3.10.7.1 [text]: the form of a RST that answers `packet`.
bool answers(const Segment& reset, const Summary& packet) {
  if (packet.has(kAck)) return !reset.has(kAck) && reset.seq == packet.ack;
  return reset.has(kAck) && reset.seq == Seq32(0) && reset.ack == packet.end();
}

// The right sequence number, with an ACK flag that should be clear.
bool answers_oddly(const Segment& reset, const Summary& packet) {
  return packet.has(kAck) && reset.has(kAck) && reset.seq == packet.ack;
}

// RFC 9293 §3.10.5: an aborted connection's RST has SND.NXT; all that the peer would accept is let pass.
bool belongs_to_connection(const Segment& reset, const Connection& connection) {
  if (const Life* const life = connection.life()) {
    const std::int64_t at = life->own.at(reset.seq);
    return at >= life->acked && at <= std::max(life->sent_end, life->edge_offered);
  }
  const auto attempt = connection.open_attempt();
  return attempt && reset.seq.in(*attempt, 2);
}

}  // namespace

void check_reset(const Segment& segment, Connection& connection, const Report& report) {
  if (!segment.has(kRst)) return;
  auto& injected = connection.injected();
  const auto stimulus = std::find_if(injected.rbegin(), injected.rend(), [&](const Injected& packet) {
    return !packet.has(kRst) && !packet.answered && answers(segment, packet);
  });
  if (stimulus != injected.rend()) {
    stimulus->answered = true;
    return;
  }
  if (belongs_to_connection(segment, connection)) return;
  const bool alone = injected.size() == 1 && connection.packets_from_target() == 0;
  // RFC 9293 §3.5.2 [text]: no RST answers a RST.
  if (!injected.empty() && injected.back().has(kRst) && (connection.history_known() || alone) &&
      (answers(segment, injected.back()) || answers_oddly(segment, injected.back()))) {
    return report(RuleId::kRstAnswered, "it has the numbers of a RST that was sent to it");
  }
  if (!connection.history_known()) return;
  const auto matches = [&](auto form) {
    return std::ranges::any_of(injected, [&](const Injected& p) { return !p.has(kRst) && form(segment, p); });
  };
  if (matches(answers)) return;
  // RFC 9293 §3.10.7.1 [text]: <SEQ=SEG.ACK><CTL=RST>, without ACK.
  if (matches(answers_oddly)) return report(RuleId::kRstAckBit, "it answers a segment that had an ACK");
  report(RuleId::kRstNumbers,
         connection.life() != nullptr
             ? "it answers no segment and lies outside the peer's window"
             : fmt::format("sequence number {}, it answers no segment", segment.seq.raw()));
}

void check_idle(const Segment& segment, Connection& connection, bool whole, const Report& report) {
  constexpr int kPatience = 3;
  const Life* const life = connection.life();
  if (segment.has(kSyn | kRst | kFin | kUrg) || !segment.has(kAck) || segment.text > 0) return;
  // Keep-alives and window probes are repeated by a timer.
  if (life == nullptr || !whole || life->window_closed || life->own.at(segment.seq) < life->sent_end) return;
  // RFC 5681 §4.2 [MUST NOT]: one ACK for an arriving segment, but for window updates.
  if (connection.idle_acks(segment) > kPatience) {
    report(RuleId::kAckStorm, fmt::format("{} equal ACKs since anything arrived", kPatience + 1));
  }
}

}  // namespace tcpspec::monitor
