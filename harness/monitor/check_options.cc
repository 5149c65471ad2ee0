// What the SYNs negotiated: timestamps, SACK, ECN.
#include <algorithm>

#include <fmt/format.h>

#include "harness/monitor/checks.h"

namespace tcpspec::monitor {
namespace {

bool any_offer(const std::vector<Summary>& offers, bool (*has)(const Summary&)) {
  return std::ranges::any_of(offers, has);
}

void check_timestamps(const Segment& segment, const Connection& connection, const Life& life,
                      const Report& report) {
  const auto& option = segment.options.timestamps;
  // RFC 7323 §3.2 [MUST]: in every segment but RST once both SYNs had them.
  if (!option && life.timestamps == Agreed::kYes) {
    report(RuleId::kTimestampsMissing, "both SYNs had timestamps");
  }
  if (!option) return;
  // RFC 7323 §3.2: not negotiated, the peer ignores them.
  if (life.timestamps == Agreed::kNo && !segment.has(kSyn)) {
    report(RuleId::kTimestampsUnasked, "the SYNs did not both have timestamps");
  }
  if (life.timestamps != Agreed::kYes) return;
  // RFC 7323 §3.2 [MUST]: what is echoed is a TSval of ours.
  if (segment.has(kAck) && !connection.has_tsval(option->echo)) {
    report(RuleId::kTimestampsEcho, fmt::format("TSecr {} was never sent to it", option->echo));
  }
  // RFC 7323 §4.1, §5.2 [MUST]: a clock, so that PAWS can tell old from new; compared modulo 2^32. The SYN is
  // left out: its value may stand for more than the time.
  if (!segment.has(kSyn) && life.last_tsval && life.is_newest(segment) &&
      static_cast<std::int32_t>(option->value - *life.last_tsval) < 0) {
    report(RuleId::kTimestampsBackwards, fmt::format("TSval {} after {}", option->value, *life.last_tsval));
  }
}

void check_block(const SackEdges& block, bool first, const Segment& segment, const Life& life, bool whole,
                 const Report& report) {
  const std::int64_t left = life.peer.at(block.left), right = life.peer.at(block.right);
  const std::string text = fmt::format("block {}:{}", left, right);
  // RFC 2018 §3: left edge is the first octet, right edge the one after the last.
  if (left >= right) return report(RuleId::kSackBlocks, text + " is empty or reversed");
  // RFC 2883 §4: only the first block may report a duplicate, at or below the ACK or inside another block.
  if (!first && left <= life.peer.at(segment.ack)) {
    return report(RuleId::kSackReceived,
                  text + " does not lie above the ACK, and only the first may be a D-SACK");
  }
  if (whole && !life.arrived.contains(left, right)) {
    report(RuleId::kSackReceived, text + " names octets that were never sent to it");
  }
}

}  // namespace

void check_negotiation(const Segment& segment, const Connection& connection, const Life& life,
                       const Report& report) {
  if (segment.has(kRst)) return;
  const auto wscale = [](const Summary& s) { return s.options.wscale.has_value(); };
  const auto timestamps = [](const Summary& s) { return s.options.timestamps.has_value(); };
  // RFC 7323 §2.2, §3.2: a SYN-ACK answers what the SYN offered. With crossing SYNs both are offers.
  if (segment.has(kSyn) && segment.has(kAck) && !life.crossed) {
    if (wscale(segment) && !any_offer(life.peer_offers, wscale)) {
      report(RuleId::kWscaleUnasked, "the SYN had no window scale");
    }
    if (timestamps(segment) && !any_offer(life.peer_offers, timestamps)) {
      report(RuleId::kTimestampsInSynAck, "the SYN had no timestamps");
    }
  }
  check_timestamps(segment, connection, life, report);
  // RFC 3168 §6.1.1 [MUST NOT]: no ECT before both sides have agreed; any ECN flag on both SYNs may mean
  // that.
  const auto ecn = [](const Summary& s) { return s.has(kEce | kCwr | kAe); };
  const std::uint8_t traffic = segment.image->v4 ? segment.image->v4->tos : segment.image->v6->traffic_class;
  if (segment.text > 0 && (traffic & 3) != 0 &&
      !(any_offer(life.own_offers, ecn) && any_offer(life.peer_offers, ecn))) {
    report(RuleId::kEctUnasked,
           fmt::format("ECN field {} on text, the SYNs did not negotiate it", traffic & 3));
  }
}

void check_sack(const Segment& segment, const Life& life, bool whole, const Report& report) {
  for (const packet::Option& option : packet::split_options(segment.image->tcp->options)) {
    if (option.kind != 5 || !option.length || *option.length != option.data.size() + 2) continue;
    // RFC 2018 §3: two octets and eight for each block.
    if (option.data.empty() || option.data.size() % 8 != 0) {
      report(RuleId::kSackBlocks, fmt::format("SACK option of length {}", *option.length));
    }
  }
  if (segment.options.sack.empty()) return;
  const auto permitted = [](const Summary& s) { return s.options.sack_permitted; };
  // RFC 2018 §4 [MUST NOT]: none to a peer that has not said that it understands them.
  if (!any_offer(life.peer_offers, permitted))
    report(RuleId::kSackUnasked, "the peer's SYN had no SACK-permitted");
  if (!segment.has(kAck)) return;
  for (std::size_t i = 0; i < segment.options.sack.size(); ++i) {
    check_block(segment.options.sack[i], i == 0, segment, life, whole, report);
  }
}

}  // namespace tcpspec::monitor
