// Windows and segment sizes of a known incarnation.
#include <algorithm>

#include <fmt/format.h>

#include "harness/monitor/checks.h"

namespace tcpspec::monitor {
namespace {

// RFC 9293 §3.7.1 [MUST-15, MUST-16]. Of several SYNs, the greatest limit counts. Stacks refuse absurdly
// small ones, so that text has some room beside the options; below that floor nothing is judged.
std::uint32_t greatest_mss(const Segment& segment, const Life& life) {
  constexpr std::uint32_t kFloor = 48, kDefault4 = 536, kDefault6 = 1220;
  std::uint32_t limit = kFloor;
  for (const Summary& offer : life.peer_offers) {
    const std::uint32_t said = offer.options.mss.value_or(0);
    limit = std::max(limit, said != 0 ? said : segment.image->v4 ? kDefault4 : kDefault6);
  }
  return limit;
}

void check_right_edge(const Segment& segment, const Life& life, const Report& report) {
  if (life.wscale == Agreed::kUnknown || !life.edge_shown || !segment.has(kAck)) return;
  if (!life.is_newest(segment)) return;
  const std::int64_t ack = life.peer.at(segment.ack);
  // After the peer's FIN there is nothing left to offer a window for.
  if (life.peer_fin_end && ack >= *life.peer_fin_end) return;
  const std::int64_t edge = ack + (std::int64_t{segment.window} << life.own_shift);
  // RFC 9293 §3.8.6 [SHLD-14], RFC 7323 §2.4: what the scale rounds away is not shrinking.
  if (*life.edge_shown - edge >= std::int64_t{1} << life.own_shift) {
    report(RuleId::kRightEdge, fmt::format("right edge {}, it was {}", edge, *life.edge_shown));
  }
}

void check_offered(const Segment& segment, const Life& life, const Report& report) {
  const std::int64_t end = life.own.at(segment.seq) + segment.text;
  if (life.wscale == Agreed::kUnknown || end <= life.sent_end) return;
  // RFC 7323 §2.4 3 [MUST], RFC 9293 §3.8.6.1: new text lies in the window; a probe may put one octet beyond
  // it.
  if (segment.text > 1 && end > life.edge_offered) {
    report(RuleId::kBeyondWindow,
           fmt::format("text up to {}, the window ended at {}", end, life.edge_offered));
  }
}

}  // namespace

void check_window(const Segment& segment, const Life& life, const Report& report) {
  if (segment.has(kRst) || segment.has(kSyn)) return;
  check_right_edge(segment, life, report);
  check_offered(segment, life, report);
  // RFC 9293 §3.7.1 [MUST-16]: the options of this segment come out of the MSS. A packet that the network
  // card is still to cut up is no segment yet.
  const std::uint32_t size = segment.text + static_cast<std::uint32_t>(segment.image->tcp->options.size());
  const std::uint32_t limit = greatest_mss(segment, life);
  if (segment.text > 0 && size > limit && !segment.offloaded) {
    report(RuleId::kMss, fmt::format("{} octets of text and options, the peer's MSS allows {}", size, limit));
  }
}

}  // namespace tcpspec::monitor
