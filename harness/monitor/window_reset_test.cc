#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/monitor/conversation.h"

namespace tcpspec::monitor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Bytes kScaled = {1, 3, 3, 4};  // by 16

TEST(RightEdge, MovesLeft) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 0, windowed(5000));
  c.in(kAck, 1, 1, 10);
  c.out(kAck, 1, 11, 0, windowed(4990));
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 1, 11, 0, windowed(4989));
  EXPECT_THAT(c.broken(), ElementsAre("right-edge"));
}

TEST(RightEdge, TheScaleRoundsLessThanOneUnitAway) {
  Conversation c;
  c.passive(kScaled, kScaled);
  c.out(kAck, 1, 1, 0, windowed(100));  // 1601
  c.in(kAck, 1, 1, 1);
  c.out(kAck, 1, 2, 0, windowed(99));  // 1586
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 1, 2, 0, windowed(98));
  EXPECT_THAT(c.broken(), ElementsAre("right-edge"));
}

TEST(RightEdge, OfASynIsNoPromise) {
  Conversation c;
  c.passive(kScaled, kScaled);  // SYN-ACK with 10000, unscaled
  c.out(kAck, 1, 1, 0, windowed(100));
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(RightEdge, AfterThePeersFinThereIsNoWindow) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 0, windowed(5000));
  c.in(kAck | kFin, 1, 1);
  c.out(kAck, 1, 2, 0, windowed(0));
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(RightEdge, AnOlderPacketMayArriveLateInACapture) {
  for (const Before before : {Before::kUnknown, Before::kNothingOpen}) {
    Conversation c(before);
    c.passive();
    c.in(kAck, 1, 1, 10);
    c.out(kAck, 1, 11, 0, windowed(5000));
    c.out(kAck, 1, 1, 0, windowed(4000));  // overtaken?
    if (before == Before::kUnknown) {
      EXPECT_THAT(c.broken(), IsEmpty());
      c.in(kAck, 11, 1, 10);
      c.out(kAck, 1, 21, 0, windowed(4000));  // this one is newer than all
      EXPECT_THAT(c.broken(), ElementsAre("right-edge"));
    } else {
      EXPECT_THAT(c.broken(), ElementsAre("ack-backwards", "right-edge"));
    }
  }
}

TEST(BeyondWindow, TextEndsAtTheEdge) {
  Conversation c;
  c.passive({}, {}, 300);
  c.out(kAck, 1, 1, 300);
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 300, 1, 2);
  EXPECT_THAT(c.broken(), ElementsAre("beyond-window"));
}

