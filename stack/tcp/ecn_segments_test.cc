// RFC 3168 §6.1 on a connection: the flags and codepoints of what it sends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"
#include "stack/tcp/testing/two_connections.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using wire::Ecn;

Config with_ecn(EcnMode mode = EcnMode::kRequest) {
  Config config = testing::plain_config();
  config.ecn = mode;
  config.congestion = Congestion::kReno;
  return config;
}
void give(Hand& hand, std::string_view letters, std::uint32_t seq, std::size_t count, std::uint32_t ack,
          Ecn ecn = Ecn::kNotEct) {
  wire::Segment segment = hand.make(letters, seq, count, ack);
  segment.ecn = ecn;
  hand.give(segment);
}
Hand asking(std::string_view answer = "SE.") {
  Hand hand(with_ecn());
  hand.open();
  hand.peer(answer, 0, 0, 1);
  hand.forget();
  return hand;
}
// "P. 1:11(10) ack 1 ect0"
testing::Lines marked(Hand& hand) {
  testing::Lines lines;
  for (const wire::Segment& segment : hand.segments()) {
    const char* mark = segment.ecn == Ecn::kEct0 ? " ect0" : segment.ecn == Ecn::kNotEct ? "" : " ???";
    lines.push_back(testing::text_of(segment) + mark);
  }
  return lines;
}

TEST(EcnHandshake, TheSynAsksAndIsNotEct) {
  Hand hand(with_ecn());
  hand.open();
  EXPECT_THAT(marked(hand), ElementsAre("SEW 0:0(0)"));
  hand.peer("SE.", 0, 0, 1);
  EXPECT_THAT(marked(hand), ElementsAre(". 1:1(0) ack 1"));
  EXPECT_TRUE(hand.tcb().ecn_on);
  hand.send(10);
  EXPECT_THAT(marked(hand), ElementsAre("P. 1:11(10) ack 1 ect0"));
}

TEST(EcnHandshake, EveryOtherSynAckMeansNo) {
  for (const char* answer : {"S.", "SW.", "SEW."}) {
    Hand hand = asking(answer);
    EXPECT_EQ(hand.state(), "ESTABLISHED");
    hand.send(10);
    EXPECT_THAT(marked(hand), ElementsAre("P. 1:11(10) ack 1")) << answer;
    give(hand, "P.", 1, 10, 11, Ecn::kCe);
    hand.wait(Duration::millis(40));
    EXPECT_THAT(marked(hand), ElementsAre(". 11:11(0) ack 11")) << answer;
  }
}

TEST(EcnHandshake, ByDefaultItIsAgreedToAndNotAskedFor) {
  Hand hand(with_ecn(Config().ecn));
  hand.accept(hand.make("SEW", 0, 0));
  EXPECT_THAT(marked(hand), ElementsAre("SE. 0:0(0) ack 1"));
  hand.peer(".", 1, 0, 1);
  hand.send(10);
  EXPECT_THAT(marked(hand), ElementsAre("P. 1:11(10) ack 1 ect0"));
  Hand plain(with_ecn(Config().ecn));
  plain.open();
  EXPECT_THAT(marked(plain), ElementsAre("S 0:0(0)"));
}

TEST(EcnHandshake, ThePeersPlainSynAgainEndsIt) {
  Hand hand(with_ecn());
  hand.accept(hand.make("SEW", 0, 0));
  hand.forget();
  hand.peer("S", 0, 0);
  hand.forget();
  hand.wait(Duration::seconds(1));
  EXPECT_THAT(marked(hand), ElementsAre("S. 0:0(0) ack 1"));
  hand.peer(".", 1, 0, 1);
  EXPECT_FALSE(hand.tcb().ecn_on);
}

