// RFC 9293 §3.8.4.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;

constexpr Duration kNano = Duration::nanos(1);
constexpr Duration sec(std::int64_t n) { return Duration::seconds(n); }
constexpr const char* kProbe = ". 0:0(0) ack 1";

Config keepalive() {
  Config config = testing::plain_config();
  config.keepalive = true;
  return config;
}
Hand idle(const Config& config = keepalive()) {
  Hand hand(config);
  hand.establish();
  return hand;
}

TEST(Keepalive, IsOffByDefault) {
  Hand hand = idle(testing::plain_config());
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(Keepalive, ProbesAfterTwoIdleHoursAndNotBefore) {
  Hand hand = idle();
  hand.wait(sec(7200) - kNano);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(kNano);
  EXPECT_THAT(hand.sent(), ElementsAre(kProbe));
}

TEST(Keepalive, AnAnswerBeginsTheIdleTimeAnew) {
  Hand hand = idle();
  for (int i = 0; i < 5; ++i) {
    hand.wait(sec(7200) - kNano);
    EXPECT_THAT(hand.sent(), IsEmpty());
    hand.wait(kNano);
    EXPECT_THAT(hand.sent(), ElementsAre(kProbe));
    hand.peer(".", 1, 0, 1);
    EXPECT_THAT(hand.sent(), IsEmpty());
  }
  EXPECT_EQ(hand.state(), "ESTABLISHED");
}

TEST(Keepalive, NineUnansweredProbesThenAResetAndTimeout) {
  Hand hand = idle();
  hand.wait(sec(7200));
  EXPECT_THAT(hand.sent(), ElementsAre(kProbe));
  for (int i = 1; i < 9; ++i) {
    hand.wait(sec(75) - kNano);
    EXPECT_THAT(hand.sent(), IsEmpty());
    hand.wait(kNano);
    EXPECT_THAT(hand.sent(), ElementsAre(kProbe));
  }
  hand.wait(sec(75) - kNano);
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(kNano);
  EXPECT_THAT(hand.sent(), ElementsAre("R 1:1(0)"));
  EXPECT_THAT(hand.events(), ElementsAre("timed out"));
  EXPECT_EQ(hand.receive().error, CallError::kTimedOut);
}

TEST(Keepalive, OneAnswerForgivesAllProbes) {
  Hand hand = idle();
  hand.wait(sec(7200 + 75 * 8));
  EXPECT_EQ(hand.sent().size(), 9U);
  hand.peer(".", 1, 0, 1);
  hand.wait(sec(7200) - kNano);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(sec(75 * 8) + kNano);
  EXPECT_EQ(hand.sent().size(), 9U);
}

TEST(Keepalive, AnythingFromThePeerCounts) {
  Hand hand = idle();
  hand.wait(sec(7000));
  hand.peer("P.", 1, 1, 1);
  hand.wait(sec(7200) - kNano);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 2"));  // the delayed ACK of it, long ago
  hand.wait(kNano);
  EXPECT_THAT(hand.sent(), ElementsAre(". 0:0(0) ack 2"));
}

TEST(Keepalive, WaitsWhileTextIsUnacknowledged) {
  Config config = keepalive();
  config.keepalive_idle = sec(10);
  Hand hand = idle(config);
  hand.wait(sec(9));
  hand.send(5);
  hand.forget();
  hand.wait(sec(20));
  for (const std::string& line : hand.sent()) EXPECT_EQ(line, "P. 1:6(5) ack 1");
  hand.peer(".", 1, 0, 6);
  hand.wait(sec(10) - kNano);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(kNano);
  EXPECT_THAT(hand.sent(), ElementsAre(". 5:5(0) ack 1"));
}

TEST(Keepalive, CarriesAGarbageOctetOnlyIfAsked) {
  Config config = keepalive();
  config.keepalive_garbage_octet = true;
  Hand hand = idle(config);
  hand.wait(sec(7200));
  const auto segments = hand.segments();
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(segments[0].payload.size(), 1U);
  EXPECT_EQ(segments[0].seq, hand.tcb().snd.nxt - 1);
}

TEST(Keepalive, RunsInIdleStatesOnly) {
  for (const State state : testing::kSynchronized) {
    SCOPED_TRACE(to_string(state));
    Hand hand(keepalive());
    hand.reach(state);
    const bool may = state == State::kEstablished || state == State::kCloseWait || state == State::kFinWait2;
    EXPECT_EQ(hand.until_deadline() == sec(7200), may);
  }
}

TEST(Keepalive, MayBeSwitchedWhileTheConnectionLives) {
  Hand hand = idle(testing::plain_config());
  hand.wait(sec(7000));
  hand.tcp().reconfigure(keepalive(), hand.now());
  EXPECT_EQ(hand.until_deadline(), sec(200));
  hand.tcp().reconfigure(testing::plain_config(), hand.now());
  EXPECT_LT(hand.until_deadline(), Duration());
  // Switched on after the idle time has passed: one probe now, the next after an interval.
  hand.wait(sec(10'000));
  hand.tcp().reconfigure(keepalive(), hand.now());
  hand.wait(Duration());
  EXPECT_THAT(hand.sent(), ElementsAre(kProbe));
  EXPECT_EQ(hand.until_deadline(), sec(75));
}

// The other side: §3.8.4, a probe is answered by an ACK, for its number lies left of the window.
TEST(Keepalive, AProbeIsAnsweredInEveryStateThatHears) {
  for (const State state : testing::kSynchronized) {
    SCOPED_TRACE(to_string(state));
    for (const std::size_t garbage : {0U, 1U}) {
      Hand hand;
      hand.reach(state);
      hand.peer(".", testing::peer_next(hand) - 1, garbage, testing::our_next(hand));
      EXPECT_THAT(hand.sent(), ElementsAre(fmt::format(". {0}:{0}(0) ack {1}", testing::our_next(hand),
                                                       testing::peer_next(hand))));
      EXPECT_STREQ(to_string(hand.tcb().state), to_string(state));
    }
  }
}

}  // namespace
}  // namespace tcpspec::tcp
