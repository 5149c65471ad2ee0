// RFC 7323 §3 to §5: the parts without a connection. Options on the wire: timestamps_option_test.cc.
#include "stack/tcp/timestamps.h"

#include <gtest/gtest.h>

namespace tcpspec::tcp {
namespace {

constexpr Duration kDay = Duration::seconds(86'400);
Instant at(Duration after) { return Instant() + after; }

TEST(TimestampClock, TicksEveryMillisecond) {
  EXPECT_EQ(timestamp_clock(at(Duration::nanos(999'999))), 0U);
  EXPECT_EQ(timestamp_clock(at(Duration::millis(1))), 1U);
  // The circle: 2^32 ms.
  EXPECT_EQ(timestamp_clock(at(Duration::millis(0x1'0000'0005LL))), 5U);
}

TEST(TimestampClock, RoundTripsGoRoundTheCircleAndAreNeverNegative) {
  EXPECT_EQ(echoed_round_trip(90, at(Duration::millis(100))), Duration::millis(10));
  EXPECT_EQ(echoed_round_trip(0xffff'fffb, at(Duration::millis(0x1'0000'0005LL))), Duration::millis(10));
  EXPECT_EQ(echoed_round_trip(101, at(Duration::millis(100))), Duration());
  EXPECT_TRUE(echo_is_from_the_future(101, at(Duration::millis(100))));
  EXPECT_FALSE(echo_is_from_the_future(100, at(Duration::millis(100))));
}

TEST(Paws, OlderIsRejectedEqualAndNewerPass) {
  TimestampsRecent recent;
  recent.start(1000, at(Duration()));
  EXPECT_TRUE(recent.paws_rejects(999, at(Duration::seconds(1))));
  EXPECT_FALSE(recent.paws_rejects(1000, at(Duration::seconds(1))));
  EXPECT_FALSE(recent.paws_rejects(1001, at(Duration::seconds(1))));
  // On the circle: half way round is older.
  EXPECT_TRUE(recent.paws_rejects(1000 + 0x8000'0000U, at(Duration::seconds(1))));
}

TEST(Paws, After24DaysTsRecentProvesNothing) {
  TimestampsRecent recent;
  recent.start(1000, at(Duration()));
  EXPECT_TRUE(recent.paws_rejects(999, at(kDay * 24)));
  EXPECT_FALSE(recent.paws_rejects(999, at(kDay * 24 + Duration::nanos(1))));
  recent.update(999, Seq32(5), Seq32(5), at(kDay * 24 + Duration::nanos(1)));
  EXPECT_EQ(recent.value(), 999U);
}

TEST(TsRecent, OnlyASegmentThatReachesBackToLastAckSentUpdates) {
  TimestampsRecent recent;
  recent.start(1000, at(Duration()));
  recent.update(1001, Seq32(101), Seq32(100), at(Duration()));
  EXPECT_EQ(recent.value(), 1000U);
  recent.update(1001, Seq32(100), Seq32(100), at(Duration()));
  EXPECT_EQ(recent.value(), 1001U);
  recent.update(1002, Seq32(99), Seq32(100), at(Duration()));
  EXPECT_EQ(recent.value(), 1002U);
  recent.update(1001, Seq32(99), Seq32(100), at(Duration()));
  EXPECT_EQ(recent.value(), 1002U);
}

}  // namespace
}  // namespace tcpspec::tcp