TEST(EcnHandshake, TheThirdSynGoesWithout) {
  Hand hand(with_ecn());
  hand.open();
  hand.wait(Duration::seconds(3) - Duration::nanos(1));
  EXPECT_THAT(marked(hand), ElementsAre("SEW 0:0(0)", "SEW 0:0(0)"));
  hand.wait(Duration::nanos(1));
  EXPECT_THAT(marked(hand), ElementsAre("S 0:0(0)"));
  hand.peer("SE.", 0, 0, 1);  // late, to the first
  hand.forget();
  hand.send(10);
  EXPECT_THAT(marked(hand), ElementsAre("P. 1:11(10) ack 1"));
  give(hand, "P.", 1, 10, 11, Ecn::kCe);  // but it is echoed
  hand.wait(Duration::millis(40));
  EXPECT_THAT(marked(hand), ElementsAre("E. 11:11(0) ack 11"));
}

TEST(EcnHandshake, ARefusalIsAskedOnceMoreWithoutIfConfigured) {
  Config config = with_ecn();
  Hand once(config);
  once.open();
  once.peer("R.", 0, 0, 1);
  EXPECT_EQ(once.state(), "CLOSED");
  config.ecn_retry_refused = true;
  Hand twice(config);
  twice.open();
  twice.forget();
  twice.peer("R.", 0, 0, 1);
  EXPECT_THAT(marked(twice), ElementsAre("S 0:0(0)"));
  EXPECT_THAT(twice.events(), IsEmpty());
  twice.peer("R.", 0, 0, 1);
  EXPECT_THAT(twice.events(), ElementsAre("refused"));
  EXPECT_EQ(twice.state(), "CLOSED");
}

TEST(EcnHandshake, CrossingSynsAgreeIfBothAsk) {
  for (const bool peer_asks : {false, true}) {
    Hand hand(with_ecn());
    hand.open();
    hand.forget();
    hand.peer(peer_asks ? "SEW" : "S", 0, 0);
    EXPECT_THAT(marked(hand), ElementsAre(peer_asks ? "SE. 0:0(0) ack 1" : "S. 0:0(0) ack 1"));
    hand.peer(peer_asks ? "SE." : "S.", 0, 0, 1);
    EXPECT_EQ(hand.state(), "ESTABLISHED");
    EXPECT_EQ(hand.tcb().ecn_on, peer_asks);
  }
}

TEST(EcnEct, OnlyOnTextSentForTheFirstTime) {
  Hand hand = asking();
  hand.send(10);
  EXPECT_THAT(marked(hand), ElementsAre("P. 1:11(10) ack 1 ect0"));
  hand.wait(Duration::seconds(1));
  // By probe or by timeout, what goes out is a repetition.
  for (const std::string& line : marked(hand)) EXPECT_EQ(line, "P. 1:11(10) ack 1");
  hand.peer(".", 1, 0, 11);
  hand.forget();
  hand.close();
  EXPECT_THAT(marked(hand), ElementsAre("F. 11:11(0) ack 1"));
}

TEST(EcnEct, AWindowProbeHasNeitherEctNorCwr) {
  Hand hand = asking();
  hand.send(10);
  hand.forget();
  hand.peer_window = 0;
  hand.peer("E.", 1, 0, 11);  // a reduction: CWR is owed
  hand.send(10);
  EXPECT_THAT(marked(hand), IsEmpty());
  hand.wait(Duration::seconds(1));
  EXPECT_THAT(marked(hand), ElementsAre(". 11:12(1) ack 1"));
  hand.peer_window = 60000;
  hand.peer(".", 1, 0, 12);
  EXPECT_THAT(marked(hand), ElementsAre("PW. 12:21(9) ack 1 ect0"));
}

TEST(EcnReceiver, EchoesOnEverySegmentUntilCwr) {
  Hand hand = asking();
  give(hand, "P.", 1, 10, 1, Ecn::kCe);
  hand.send(5);
  EXPECT_THAT(marked(hand), ElementsAre("PE. 1:6(5) ack 11 ect0"));
  give(hand, "P.", 11, 10, 6, Ecn::kEct0);
  hand.wait(Duration::millis(40));
  EXPECT_THAT(marked(hand), ElementsAre("E. 6:6(0) ack 21"));
  give(hand, "PW.", 21, 10, 6, Ecn::kEct0);
  hand.wait(Duration::millis(40));
  EXPECT_THAT(marked(hand), ElementsAre(". 6:6(0) ack 31"));
}

