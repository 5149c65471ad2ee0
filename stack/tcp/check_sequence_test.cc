// RFC 9293 §3.10.7.4 first: the sequence number, table 6.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using testing::kPeerIss;
using testing::Lines;
using testing::our_next;
using testing::peer_next;

constexpr std::uint32_t kWindow = 100;

Hand with_window(std::uint32_t window) {
  Config config = testing::plain_config();
  config.receive_buffer = kWindow;
  Hand hand(config);
  hand.establish();
  const std::uint32_t fill = kWindow - window;
  if (fill > 0) hand.peer(".", 1, fill, 1);
  hand.wait(Duration::seconds(1));
  hand.forget();
  EXPECT_EQ(hand.tcb().rcv.wnd, window);
  return hand;
}

struct Row {
  std::int64_t offset;  // SEG.SEQ - RCV.NXT
  std::size_t count;
  std::uint32_t window;
  bool acceptable;
};

// An unacceptable segment is answered with exactly one ACK of RCV.NXT; an acceptable one, when its text is
// cut or out of order, is answered too, so what tells them apart is whether its ACK field counted.
TEST(Sequence, Table6) {
  const Row rows[] = {
      // no text, no window
      {0, 0, 0, true},
      {-1, 0, 0, false},
      {1, 0, 0, false},
      // no text, a window
      {0, 0, kWindow, true},
      {-1, 0, kWindow, false},
      {kWindow - 1, 0, kWindow, true},
      {kWindow, 0, kWindow, false},
      {-2'000'000'000, 0, kWindow, false},
      {2'000'000'000, 0, kWindow, false},
      // text, a window
      {0, 10, kWindow, true},
      {-9, 9, kWindow, false},
      {-9, 10, kWindow, true},
      {kWindow - 1, 1, kWindow, true},
      {kWindow - 1, 50, kWindow, true},
      {kWindow, 1, kWindow, false},
      {-10, 200, kWindow, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(fmt::format("offset {} count {} window {}", row.offset, row.count, row.window));
    Hand hand = with_window(row.window);
    hand.send(1);
    hand.forget();
    const std::uint32_t before = our_next(hand) - 1;
    const std::uint32_t next = peer_next(hand);
    hand.peer(".", next + static_cast<std::uint32_t>(row.offset), row.count, our_next(hand));
    const bool counted = hand.tcb().snd.una == hand.tcb().snd.nxt;
    EXPECT_EQ(counted, row.acceptable);
    if (!row.acceptable) {
      EXPECT_THAT(hand.sent(), ElementsAre(fmt::format(". {0}:{0}(0) ack {1}", before + 1, next)));
      EXPECT_EQ(peer_next(hand), next);
    }
  }
}

// Both ends of the segment lie outside, left and right: by table 6 it is not acceptable, wide as it is.
TEST(Sequence, TextWiderThanTheWindowOnBothSidesIsNotAcceptable) {
  Hand hand = with_window(kWindow);
  hand.peer(".", peer_next(hand) - 10, 200, 1);
  EXPECT_EQ(hand.receive().error, CallError::kWouldBlock);
}

TEST(Sequence, AtAZeroWindowTextAtRcvNxtIsRefusedButItsAckCounts) {
  Hand hand = with_window(0);
  hand.send(1);
  hand.forget();
  const std::uint32_t next = peer_next(hand);
  hand.peer(".", next, 1, our_next(hand));
  EXPECT_EQ(hand.tcb().snd.una, hand.tcb().snd.nxt);
  EXPECT_EQ(peer_next(hand), next);
  EXPECT_THAT(hand.sent(), ElementsAre(". 2:2(0) ack 101"));
  hand.peer("F.", next, 0, our_next(hand));
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  EXPECT_THAT(hand.sent(), ElementsAre(". 2:2(0) ack 101"));
}

TEST(Sequence, AtAZeroWindowAResetStillCounts) {
  Hand hand = with_window(0);
  hand.peer("R", peer_next(hand), 0);
  EXPECT_EQ(hand.state(), "CLOSED");
}

TEST(Sequence, UnacceptableInEveryStateIsAcknowledgedAndChangesNothing) {
  const State states[] = {State::kSynReceived, State::kEstablished, State::kFinWait1, State::kFinWait2,
                          State::kCloseWait,   State::kClosing,     State::kLastAck,  State::kTimeWait};
  for (const State state : states) {
    for (const char* letters : {".", "P.", "F.", "S", "S.", ""}) {
      SCOPED_TRACE(fmt::format("{} {}", to_string(state), letters));
      Hand hand;
      hand.reach(state);
      const Tcb before = hand.tcb();
      hand.peer(letters, peer_next(hand) + 100'000, 0, our_next(hand));
      EXPECT_EQ(hand.tcb(), before);
      EXPECT_THAT(hand.sent(),
                  ElementsAre(fmt::format(". {0}:{0}(0) ack {1}", our_next(hand), peer_next(hand))));
      EXPECT_THAT(hand.events(), IsEmpty());
    }
  }
}

TEST(Sequence, AnUnacceptableResetIsDroppedInSilenceInEveryState) {
  const State states[] = {State::kSynReceived, State::kEstablished, State::kFinWait1, State::kFinWait2,
                          State::kCloseWait,   State::kClosing,     State::kLastAck,  State::kTimeWait};
  for (const State state : states) {
    for (const std::uint32_t offset : {0xffffffffU, 65535U, 0x80000000U}) {
      SCOPED_TRACE(fmt::format("{} {}", to_string(state), offset));
      Hand hand;
      hand.reach(state);
      const std::uint32_t edge = offset == 65535U ? hand.tcb().rcv.wnd : offset;
      hand.peer("R", peer_next(hand) + edge, 0);
      EXPECT_STREQ(to_string(hand.tcb().state), to_string(state));
      EXPECT_THAT(hand.sent(), IsEmpty());
    }
  }
}

TEST(Sequence, ASegmentThatStraddlesRcvNxtGivesOnlyItsNewPart) {
  Hand hand;
  hand.establish();
  hand.peer(".", 1, 10, 1);
  hand.peer(".", 6, 10, 1);
  EXPECT_EQ(peer_next(hand), 16U);
  EXPECT_EQ(hand.receive().data, testing::stream(1, 15));
}

TEST(Sequence, TextAndFinBeyondTheWindowAreCut) {
  Hand hand = with_window(kWindow);
  hand.peer("F.", 1, kWindow, 1);  // the FIN is the octet after the window
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  EXPECT_EQ(peer_next(hand), 1 + kWindow);
  Hand whole = with_window(kWindow);
  whole.peer("F.", 1, kWindow - 1, 1);
  EXPECT_EQ(whole.state(), "CLOSE-WAIT");
}

TEST(Sequence, ARepeatedSynInSynReceivedIsAnsweredWithAnAckNotWithTheSynAck) {
  Hand hand;
  hand.reach(State::kSynReceived);
  hand.peer("S", 0, 0);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
  EXPECT_EQ(hand.state(), "SYN-RECEIVED");
  // The same with text, which reaches into the window: its SYN is old all the same.
  hand.peer("S", 0, 10);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
  EXPECT_EQ(hand.state(), "SYN-RECEIVED");
}

}  // namespace
}  // namespace tcpspec::tcp
