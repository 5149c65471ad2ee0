// The retransmission queue: records, sums, marks, and that a large window stays cheap.
#include "stack/tcp/sent_queue.h"

#include <gtest/gtest.h>

#include <vector>

#include "stack/base/random.h"

namespace tcpspec::tcp {
namespace {

constexpr Seq32 kBase(0xfffff000);  // so that the numbers go round
constexpr Instant at(std::int64_t ms) { return Instant() + Duration::millis(ms); }
Seq32 n(std::uint32_t number) { return kBase + number; }

// Segments of 100 octets from 0 on.
SentQueue of(std::uint32_t segments) {
  SentQueue queue;
  for (std::uint32_t i = 0; i < segments; ++i) queue.append(n(i * 100), n(i * 100 + 100), at(i));
  return queue;
}
std::uint32_t sack(SentQueue& queue, std::uint32_t from, std::uint32_t to, std::size_t most = 1000) {
  return queue.mark_sacked(n(from), n(to), most, [](const Sent&) {});
}
// What the sums must be, counted anew.
void check_sums(const SentQueue& queue) {
  std::uint32_t octets = 0, sacked = 0, sacked_records = 0, lost = 0, pipe = 0;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const Sent& one = queue[i];
    if (i > 0) ASSERT_EQ(queue[i - 1].end, one.begin);
    ASSERT_TRUE(one.end.after(one.begin));
    ASSERT_FALSE(one.sacked && (one.lost || one.twice));
    octets += one.length();
    if (one.sacked) sacked += one.length(), ++sacked_records;
    if (one.lost) lost += one.length();
    if (!one.sacked && !one.lost) pipe += one.length() * (one.twice ? 2 : 1);
  }
  ASSERT_EQ(queue.octets(), octets);
  ASSERT_EQ(queue.sacked_octets(), sacked);
  ASSERT_EQ(queue.sacked_records(), sacked_records);
  ASSERT_EQ(queue.lost_octets(), lost);
  ASSERT_EQ(queue.pipe(), pipe);
}

TEST(SentQueueOrder, KeepsWhatWasSentAndFindsIt) {
  SentQueue queue = of(3);
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.octets(), 300U);
  EXPECT_EQ(queue.pipe(), 300U);
  EXPECT_EQ(queue.front().first_sent, at(0));
  EXPECT_EQ(queue.index_of(n(0)), 0U);
  EXPECT_EQ(queue.index_of(n(99)), 0U);
  EXPECT_EQ(queue.index_of(n(100)), 1U);
  EXPECT_EQ(queue.index_of(n(299)), 2U);
  EXPECT_EQ(queue.index_of(n(300)), 3U);
  EXPECT_EQ(SentQueue().index_of(n(0)), 0U);
}

TEST(SentQueueAcked, WholeRecordsLeaveAndAreDeliveredOnce) {
  SentQueue queue = of(4);
  sack(queue, 100, 200);
  std::vector<Seq32> delivered;
  queue.acked_to(n(250), [&](const Sent& record) { delivered.push_back(record.begin); });
  EXPECT_EQ(delivered,
            (std::vector<Seq32>{n(0)}));  // the second was delivered before, the third is not whole
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.front().begin, n(250));
  EXPECT_EQ(queue.octets(), 150U);
  check_sums(queue);
  queue.acked_to(n(300), [&](const Sent& record) { delivered.push_back(record.end); });
  EXPECT_EQ(delivered.back(), n(300));
  queue.acked_to(n(400), [](const Sent&) {});
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.pipe(), 0U);
}

TEST(SentQueueSacked, MarksSplitsAndCountsOnlyWhatIsNew) {
  SentQueue queue = of(5);
  EXPECT_EQ(sack(queue, 100, 200), 100U);
  EXPECT_EQ(sack(queue, 100, 200), 0U);
  EXPECT_EQ(sack(queue, 50, 350), 200U);  // half of the first and of the fourth
  EXPECT_EQ(queue.size(), 7U);
  EXPECT_EQ(queue.highest_sacked(), n(350));
  EXPECT_EQ(queue.pipe(), 200U);
  EXPECT_EQ(sack(queue, 320, 330), 0U);
  EXPECT_EQ(sack(queue, 500, 600), 0U);  // beyond
  check_sums(queue);
  queue.clear_sacked();
  EXPECT_EQ(queue.highest_sacked(), std::nullopt);
  EXPECT_EQ(queue.pipe(), 500U);
}

TEST(SentQueueSacked, AtTheBoundAPartStaysUnmarked) {
  SentQueue queue = of(3);
  EXPECT_EQ(sack(queue, 50, 250, 3), 100U);
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(sack(queue, 50, 100, 4), 50U);
  EXPECT_EQ(queue.size(), 4U);
  check_sums(queue);
}

