// RFC 6298: the retransmission timer; RFC 9293 §3.8.3: giving up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using testing::Lines;

constexpr Duration kNano = Duration::nanos(1);
constexpr Duration sec(std::int64_t n) { return Duration::seconds(n); }
constexpr Duration ms(std::int64_t n) { return Duration::millis(n); }

// The instants, in seconds, at which packets leave until `end`; each checked to be silent a nanosecond
// before.
std::vector<double> departures(Hand& hand, Duration end) {
  std::vector<double> times;
  const Instant start = hand.now();
  while (hand.until_deadline() >= Duration() && hand.now() + hand.until_deadline() <= start + end) {
    const Duration left = hand.until_deadline();
    if (left > Duration()) {
      hand.wait(left - kNano);
      EXPECT_THAT(hand.sent(), IsEmpty());
      hand.wait(kNano);
    } else {
      hand.wait(Duration());
    }
    for (std::size_t i = hand.segments().size(); i > 0; --i)
      times.push_back((hand.now() - Instant()).as_seconds());
  }
  hand.wait_until(start + end);
  EXPECT_THAT(hand.sent(), IsEmpty());
  return times;
}

TEST(Syn, UnansweredIsRepeatedWithDoublingAndGivenUpAfterThreeMinutes) {
  Hand hand;
  hand.open();
  EXPECT_THAT(hand.sent(), ElementsAre("S 0:0(0)"));
  EXPECT_THAT(departures(hand, sec(180) - kNano), ElementsAre(1, 3, 7, 15, 31, 63, 123));
  EXPECT_EQ(hand.state(), "SYN-SENT");
  EXPECT_EQ(hand.tcb().retransmissions, 7);
  hand.wait(kNano);
  EXPECT_EQ(hand.state(), "CLOSED");
  EXPECT_THAT(hand.events(), ElementsAre("timed out"));
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_EQ(hand.receive().error, CallError::kTimedOut);
}

TEST(SynAck, UnansweredIsRepeatedAlike) {
  Hand hand;
  hand.reach(State::kSynReceived);
  hand.wait(sec(1) - kNano);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(kNano);
  EXPECT_THAT(hand.sent(), ElementsAre("S. 0:0(0) ack 1"));
  EXPECT_THAT(departures(hand, sec(100)), ElementsAre(3, 7, 15, 31, 63));
}

TEST(Data, UnacknowledgedIsRepeatedUnchangedUntilR2) {
  Hand hand;
  hand.establish();
  hand.send(100);
  hand.forget();
  hand.wait(sec(1));
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1:101(100) ack 1"));
  EXPECT_THAT(departures(hand, sec(99) - kNano), ElementsAre(3, 7, 15, 31, 63));
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  hand.wait(kNano);
  EXPECT_THAT(hand.events(), ElementsAre("timed out"));
  EXPECT_EQ(hand.state(), "CLOSED");
  EXPECT_THAT(hand.sent(), IsEmpty());
}

TEST(Fin, IsRepeatedInEveryStateThatSentOne) {
  for (const State state : {State::kFinWait1, State::kClosing, State::kLastAck}) {
    SCOPED_TRACE(to_string(state));
    Hand hand;
    hand.reach(state);
    const Lines again = {fmt::format("F. 1:1(0) ack {}", testing::peer_next(hand))};
    hand.wait(sec(1));
    EXPECT_EQ(hand.sent(), again);
    hand.wait(sec(2) - kNano);
    EXPECT_THAT(hand.sent(), IsEmpty());
    hand.wait(kNano);
    EXPECT_EQ(hand.sent(), again);
  }
}

TEST(UserTimeout, EndsBeforeR2WhereItIsShorter) {
  Config config = testing::plain_config();
  config.user_timeout = sec(5);
  Hand hand(config);
  hand.establish();
  hand.send(1);
  hand.wait(sec(5) - kNano);
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  hand.wait(kNano);
  EXPECT_THAT(hand.events(), ElementsAre("timed out"));
}

TEST(UserTimeout, StartsAnewWithProgress) {
  Config config = testing::plain_config();
  config.user_timeout = sec(5);
  config.nagle = false;
  Hand hand(config);
  hand.establish();
  hand.send(10);
  hand.send(10);
  hand.wait(sec(4));
  hand.peer(".", 1, 0, 11);
  hand.wait(sec(5) - kNano);
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  hand.wait(kNano);
  EXPECT_EQ(hand.state(), "CLOSED");
}

TEST(Rtt, FirstAndLaterSamples) {
  Config config = testing::plain_config();
  config.min_rto = ms(1);
  Hand hand(config);
  hand.open();
  EXPECT_EQ(hand.tcb().rto, sec(1));  // (2.1)
  hand.wait(ms(80));
  hand.peer("S.", 0, 0, 1);
  EXPECT_EQ(hand.tcb().srtt, ms(80));  // (2.2)
  EXPECT_EQ(hand.tcb().rttvar, ms(40));
  EXPECT_EQ(hand.tcb().rto, ms(240));
  hand.send(10);
  hand.wait(ms(160));
  hand.peer(".", 1, 0, 11);
  EXPECT_EQ(hand.tcb().rttvar, ms(50));  // (2.3): 3/4*40 + 1/4*80
  EXPECT_EQ(hand.tcb().srtt, ms(90));    // 7/8*80 + 1/8*160
  EXPECT_EQ(hand.tcb().rto, ms(290));
}

