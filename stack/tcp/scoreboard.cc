#include "stack/tcp/scoreboard.h"

namespace tcpspec::tcp {

Scoreboard::Kind Scoreboard::kind_of(const std::vector<wire::SackBlock>& blocks, std::size_t i,
                                     const Edges& edges) {
  const wire::SackBlock& block = blocks[i];
  if (!block.right.after(block.left) || block.right.after(edges.nxt)) return Kind::kFalse;
  if (block.right.at_or_before(edges.seg_ack)) {
    // RFC 2883 §4.1, §5: the first block, below the cumulative ACK, reports a duplicate. One from long ago
    // can be of an earlier round of the numbers.
    const bool recent = block.left.at_or_after(edges.una - edges.max_window);
    return i == 0 && recent ? Kind::kDuplicate : Kind::kFalse;
  }
  if (i == 0 && blocks.size() > 1) {
    // RFC 2883 §4.2.3, §5: or it lies within the second.
    const wire::SackBlock& next = blocks[1];
    if (next.left.at_or_before(block.left) && block.right.at_or_before(next.right)) return Kind::kDuplicate;
  }
  // RFC 2018 §3: the octet that the ACK asks for is missing, so no block reaches down to it.
  if (block.left.at_or_before(edges.seg_ack)) return Kind::kFalse;
  // The ACK was overtaken: a later one has acknowledged all of the block. Part of it, it cannot have.
  if (block.right.at_or_before(edges.una)) return Kind::kStale;
  return block.left.after(edges.una) ? Kind::kNews : Kind::kFalse;
}

// RFC 6675 §4 IsLost(): DupThresh separate runs of sacked octets above, or more than DupThresh-1 segments'
// worth of them. Both only grow as one looks lower, so one number tells. Looks at what lies above it, which
// in a recovery is a handful of records.
Seq32 Scoreboard::loss_edge(const SentQueue& queue, const Limits& limits) {
  const std::optional<Seq32> highest = queue.highest_sacked();
  if (!highest) return queue.empty() ? Seq32() : queue.front().begin;
  const std::uint32_t enough = static_cast<std::uint32_t>(limits.duplicate_ack_threshold - 1) * limits.smss;
  std::uint32_t octets = 0;
  int runs = 0;
  bool in_run = false;
  for (std::size_t i = queue.index_of(*highest - 1) + 1; i-- > 0;) {
    const Sent& record = queue[i];
    if (record.sacked) {
      if (!in_run) ++runs;
      octets += record.length();
      if (runs >= limits.duplicate_ack_threshold || octets > enough) return record.begin;
    }
    in_run = record.sacked;
  }
  return queue.front().begin;
}

void Scoreboard::mark_losses(SentQueue& queue, const Limits& limits) {
  if (queue.empty()) return;
  const Seq32 edge = loss_edge(queue, limits);
  const Seq32 from = later(judged_to_, queue.front().begin);
  for (std::size_t i = queue.index_of(from); i < queue.size() && queue[i].begin.before(edge); ++i) {
    if (queue[i].begin.before(high_rxt_)) {
      queue.clear_twice(i);  // of its two copies the first is lost now
    } else {
      queue.mark_lost(i);
    }
  }
  judged_to_ = later(from, edge);
}

void Scoreboard::enter_recovery(Seq32 una) {
  high_rxt_ = rescue_rxt_ = una;
  first_retransmission_ = true;
}

void Scoreboard::retransmitted(Seq32 end) {
  high_rxt_ = later(high_rxt_, end);
  // RFC 6675 §5 (4.3): no rescue before an ACK went beyond the first retransmission.
  if (first_retransmission_) rescue_rxt_ = end;
  first_retransmission_ = false;
}

void Scoreboard::on_timeout(Seq32 una, Seq32 nxt) {
  high_rxt_ = una;
  judged_to_ = nxt;
}

std::optional<std::size_t> Scoreboard::next_unsure(const SentQueue& queue) const {
  // RFC 6675 §4 NextSeg (3): not sacked, above HighRxt, below the highest octet that was.
  const std::optional<Seq32> highest = queue.highest_sacked();
  if (!highest) return std::nullopt;
  for (std::size_t i = queue.index_of(later(high_rxt_, queue.front().begin)); i < queue.size(); ++i) {
    if (queue[i].begin.at_or_after(*highest)) break;
    if (!queue[i].sacked && queue[i].begin.at_or_after(high_rxt_)) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> Scoreboard::rescue(const SentQueue& queue) const {
  // NextSeg (4): once in a recovery, and only when HighACK has passed RescueRxt: the highest not sacked.
  if (queue.empty() || !queue.front().begin.after(rescue_rxt_)) return std::nullopt;
  for (std::size_t i = queue.size(); i-- > 0;) {
    if (!queue[i].sacked) return i;
  }
  return std::nullopt;
}

}  // namespace tcpspec::tcp
