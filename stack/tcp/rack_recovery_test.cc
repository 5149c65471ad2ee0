// RFC 8985 in a connection: when Rack and Tlp are asked and what leaves by their word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/sender.h"

namespace tcpspec::tcp {
namespace {

using ::testing::IsEmpty;
using testing::Sender;
using testing::sender_config;

constexpr Duration kNano = Duration::nanos(1);
constexpr Duration ms(std::int64_t n) { return Duration::millis(n); }

Config rack_config() { return sender_config(LossRecovery::kRack); }
// A round trip of 100 ms was measured by the handshake.
Sender with_round_trip(const Config& config = rack_config()) { return Sender(config, ms(100)); }

TEST(RackLoss, WithoutReorderingDupThreshSackedSegmentsEndTheWait) {
  Sender sender = with_round_trip();
  sender.send(10'000);
  sender.forget();
  sender.wait(ms(100));
  sender.ack(1, {{1001, 3001}});
  EXPECT_EQ(sender.begun(), "");
  EXPECT_EQ(sender.until_deadline(), ms(25));  // min_RTT/4
  sender.ack(1, {{1001, 4001}});
  EXPECT_TRUE(sender.recovering());
  EXPECT_EQ(sender.begun(), "1");
  EXPECT_EQ(sender.cwnd(), 5000U);
}

TEST(RackLoss, TheReorderingTimerFindsALossThatFewAcksTellOf) {
  Sender sender = with_round_trip();
  sender.send(3000);
  sender.forget();
  sender.wait(ms(100));
  sender.ack(1, {{1001, 2001}});
  sender.wait(ms(25) - kNano);
  EXPECT_EQ(sender.begun(), "");
  EXPECT_FALSE(sender.recovering());
  sender.wait(kNano);
  EXPECT_TRUE(sender.recovering());
  EXPECT_EQ(sender.begun(), "1");  // the third was sent after what was delivered
}

TEST(RackLoss, ALostRetransmissionIsFoundAndAnsweredByItself) {
  Sender sender = with_round_trip();
  sender.send(10'000);
  sender.forget();
  sender.wait(ms(100));
  sender.ack(1, {{1001, 10'001}});
  EXPECT_EQ(sender.begun(), "1");
  EXPECT_EQ(sender.tcb().ssthresh, 5000U);
  sender.send(4000);
  EXPECT_EQ(sender.begun(), "10001 11001 12001 13001");
  sender.wait(ms(100));
  sender.ack(1, {{1001, 11'001}});  // sent after the retransmission, which is lost too
  EXPECT_EQ(sender.tcb().ssthresh, 2500U);
  EXPECT_EQ(sender.begun(), "");  // three are in the pipe
  sender.ack(1, {{1001, 13'001}});
  EXPECT_EQ(sender.begun(), "1");
  EXPECT_EQ(sender.tcb().ssthresh, 2500U);
  EXPECT_TRUE(sender.recovering());
  sender.wait(ms(100));
  sender.ack(14'001);
  EXPECT_FALSE(sender.recovering());
}

TEST(RackLoss, ARetransmissionThatLeftAfterNewTextOfTheSameInstantIsNotJudgedByIt) {
  Sender sender = with_round_trip();
  sender.send(30'000);
  sender.forget();
  sender.wait(ms(100));
  sender.ack(1, {{1001, 2001}});
  sender.ack(1, {{1001, 3001}});
  sender.ack(1, {{1001, 4001}});
  EXPECT_EQ(sender.begun(), "10001 11001 1");
  sender.wait(ms(100));
  sender.ack(1, {{1001, 4001}, {10'001, 11'001}});
  EXPECT_EQ(sender.begun().substr(0, 2), "40");  // not 1 again; what lies between was lost
  EXPECT_EQ(sender.tcb().ssthresh, 5000U);
}

TEST(RackLoss, ReorderingWithinTheWindowCostsNothing) {
  Sender sender = with_round_trip();
  sender.send(3000);
  sender.forget();
  sender.wait(ms(100));
  sender.ack(1, {{1001, 3001}});
  sender.wait(ms(24));
  sender.ack(3001);
  EXPECT_EQ(sender.begun(), "");
  EXPECT_EQ(sender.cwnd(), 11'000U);
  EXPECT_LT(sender.until_deadline(), Duration());
}

TEST(RackTimeout, MarksTheFirstAndWhatIsOverdueOnly) {
  Config config = rack_config();
  config.tail_loss_probe = false;
  Sender sender = with_round_trip(config);
  sender.send(3000);
  sender.wait(ms(100));
  sender.ack(1001);
  sender.wait(ms(900));
  sender.send(1000);  // 100 ms before the timeout
  sender.forget();
  sender.wait(ms(100));
  EXPECT_EQ(sender.begun(), "1001");
  EXPECT_EQ(sender.cwnd(), 1000U);
  const auto sent = sender.tcp().sent_segments();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_TRUE(sent[1].lost);
  EXPECT_FALSE(sent[2].lost);
}

TEST(RackProbe, AfterTwoRoundTripsTheLastSegmentAgainAndThenTheTimeout) {
  Sender sender = with_round_trip();
  sender.send(3000);
  sender.forget();
  sender.wait(ms(200) - kNano);
  EXPECT_EQ(sender.begun(), "");
  sender.wait(kNano);
  EXPECT_EQ(sender.begun(), "2001");
  EXPECT_EQ(sender.tcb().retransmissions, 0);
  EXPECT_EQ(sender.cwnd(), 10'000U);
  EXPECT_EQ(sender.until_deadline(), sender.tcb().rto);  // started anew
  sender.wait(sender.tcb().rto - kNano);
  EXPECT_EQ(sender.begun(), "");
  sender.wait(kNano);
  EXPECT_EQ(sender.begun(), "1");
}

TEST(RackProbe, ALoneSegmentWaitsForADelayedAckToo) {
  Sender sender = with_round_trip();
  sender.send(500);
  sender.forget();
  sender.wait(ms(225) - kNano);
  EXPECT_EQ(sender.begun(), "");
  sender.wait(kNano);
  EXPECT_EQ(sender.begun(), "1:501");
}

TEST(RackProbe, NewTextGoesFirstBeyondTheCongestionWindow) {
  Config config = rack_config();
  config.initial_window_segments = 2;
  Sender sender = with_round_trip(config);
  sender.send(10'000);
  EXPECT_EQ(sender.begun(), "1 1001");
  sender.wait(ms(200));
  EXPECT_EQ(sender.begun(), "2001");
  EXPECT_EQ(sender.pipe(), 3000U);
}

TEST(RackProbe, ItsSackRevealsTheLossOfTheTail) {
  Sender sender = with_round_trip();
  sender.send(5000);
  sender.forget();
  sender.wait(ms(200));
  EXPECT_EQ(sender.begun(), "4001");
  sender.wait(ms(100));
  sender.ack(1, {{4001, 5001}});
  EXPECT_TRUE(sender.recovering());
  EXPECT_EQ(sender.begun(), "1 1001");  // cwnd is half of five
}

TEST(RackProbe, ALossThatItRepairedHalvesTheWindowOnceMoreIsAcknowledged) {
  Sender sender = with_round_trip();
  sender.send(5000);
  sender.forget();
  sender.wait(ms(200));
  sender.wait(ms(100));
  sender.ack(5001);
  EXPECT_EQ(sender.cwnd(), 11'000U);
  sender.forget();
  sender.send(1000);
  sender.wait(ms(100));
  sender.ack(6001);
  EXPECT_EQ(sender.cwnd(), 2500U);  // half of the flight that it probed
}

TEST(RackProbe, ADsackOfItShowsThatNothingWasLost) {
  Sender sender = with_round_trip();
  sender.send(5000);
  sender.wait(ms(300));
  sender.ack(5001);
  sender.ack(5001, {{4001, 5001}});
  sender.send(1000);
  sender.wait(ms(100));
  sender.ack(6001);
  EXPECT_EQ(sender.cwnd(), 12'000U);
}

TEST(RackProbe, NotWithoutSackNorKnobNorWhenSomethingIsSacked) {
  Config off = rack_config();
  off.tail_loss_probe = false;
  Config plain = rack_config();
  plain.sack_permitted = false;
  for (const Config& config : {off, plain}) {
    Sender sender = with_round_trip(config);
    sender.send(3000);
    sender.forget();
    sender.wait(sender.tcb().rto - kNano);
    EXPECT_EQ(sender.begun(), "");
  }
  Sender sender = with_round_trip();
  sender.send(3000);
  sender.forget();
  sender.ack(1, {{2001, 2002}});
  EXPECT_NE(sender.until_deadline(), ms(200));
}

TEST(RackProbe, OfAFinOnItsOwn) {
  Sender sender = with_round_trip();
  sender.close();
  sender.forget();
  sender.wait(ms(225));
  EXPECT_THAT(sender.sent(), ::testing::ElementsAre("F. 1:1(0) ack 1"));
  sender.ack(2);
  EXPECT_EQ(sender.state(), "FIN-WAIT-2");
}

TEST(RackProbe, WhereTheTimeoutComesNoLaterTheProbeGoesInItsPlace) {
  Config config = rack_config();
  config.min_rto = ms(1);
  config.max_rto = ms(150);  // below two round trips
  config.initial_rto = ms(150);
  Sender sender = with_round_trip(config);
  sender.send(3000);
  sender.forget();
  sender.wait(ms(150));
  EXPECT_EQ(sender.begun(), "2001");
  EXPECT_EQ(sender.cwnd(), 10'000U);
  sender.wait(ms(150));
  EXPECT_EQ(sender.begun(), "1");
  EXPECT_EQ(sender.cwnd(), 1000U);
}

TEST(RackZeroWindow, TheShutWindowSilencesProbeAndTimer) {
  Sender sender = with_round_trip();
  sender.send(3000);
  sender.forget();
  sender.wait(ms(50));
  sender.peer_window = 0;
  sender.ack(1);
  sender.wait(ms(900));
  EXPECT_EQ(sender.begun(), "");
}

}  // namespace
}  // namespace tcpspec::tcp