TEST(Rtt, TheMinimumAndTheGranularity) {
  Hand hand;
  hand.open();
  hand.peer("S.", 0, 0, 1);
  EXPECT_EQ(hand.tcb().srtt, Duration());
  EXPECT_EQ(hand.tcb().rto, sec(1));  // (2.4)
  Config config = testing::plain_config();
  config.min_rto = ms(1);
  Hand fast(config);
  fast.open();
  fast.peer("S.", 0, 0, 1);
  EXPECT_EQ(fast.tcb().rto, ms(1));  // SRTT + G
}

TEST(Karn, WhatWasSentTwiceIsNoSampleAndTheBackedOffValueStays) {
  Hand hand;
  hand.establish();
  hand.send(10);
  hand.wait(sec(1));
  hand.forget();
  hand.wait(ms(500));
  const Duration srtt = hand.tcb().srtt;
  hand.peer(".", 1, 0, 11);
  EXPECT_EQ(hand.tcb().srtt, srtt);
  EXPECT_EQ(hand.tcb().rto, sec(2));
  EXPECT_EQ(hand.tcb().retransmissions, 0);
  hand.send(10);
  hand.wait(sec(2) - kNano);
  EXPECT_EQ(hand.sent().size(), 1U);
  hand.wait(kNano);
  EXPECT_EQ(hand.sent().size(), 1U);
  hand.peer(".", 1, 0, 21);
  hand.send(10);  // a fresh sample brings it back
  hand.wait(ms(100));
  hand.peer(".", 1, 0, 31);
  EXPECT_EQ(hand.tcb().rto, sec(1));
}

TEST(Rule57, ALostSynMakesTheRtoForTextThreeSeconds) {
  Hand hand;
  hand.open();
  hand.wait(sec(7));  // repeated three times: backed off to 8 s
  hand.peer("S.", 0, 0, 1);
  EXPECT_EQ(hand.tcb().rto, sec(3));
  hand.send(10);
  hand.forget();
  hand.wait(sec(3) - kNano);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(kNano);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1:11(10) ack 1"));
}

TEST(Rule57, ALostSynAckToo) {
  Hand hand;
  hand.reach(State::kSynReceived);
  hand.wait(sec(1));
  hand.peer(".", 1, 0, 1);
  EXPECT_EQ(hand.tcb().rto, sec(3));
}

TEST(Timer, RunsFromTheFirstSegmentAndStartsAnewWithEachAck) {
  Config config = testing::plain_config();
  config.nagle = false;
  Hand hand(config);
  hand.establish();
  hand.send(10);
  hand.wait(ms(600));
  hand.send(10);  // (5.1): does not restart
  hand.forget();
  hand.wait(ms(400));
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1:11(10) ack 1"));
  hand.wait(ms(100));
  hand.peer(".", 1, 0, 11);  // (5.3): restarts, with the two seconds it backed off to
  // What was sent behind the lost segment follows at once: going back N.
  EXPECT_THAT(hand.sent(), ElementsAre("P. 11:21(10) ack 1"));
  hand.wait(sec(2) - kNano);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(kNano);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 11:21(10) ack 1"));
  hand.peer(".", 1, 0, 21);  // (5.2): off
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(GoBackN, OnTimeoutTheOldestAloneThenTwoForEachAck) {
  Config config = testing::plain_config();
  config.congestion = Congestion::kReno;  // slow start
  config.initial_window_segments = 10;
  Hand hand(config);
  hand.establish();
  hand.send(5000);
  EXPECT_EQ(hand.sent().size(), 5U);
  hand.wait(sec(1));
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1001(1000) ack 1"));
  hand.peer(".", 1, 0, 1001);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1001:2001(1000) ack 1", ". 2001:3001(1000) ack 1"));
  hand.peer(".", 1, 0, 4001);  // the peer had kept more than that
  EXPECT_THAT(hand.sent(), ElementsAre("P. 4001:5001(1000) ack 1"));
  hand.peer(".", 1, 0, 5001);
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(GoBackN, NewTextWaitsUntilTheOldWasRepeated) {
  Hand hand;
  hand.establish();
  hand.send(3000);
  hand.wait(sec(1));
  hand.send(1000);
  EXPECT_EQ(hand.sent().size(), 4U);
  hand.peer(".", 1, 0, 3001);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 3001:4001(1000) ack 1"));
}

TEST(GoBackN, DuplicateAcksDoNotRetransmit) {
  Hand hand;
  hand.establish();
  hand.send(5000);
  hand.forget();
  for (int i = 0; i < 20; ++i) hand.peer(".", 1, 0, 1);
  EXPECT_THAT(hand.sent(), IsEmpty());
}

TEST(Retransmission, AfterThePeerShrankItsWindowOnlyWhatLiesInIt) {
  Hand hand;
  hand.establish();
  hand.send(2000);
  hand.forget();
  hand.peer_window = 300;
  hand.peer(".", 1, 0, 1);
  hand.wait(sec(1));
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:301(300) ack 1"));
  hand.peer_window = 60000;
  hand.peer(".", 1, 0, 301);
  EXPECT_THAT(hand.sent(), ElementsAre(". 301:1001(700) ack 1", "P. 1001:2001(1000) ack 1"));
}

}  // namespace
}  // namespace tcpspec::tcp
