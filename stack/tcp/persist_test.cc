// RFC 9293 §3.8.6.1: probing a zero window.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using testing::kOurIss;

constexpr Duration kNano = Duration::nanos(1);
constexpr Duration sec(std::int64_t n) { return Duration::seconds(n); }

// 1000 octets were sent and acknowledged with a window of zero; `more` octets wait.
Hand shut(std::size_t more, const Config& config = testing::plain_config()) {
  Hand hand(config);
  hand.peer_window = 1000;
  hand.establish();
  hand.send(1000 + more);
  hand.peer_window = 0;
  hand.peer(".", 1, 0, 1001);
  hand.forget();
  return hand;
}

TEST(Persist, ProbesWithTheNextOctetAfterOneRtoAndThenAtDoublingIntervals) {
  Hand hand = shut(500);
  std::int64_t last = 0;
  for (const std::int64_t at : {1, 3, 7, 15, 31, 63, 123, 183, 243}) {
    SCOPED_TRACE(at);
    hand.wait(sec(at - last) - kNano);
    EXPECT_THAT(hand.sent(), IsEmpty());
    hand.wait(kNano);
    EXPECT_THAT(hand.sent(), ElementsAre(". 1001:1002(1) ack 1"));
    hand.peer(".", 1, 0, 1001);  // the peer answers: still shut
    EXPECT_THAT(hand.sent(), IsEmpty());
    last = at;
  }
  EXPECT_EQ(hand.state(), "ESTABLISHED");
}

TEST(Persist, GoesOnForHoursWhileThePeerAnswers) {
  Hand hand = shut(500);
  for (int minute = 0; minute < 600; ++minute) {
    hand.wait(sec(60));
    hand.peer(".", 1, 0, 1001);
  }
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  EXPECT_GT(hand.sent().size(), 590U);
  hand.peer_window = 1000;
  hand.peer(".", 1, 0, 1001);
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1001:1501(500) ack 1"));
}

TEST(Persist, UnansweredEndsWithTheUserTimeoutOnly) {
  Hand hand = shut(500);
  hand.wait(sec(300) - kNano);  // R2 would have been at 100
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  hand.wait(kNano);
  EXPECT_THAT(hand.events(), ElementsAre("timed out"));
  Config config = testing::plain_config();
  config.user_timeout = Duration();
  Hand never = shut(500, config);
  never.wait(sec(100'000));
  EXPECT_EQ(never.state(), "ESTABLISHED");
}

TEST(Persist, AnOpenedWindowIsUsedAtOnceFromTheOctetThatProbed) {
  Hand hand = shut(500);
  hand.wait(sec(1));
  hand.forget();
  hand.peer_window = 2000;
  hand.peer(".", 1, 0, 1001);  // the probe's octet was not taken
  EXPECT_THAT(hand.sent(), ElementsAre("P. 1001:1501(500) ack 1"));
  EXPECT_EQ(hand.tcb().in_flight, 500U);
  hand.peer(".", 1, 0, 1501);
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(Persist, AProbeThatWasTakenCounts) {
  Hand hand = shut(3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    hand.wait(sec(1) - kNano);
    EXPECT_THAT(hand.sent(), IsEmpty());
    hand.wait(kNano);
    EXPECT_THAT(hand.sent(),
                ElementsAre(fmt::format("{} {}:{}(1) ack 1", i == 2 ? "P." : ".", 1001 + i, 1002 + i)));
    hand.peer(".", 1, 0, 1002 + i);
    EXPECT_EQ(hand.tcb().snd.una, kOurIss + (1002 + i));
  }
  EXPECT_EQ(hand.tcb().unsent, 0U);
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(Persist, OurAcksKeepANumberThatThePeerAccepts) {
  Hand hand = shut(500);
  hand.wait(sec(1));
  hand.forget();
  hand.peer("F.", 1, 0, 1001);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1001:1001(0) ack 2"));
}

TEST(Persist, TheFinProbesToo) {
  Hand hand = shut(0);
  hand.close();
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.wait(sec(1));
  EXPECT_THAT(hand.sent(), ElementsAre("F. 1001:1001(0) ack 1"));
  hand.peer(".", 1, 0, 1002);
  EXPECT_EQ(hand.state(), "FIN-WAIT-2");
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(Persist, TheFinFollowsTheTextWhenTheWindowOpens) {
  Hand hand = shut(100);
  hand.close();
  hand.wait(sec(1));
  EXPECT_THAT(hand.sent(), ElementsAre(". 1001:1002(1) ack 1"));
  hand.peer_window = 1000;
  hand.peer(".", 1, 0, 1001);
  EXPECT_THAT(hand.sent(), ElementsAre("FP. 1001:1101(100) ack 1"));
}

TEST(Persist, InCloseWaitAProbingFinIsLastAck) {
  Hand hand = shut(0);
  hand.peer("F.", 1, 0, 1001);
  hand.close();
  EXPECT_EQ(hand.state(), "CLOSE-WAIT");
  hand.wait(sec(1));
  EXPECT_EQ(hand.state(), "LAST-ACK");
  hand.peer(".", 2, 0, 1002);
  EXPECT_EQ(hand.state(), "CLOSED");
}

TEST(Persist, AWindowThatShrankToZeroOverTextInFlightIsProbedAlike) {
  Hand hand;
  hand.establish();
  hand.send(2000);
  hand.forget();
  hand.peer_window = 0;
  hand.peer(".", 1, 0, 1);
  hand.wait(sec(1));
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:2(1) ack 1"));
  hand.wait(sec(200));  // no R2: the window is shut
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  hand.forget();
  hand.peer_window = 60000;
  hand.peer(".", 1, 0, 2);
  EXPECT_THAT(hand.sent(), ElementsAre(". 2:1001(999) ack 1", "P. 1001:2001(1000) ack 1"));
}

TEST(Persist, NothingQueuedNothingProbed) {
  Hand hand = shut(0);
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(Persist, TextSentOnceTheWindowIsShutArmsTheTimer) {
  Hand hand = shut(0);
  hand.wait(sec(5));
  hand.send(10);
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_EQ(hand.until_deadline(), sec(1));
}

}  // namespace
}  // namespace tcpspec::tcp
