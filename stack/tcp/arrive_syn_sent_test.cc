// RFC 9293 §3.10.7.3: SEGMENT ARRIVES in SYN-SENT.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using testing::kOurIss;
using testing::kPeerIss;
using testing::Lines;

struct Row {
  const char* letters;
  std::uint32_t ack;  // relative; -1 is ISS-1
  Lines sent;
  State state;
  Lines events;
};

TEST(ArriveSynSent, StateBySegment) {
  const std::uint32_t before = 0xffffffff;
  const Row rows[] = {
      // first: ACKs of what was never sent
      {".", before, {"R 4294967295:4294967295(0)"}, State::kSynSent, {}},
      {".", 0, {"R 0:0(0)"}, State::kSynSent, {}},
      {".", 2, {"R 2:2(0)"}, State::kSynSent, {}},
      {"S.", 0, {"R 0:0(0)"}, State::kSynSent, {}},
      {"S.", 2, {"R 2:2(0)"}, State::kSynSent, {}},
      {"F.", 2, {"R 2:2(0)"}, State::kSynSent, {}},
      // first, with RST: dropped in silence
      {"R.", 0, {}, State::kSynSent, {}},
      {"R.", 2, {}, State::kSynSent, {}},
      // second: a RST with an acceptable ACK refuses, without ACK it is dropped
      {"R.", 1, {}, State::kClosed, {"refused"}},
      {"SR.", 1, {}, State::kClosed, {"refused"}},
      {"R", 0, {}, State::kSynSent, {}},
      {"SR", 0, {}, State::kSynSent, {}},
      // fourth: SYN
      {"S.", 1, {". 1:1(0) ack 1"}, State::kEstablished, {"established"}},
      {"S", 0, {"S. 0:0(0) ack 1"}, State::kSynReceived, {}},
      // fifth: neither SYN nor RST
      {".", 1, {}, State::kSynSent, {}},
      {"F.", 1, {}, State::kSynSent, {}},
      {"F", 0, {}, State::kSynSent, {}},
      {"", 0, {}, State::kSynSent, {}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.letters) + " ack " + std::to_string(row.ack));
    Hand hand;
    hand.reach(State::kSynSent);
    hand.peer(row.letters, 0, 0, row.ack);
    EXPECT_EQ(hand.sent(), row.sent);
    EXPECT_STREQ(to_string(hand.tcb().state), to_string(row.state));
    EXPECT_EQ(hand.events(), row.events);
  }
}

TEST(ArriveSynSent, TheSynAckSetsTheVariables) {
  Hand hand;
  hand.reach(State::kSynSent);
  hand.peer_window = 1234;
  hand.peer("S.", 0, 0, 1);
  const Tcb& tcb = hand.tcb();
  EXPECT_EQ(tcb.rcv.irs, kPeerIss);
  EXPECT_EQ(tcb.rcv.nxt, kPeerIss + 1);
  EXPECT_EQ(tcb.snd.una, kOurIss + 1);
  EXPECT_EQ(tcb.snd.wnd, 1234U);
  EXPECT_EQ(tcb.snd.wl1, kPeerIss);
  EXPECT_EQ(tcb.snd.wl2, kOurIss + 1);
  EXPECT_FALSE(tcb.passive);
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(ArriveSynSent, QueuedTextLeavesWithTheHandshakesAck) {
  Hand hand;
  hand.reach(State::kSynSent);
  EXPECT_EQ(hand.send(10).accepted, 10U);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.peer("S.", 0, 0, 1);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1:11(10) ack 1"));
}

TEST(ArriveSynSent, TextAndFinOnTheSynAckAreProcessed) {
  Hand hand;
  hand.reach(State::kSynSent);
  hand.peer("SF.", 0, 7, 1);
  EXPECT_EQ(hand.state(), "CLOSE-WAIT");
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 9"));
  EXPECT_THAT(hand.events(), ElementsAre("established", "readable", "readable"));
  EXPECT_EQ(hand.receive().data, testing::stream(1, 7));
}

TEST(ArriveSynSent, AResetWithTextIsStillAReset) {
  Hand hand;
  hand.reach(State::kSynSent);
  hand.peer("R.", 0, 12, 1);
  EXPECT_EQ(hand.state(), "CLOSED");
  EXPECT_EQ(hand.receive().error, CallError::kRefused);
}

// Simultaneous open: §3.5 figure 8.
TEST(SimultaneousOpen, TheSynAckOfThePeerEstablishes) {
  Hand hand;
  hand.reach(State::kSynSent);
  hand.peer("S", 0, 0);
  EXPECT_THAT(hand.sent(), ElementsAre("S. 0:0(0) ack 1"));
  hand.peer("S.", 0, 0, 1);
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_THAT(hand.events(), ElementsAre("established"));
}

TEST(SimultaneousOpen, APlainAckEstablishesToo) {
  Hand hand;
  hand.reach(State::kSynReceived, false);
  hand.peer(".", 1, 0, 1);
  EXPECT_EQ(hand.state(), "ESTABLISHED");
}

TEST(SimultaneousOpen, ASynAckOfSomethingElseDoesNot) {
  Hand hand;
  hand.reach(State::kSynReceived, false);
  hand.peer("S.", 0, 0, 0);
  EXPECT_EQ(hand.state(), "SYN-RECEIVED");
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
}

TEST(SimultaneousOpen, TextWithTheCrossingSynIsHeldAndWithTheSynAckNotTakenTwice) {
  Hand hand;
  hand.reach(State::kSynSent);
  hand.peer("S", 0, 6);
  EXPECT_THAT(hand.sent(), ElementsAre("S. 0:0(0) ack 1"));
  hand.peer("S.", 0, 6, 1);
  EXPECT_EQ(hand.receive().data, testing::stream(1, 6));
  EXPECT_EQ(testing::peer_next(hand), 7U);
}

TEST(SimultaneousOpen, TheSynAckIsRepeatedUntilAnswered) {
  Hand hand;
  hand.open();
  hand.wait(Duration::millis(300));
  hand.peer("S", 0, 0);
  hand.forget();
  hand.wait(Duration::millis(700) - Duration::nanos(1));
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(Duration::nanos(1));
  EXPECT_THAT(hand.sent(), ElementsAre("S. 0:0(0) ack 1"));
}

TEST(SimultaneousOpen, AResetRefusesAndIsTold) {
  Hand hand;
  hand.reach(State::kSynReceived, false);
  hand.peer("R", 1, 0);
  EXPECT_THAT(hand.events(), ElementsAre("refused"));
  EXPECT_EQ(hand.send(1).error, CallError::kRefused);
}

TEST(SynSent, AHardIcmpErrorEndsTheAttempt) {
  Hand hand;
  hand.reach(State::kSynSent);
  hand.tcp().icmp_hard_error(hand.now());
  EXPECT_THAT(hand.events(), ElementsAre("unreachable"));
  EXPECT_EQ(hand.state(), "CLOSED");
  EXPECT_EQ(hand.send(1).error, CallError::kUnreachable);
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(Synchronized, AHardIcmpErrorIsIgnored) {
  for (const State state : testing::kSynchronized) {
    Hand hand;
    hand.reach(state);
    hand.tcp().icmp_hard_error(hand.now());
    EXPECT_EQ(hand.tcb().state, state);
    EXPECT_THAT(hand.events(), IsEmpty());
  }
}

}  // namespace
}  // namespace tcpspec::tcp
