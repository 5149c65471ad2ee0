#include "harness/target/remote/agent_clock.h"

#include <gtest/gtest.h>

namespace tcpspec::target {
namespace {

constexpr std::int64_t kMilli = 1'000'000;
// The agent's clock is ahead of ours by this much.
constexpr std::int64_t kAhead = 7'000'000'000;

TEST(AgentClock, TheStartItselfLeavesHalfItsRoundTripOpen) {
  const AgentClock clock(kAhead + 3 * kMilli, 0, 10 * kMilli);
  EXPECT_EQ(clock.error(), Duration::millis(5));
  EXPECT_EQ(clock.now(5 * kMilli), Instant()) << "the middle of the round trip is zero";
  const Stamp stamp = clock.stamp(kAhead + 4 * kMilli, kAhead + 4 * kMilli);
  EXPECT_EQ(stamp.earliest, Instant() + Duration::millis(1 - 5));
  EXPECT_EQ(stamp.latest, Instant() + Duration::millis(1 + 5));
}

TEST(AgentClock, EveryExchangeNarrowsTheComparison) {
  AgentClock clock(kAhead + 3 * kMilli, 0, 10 * kMilli);
  clock.compare({20 * kMilli, 21 * kMilli, kAhead + 20 * kMilli, kAhead + 21 * kMilli});
  EXPECT_EQ(clock.error(), Duration());
  EXPECT_EQ(clock.now(25 * kMilli), Instant() + Duration::millis(22));
}

TEST(AgentClock, AnExchangeThatSaysNothingChangesNothing) {
  AgentClock clock(kAhead, 0, 2 * kMilli);
  clock.compare({kMilli, 2 * kMilli, kAhead, kAhead + 50 * kMilli});
  EXPECT_EQ(clock.error(), Duration::millis(1));
}

TEST(AgentClock, ClocksThatDriftApartAreComparedAnew) {
  AgentClock clock(kAhead, 0, kMilli);
  // An hour later the agent's is 50 ms further on.
  const std::int64_t hour = 3'600'000 * kMilli;
  clock.compare({hour, hour + 2 * kMilli, kAhead + hour + 51 * kMilli, kAhead + hour + 51 * kMilli});
  EXPECT_EQ(clock.error(), Duration::millis(1));
  EXPECT_EQ(clock.now(hour + kMilli), Instant::from_nanos(hour) + Duration::millis(51));
}

TEST(AgentClock, NowNeverGoesBack) {
  AgentClock clock(kAhead, 0, 10 * kMilli);
  const Instant before = clock.now(20 * kMilli);
  clock.compare({20 * kMilli, 20 * kMilli, kAhead + 11 * kMilli, kAhead + 11 * kMilli});
  EXPECT_EQ(clock.now(20 * kMilli), before);
  EXPECT_GT(clock.now(30 * kMilli), before);
}

}  // namespace
}  // namespace tcpspec::target