TEST(BeyondWindow, AProbeOfOneOctetAndAFinMayPass) {
  Conversation c;
  c.passive({}, {}, 300);
  c.out(kAck, 1, 1, 300);
  c.in(kAck, 1, 301, 0, windowed(0));
  c.out(kAck, 301, 1, 1);
  c.in(kAck, 1, 301, 0, windowed(0));
  c.out(kAck | kFin, 302, 1);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(BeyondWindow, AShrunkWindowDoesNotTakeBackWhatWasOffered) {
  Conversation c;
  c.passive();
  c.in(kAck, 1, 1, 0, windowed(100));
  c.out(kAck, 1, 1, 500);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(BeyondWindow, SynWindowsAreNotScaled) {
  Conversation c;
  c.in(kSyn, 0, 0, 0, windowed(100, kScaled));
  c.out(kSyn | kAck, 0, 1, 0, windowed(100, kScaled));
  c.out(kAck, 1, 1, 200);
  EXPECT_THAT(c.broken(), ElementsAre("beyond-window"));
  Conversation scaled;
  scaled.passive(kScaled, kScaled, 100);  // its last ACK offers 1600
  scaled.out(kAck, 1, 1, 500);
  EXPECT_THAT(scaled.broken(), IsEmpty());
}

TEST(BeyondWindow, AnUnacceptableSegmentOffersNothing) {
  Conversation c;
  c.passive({}, {}, 100);
  c.in(kAck, 20'000, 1, 0, windowed(60'000));  // right of the target's window
  c.in(kAck, -5, 1, 0, windowed(60'000));      // left of it
  c.in(kAck, 1, 5000, 0, windowed(60'000));    // acknowledges what was never sent
  c.out(kAck, 1, 1, 200);
  EXPECT_THAT(c.broken(), ElementsAre("beyond-window"));
}

TEST(RstNumbers, OfAClosedPort) {
  Conversation c;
  c.in(kAck, 100, 200, 10);
  c.out(kRst, 200, 0);
  c.in(kSyn, 300, 0, 10);
  c.out(kRst | kAck, -static_cast<std::int64_t>(c.own_isn), 311);  // SEQ 0, ACK counts SYN and text
  EXPECT_THAT(c.broken(), IsEmpty());
  c.in(kAck, 100, 900);
  c.out(kRst, 901, 0);
  EXPECT_THAT(c.broken(), ElementsAre("rst-numbers"));
}

TEST(RstNumbers, WithoutAckMustCountTheSyn) {
  Conversation c;
  c.in(kSyn, 300, 0);
  c.out(kRst | kAck, -static_cast<std::int64_t>(c.own_isn), 300);
  EXPECT_THAT(c.broken(), ElementsAre("rst-numbers"));
}

TEST(RstNumbers, OfALiveConnectionLieWhereThePeerListens) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 100);
  c.in(kAck, 1, 51);
  c.out(kRst | kAck, 101, 1);
  EXPECT_THAT(c.broken(), IsEmpty());
  Conversation old;
  old.passive();
  old.out(kAck, 1, 1, 100);
  old.in(kAck, 1, 51);
  old.out(kRst | kAck, 20, 1);
  EXPECT_THAT(old.broken(), ElementsAre("rst-numbers"));
}

TEST(RstNumbers, UnknownHistoryIsSilent) {
  Conversation c(Before::kUnknown);
  c.in(kAck, 100, 200, 10);
  c.out(kRst, 201, 0);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(RstAckBit, IsClearInTheAnswerToAnAck) {
  Conversation c;
  c.in(kAck, 100, 200, 10);
  c.out(kRst | kAck, 200, 110);
  EXPECT_THAT(c.broken(), ElementsAre("rst-ack-bit"));
}

TEST(RstAnswered, WithARst) {
  Conversation c;
  c.in(kRst | kAck, 100, 200);
  c.out(kRst, 200, 0);
  EXPECT_THAT(c.broken(), ElementsAre("rst-answered"));
  Conversation bare;
  bare.in(kRst, 100, 0);
  bare.out(kRst | kAck, -static_cast<std::int64_t>(bare.own_isn), 100);
  EXPECT_THAT(bare.broken(), ElementsAre("rst-answered"));
}

TEST(RstAnswered, NotWhenSomethingElseWas) {
  Conversation c;
  c.in(kAck, 100, 200);
  c.in(kRst | kAck, 100, 200);
  c.out(kRst, 200, 0);  // for the ACK
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kRst, 200, 0);
  EXPECT_THAT(c.broken(), ElementsAre("rst-answered"));
}

TEST(RstAnswered, AnAbortMayCrossOurRst) {
  Conversation c;
  c.passive();
  c.in(kRst | kAck, 1, 1);
  c.out(kRst | kAck, 1, 1);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(AckStorm, EqualAcksWithoutACause) {
  Conversation c;
  c.passive();
  c.in(kAck, 1, 1, 10);
  for (int i = 0; i < 4; ++i) c.out(kAck, 1, 11);
  EXPECT_THAT(c.broken(), IsEmpty());
  for (int i = 0; i < 8; ++i) c.out(kAck, 1, 11);
  EXPECT_THAT(c.broken(), ElementsAre("ack-storm"));
}

TEST(AckStorm, DuplicateAcksHaveACauseEach) {
  Conversation c;
  c.passive();
  for (int i = 0; i < 50; ++i) {
    c.in(kAck, 11, 1, 10);
    c.out(kAck, 1, 1);
  }
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(AckStorm, TimersAndProbesAreNoStorm) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 10);
  c.in(kAck, 1, 11, 0, windowed(0));
  for (int i = 0; i < 20; ++i) c.out(kAck, 10, 1);
  c.in(kAck, 1, 11);
  for (int i = 0; i < 20; ++i) {
    c.wait(Duration::seconds(2));
    c.out(kAck, 11, 1);
  }
  EXPECT_THAT(c.broken(), IsEmpty());
}

}  // namespace
}  // namespace tcpspec::monitor