TEST(SentQueueLost, LeavesThePipeUntilSentAgain) {
  SentQueue queue = of(3);
  queue.mark_lost(1);
  queue.mark_lost(1);
  EXPECT_EQ(queue.pipe(), 200U);
  EXPECT_EQ(queue.first_lost(), 1U);
  queue.mark_lost(0);
  EXPECT_EQ(queue.first_lost(), 0U);
  queue.sent_again(0, at(50));
  EXPECT_EQ(queue[0].transmissions, 2);
  EXPECT_EQ(queue[0].first_sent, at(0));
  EXPECT_EQ(queue[0].last_sent, at(50));
  EXPECT_EQ(queue.first_lost(), 1U);
  sack(queue, 100, 200);
  EXPECT_EQ(queue.first_lost(), std::nullopt);
  EXPECT_EQ(queue.lost_octets(), 0U);
  check_sums(queue);
}

TEST(SentQueueLost, WhatIsSackedIsNotLost) {
  SentQueue queue = of(3);
  sack(queue, 100, 200);
  queue.mark_all_lost();
  EXPECT_EQ(queue.lost_octets(), 200U);
  EXPECT_FALSE(queue[1].lost);
}

TEST(SentQueueTwice, CountsBothCopiesUntilOneIsGone) {
  SentQueue queue = of(2);
  queue.sent_again(0, at(9));
  queue.mark_twice(0);
  EXPECT_EQ(queue.pipe(), 300U);
  queue.clear_twice(0);
  EXPECT_EQ(queue.pipe(), 200U);
  queue.mark_twice(0);
  queue.mark_lost(0);
  EXPECT_EQ(queue.pipe(), 100U);
  check_sums(queue);
}

TEST(SentQueueRandom, TheSumsAreRightWhateverHappens) {
  Random random(11);
  for (int round = 0; round < 50; ++round) {
    SentQueue queue;
    std::uint32_t una = 0, nxt = 0;
    for (int step = 0; step < 400; ++step) {
      switch (random.below(8)) {
        case 0:
        case 1: {
          const auto size = static_cast<std::uint32_t>(1 + random.below(1460));
          queue.append(n(nxt), n(nxt + size), at(step));
          nxt += size;
          break;
        }
        case 2:
          una += static_cast<std::uint32_t>(random.below(nxt - una + 1)) / 4;
          queue.acked_to(n(una), [](const Sent&) {});
          break;
        case 3: {
          const auto from = una + static_cast<std::uint32_t>(random.below(nxt - una + 1));
          sack(queue, from, from + static_cast<std::uint32_t>(random.below(3000)) + 1, 200);
          break;
        }
        case 4:
          if (!queue.empty()) queue.mark_lost(random.below(queue.size()));
          break;
        case 5:
          if (const auto lost = queue.first_lost()) queue.sent_again(*lost, at(step));
          break;
        case 6:
          if (!queue.empty()) {
            const std::size_t i = random.below(queue.size());
            if (queue[i].length() > 1) queue.split(i, queue[i].begin + 1);
          }
          break;
        case 7:
          if (random.chance(1, 10)) queue.clear_sacked();
          if (!queue.empty() && !queue.front().sacked && !queue.front().lost) queue.mark_twice(0);
          break;
      }
      check_sums(queue);
      for (std::size_t i = 0; i < queue.first_lost().value_or(0); ++i) ASSERT_FALSE(queue[i].lost);
    }
  }
}

TEST(SentQueueCost, AWindowOfFourMebibytesIsNotQuadratic) {
  // 64 MiB in segments of 1460 octets with 2900 of them in flight, one in a hundred lost: some ten million
  // steps. A queue that looked through itself for each would take 10^8 and more.
  SentQueue queue;
  std::uint32_t una = 0, nxt = 0;
  constexpr std::uint32_t kSegment = 1460, kSegments = 46'000, kWindow = 2900;
  for (std::uint32_t i = 0; i < kSegments; ++i) {
    queue.append(n(nxt), n(nxt + kSegment), at(i));
    nxt += kSegment;
    if (i < kWindow) continue;
    const std::uint32_t arrived = (i - kWindow / 2) * kSegment;
    if (i % 100 != 0) sack(queue, arrived, arrived + kSegment, 65536);
    if (i % 100 == 0) queue.mark_lost(queue.index_of(n(arrived)));
    if (const auto lost = queue.first_lost()) queue.sent_again(*lost, at(i));
    una += kSegment;
    queue.acked_to(n(una), [](const Sent&) {});
  }
  EXPECT_EQ(queue.size(), kWindow);
  EXPECT_EQ(queue.octets(), kWindow * kSegment);
}

}  // namespace
}  // namespace tcpspec::tcp
