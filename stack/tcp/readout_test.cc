#include "stack/tcp/readout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using testing::Hand;
using ::testing::HasSubstr;

Config with_sack() {
  Config config = testing::plain_config();
  config.sack_permitted = true;
  config.recovery = LossRecovery::kSack;
  return config;
}

TEST(Readout, TimersScoreboardAndWindows) {
  Hand hand(with_sack());
  hand.peer_syn_options.sack_permitted = true;
  hand.establish();
  hand.send(3000);
  hand.wait(Duration::millis(10));
  wire::Segment ack = hand.make(".", 1, 0, 1);
  ack.options.sack_blocks = {{testing::kOurIss + 1001, testing::kOurIss + 2001}};
  hand.give(ack);
  hand.peer(".", 101, 50, 1);  // leaves a hole
  const Tcb before = hand.tcb();
  const Readout readout = read_out(hand.tcp());
  EXPECT_EQ(readout.tcb, before);
  ASSERT_EQ(readout.sent.size(), 3U);
  EXPECT_FALSE(readout.sent[0].sacked);
  EXPECT_TRUE(readout.sent[1].sacked);
  ASSERT_EQ(readout.held.size(), 1U);
  EXPECT_EQ(readout.held[0].left, testing::kPeerIss + 101);
  ASSERT_FALSE(readout.timers.empty());
  EXPECT_EQ(readout.timers.front().at, hand.tcp().next_deadline());
  EXPECT_TRUE(std::is_sorted(readout.timers.begin(), readout.timers.end(),
                             [](const RunningTimer& a, const RunningTimer& b) { return a.at < b.at; }));

  const std::string text = to_string(readout, hand.now());
  EXPECT_THAT(text, HasSubstr("ESTABLISHED"));
  EXPECT_THAT(text, HasSubstr("una 1 nxt 3001"));
  EXPECT_THAT(text, HasSubstr("1001:2001  sent 1 times, last 0.01 s ago, sacked"));
  EXPECT_THAT(text, HasSubstr("held     101:151"));
  EXPECT_THAT(text, HasSubstr("timer    retransmission in"));
  EXPECT_THAT(text, HasSubstr("sack on"));
}

TEST(Readout, AnIdleConnectionHasNothingInFlight) {
  Hand hand;
  hand.establish();
  hand.wait(Duration::seconds(1));
  const Readout readout = read_out(hand.tcp());
  EXPECT_TRUE(readout.sent.empty());
  EXPECT_TRUE(readout.held.empty());
  EXPECT_TRUE(readout.timers.empty());
}

TEST(Readout, TimeWaitHasItsTimer) {
  Hand hand;
  hand.reach(State::kTimeWait);
  const Readout readout = read_out(hand.tcp());
  ASSERT_EQ(readout.timers.size(), 1U);
  EXPECT_EQ(readout.timers[0], (RunningTimer{Timer::kTimeWait, hand.now() + Duration::seconds(240)}));
}

}  // namespace
}  // namespace tcpspec::tcp
