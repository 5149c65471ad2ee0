// RFC 9293 §3.10.2 to §3.10.6: SEND, RECEIVE, CLOSE, ABORT and STATUS in every state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using testing::Lines;
using testing::our_next;
using testing::peer_next;

TEST(Send, ByState) {
  const struct {
    State state;
    std::size_t accepted;
    CallError error;
    Lines sent;
  } rows[] = {
      {State::kClosed, 0, CallError::kNotConnected, {}},
      {State::kSynSent, 5, CallError::kNone, {}},
      {State::kSynReceived, 5, CallError::kNone, {}},
      {State::kEstablished, 5, CallError::kNone, {"P. 1:6(5) ack 1"}},
      {State::kFinWait1, 0, CallError::kClosing, {}},
      {State::kFinWait2, 0, CallError::kClosing, {}},
      {State::kCloseWait, 5, CallError::kNone, {"P. 1:6(5) ack 2"}},
      {State::kClosing, 0, CallError::kClosing, {}},
      {State::kLastAck, 0, CallError::kClosing, {}},
      {State::kTimeWait, 0, CallError::kClosing, {}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(to_string(row.state));
    Hand hand;
    hand.reach(row.state);
    const SendResult result = hand.send(5);
    EXPECT_EQ(result.accepted, row.accepted);
    EXPECT_EQ(result.error, row.error);
    EXPECT_EQ(hand.sent(), row.sent);
  }
}

TEST(Send, QueuedBeforeEstablishedLeavesThen) {
  Hand hand;
  hand.reach(State::kSynReceived);
  hand.send(5);
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_EQ(hand.tcb().unsent, 5U);
  hand.peer(".", 1, 0, 1);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1:6(5) ack 1"));
}

TEST(Send, OfNothingIsNothing) {
  Hand hand;
  hand.establish();
  EXPECT_EQ(hand.send(0).error, CallError::kNone);
  EXPECT_THAT(hand.sent(), IsEmpty());
}

TEST(Receive, ByState) {
  const struct {
    State state;
    CallError error;
    bool end;
  } rows[] = {
      {State::kClosed, CallError::kNotConnected, false},
      {State::kSynSent, CallError::kWouldBlock, false},
      {State::kSynReceived, CallError::kWouldBlock, false},
      {State::kEstablished, CallError::kWouldBlock, false},
      {State::kFinWait1, CallError::kWouldBlock, false},
      {State::kFinWait2, CallError::kWouldBlock, false},
      {State::kCloseWait, CallError::kNone, true},
      {State::kClosing, CallError::kNone, true},
      {State::kLastAck, CallError::kNone, true},
      {State::kTimeWait, CallError::kNone, true},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(to_string(row.state));
    Hand hand;
    hand.reach(row.state);
    const ReceiveResult result = hand.receive();
    EXPECT_EQ(result.error, row.error);
    EXPECT_EQ(result.end_of_stream, row.end);
    EXPECT_TRUE(result.data.empty());
  }
}

TEST(Receive, WhatCameBeforeTheFinIsStillReadAfterTimeWait) {
  Hand hand;
  hand.establish();
  hand.close();
  hand.peer("F.", 1, 20, 2);
  hand.wait(Duration::seconds(300));
  EXPECT_EQ(hand.state(), "CLOSED");
  EXPECT_EQ(hand.receive().data.size(), 20U);
  EXPECT_TRUE(hand.receive().end_of_stream);
}

TEST(Close, ByState) {
  const struct {
    State state;
    Lines sent;
    State then;
    Lines events;
  } rows[] = {
      {State::kClosed, {}, State::kClosed, {}},
      {State::kSynSent, {}, State::kClosed, {"closed"}},
      {State::kSynReceived, {"F. 1:1(0) ack 1"}, State::kFinWait1, {}},
      {State::kEstablished, {"F. 1:1(0) ack 1"}, State::kFinWait1, {}},
      {State::kFinWait1, {}, State::kFinWait1, {}},
      {State::kFinWait2, {}, State::kFinWait2, {}},
      {State::kCloseWait, {"F. 1:1(0) ack 2"}, State::kLastAck, {}},
      {State::kClosing, {}, State::kClosing, {}},
      {State::kLastAck, {}, State::kLastAck, {}},
      {State::kTimeWait, {}, State::kTimeWait, {}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(to_string(row.state));
    Hand hand;
    hand.reach(row.state);
    hand.close();
    EXPECT_EQ(hand.sent(), row.sent);
    EXPECT_STREQ(to_string(hand.tcb().state), to_string(row.then));
    EXPECT_EQ(hand.events(), row.events);
    hand.close();  // again: "connection closing", or gone
    EXPECT_THAT(hand.sent(), IsEmpty());
    EXPECT_STREQ(to_string(hand.tcb().state), to_string(row.then));
  }
}

TEST(Abort, ByState) {
  const struct {
    State state;
    Lines sent;
  } rows[] = {
      {State::kSynSent, {}},
      {State::kSynReceived, {"R 1:1(0)"}},
      {State::kEstablished, {"R 1:1(0)"}},
      {State::kFinWait1, {"R 2:2(0)"}},
      {State::kFinWait2, {"R 2:2(0)"}},
      {State::kCloseWait, {"R 1:1(0)"}},
      {State::kClosing, {}},
      {State::kLastAck, {}},
      {State::kTimeWait, {}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(to_string(row.state));
    Hand hand;
    hand.reach(row.state);
    hand.tcp().abort(hand.now());
    EXPECT_EQ(hand.sent(), row.sent);
    EXPECT_EQ(hand.state(), "CLOSED");
    EXPECT_THAT(hand.events(), ElementsAre("closed"));
    EXPECT_LT(hand.until_deadline(), Duration());
    hand.tcp().abort(hand.now());
    EXPECT_THAT(hand.events(), IsEmpty());
    EXPECT_THAT(hand.sent(), IsEmpty());
  }
}

TEST(Abort, FlushesAndResetsAtSndNxt) {
  Hand hand;
  hand.establish();
  hand.send(300);
  hand.peer("P.", 1, 10, 1);
  hand.forget();
  hand.tcp().abort(hand.now());
  EXPECT_THAT(hand.sent(), ElementsAre("R 301:301(0)"));
  EXPECT_EQ(hand.receive().error, CallError::kNotConnected);
  EXPECT_EQ(hand.tcb().unread, 0U);
  EXPECT_EQ(hand.tcb().in_flight, 0U);
}

TEST(CloseInSynReceived, WithTextQueuedWaitsForEstablished) {
  Hand hand;
  hand.reach(State::kSynReceived);
  hand.send(5);
  hand.close();
  EXPECT_EQ(hand.state(), "SYN-RECEIVED");
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_EQ(hand.send(1).error, CallError::kClosing);
  hand.peer(".", 1, 0, 1);
  EXPECT_EQ(hand.state(), "FIN-WAIT-1");
  EXPECT_THAT(hand.sent(), ElementsAre("FP. 1:6(5) ack 1"));
  hand.peer(".", 1, 0, 7);
  EXPECT_EQ(hand.state(), "FIN-WAIT-2");
}

TEST(CloseInSynReceived, TheFinGoesOutAndBothAreAcknowledgedTogetherOrApart) {
  Hand together;
  together.reach(State::kSynReceived);
  together.close();
  together.forget();
  together.peer(".", 1, 0, 2);
  EXPECT_EQ(together.state(), "FIN-WAIT-2");
  Hand apart;
  apart.reach(State::kSynReceived);
  apart.close();
  apart.forget();
  apart.peer(".", 1, 0, 0);  // acknowledges nothing that was sent
  EXPECT_THAT(apart.sent(), ElementsAre("R 0:0(0)"));
  apart.peer(".", 1, 0, 1);
  EXPECT_EQ(apart.state(), "FIN-WAIT-1");
  apart.peer("F.", 1, 0, 1);
  EXPECT_EQ(apart.state(), "CLOSING");
}

TEST(CloseInSynReceived, BothAreRepeated) {
  Hand hand;
  hand.reach(State::kSynReceived);
  hand.close();
  hand.forget();
  hand.wait(Duration::seconds(1));
  EXPECT_THAT(hand.sent(), ElementsAre("S. 0:0(0) ack 1"));
  hand.peer(".", 1, 0, 1);
  hand.forget();
  hand.wait(Duration::seconds(4));
  EXPECT_THAT(hand.sent(), ElementsAre("F. 1:1(0) ack 1"));
}

TEST(StopReceiving, WithUnreadTextResets) {
  for (const State state : {State::kEstablished, State::kFinWait1, State::kFinWait2}) {
    SCOPED_TRACE(to_string(state));
    Hand hand;
    hand.reach(state);
    hand.peer("P.", 1, 5, our_next(hand) - (state == State::kFinWait1 ? 1 : 0));
    hand.forget();
    hand.tcp().stop_receiving(hand.now());
    EXPECT_THAT(hand.sent(), ElementsAre(fmt::format("R {0}:{0}(0)", our_next(hand))));
    EXPECT_EQ(hand.state(), "CLOSED");
    EXPECT_THAT(hand.events(), ElementsAre("closed"));
  }
}

TEST(StopReceiving, TextThatComesLaterResetsAndAFinDoesNot) {
  Hand hand;
  hand.establish();
  hand.tcp().stop_receiving(hand.now());
  hand.close();
  EXPECT_THAT(hand.sent(), ElementsAre("F. 1:1(0) ack 1"));
  hand.peer(".", 1, 0, 2);
  EXPECT_EQ(hand.state(), "FIN-WAIT-2");
  Hand other;
  other.establish();
  other.tcp().stop_receiving(other.now());
  other.close();
  other.forget();
  other.peer("P.", 1, 5, 2);
  EXPECT_THAT(other.sent(), ElementsAre("R 2:2(0)"));
  EXPECT_EQ(other.state(), "CLOSED");
  hand.peer("F.", 1, 0, 2);
  EXPECT_EQ(hand.state(), "TIME-WAIT");
}

TEST(StopReceiving, WithEverythingReadSaysNothing) {
  Hand hand;
  hand.establish();
  hand.peer("P.", 1, 5, 1);
  (void)hand.receive();
  hand.wait(Duration::seconds(1));
  hand.forget();
  hand.tcp().stop_receiving(hand.now());
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  EXPECT_THAT(hand.sent(), IsEmpty());
}

}  // namespace
}  // namespace tcpspec::tcp
