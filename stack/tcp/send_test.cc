// The output engine: segmentation, PSH, Nagle, the sender's silly window avoidance. RFC 9293 §3.7.1, §3.7.4,
// §3.8.6.2.1, §3.9.1.2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using testing::Lines;

constexpr Duration kNano = Duration::nanos(1);

Config no_nagle() {
  Config config = testing::plain_config();
  config.nagle = false;
  return config;
}
Hand established(const Config& config = testing::plain_config(), std::uint16_t window = 60000) {
  Hand hand(config);
  hand.peer_window = window;
  hand.establish();
  return hand;
}

TEST(Segmentation, FullSegmentsThenTheRestWithPush) {
  Hand hand = established(no_nagle());
  hand.send(2500);
  EXPECT_THAT(hand.sent(),
              ElementsAre(". 1:1001(1000) ack 1", ". 1001:2001(1000) ack 1", "P. 2001:2501(500) ack 1"));
}

TEST(Segmentation, NeverMoreThanThePeersMssNorThePath) {
  Hand small;
  small.peer_syn_options.mss = 300;
  small.establish();
  small.send(600);
  EXPECT_THAT(small.sent(), ElementsAre(". 1:301(300) ack 1", "P. 301:601(300) ack 1"));
  Config config = testing::plain_config();
  config.path_mss = 200;
  Hand path(config);
  path.establish();
  path.send(200);
  EXPECT_THAT(path.sent(), ElementsAre("P. 1:201(200) ack 1"));
  EXPECT_EQ(path.tcb().send_mss, 200U);
}

TEST(Segmentation, WithoutAnAnnouncedMssTheDefaultHolds) {
  Hand hand;
  hand.peer_syn_options.mss.reset();
  hand.establish();
  hand.send(537);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:537(536) ack 1"));
  EXPECT_EQ(hand.tcb().send_mss, 536U);
}

TEST(Segmentation, AnMssOfOneStillMoves) {
  Hand hand(no_nagle());
  hand.peer_syn_options.mss = 1;
  hand.establish();
  hand.send(3);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:2(1) ack 1", ". 2:3(1) ack 1", "P. 3:4(1) ack 1"));
}

TEST(Push, MarksTheLastOctetOfEachUnitWhereverItFalls) {
  Hand hand = established();
  hand.send(100);  // leaves at once
  hand.send(400);  // Nagle holds these three
  hand.send(600);
  hand.send(1000, false);
  // 1100 octets from 101 on: one full segment has the end of the second unit inside it.
  EXPECT_THAT(hand.sent(),
              ElementsAre("P. 1:101(100) ack 1", "P. 101:1101(1000) ack 1", ". 1101:2101(1000) ack 1"));
}

TEST(Push, TextThatWasNotPushedWaitsForMoreButNotForEver) {
  Hand hand = established();
  hand.send(100, false);
  hand.wait(Duration::millis(200) - kNano);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(kNano);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:101(100) ack 1"));
  hand.peer(".", 1, 0, 101);
  hand.send(100, false);
  hand.send(100, true);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 101:301(200) ack 1"));
}

TEST(Nagle, OneSmallSegmentInFlightThenAllThatGathered) {
  Hand hand = established();
  hand.send(10);
  hand.send(20);
  hand.send(30);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1:11(10) ack 1"));
  hand.peer(".", 1, 0, 11);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 11:61(50) ack 1"));
}

TEST(Nagle, HoldsUntilTheAckHoweverLongAndAFullSegmentGoes) {
  Config config = testing::plain_config();
  config.initial_rto = Duration::seconds(3);
  config.min_rto = Duration::seconds(3);
  Hand hand = established(config);
  hand.send(10);
  hand.forget();
  hand.send(20);
  hand.wait(Duration::millis(2900));
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.send(980);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 11:1011(1000) ack 1"));
}

TEST(Nagle, OffSendsEachAtOnce) {
  Hand hand = established(no_nagle());
  hand.send(10);
  hand.send(20);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1:11(10) ack 1", "P. 11:31(20) ack 1"));
}

TEST(Nagle, SwitchedOffLetsGoWhatItHeld) {
  Hand hand = established();
  hand.send(10);
  hand.send(20);
  hand.forget();
  hand.tcp().reconfigure(no_nagle(), hand.now());
  EXPECT_THAT(hand.sent(), ElementsAre("P. 11:31(20) ack 1"));
}

