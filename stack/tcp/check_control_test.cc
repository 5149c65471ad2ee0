// RFC 9293 §3.10.7.4 second (RST) and fourth (SYN), with RFC 5961 §3, §4 and its throttle, §7.
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

constexpr State kFromSynReceived[] = {State::kSynReceived, State::kEstablished, State::kFinWait1,
                                      State::kFinWait2,    State::kCloseWait,   State::kClosing,
                                      State::kLastAck,     State::kTimeWait};

std::string ack_of(const Hand& hand) {
  return fmt::format(". {0}:{0}(0) ack {1}", our_next(hand), peer_next(hand));
}
Config without_rfc5961() {
  Config config = testing::plain_config();
  config.rfc5961 = false;
  return config;
}

TEST(Rst, AtRcvNxtItClosesInTheMannerOfTheState) {
  const struct {
    State state;
    bool passive;
    Lines events;
    CallError error;
  } rows[] = {
      {State::kSynReceived, true, {}, CallError::kNotConnected},
      {State::kSynReceived, false, {"refused"}, CallError::kRefused},
      {State::kEstablished, true, {"reset"}, CallError::kReset},
      {State::kFinWait1, true, {"reset"}, CallError::kReset},
      {State::kFinWait2, true, {"reset"}, CallError::kReset},
      {State::kCloseWait, true, {"reset"}, CallError::kReset},
      {State::kClosing, true, {"closed"}, CallError::kNotConnected},
      {State::kLastAck, true, {"closed"}, CallError::kNotConnected},
      {State::kTimeWait, true, {"closed"}, CallError::kNotConnected},
  };
  for (const auto& row : rows) {
    for (const char* letters : {"R", "R.", "FR.", "SR"}) {
      SCOPED_TRACE(fmt::format("{} {} {}", to_string(row.state), row.passive, letters));
      Hand hand;
      hand.reach(row.state, row.passive);
      hand.peer(letters, peer_next(hand), 0, our_next(hand) + 500);  // its ACK field is not looked at
      EXPECT_EQ(hand.state(), "CLOSED");
      EXPECT_EQ(hand.events(), row.events);
      EXPECT_THAT(hand.sent(), IsEmpty());
      EXPECT_EQ(hand.send(1).error, row.error);
      EXPECT_LT(hand.until_deadline(), Duration());
    }
  }
}

TEST(Rst, InTheWindowButNotAtRcvNxtIsChallenged) {
  for (const State state : kFromSynReceived) {
    SCOPED_TRACE(to_string(state));
    Hand hand;
    hand.reach(state);
    hand.peer("R", peer_next(hand) + 1, 0);
    EXPECT_THAT(hand.sent(), ElementsAre(ack_of(hand)));
    hand.peer("R", peer_next(hand) + hand.tcb().rcv.wnd - 1, 0);
    EXPECT_THAT(hand.sent(), ElementsAre(ack_of(hand)));
    EXPECT_STREQ(to_string(hand.tcb().state), to_string(state));
    EXPECT_THAT(hand.events(), IsEmpty());
  }
}

TEST(Rst, WithoutRfc5961AnywhereInTheWindowCloses) {
  Hand hand(without_rfc5961());
  hand.establish();
  hand.peer("R", peer_next(hand) + hand.tcb().rcv.wnd, 0);
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  hand.peer("R", peer_next(hand) + hand.tcb().rcv.wnd - 1, 0);
  EXPECT_EQ(hand.state(), "CLOSED");
}

TEST(Rst, TextInAResetIsNotText) {
  Hand hand;
  hand.establish();
  hand.peer("R", peer_next(hand) - 5, 20);  // its own number is outside, though its text reaches in
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  hand.peer("R", peer_next(hand), 20);
  EXPECT_EQ(hand.state(), "CLOSED");
  EXPECT_EQ(hand.receive().error, CallError::kReset);
}

TEST(Rst, FlushesWhatIsQueued) {
  Hand hand;
  hand.establish();
  hand.send(100);
  hand.peer("P.", 1, 50, 1);
  hand.peer("R", 51, 0);
  EXPECT_EQ(hand.tcb().unread, 0U);
  EXPECT_EQ(hand.tcb().unsent, 0U);
  EXPECT_EQ(hand.receive().error, CallError::kReset);
}

