// The retransmission queue (RFC 9293 §3.8.1) and what is known of each segment in it: the scoreboard of RFC
// 6675 §4 and the per-segment times of RFC 8985 §5.2. Owns the records, not the octets.
#ifndef STACK_TCP_SENT_QUEUE_H_
#define STACK_TCP_SENT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stack/base/check.h"
#include "stack/base/seq32.h"
#include "stack/base/time.h"

namespace tcpspec::tcp {

// One segment of the retransmission queue.
struct Sent {
  Seq32 begin;
  Seq32 end;
  Instant first_sent;
  Instant last_sent;
  int transmissions = 1;
  bool sacked = false;  // the receiver reported it, RFC 2018 §5
  bool lost = false;    // deemed lost and not sent again since
  bool twice = false;   // sent again without being deemed lost: both copies count, RFC 6675 §4 SetPipe (b)
  [[nodiscard]] std::uint32_t length() const { return static_cast<std::uint32_t>(end - begin); }
  [[nodiscard]] bool retransmitted() const { return transmissions > 1; }
  bool operator==(const Sent&) const = default;
};

// The segments from SND.UNA to SND.NXT, in the order of their numbers, without gap or overlap. Finds by
// binary search; taking from the front costs amortised constant time, a split moves what lies behind it. Uses
// no memory while it is empty. The sums over it are kept up to date, so that `pipe` costs nothing.
// Deliberately without judgement: which segment is lost is for recovery.cc, scoreboard.cc and Rack to say.
//
// Its bound is its owner's (Config::most_sent_records): nothing is appended at the bound, so new data waits,
// and what a SACK block covers only in part is not split there and stays unmarked. What must be sent again in
// smaller segments is split all the same, beyond the bound by the pieces of one segment each.
class SentQueue {
 public:
  [[nodiscard]] bool empty() const { return head_ == records_.size(); }
  [[nodiscard]] std::size_t size() const { return records_.size() - head_; }
  [[nodiscard]] const Sent& operator[](std::size_t i) const {
    CHECK(i < size());
    return records_[head_ + i];
  }
  [[nodiscard]] const Sent& front() const { return (*this)[0]; }
  [[nodiscard]] const Sent& back() const { return (*this)[size() - 1]; }
  [[nodiscard]] std::span<const Sent> records() const { return {records_.data() + head_, size()}; }
  // The first record that reaches beyond `seq`; size() if none does.
  [[nodiscard]] std::size_t index_of(Seq32 seq) const;

  // What was sent for the first time: it begins where the queue ends.
  void append(Seq32 begin, Seq32 end, Instant now);
  // Record `i` was sent again.
  void sent_again(std::size_t i, Instant now);

  // SND.UNA is `una` now: what lies before it leaves. delivered(record) is called for each record that leaves
  // whole and was not delivered before, by a SACK block.
  template <typename Delivered>
  void acked_to(Seq32 una, Delivered delivered);
  // [begin, end) was reported by a SACK block. delivered(record) is called for each record newly marked.
  // Gives the octets newly marked. Never has more than `most` records by splitting.
  template <typename Delivered>
  std::uint32_t mark_sacked(Seq32 begin, Seq32 end, std::size_t most, Delivered delivered);

  void mark_lost(std::size_t i);
  void mark_all_lost();  // all but what is marked as sacked
  void clear_sacked();   // the receiver may have dropped it: RFC 2018 §8
  void mark_twice(std::size_t i);
  void clear_twice(std::size_t i);
  void split(std::size_t i, Seq32 at);
  void clear();

  // The first record marked lost.
  [[nodiscard]] std::optional<std::size_t> first_lost();
  // The end of the highest record marked as sacked.
  [[nodiscard]] std::optional<Seq32> highest_sacked() const;

  [[nodiscard]] std::uint32_t octets() const {
    return empty() ? 0 : static_cast<std::uint32_t>(back().end - front().begin);
  }
  [[nodiscard]] std::uint32_t sacked_octets() const { return sacked_octets_; }
  [[nodiscard]] std::uint32_t sacked_records() const { return sacked_records_; }
  [[nodiscard]] std::uint32_t lost_octets() const { return lost_octets_; }
  // RFC 6675 §4 SetPipe(): the octets presumed in the network.
  [[nodiscard]] std::uint32_t pipe() const {
    return octets() - sacked_octets_ - lost_octets_ + twice_octets_;
  }

 private:
  [[nodiscard]] Sent& at(std::size_t i) { return records_[head_ + i]; }
  void uncount(const Sent& record, std::uint32_t octets);
  void mark_one_sacked(Sent& record);
  void drop_front();
  void compact();

  std::vector<Sent> records_;
  std::size_t head_ = 0;
  std::uint32_t sacked_octets_ = 0;
  std::uint32_t sacked_records_ = 0;
  std::uint32_t lost_octets_ = 0;
  std::uint32_t twice_octets_ = 0;
  Seq32 lost_from_;       // no record marked lost begins before
  Seq32 highest_sacked_;  // meaningful while sacked_records_ > 0
};

template <typename Delivered>
void SentQueue::acked_to(Seq32 una, Delivered delivered) {
  while (!empty() && front().end.at_or_before(una)) {
    if (!front().sacked) delivered(front());
    drop_front();
  }
  compact();
  if (empty() || !front().begin.before(una)) return;
  // Of a record that is acknowledged in part the rest stays; it is delivered when all of it is.
  uncount(front(), static_cast<std::uint32_t>(una - front().begin));
  at(0).begin = una;
}

template <typename Delivered>
std::uint32_t SentQueue::mark_sacked(Seq32 begin, Seq32 end, std::size_t most, Delivered delivered) {
  std::uint32_t marked = 0;
  std::size_t i = index_of(begin);
  if (i < size() && at(i).begin.before(begin)) {
    if (!at(i).sacked && size() < most) split(i, begin);
    ++i;
  }
  for (; i < size() && at(i).begin.before(end); ++i) {
    if (at(i).sacked) continue;
    if (at(i).end.after(end)) {
      if (size() >= most) break;
      split(i, end);
    }
    mark_one_sacked(at(i));
    marked += at(i).length();
    delivered(at(i));
  }
  return marked;
}

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_SENT_QUEUE_H_