TEST(Nagle, AFinTakesTheRestAlong) {
  Hand hand = established();
  hand.send(10);
  hand.send(20);
  hand.close();
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1:11(10) ack 1", "FP. 11:31(20) ack 1"));
}

TEST(SendWindow, IsNeverExceeded) {
  Hand hand = established(testing::plain_config(), 2500);
  hand.send(5000);
  // 500 more octets would fit: less than a segment, and Nagle waits for the ACK.
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1001(1000) ack 1", ". 1001:2001(1000) ack 1"));
  hand.peer(".", 1, 0, 1001);
  EXPECT_THAT(hand.sent(), ElementsAre(". 2001:3001(1000) ack 1"));
}

TEST(SillyWindow, HalfTheLargestWindowIsEnough) {
  Hand hand = established(no_nagle(), 1000);
  hand.peer_window = 500;
  hand.peer(".", 1, 0, 1);
  hand.send(800);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:501(500) ack 1"));
}

TEST(SillyWindow, LessThanHalfWaitsForTheOverrideTimer) {
  Hand hand = established(no_nagle(), 1000);
  hand.peer_window = 499;
  hand.peer(".", 1, 0, 1);
  hand.send(800);
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_EQ(hand.until_deadline(), Duration::millis(200));
  hand.wait(Duration::millis(200) - kNano);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(kNano);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:500(499) ack 1"));
}

TEST(SillyWindow, AWindowThatOpensEndsTheWait) {
  Hand hand = established(no_nagle(), 1000);
  hand.peer_window = 100;
  hand.peer(".", 1, 0, 1);
  hand.send(800);
  hand.wait(Duration::millis(50));
  hand.peer_window = 1000;
  hand.peer(".", 1, 0, 1);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1:801(800) ack 1"));
  hand.peer(".", 1, 0, 801);
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(SillyWindow, PushedTextThatFitsGoesHoweverSmallTheWindow) {
  Hand hand = established(no_nagle(), 60000);
  hand.peer_window = 100;
  hand.peer(".", 1, 0, 1);
  hand.send(100);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1:101(100) ack 1"));
}

TEST(FinOut, GoesWithTheLastTextOrAloneAndWithinTheWindow) {
  Hand with = established();
  with.send(1500);
  with.close();
  EXPECT_THAT(with.sent(), ElementsAre(". 1:1001(1000) ack 1", "FP. 1001:1501(500) ack 1"));
  Hand alone = established();
  alone.close();
  EXPECT_THAT(alone.sent(), ElementsAre("F. 1:1(0) ack 1"));
  // The window takes the text but not the FIN's own number.
  Hand edge = established(testing::plain_config(), 500);
  edge.send(500);
  edge.close();
  EXPECT_THAT(edge.sent(), ElementsAre("P. 1:501(500) ack 1"));
  EXPECT_EQ(edge.state(), "FIN-WAIT-1");
  edge.peer_window = 1;
  edge.peer(".", 1, 0, 501);
  EXPECT_THAT(edge.sent(), ElementsAre("F. 501:501(0) ack 1"));
}

TEST(FinOut, CloseWaitBecomesLastAckOnlyWhenTheFinLeaves) {
  Hand hand = established(testing::plain_config(), 1000);
  hand.peer("F.", 1, 0, 1);
  hand.send(2500);
  hand.close();
  EXPECT_EQ(hand.state(), "CLOSE-WAIT");
  EXPECT_EQ(hand.send(1).error, CallError::kClosing);
  hand.forget();
  hand.peer(".", 2, 0, 1001);
  EXPECT_EQ(hand.state(), "CLOSE-WAIT");
  hand.peer(".", 2, 0, 2001);
  EXPECT_EQ(hand.state(), "LAST-ACK");
  EXPECT_THAT(hand.sent(), ElementsAre(". 1001:2001(1000) ack 2", "FP. 2001:2501(500) ack 2"));
}

TEST(Deadline, ACallTooEarlyDoesNothing) {
  Hand hand = established();
  hand.send(10);
  hand.forget();
  const Tcb before = hand.tcb();
  hand.tcp().deadline_reached(hand.now() + Duration::seconds(1) - kNano);
  EXPECT_EQ(hand.tcb(), before);
  EXPECT_THAT(hand.sent(), IsEmpty());
}

}  // namespace
}  // namespace tcpspec::tcp
