// Scoreboard: what SACK blocks tell of the retransmission queue (RFC 2018 §5, RFC 2883 §5) and what RFC 6675
// §4 makes of it: Update(), IsLost(), NextSeg(). SetPipe() is SentQueue::pipe(). Works on a SentQueue that
// its owner keeps; owns a few numbers only. Sends nothing and knows no window.
//
// Numbers are those "just after": HighRxt and RescueRxt name the octet behind the highest one retransmitted.
#ifndef STACK_TCP_SCOREBOARD_H_
#define STACK_TCP_SCOREBOARD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/seq32.h"
#include "stack/tcp/sent_queue.h"
#include "stack/wire/segment.h"

namespace tcpspec::tcp {

// What the SACK option of one ACK told.
struct SackNews {
  std::uint32_t newly_sacked = 0;            // octets
  std::uint32_t ignored = 0;                 // blocks that cannot be true
  std::optional<wire::SackBlock> duplicate;  // D-SACK: it came twice
};

class Scoreboard {
 public:
  struct Limits {
    int duplicate_ack_threshold = 3;  // DupThresh
    std::uint32_t smss = 536;
  };
  struct Edges {
    Seq32 seg_ack;                 // of the segment with the blocks
    Seq32 una, nxt;                // SND.UNA after it, SND.NXT
    std::uint32_t max_window = 0;  // how far below SND.UNA a D-SACK may still reach
  };

  // Nothing below `una` is of interest any more.
  void start(Seq32 una) { high_rxt_ = rescue_rxt_ = judged_to_ = una; }

  // Update(). Blocks that cannot be true are counted and change nothing; a D-SACK is no news of the octets.
  // Never splits the queue beyond `most` records. delivered(record) as in SentQueue::mark_sacked().
  template <typename Delivered>
  SackNews update(SentQueue& queue, const std::vector<wire::SackBlock>& blocks, const Edges& edges,
                  std::size_t most, Delivered delivered) const;

  // Whatever lies before this number and is not marked as sacked is lost: IsLost(S) is S < loss_edge().
  [[nodiscard]] static Seq32 loss_edge(const SentQueue& queue, const Limits& limits);
  // Marks what IsLost() newly says. What was sent again in this recovery (before HighRxt) is not marked.
  void mark_losses(SentQueue& queue, const Limits& limits);

  // Outside of recovery, on each ACK: RFC 6675 §5 (3.1), HighRxt is HighACK.
  void at_rest(Seq32 una) {
    high_rxt_ = una;
    judged_to_ = later(judged_to_, una);
  }
  // IsLost(), as mark_losses() last judged.
  [[nodiscard]] bool is_lost(Seq32 seq) const { return seq.before(judged_to_); }

  // A recovery begins: (4.3) of RFC 6675 §5 sets HighRxt and RescueRxt with the first retransmission.
  void enter_recovery(Seq32 una);
  void retransmitted(Seq32 end);
  // A timeout: everything sent so far was judged by it, and new marks speak of what is sent from now on.
  void on_timeout(Seq32 una, Seq32 nxt);

  // NextSeg() rules (3) and (4); (1) is SentQueue::first_lost(), (2) the output engine's. Rule (4) is used up
  // by rescued().
  [[nodiscard]] std::optional<std::size_t> next_unsure(const SentQueue& queue) const;
  [[nodiscard]] std::optional<std::size_t> rescue(const SentQueue& queue) const;
  void rescued(Seq32 recovery_point) { rescue_rxt_ = recovery_point; }

  [[nodiscard]] Seq32 high_rxt() const { return high_rxt_; }
  [[nodiscard]] Seq32 rescue_rxt() const { return rescue_rxt_; }

 private:
  enum class Kind : std::uint8_t { kNews, kDuplicate, kStale, kFalse };
  [[nodiscard]] static Kind kind_of(const std::vector<wire::SackBlock>& blocks, std::size_t i,
                                    const Edges& edges);

  Seq32 high_rxt_;
  Seq32 rescue_rxt_;
  Seq32 judged_to_;  // IsLost() was applied up to here
  bool first_retransmission_ = false;
};

template <typename Delivered>
SackNews Scoreboard::update(SentQueue& queue, const std::vector<wire::SackBlock>& blocks, const Edges& edges,
                            std::size_t most, Delivered delivered) const {
  SackNews news;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    switch (kind_of(blocks, i, edges)) {
      case Kind::kNews:
        news.newly_sacked += queue.mark_sacked(blocks[i].left, blocks[i].right, most, delivered);
        break;
      case Kind::kDuplicate:
        news.duplicate = blocks[i];
        break;
      case Kind::kStale:
        break;
      case Kind::kFalse:
        ++news.ignored;
        break;
    }
  }
  return news;
}

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_SCOREBOARD_H_
