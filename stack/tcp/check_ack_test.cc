// RFC 9293 §3.10.7.4 fifth: the ACK field, with RFC 5961 §5.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using testing::kOurIss;
using testing::our_next;
using testing::peer_next;

constexpr State kAll[] = {State::kSynReceived, State::kEstablished, State::kFinWait1, State::kFinWait2,
                          State::kCloseWait,   State::kClosing,     State::kLastAck,  State::kTimeWait};

TEST(Ack, WithoutTheAckBitASegmentIsDroppedInSilence) {
  for (const State state : kAll) {
    for (const char* letters : {"", "P", "F"}) {
      SCOPED_TRACE(fmt::format("{} {}", to_string(state), letters));
      Hand hand;
      hand.reach(state);
      const Tcb before = hand.tcb();
      hand.peer(letters, peer_next(hand), 10);
      EXPECT_EQ(hand.tcb(), before);
      EXPECT_THAT(hand.sent(), IsEmpty());
      EXPECT_THAT(hand.events(), IsEmpty());
    }
  }
}

TEST(AckInSynReceived, OnlyTheAckOfOurSynEstablishes) {
  for (const bool passive : {true, false}) {
    for (const std::uint32_t ack : {0xffffffffU, 0U, 2U, 100'000U}) {
      SCOPED_TRACE(ack);
      Hand hand;
      hand.reach(State::kSynReceived, passive);
      hand.peer(".", 1, 0, ack);
      EXPECT_THAT(hand.sent(), ElementsAre(fmt::format("R {0}:{0}(0)", ack)));
      EXPECT_EQ(hand.state(), "SYN-RECEIVED");
      hand.peer(".", 1, 0, 1);
      EXPECT_EQ(hand.state(), "ESTABLISHED");
      EXPECT_THAT(hand.events(), ElementsAre("established"));
      EXPECT_THAT(hand.sent(), IsEmpty());
    }
  }
}

TEST(AckInSynReceived, SetsTheSendWindow) {
  Hand hand;
  hand.reach(State::kSynReceived);
  hand.peer_window = 777;
  hand.peer(".", 1, 0, 1);
  EXPECT_EQ(hand.tcb().snd.wnd, 777U);
  EXPECT_EQ(hand.tcb().snd.una, kOurIss + 1);
}

TEST(AckInSynReceived, TextAndFinOfTheSameSegmentCount) {
  Hand hand;
  hand.reach(State::kSynReceived);
  hand.peer("FP.", 1, 10, 1);
  EXPECT_EQ(hand.state(), "CLOSE-WAIT");
  EXPECT_THAT(hand.events(), ElementsAre("established", "readable", "readable"));
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 12"));
}

TEST(Ack, OfSomethingNotSentIsAnsweredAndDropped) {
  for (const State state : testing::kSynchronized) {
    SCOPED_TRACE(to_string(state));
    Hand hand;
    hand.reach(state);
    const Tcb before = hand.tcb();
    hand.peer("P.", peer_next(hand), 5, our_next(hand) + 1);
    EXPECT_EQ(hand.tcb(), before);
    EXPECT_THAT(hand.sent(),
                ElementsAre(fmt::format(". {0}:{0}(0) ack {1}", our_next(hand), peer_next(hand))));
  }
}

TEST(Ack, OlderThanTheLargestWindowIsChallengedAndItsTextRefused) {
  Hand hand;
  hand.peer_window = 1000;
  hand.establish();
  hand.send(2000);
  hand.peer(".", 1, 0, 1001);
  hand.peer(".", 1, 0, 2001);
  hand.forget();
  hand.peer("P.", 1, 5, 1001);  // SND.UNA - MAX.SND.WND: a duplicate, its text is good
  EXPECT_EQ(hand.receive().data.size(), 5U);
  hand.wait(Duration::seconds(1));
  hand.forget();
  hand.peer("P.", 6, 5, 1000);
  EXPECT_EQ(hand.receive().error, CallError::kWouldBlock);
  EXPECT_THAT(hand.sent(), ElementsAre(". 2001:2001(0) ack 6"));
}

TEST(Ack, WithoutRfc5961AnOldAckIsOnlyADuplicate) {
  Config config = testing::plain_config();
  config.rfc5961 = false;
  Hand hand(config);
  hand.establish();
  hand.peer("P.", 1, 5, 0x80000100U);
  EXPECT_EQ(hand.receive().data.size(), 5U);
}

TEST(Ack, ADuplicateMovesNothingAndIsNotAnswered) {
  Hand hand;
  hand.establish();
  hand.send(100);
  hand.forget();
  for (int i = 0; i < 5; ++i) hand.peer(".", 1, 0, 1);
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_EQ(hand.tcb().snd.una, kOurIss + 1);
}

TEST(Ack, RemovesWhatItCoversAndNoMore) {
  Hand hand;
  hand.establish();
  hand.send(1500);
  EXPECT_EQ(hand.tcb().in_flight, 1000U);  // Nagle holds the rest
  hand.peer(".", 1, 0, 401);
  EXPECT_EQ(hand.tcb().snd.una, kOurIss + 401);
  EXPECT_EQ(hand.tcb().in_flight, 600U);
  EXPECT_EQ(hand.tcb().unsent, 500U);
}

TEST(SendWindow, IsTakenFromTheNewestSegmentOnly) {
  Hand hand;
  hand.establish();
  const auto tell = [&](std::uint32_t seq, std::size_t count, std::uint32_t ack, std::uint16_t window) {
    hand.peer_window = window;
    hand.peer(".", seq, count, ack);
    return hand.tcb().snd.wnd;
  };
  hand.send(100);
  EXPECT_EQ(tell(1, 0, 1, 5000), 5000U);    // WL1 < SEG.SEQ
  EXPECT_EQ(tell(1, 0, 1, 4000), 4000U);    // WL1 = SEG.SEQ, WL2 = SEG.ACK
  EXPECT_EQ(tell(1, 0, 101, 3000), 3000U);  // WL1 = SEG.SEQ, WL2 < SEG.ACK
  EXPECT_EQ(tell(1, 0, 1, 9000), 3000U);    // an older ACK
  EXPECT_EQ(tell(1, 10, 101, 2000), 2000U);
  EXPECT_EQ(tell(11, 10, 101, 1000), 1000U);
  EXPECT_EQ(tell(21, 10, 101, 1500), 1500U);
  EXPECT_EQ(tell(15, 10, 101, 9000), 1500U);  // an older segment
  EXPECT_EQ(hand.tcb().snd.max_wnd, 60000U);
}

// A segment sent again after the one whose window counts: its ACK is of use, its window is not.
TEST(SendWindow, TheRightEdgeStaysWhenAnOlderSegmentAcknowledgesMore) {
  Hand hand;
  hand.peer_window = 1000;
  hand.establish();
  hand.send(3000);
  EXPECT_EQ(hand.tcb().snd.nxt, testing::kOurIss + 1001);
  hand.peer(".", 101, 50, 1);  // right of a hole: its window is the newest
  hand.peer(".", 1, 50, 401);
  EXPECT_EQ(hand.tcb().snd.una, testing::kOurIss + 401);
  EXPECT_EQ(hand.tcb().snd.wnd, 600U);
  hand.forget();
  hand.peer(".", 51, 50, 1001);  // and once more: nothing is left of it
  EXPECT_EQ(hand.tcb().snd.wnd, 0U);
  EXPECT_THAT(hand.sent(), ::testing::Each(::testing::HasSubstr("1001:1001(0)")));
}

TEST(Ack, OfTheFinMovesFinWait1On) {
  Hand hand;
  hand.establish();
  hand.send(100);
  hand.close();
  hand.forget();
  hand.peer(".", 1, 0, 101);  // the text, not the FIN
  EXPECT_EQ(hand.state(), "FIN-WAIT-1");
  EXPECT_FALSE(hand.tcb().fin_acked);
  hand.peer(".", 1, 0, 102);
  EXPECT_EQ(hand.state(), "FIN-WAIT-2");
  EXPECT_TRUE(hand.tcb().fin_acked);
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(Ack, InClosingAndLastAckOnlyTheFinsAckCounts) {
  Hand closing;
  closing.reach(State::kClosing);
  closing.peer(".", 2, 0, 1);
  EXPECT_EQ(closing.state(), "CLOSING");
  EXPECT_THAT(closing.sent(), IsEmpty());
  closing.peer(".", 2, 0, 2);
  EXPECT_EQ(closing.state(), "TIME-WAIT");
  Hand last;
  last.reach(State::kLastAck);
  last.peer(".", 2, 0, 1);
  EXPECT_EQ(last.state(), "LAST-ACK");
  last.peer(".", 2, 0, 2);
  EXPECT_EQ(last.state(), "CLOSED");
  EXPECT_THAT(last.events(), ElementsAre("closed"));
  EXPECT_THAT(last.sent(), IsEmpty());
}

TEST(Ack, RoomInAFullSendQueueIsToldOnce) {
  Config config = testing::plain_config();
  config.send_buffer = 1000;
  Hand hand(config);
  hand.establish();
  EXPECT_EQ(hand.send(1500).accepted, 1000U);
  EXPECT_EQ(hand.send(10).error, CallError::kWouldBlock);
  EXPECT_THAT(hand.events(), IsEmpty());
  hand.peer(".", 1, 0, 501);
  EXPECT_THAT(hand.events(), ElementsAre("writable"));
  hand.peer(".", 1, 0, 1001);
  EXPECT_THAT(hand.events(), IsEmpty());
  EXPECT_EQ(hand.send(1000).accepted, 1000U);
}

}  // namespace
}  // namespace tcpspec::tcp
