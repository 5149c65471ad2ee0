// RFC 5961 §7, and that no two ends answer each other for ever.
#include "stack/tcp/ack_throttle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"
#include "stack/tcp/testing/two_connections.h"

namespace tcpspec::tcp {
namespace {

using testing::Hand;
using ::testing::IsEmpty;

constexpr Duration kNano = Duration::nanos(1);
Instant at(Duration after) { return Instant() + after; }

TEST(ChallengeBudget, SoManyInAnIntervalThatBeginsWithTheFirst) {
  ChallengeBudget budget;
  const Duration five = Duration::seconds(5);
  EXPECT_TRUE(budget.take(2, five, at(Duration::seconds(1))));
  EXPECT_TRUE(budget.take(2, five, at(Duration::seconds(6) - kNano)));
  EXPECT_FALSE(budget.take(2, five, at(Duration::seconds(6) - kNano)));
  EXPECT_TRUE(budget.take(2, five, at(Duration::seconds(6))));
  EXPECT_FALSE(budget.take(0, five, at(Duration::seconds(60))));
}

TEST(AnswerBudget, ABurstAndOneMoreEachSecond) {
  AnswerBudget budget;
  const Duration start = Duration::millis(300);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take(3, at(start)));
  EXPECT_FALSE(budget.take(3, at(start)));
  EXPECT_FALSE(budget.take(3, at(start + Duration::seconds(1) - kNano)));
  EXPECT_TRUE(budget.take(3, at(start + Duration::seconds(1))));
  EXPECT_FALSE(budget.take(3, at(start + Duration::seconds(2) - kNano)));
  // Idle for long: the whole burst, and no more.
  const Duration later = Duration::seconds(100);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take(3, at(later)));
  EXPECT_FALSE(budget.take(3, at(later)));
}

TEST(ChallengeThrottle, TheTenthTheEleventhAndTheNextIntervalsFirst) {
  Config config = testing::plain_config();
  config.challenge_ack_interval = Duration::seconds(5);
  Hand hand(config);
  hand.establish();
  for (int i = 0; i < 10; ++i) {
    hand.peer("R", 2 + static_cast<std::uint32_t>(i), 0);
    EXPECT_EQ(hand.sent().size(), 1U) << i;
  }
  hand.peer("R", 100, 0);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(Duration::seconds(5) - kNano);
  hand.peer("S", 100, 0);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(kNano);
  hand.peer("S", 100, 0);
  EXPECT_EQ(hand.sent().size(), 1U);
}

TEST(ChallengeThrottle, AckNumbersOutOfRangeAreWithinIt) {
  Hand hand;
  hand.peer_window = 1000;
  hand.establish();
  // SND.UNA is 1, MAX.SND.WND 1000: 1 - 1000 is acceptable, one less is not (§5.2).
  const auto old = [&](std::uint32_t back) { hand.peer("P.", 1, 10, 1U - back); };
  old(1001);
  EXPECT_EQ(hand.sent().size(), 1U);
  EXPECT_TRUE(hand.receive().data.empty());
  for (int i = 0; i < 20; ++i) old(1001);
  EXPECT_EQ(hand.sent().size(), 9U);
  old(1000);
  EXPECT_EQ(hand.receive().data.size(), 10U);
}

TEST(ChallengeThrottle, WhatOccupiesSequenceSpaceIsAlwaysAnswered) {
  Hand hand;
  hand.establish();
  hand.peer("P.", 1, 100, 1);
  hand.wait(Duration::millis(40));
  hand.forget();
  for (int i = 0; i < 50; ++i) hand.peer("R", 200, 0);  // the challenges are spent
  for (int i = 0; i < 50; ++i) hand.peer(".", 50, 0, 1);
  hand.forget();
  for (int i = 0; i < 50; ++i) {
    hand.peer("P.", 1, 100, 1);  // our ACK was lost, again and again
    EXPECT_EQ(hand.sent().size(), 1U);
  }
}

TEST(AnswerThrottle, EmptySegmentsOutsideTheWindow) {
  Hand hand;
  hand.establish();
  const auto flood = [&](int count) {
    for (int i = 0; i < count; ++i) hand.peer(".", 0, 0, 1);
    return hand.sent().size();
  };
  EXPECT_EQ(flood(10), 10U);
  EXPECT_EQ(flood(1), 0U);
  hand.wait(Duration::seconds(1) - kNano);
  EXPECT_EQ(flood(1), 0U);
  hand.wait(kNano);
  EXPECT_EQ(flood(2), 1U);
}

TEST(AnswerThrottle, KeepAliveProbesAreAnsweredForEver) {
  Hand hand;
  hand.establish();
  for (int i = 0; i < 1000; ++i) {
    hand.wait(Duration::seconds(1));
    hand.peer(".", 0, 0, 1);
    ASSERT_EQ(hand.sent().size(), 1U);
  }
}

// Somebody who can forge has driven the numbers apart: each end's ACK is outside the other's window.
TEST(AnswerThrottle, TwoEndsThatDisagreeFallSilent) {
  for (const Duration delay : {Duration::micros(1), Duration::millis(10), Duration::millis(400)}) {
    for (const bool text : {false, true}) {
      testing::TwoConnections two;
      two.delay = delay;
      two.b.listening = true;
      two.open_a();
      two.run(Duration::seconds(5));
      ASSERT_EQ(two.states(), "ESTABLISHED ESTABLISHED");
      const auto forge = [&](Connection& to, const testing::TwoConnections::Side& from, const Tcb& tcb) {
        wire::Segment segment;
        segment.source = from.local;
        segment.destination = to.tcb().local;
        segment.flags = wire::Flag::kAck;
        segment.seq = tcb.rcv.nxt;
        segment.ack = tcb.snd.nxt;
        segment.window = 60000;
        segment.payload = Bytes(1000, 7);
        to.segment_arrives(segment, two.now());
      };
      forge(*two.a.tcp, two.b, two.a.tcp->tcb());
      forge(*two.b.tcp, two.a, two.b.tcp->tcb());
      if (text) two.a.to_send = testing::stream(1, 10);
      two.run(Duration::seconds(50));
      const std::size_t before = two.wire.size();
      EXPECT_LT(before, 200U) << delay.count_nanos();
      two.run(Duration::seconds(400));
      // With text there is a retransmission now and then, until the user timeout; nothing turns in between.
      EXPECT_LT(two.wire.size(), before + 200) << delay.count_nanos();
      if (!text) EXPECT_EQ(two.wire.size(), before) << delay.count_nanos();
    }
  }
}

}  // namespace
}  // namespace tcpspec::tcp
