// RFC 6675 §4 by itself: which blocks are believed (RFC 2018 §3, RFC 2883 §4), IsLost(), NextSeg().
#include "stack/tcp/scoreboard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tcpspec::tcp {
namespace {

constexpr Seq32 kBase(0xffffff00);
Seq32 n(std::uint32_t number) { return kBase + number; }

// Ten segments of 100 octets in flight from 1000 on; SND.UNA is 1000, SND.NXT 2000.
class ScoreboardTest : public ::testing::Test {
 protected:
  ScoreboardTest() {
    for (std::uint32_t i = 0; i < 10; ++i) queue.append(n(1000 + i * 100), n(1100 + i * 100), Instant());
    board.start(n(1000));
  }
  SackNews update(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& blocks,
                  std::uint32_t seg_ack = 1000) {
    std::vector<wire::SackBlock> list;
    for (const auto& [left, right] : blocks) list.push_back({n(left), n(right)});
    return board.update(queue, list, {n(seg_ack), n(1000), n(2000), 500}, 100, [](const Sent&) {});
  }
  // The records marked lost, by their place.
  std::string lost() {
    std::string text;
    for (std::size_t i = 0; i < queue.size(); ++i) text += queue[i].sacked ? 's' : queue[i].lost ? 'L' : '.';
    return text;
  }
  SentQueue queue;
  Scoreboard board;
  Scoreboard::Limits limits{3, 100};
};

TEST_F(ScoreboardTest, BlocksThatCannotBeTrueAreCountedAndChangeNothing) {
  struct Row {
    std::uint32_t left, right;
    bool ignored;
  };
  const Row rows[] = {
      {1100, 1100, true},         // empty
      {1300, 1200, true},         // backwards
      {1900, 2001, true},         // beyond SND.NXT
      {1000, 1100, true},         // down to the octet that the ACK asks for
      {999, 1100, true},          // below it
      {400, 499, true},           // a D-SACK from too long ago
      {1001, 1101, false},        // just above
      {1900, 2000, false},        // up to SND.NXT
      {500, 600, false},          // a D-SACK
      {3'000'000'000, 10, true},  // half the circle
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.left);
    const SackNews news = update({{row.left, row.right}});
    EXPECT_EQ(news.ignored, row.ignored ? 1U : 0U);
    if (row.ignored) EXPECT_EQ(queue.sacked_octets(), 0U);
    queue.clear_sacked();
  }
}

TEST_F(ScoreboardTest, OfSeveralBlocksTheFalseOnesDoNotSpoilTheOthers) {
  const SackNews news = update({{1300, 1400}, {1900, 2100}, {1500, 1600}});
  EXPECT_EQ(news.newly_sacked, 200U);
  EXPECT_EQ(news.ignored, 1U);
  EXPECT_FALSE(news.duplicate);
}

TEST_F(ScoreboardTest, DuplicatesAreToldFromNews) {
  EXPECT_EQ(update({{900, 1000}}).duplicate, (wire::SackBlock{n(900), n(1000)}));  // RFC 2883 §4.1
  EXPECT_EQ(queue.sacked_octets(), 0U);
  const SackNews within = update({{1300, 1400}, {1200, 1500}});  // §4.2: within the second
  EXPECT_EQ(within.duplicate, (wire::SackBlock{n(1300), n(1400)}));
  EXPECT_EQ(within.newly_sacked, 300U);
  const SackNews second = update({{1600, 1700}, {900, 1000}});  // only the first may be one
  EXPECT_FALSE(second.duplicate);
  EXPECT_EQ(second.ignored, 1U);
  const SackNews apart = update({{1600, 1700}, {1800, 1900}});
  EXPECT_FALSE(apart.duplicate);
  EXPECT_EQ(apart.newly_sacked, 100U);
}

TEST_F(ScoreboardTest, AnOvertakenAckStillTellsWhatIsTrue) {
  EXPECT_EQ(update({{950, 1000}}, 900).ignored, 0U);  // all acknowledged since
  EXPECT_EQ(update({{1400, 1500}}, 900).newly_sacked, 100U);
  EXPECT_EQ(update({{950, 1100}}, 900).ignored, 1U);  // then SND.UNA would be 1100
}

TEST_F(ScoreboardTest, LostByOctets) {
  // More than two segments' worth above: 201 octets, not 200.
  update({{1200, 1400}});
  board.mark_losses(queue, limits);
  EXPECT_EQ(lost(), "..ss......");
  update({{1200, 1401}});
  board.mark_losses(queue, limits);
  EXPECT_EQ(lost(), "LLsss......");
  EXPECT_TRUE(board.is_lost(n(1000)));
}

TEST_F(ScoreboardTest, LostByDiscontiguousRuns) {
  update({{1210, 1220}, {1310, 1320}});
  board.mark_losses(queue, limits);
  EXPECT_EQ(queue.lost_octets(), 0U);
  update({{1410, 1420}});
  board.mark_losses(queue, limits);
  EXPECT_EQ(queue.lost_octets(), 210U);  // all below 1210
}

TEST_F(ScoreboardTest, DupThreshIsAKnob) {
  limits.duplicate_ack_threshold = 2;
  update({{1100, 1200}});
  board.mark_losses(queue, limits);
  EXPECT_EQ(lost(), ".s........");
  update({{1100, 1201}});
  board.mark_losses(queue, limits);
  EXPECT_EQ(lost(), "Lss........");
}

TEST_F(ScoreboardTest, WhatWasSentAgainInThisRecoveryIsNotMarkedAgain) {
  board.enter_recovery(n(1000));
  board.retransmitted(n(1100));
  queue.sent_again(0, Instant());
  update({{1200, 1500}});
  board.mark_losses(queue, limits);
  EXPECT_EQ(lost(), ".Lsss.....");
  EXPECT_EQ(board.high_rxt(), n(1100));
  EXPECT_EQ(board.rescue_rxt(), n(1100));
  board.retransmitted(n(1200));
  EXPECT_EQ(board.rescue_rxt(), n(1100));  // (4.3): by the first only
}

TEST_F(ScoreboardTest, ASecondCopyCountsOnceWhenTheFirstIsLost) {
  board.enter_recovery(n(1000));
  board.retransmitted(n(1100));
  queue.sent_again(0, Instant());
  queue.mark_twice(0);
  EXPECT_EQ(queue.pipe(), 1100U);
  update({{1200, 1500}});
  board.mark_losses(queue, limits);
  EXPECT_EQ(queue.pipe(), 1100U - 100 - 300 - 100);
}

TEST_F(ScoreboardTest, AfterATimeoutOnlyWhatIsSentLaterIsJudged) {
  board.on_timeout(n(1000), n(2000));
  update({{1200, 1900}});
  board.mark_losses(queue, limits);
  EXPECT_EQ(queue.lost_octets(), 0U);
}

TEST_F(ScoreboardTest, NextUnsureIsAboveHighRxtAndBelowTheHighestSacked) {
  EXPECT_EQ(board.next_unsure(queue), std::nullopt);
  board.enter_recovery(n(1000));
  board.retransmitted(n(1100));
  update({{1100, 1200}, {1400, 1500}});
  EXPECT_EQ(board.next_unsure(queue), 2U);
  board.retransmitted(n(1300));
  EXPECT_EQ(board.next_unsure(queue), 3U);
  board.retransmitted(n(1400));
  EXPECT_EQ(board.next_unsure(queue), std::nullopt);
}

TEST_F(ScoreboardTest, TheRescueIsTheHighestUnsackedOnceAndOnlyBeyondTheFirstRetransmission) {
  board.enter_recovery(n(1000));
  board.retransmitted(n(1100));
  update({{1900, 2000}});
  EXPECT_EQ(board.rescue(queue), std::nullopt);
  queue.acked_to(n(1100), [](const Sent&) {});
  EXPECT_EQ(board.rescue(queue), std::nullopt);  // HighACK = RescueRxt
  queue.acked_to(n(1101), [](const Sent&) {});
  ASSERT_TRUE(board.rescue(queue));
  EXPECT_EQ(queue[*board.rescue(queue)].begin, n(1800));
  board.rescued(n(2000));
  EXPECT_EQ(board.rescue(queue), std::nullopt);
}

}  // namespace
}  // namespace tcpspec::tcp
