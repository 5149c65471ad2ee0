// RFC 9293 §3.10.7.4 seventh and eighth: text and FIN; §3.8.6.3 and RFC 5681 §4.2: when they are
// acknowledged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using testing::our_next;
using testing::peer_next;

constexpr Duration kNano = Duration::nanos(1);

Hand established(const Config& config = testing::plain_config()) {
  Hand hand(config);
  hand.establish();
  return hand;
}

TEST(Text, IsDeliveredInOrderAndTold) {
  Hand hand = established();
  hand.peer("P.", 1, 100, 1);
  EXPECT_THAT(hand.events(), ElementsAre("readable"));
  EXPECT_EQ(hand.tcb().unread, 100U);
  EXPECT_EQ(hand.receive(30).data, testing::stream(1, 30));
  EXPECT_EQ(hand.receive().data, testing::stream(31, 70));
  EXPECT_EQ(hand.receive().error, CallError::kWouldBlock);
}

TEST(Text, IsTakenInFinWait1AndFinWait2) {
  for (const State state : {State::kFinWait1, State::kFinWait2}) {
    Hand hand;
    hand.reach(state);
    hand.peer(".", 1, 10, our_next(hand) - (state == State::kFinWait1 ? 1 : 0));
    EXPECT_EQ(hand.receive().data.size(), 10U);
    EXPECT_EQ(hand.tcb().state, state);
  }
}

TEST(Text, AfterTheFinIsIgnoredAndTheEndOfTheStreamRepeated) {
  for (const State state : {State::kCloseWait, State::kTimeWait}) {
    SCOPED_TRACE(to_string(state));
    Hand hand;
    hand.reach(state);
    const std::uint32_t next = peer_next(hand);
    hand.peer("P.", next, 10, our_next(hand));
    EXPECT_EQ(peer_next(hand), next);
    EXPECT_THAT(hand.sent(), ElementsAre(fmt::format(". {0}:{0}(0) ack {1}", our_next(hand), next)));
    EXPECT_TRUE(hand.receive().end_of_stream);
    EXPECT_TRUE(hand.receive().data.empty());
  }
}

TEST(Text, UrgentTextIsText) {
  Hand hand = established();
  wire::Segment segment = hand.make("PU.", 1, 10, 1);
  segment.urgent = 5;
  hand.give(segment);
  // The boundary shows in the RECEIVEs, and nowhere else.
  EXPECT_EQ(hand.receive().data, testing::stream(1, 5));
  EXPECT_EQ(hand.receive().data, testing::stream(6, 5));
  for (const State state : {State::kCloseWait, State::kTimeWait}) {
    Hand later;
    later.reach(state);
    wire::Segment urgent = later.make("U.", peer_next(later), 0, our_next(later));
    urgent.urgent = 65535;
    later.give(urgent);
    EXPECT_EQ(later.tcb().state, state);
    EXPECT_THAT(later.sent(), IsEmpty());
  }
}

TEST(DelayedAck, LeavesAtExactlyItsDelay) {
  Hand hand = established();
  hand.peer("P.", 1, 100, 1);
  hand.wait(Duration::millis(40) - kNano);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(kNano);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 101"));
  hand.wait(Duration::seconds(1000));
  EXPECT_THAT(hand.sent(), IsEmpty());
}

TEST(DelayedAck, TheFirstSegmentStartsTheDelay) {
  Hand hand = established();
  hand.peer("P.", 1, 100, 1);
  hand.wait(Duration::millis(30));
  hand.peer("P.", 101, 100, 1);
  hand.wait(Duration::millis(10));
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 201"));
}

TEST(DelayedAck, EverySecondFullSegmentIsAcknowledgedAtOnce) {
  Hand hand = established();
  hand.peer(".", 1, 1000, 1);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.peer(".", 1001, 1000, 1);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 2001"));
  hand.peer(".", 2001, 1000, 1);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(Duration::millis(40));
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 3001"));
}