TEST(EcnReceiver, OneMarkOfTwoDelayedSegmentsIsEnough) {
  for (const bool first : {false, true}) {
    Hand hand = asking();
    give(hand, "P.", 1, 1000, 1, first ? Ecn::kCe : Ecn::kEct0);
    give(hand, "P.", 1001, 1000, 1, first ? Ecn::kEct0 : Ecn::kCe);
    EXPECT_THAT(marked(hand), ElementsAre("E. 1:1(0) ack 2001"));
  }
}

TEST(EcnReceiver, MarksOutsideTheWindowOrWithABadAckAreIgnored) {
  Hand hand = asking();
  give(hand, "P.", 70'001, 10, 1, Ecn::kCe);
  EXPECT_THAT(marked(hand), ElementsAre(". 1:1(0) ack 1"));
  give(hand, "P.", 1, 10, 500, Ecn::kCe);
  EXPECT_THAT(marked(hand), ElementsAre(". 1:1(0) ack 1"));
  give(hand, "P.", 1, 10, 1, Ecn::kEct0);
  hand.wait(Duration::millis(40));
  EXPECT_THAT(marked(hand), ElementsAre(". 1:1(0) ack 11"));
  give(hand, "P.", 1, 10, 1, Ecn::kCe);  // repeated text
  EXPECT_THAT(marked(hand), ElementsAre(". 1:1(0) ack 11"));
}

TEST(EcnReceiver, AMarkedProbeOfOurZeroWindowCounts) {
  Config config = with_ecn();
  config.receive_buffer = 1000;
  Hand hand(config);
  hand.open();
  hand.peer("SE.", 0, 0, 1);
  hand.peer("P.", 1, 1000, 1);
  hand.wait(Duration::millis(40));
  hand.forget();
  EXPECT_EQ(hand.tcb().rcv.wnd, 0U);
  give(hand, ".", 1001, 1, 1, Ecn::kCe);
  EXPECT_THAT(marked(hand), ElementsAre("E. 1:1(0) ack 1001"));
}

TEST(EcnSender, CwrOnTheFirstNewTextOnceForEachWindow) {
  Config config = with_ecn();
  config.nagle = false;
  Hand hand(config);
  hand.open();
  hand.peer("SE.", 0, 0, 1);
  hand.forget();
  hand.send(10);
  hand.send(10);
  hand.forget();
  hand.peer("E.", 1, 0, 11);
  hand.send(10);
  EXPECT_THAT(marked(hand), ElementsAre("PW. 21:31(10) ack 1 ect0"));
  hand.peer("E.", 1, 0, 21);  // the same window
  hand.send(10);
  EXPECT_THAT(marked(hand), ElementsAre("P. 31:41(10) ack 1 ect0"));
  hand.peer("E.", 1, 0, 31);  // text sent after the reduction was marked
  hand.send(10);
  EXPECT_THAT(marked(hand), ElementsAre("PW. 41:51(10) ack 1 ect0"));
}

TEST(EcnSender, AnOldAckOrASynTellsOfNothing) {
  Hand hand = asking();
  hand.send(10);
  hand.peer(".", 1, 0, 11);
  hand.forget();
  hand.peer("E.", 1, 0, 5);
  hand.peer("SE.", 0, 0, 1);
  hand.forget();
  hand.send(10);
  EXPECT_THAT(marked(hand), ElementsAre("P. 11:21(10) ack 1 ect0"));
}

TEST(EcnSender, AnAckWithEceHalvesTheWindowAndDoesNotOpenIt) {
  Config config = with_ecn();
  config.initial_window_segments = 10;
  Hand hand(config);
  hand.open();
  hand.peer("SE.", 0, 0, 1);
  hand.send(10'000);
  EXPECT_EQ(hand.tcb().cwnd, 10'000U);
  hand.peer("E.", 1, 0, 1001);
  const std::uint32_t reduced = hand.tcb().cwnd;
  EXPECT_GE(reduced, 4500U);
  EXPECT_LE(reduced, 5000U);
  for (std::uint32_t i = 2; i <= 10; ++i) hand.peer("E.", 1, 0, i * 1000 + 1);
  EXPECT_EQ(hand.tcb().cwnd, reduced);
}

TEST(EcnSender, AMarkAndALossInOneWindowReduceItOnce) {
  Config config = with_ecn();
  config.initial_window_segments = 10;
  config.recovery = LossRecovery::kNewReno;
  Hand hand(config);
  hand.open();
  hand.peer("SE.", 0, 0, 1);
  hand.send(10'000);
  hand.peer("E.", 1, 0, 1001);
  const std::uint32_t ssthresh = hand.tcb().ssthresh;
  hand.forget();
  for (int i = 0; i < 3; ++i) hand.peer("E.", 1, 0, 1001);
  EXPECT_TRUE(hand.tcb().in_recovery);
  EXPECT_EQ(hand.tcb().ssthresh, ssthresh);
  EXPECT_THAT(marked(hand), ElementsAre(". 1001:2001(1000) ack 1"));  // again: neither ECT nor CWR
  hand.peer("E.", 1, 0, 10'001);
  hand.forget();
  hand.send(10);
  EXPECT_THAT(marked(hand), ElementsAre("PW. 10001:10011(10) ack 1 ect0"));
}

TEST(EcnSender, ALossReducesAndIsConfirmedByCwrToo) {
  Config config = with_ecn();
  config.recovery = LossRecovery::kTimeoutOnly;
  Hand hand(config);
  hand.open();
  hand.peer("SE.", 0, 0, 1);
  hand.send(10);
  hand.wait(Duration::seconds(1));
  hand.forget();
  hand.peer(".", 1, 0, 11);
  hand.send(10);
  EXPECT_THAT(marked(hand), ElementsAre("PW. 11:21(10) ack 1 ect0"));
}

TEST(EcnSender, WithAWindowOfOneSegmentNothingNewLeavesForATimeout) {
  Hand hand = asking();
  std::uint32_t at = 1;
  const auto round = [&] {  // one segment, marked
    hand.send(1000);
    EXPECT_EQ(hand.sent().size(), 1U);
    at += 1000;
    hand.peer("E.", 1, 0, at);
  };
  for (int i = 0; i < 20 && hand.tcb().cwnd > 1000; ++i) round();
  ASSERT_EQ(hand.tcb().cwnd, 1000U);
  hand.forget();
  round();
  hand.send(1000);
  const Duration rto = hand.tcb().rto;
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(rto - Duration::nanos(1));
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(Duration::nanos(1));
  EXPECT_EQ(hand.sent().size(), 1U);
}

TEST(EcnBothWays, TwoOfUsAgreeInEveryMixOfModes) {
  for (const EcnMode mode_a : {EcnMode::kOff, EcnMode::kAccept, EcnMode::kRequest}) {
    for (const EcnMode mode_b : {EcnMode::kOff, EcnMode::kAccept, EcnMode::kRequest}) {
      testing::TwoConnections two;
      two.a.config.ecn = mode_a;
      two.b.config.ecn = mode_b;
      two.b.listening = true;
      two.a.to_send = testing::stream(1, 20'000);
      two.a.close_when_sent = true;
      two.b.close_at_end_of_stream = true;
      two.open_a();
      two.run(Duration::seconds(30));
      EXPECT_EQ(two.b.got.size(), 20'000U);
      const bool on = mode_a == EcnMode::kRequest && mode_b != EcnMode::kOff;
      for (const auto& sent : two.wire) {
        const bool ect = on && !sent.segment.payload.empty();
        EXPECT_EQ(sent.segment.ecn, ect ? Ecn::kEct0 : Ecn::kNotEct);
      }
    }
  }
}

}  // namespace
}  // namespace tcpspec::tcp
