#include "stack/tcp/sent_queue.h"

#include <algorithm>

namespace tcpspec::tcp {
namespace {

constexpr std::size_t kLeastCompaction = 32;

}  // namespace

std::size_t SentQueue::index_of(Seq32 seq) const {
  const auto all = records();
  const auto found = std::partition_point(all.begin(), all.end(),
                                          [&](const Sent& one) { return one.end.at_or_before(seq); });
  return static_cast<std::size_t>(found - all.begin());
}

void SentQueue::append(Seq32 begin, Seq32 end, Instant now) {
  CHECK(end.after(begin));
  CHECK(empty() || back().end == begin);
  Sent record;
  record.begin = begin;
  record.end = end;
  record.first_sent = record.last_sent = now;
  records_.push_back(record);
}

// Takes `octets` of a record out of the sums; all of them, and the record itself no longer counts.
void SentQueue::uncount(const Sent& record, std::uint32_t octets) {
  if (record.sacked) sacked_octets_ -= octets;
  if (record.sacked && octets == record.length()) --sacked_records_;
  if (record.lost) lost_octets_ -= octets;
  if (record.twice) twice_octets_ -= octets;
}

void SentQueue::sent_again(std::size_t i, Instant now) {
  CHECK(i < size());
  Sent& record = at(i);
  uncount(record, record.length());
  // A receiver that reneged may be sent what it had reported.
  record.sacked = record.lost = record.twice = false;
  record.last_sent = now;
  ++record.transmissions;
}

void SentQueue::mark_one_sacked(Sent& record) {
  if (record.lost) lost_octets_ -= record.length();
  if (record.twice) twice_octets_ -= record.length();
  record.lost = record.twice = false;
  record.sacked = true;
  highest_sacked_ = sacked_records_ == 0 ? record.end : later(highest_sacked_, record.end);
  sacked_octets_ += record.length();
  ++sacked_records_;
}

void SentQueue::mark_lost(std::size_t i) {
  CHECK(i < size());
  Sent& record = at(i);
  if (record.lost || record.sacked) return;
  clear_twice(i);
  record.lost = true;
  lost_from_ = lost_octets_ == 0 ? record.begin : earlier(lost_from_, record.begin);
  lost_octets_ += record.length();
}

void SentQueue::mark_all_lost() {
  for (std::size_t i = 0; i < size(); ++i) mark_lost(i);
}

void SentQueue::clear_sacked() {
  for (std::size_t i = 0; i < size(); ++i) at(i).sacked = false;
  sacked_octets_ = sacked_records_ = 0;
}

void SentQueue::mark_twice(std::size_t i) {
  CHECK(i < size());
  if (!at(i).twice) twice_octets_ += at(i).length();
  at(i).twice = true;
}

void SentQueue::clear_twice(std::size_t i) {
  CHECK(i < size());
  if (at(i).twice) twice_octets_ -= at(i).length();
  at(i).twice = false;
}

void SentQueue::split(std::size_t i, Seq32 at_seq) {
  CHECK(i < size());
  CHECK(at_seq.after(at(i).begin) && at_seq.before(at(i).end));
  Sent second = at(i);
  second.begin = at_seq;
  at(i).end = at_seq;
  if (second.sacked) ++sacked_records_;
  records_.insert(records_.begin() + static_cast<std::ptrdiff_t>(head_ + i + 1), second);
}

void SentQueue::drop_front() {
  uncount(front(), front().length());
  ++head_;
}

void SentQueue::compact() {
  if (empty()) return clear();
  // Each record moves at most once for each record that left.
  if (head_ < kLeastCompaction || head_ * 2 < records_.size()) return;
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(head_));
  head_ = 0;
}

void SentQueue::clear() {
  std::vector<Sent>().swap(records_);
  head_ = 0;
  sacked_octets_ = sacked_records_ = lost_octets_ = twice_octets_ = 0;
}

std::optional<std::size_t> SentQueue::first_lost() {
  if (lost_octets_ == 0) return std::nullopt;
  // Nothing before lost_from_ is looked at again, so a recovery costs a step for each of its records.
  std::size_t i = index_of(later(lost_from_, front().begin));
  while (!at(i).lost) ++i;
  lost_from_ = at(i).begin;
  return i;
}

std::optional<Seq32> SentQueue::highest_sacked() const {
  if (sacked_records_ == 0) return std::nullopt;
  return highest_sacked_;
}

}  // namespace tcpspec::tcp