TEST(DelayedAck, TwoMssOfSmallSegmentsAreAcknowledgedAtOnce) {
  Hand hand = established();
  for (std::uint32_t i = 0; i < 19; ++i) hand.peer(".", 1 + 100 * i, 100, 1);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.peer(".", 1901, 100, 1);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 2001"));
}

TEST(DelayedAck, AZeroDelayAcknowledgesEverySegment) {
  Config config = testing::plain_config();
  config.delayed_ack = Duration();
  Hand hand = established(config);
  hand.peer(".", 1, 1, 1);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 2"));
}

TEST(DelayedAck, TextOfOursCarriesIt) {
  Hand hand = established();
  hand.peer("P.", 1, 100, 1);
  hand.wait(Duration::millis(10));
  hand.send(5);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1:6(5) ack 101"));
  hand.peer(".", 101, 0, 6);
  hand.wait(Duration::seconds(5));
  EXPECT_THAT(hand.sent(), IsEmpty());
}

TEST(OutOfOrder, EverySegmentAheadIsAcknowledgedAtOnceAndSoIsTheOneThatFills) {
  Hand hand = established();
  hand.peer(".", 101, 100, 1);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
  hand.peer(".", 301, 100, 1);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
  EXPECT_EQ(hand.tcb().out_of_order, 200U);
  EXPECT_THAT(hand.events(), IsEmpty());
  hand.peer(".", 1, 100, 1);  // fills the first hole, in part
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 201"));
  hand.peer(".", 201, 100, 1);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 401"));
  EXPECT_EQ(hand.receive().data, testing::stream(1, 400));
  EXPECT_EQ(hand.tcb().out_of_order, 0U);
}

TEST(OutOfOrder, ADuplicateIsAcknowledgedAtOnce) {
  Hand hand = established();
  hand.peer(".", 101, 100, 1);
  hand.forget();
  hand.peer(".", 101, 100, 1);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
}

TEST(Fin, IsAcknowledgedAtOnceWithItsText) {
  Hand hand = established();
  hand.peer("FP.", 1, 10, 1);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 12"));
  EXPECT_EQ(hand.state(), "CLOSE-WAIT");
  EXPECT_THAT(hand.events(), ElementsAre("readable", "readable"));
  EXPECT_EQ(hand.receive().data.size(), 10U);
  EXPECT_TRUE(hand.receive().end_of_stream);
}

TEST(Fin, AheadOfAHoleWaitsForIt) {
  Hand hand = established();
  hand.peer("F.", 11, 10, 1);
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
  hand.peer(".", 1, 10, 1);
  EXPECT_EQ(hand.state(), "CLOSE-WAIT");
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 22"));
  EXPECT_EQ(hand.receive().data, testing::stream(1, 20));
}

TEST(Fin, AloneAheadOfAHoleWaitsToo) {
  Hand hand = established();
  hand.peer("F.", 11, 0, 1);
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
  hand.peer(".", 1, 20, 1);  // ten octets of it lie beyond the FIN
  EXPECT_EQ(hand.state(), "CLOSE-WAIT");
  EXPECT_EQ(hand.receive().data, testing::stream(1, 10));
}

TEST(Fin, RepeatedIsAcknowledgedAgainAndChangesNothing) {
  for (const State state : {State::kCloseWait, State::kClosing, State::kLastAck, State::kTimeWait}) {
    SCOPED_TRACE(to_string(state));
    Hand hand;
    hand.reach(state);
    const Tcb before = hand.tcb();
    hand.peer("F.", peer_next(hand) - 1, 0, our_next(hand));
    EXPECT_EQ(hand.tcb(), before);
    EXPECT_THAT(hand.sent(),
                ElementsAre(fmt::format(". {0}:{0}(0) ack {1}", our_next(hand), peer_next(hand))));
  }
}

TEST(Fin, ASecondOneBeyondTheFirstIsAcknowledgedAndNotCounted) {
  Hand hand;
  hand.reach(State::kCloseWait);
  hand.peer("F.", peer_next(hand), 0, 1);
  EXPECT_EQ(peer_next(hand), 2U);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 2"));
}

}  // namespace
}  // namespace tcpspec::tcp