TEST(Rst, Rfc1337KeepsTimeWait) {
  Config config = testing::plain_config();
  config.rst_kills_time_wait = false;
  Hand hand(config);
  hand.reach(State::kTimeWait);
  const Duration left = hand.until_deadline();
  hand.peer("R", peer_next(hand), 0);
  EXPECT_EQ(hand.state(), "TIME-WAIT");
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_EQ(hand.until_deadline(), left);
}

TEST(Syn, InSynchronizedStatesIsChallengedWhateverItsNumber) {
  for (const State state : testing::kSynchronized) {
    for (const std::uint32_t offset : {0U, 1U, 1000U, 0xffffffffU, 0x70000000U}) {
      for (const char* letters : {"S", "S.", "SF"}) {
        SCOPED_TRACE(fmt::format("{} {} {}", to_string(state), letters, offset));
        Hand hand;
        hand.reach(state);
        const Tcb before = hand.tcb();
        hand.peer(letters, peer_next(hand) + offset, 0, our_next(hand));
        EXPECT_THAT(hand.sent(), ElementsAre(ack_of(hand)));
        EXPECT_EQ(hand.tcb(), before);
      }
    }
  }
}

TEST(Syn, InTheWindowOfSynReceivedReturnsAPassiveOpenToListen) {
  Hand hand;
  hand.reach(State::kSynReceived);
  hand.peer("S", 1, 0);
  EXPECT_EQ(hand.state(), "CLOSED");  // the child is gone; the listener never left LISTEN
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_THAT(hand.events(), IsEmpty());
}

TEST(Syn, InTheWindowOfSynReceivedIsChallengedAfterAnActiveOpen) {
  Hand hand;
  hand.reach(State::kSynReceived, false);
  hand.peer("S", 1, 0);
  EXPECT_EQ(hand.state(), "SYN-RECEIVED");
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
}

TEST(Syn, WithoutRfc5961OneInTheWindowResets) {
  Hand hand(without_rfc5961());
  hand.establish();
  hand.peer("S", 0, 0);  // outside: the ACK of the first check
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
  hand.peer("S.", 1, 0, 1);
  EXPECT_THAT(hand.sent(), ElementsAre("R 1:1(0)"));
  EXPECT_THAT(hand.events(), ElementsAre("reset"));
  EXPECT_EQ(hand.state(), "CLOSED");
}

TEST(ChallengeAck, TenInASecondThenSilenceUntilTheNext) {
  Hand hand;
  hand.establish();
  hand.wait(Duration::millis(500));
  const auto flood = [&](int count) {
    for (int i = 0; i < count; ++i) hand.peer("S", 1, 0);
    return hand.sent().size();
  };
  EXPECT_EQ(flood(7), 7U);
  hand.wait(Duration::millis(900));
  EXPECT_EQ(flood(7), 3U);
  hand.wait(Duration::millis(100) - Duration::nanos(1));
  EXPECT_EQ(flood(1), 0U);
  hand.wait(Duration::nanos(1));
  EXPECT_EQ(flood(12), 10U);
}

TEST(ChallengeAck, EveryKindDrawsOnTheSameBudget) {
  Config config = testing::plain_config();
  config.challenge_ack_limit = 3;
  Hand hand(config);
  hand.establish();
  hand.peer("S", 1, 0);
  hand.peer("R", 2, 0);
  hand.peer(".", 1, 0, 2);  // an ACK of what was not sent
  EXPECT_EQ(hand.sent().size(), 3U);
  hand.peer("S", 1, 0);
  hand.peer("R", 2, 0);
  hand.peer(".", 1, 0, 2);
  EXPECT_THAT(hand.sent(), IsEmpty());
  // What is no challenge is not throttled: text out of window, a keep-alive probe.
  hand.peer(".", 0, 0, 1);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
}

TEST(ChallengeAck, ABudgetOfNoneChallengesNobody) {
  Config config = testing::plain_config();
  config.challenge_ack_limit = 0;
  Hand hand(config);
  hand.establish();
  hand.peer("R", 2, 0);
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_EQ(hand.state(), "ESTABLISHED");
}

}  // namespace
}  // namespace tcpspec::tcp
