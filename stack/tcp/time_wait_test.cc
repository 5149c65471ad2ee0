// TIME-WAIT: RFC 9293 §3.4.2, §3.6.1, §3.10.7.4, §3.10.8; RFC 6191.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;

constexpr Duration kNano = Duration::nanos(1);
constexpr Duration kTwoMsl = Duration::seconds(240);

Hand in_time_wait(const Config& config = testing::plain_config()) {
  Hand hand(config);
  hand.reach(State::kTimeWait);
  return hand;
}

TEST(TimeWait, LastsExactlyTwoMsl) {
  Hand hand = in_time_wait();
  EXPECT_EQ(hand.until_deadline(), kTwoMsl);
  hand.wait(kTwoMsl - kNano);
  EXPECT_EQ(hand.state(), "TIME-WAIT");
  hand.wait(kNano);
  EXPECT_EQ(hand.state(), "CLOSED");
  EXPECT_THAT(hand.events(), ElementsAre("closed"));
  EXPECT_THAT(hand.sent(), IsEmpty());
  EXPECT_LT(hand.until_deadline(), Duration());
}

TEST(TimeWait, FollowsTheConfiguredMsl) {
  Config config = testing::plain_config();
  config.msl = Duration::millis(7);
  EXPECT_EQ(in_time_wait(config).until_deadline(), Duration::millis(14));
}

TEST(TimeWait, ThePeersFinAgainIsAcknowledgedAndStartsItAnew) {
  Hand hand = in_time_wait();
  hand.wait(Duration::seconds(200));
  hand.peer("F.", 1, 0, 2);
  EXPECT_THAT(hand.sent(), ElementsAre(". 2:2(0) ack 2"));
  hand.wait(kTwoMsl - kNano);
  EXPECT_EQ(hand.state(), "TIME-WAIT");
  hand.wait(kNano);
  EXPECT_EQ(hand.state(), "CLOSED");
}

TEST(TimeWait, AnythingElseIsAnsweredAsItsNumberWantsAndStartsNothing) {
  Hand hand = in_time_wait();
  hand.wait(Duration::seconds(200));
  hand.peer("P.", 1, 1, 2);  // left of the window
  EXPECT_EQ(hand.sent().size(), 1U);
  hand.peer(".", 2, 0, 2);  // an ACK is not answered: no endless exchange
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.peer("F.", 70'000, 0, 2);
  EXPECT_EQ(hand.sent().size(), 1U);
  EXPECT_EQ(hand.until_deadline(), Duration::seconds(40));
}

TEST(TimeWait, IsReachedByEveryRouteWithTwoMslAhead) {
  Hand closing;
  closing.reach(State::kClosing);
  closing.wait(Duration::millis(500));
  closing.peer(".", 2, 0, 2);
  EXPECT_EQ(closing.until_deadline(), kTwoMsl);
  Hand fin_wait_2;
  fin_wait_2.reach(State::kFinWait2);
  fin_wait_2.wait(Duration::seconds(1000));
  fin_wait_2.peer("F.", 1, 0, 2);
  EXPECT_EQ(fin_wait_2.until_deadline(), kTwoMsl);
  EXPECT_EQ(fin_wait_2.sent().size(), 1U);
}

TEST(Reopen, ASynAboveTheLastNumberMay) {
  Hand hand = in_time_wait();
  // RCV.NXT is 2: the peer's FIN had number 1.
  EXPECT_TRUE(hand.tcp().wants_reopen(hand.make("S", 2, 0), hand.now()));
  EXPECT_TRUE(hand.tcp().wants_reopen(hand.make("S", 0x7fffffff, 0), hand.now()));
  EXPECT_FALSE(hand.tcp().wants_reopen(hand.make("S", 1, 0), hand.now()));
  EXPECT_FALSE(hand.tcp().wants_reopen(hand.make("S", 0x80000003, 0), hand.now()));
  for (const char* letters : {".", "S.", "SR", "R", "F.", ""})
    EXPECT_FALSE(hand.tcp().wants_reopen(hand.make(letters, 5, 0), hand.now())) << letters;
}

TEST(Reopen, OnlyInTimeWaitAndOnlyIfAllowed) {
  for (const State state : testing::kSynchronized) {
    Hand hand;
    hand.reach(state);
    EXPECT_EQ(hand.tcp().wants_reopen(hand.make("S", 100, 0), hand.now()), state == State::kTimeWait);
  }
  Config config = testing::plain_config();
  config.time_wait_reopen = false;
  Hand hand = in_time_wait(config);
  EXPECT_FALSE(hand.tcp().wants_reopen(hand.make("S", 100, 0), hand.now()));
}

TEST(Reopen, ASynThatMayNotIsChallenged) {
  Hand hand = in_time_wait();
  hand.peer("S", 1, 0);
  EXPECT_THAT(hand.sent(), ElementsAre(". 2:2(0) ack 2"));
  EXPECT_EQ(hand.state(), "TIME-WAIT");
}

struct Rfc6191Row {
  bool before;  // the old incarnation used timestamps
  int now;      // the SYN's: -1 none, else relative to TS.Recent + 100
  std::uint32_t seq;
  bool may;
};

TEST(Reopen, Rfc6191) {
  const std::uint32_t above = 2, not_above = 1;
  const Rfc6191Row rows[] = {
      {true, 101, not_above, true},  {true, 101, above, true},      {true, 100, above, true},
      {true, 100, not_above, false}, {true, 99, above, false},      {true, -1, above, true},
      {true, -1, not_above, false},  {false, 5, not_above, true},   {false, 5, above, true},
      {false, -1, above, true},      {false, -1, not_above, false},
  };
  for (const Rfc6191Row& row : rows) {
    SCOPED_TRACE(fmt::format("before {} now {} seq {}", row.before, row.now, row.seq));
    Config config = testing::plain_config();
    config.timestamps = true;
    Hand hand(config);
    if (row.before) hand.peer_timestamps = wire::Timestamps{100, 0};
    hand.reach(State::kTimeWait);
    hand.peer_timestamps.reset();
    wire::Segment syn = hand.make("S", row.seq, 0);
    if (row.now >= 0) syn.options.timestamps = wire::Timestamps{static_cast<std::uint32_t>(row.now), 0};
    EXPECT_EQ(hand.tcp().wants_reopen(syn, hand.now()), row.may);
    if (row.may) continue;
    hand.give(syn);
    // With timestamps the SYN is dropped in silence, without them it is challenged.
    EXPECT_EQ(hand.sent().size(), row.now >= 0 ? 0U : 1U);
  }
}

TEST(Reopen, WithoutRfc6191TheNumberAloneDecides) {
  for (const bool before : {false, true}) {
    Config config = testing::plain_config();
    config.timestamps = true;
    config.rfc6191 = false;
    Hand hand(config);
    if (before) hand.peer_timestamps = wire::Timestamps{100, 0};
    hand.reach(State::kTimeWait);
    for (const std::uint32_t value : {99U, 100U, 101U}) {
      hand.peer_timestamps = wire::Timestamps{value, 0};
      EXPECT_TRUE(hand.tcp().wants_reopen(hand.make("S", 2, 0), hand.now()));
      EXPECT_FALSE(hand.tcp().wants_reopen(hand.make("S", 1, 0), hand.now()));
      hand.peer("S", 1, 0);
      EXPECT_EQ(hand.sent().size(), 1U);  // challenged, as any other
    }
  }
}

// RFC 1337 §2: an old duplicate draws an ACK; whoever has no connection any more answers it with a RST; and
// that RST ends TIME-WAIT early, so that the next incarnation may take in what is still under way (H1), be
// driven apart from its peer (H2), or be reset (H3).
TEST(TimeWaitAssassination, IsPossibleByDefaultAndNotWithRfc1337) {
  for (const bool kills : {true, false}) {
    Config config = testing::plain_config();
    config.rst_kills_time_wait = kills;
    Hand hand = in_time_wait(config);
    hand.wait(Duration::seconds(3));
    hand.peer("P.", 1, 1, 2);  // the old duplicate
    const auto ack = hand.segments();
    ASSERT_EQ(ack.size(), 1U);
    const std::optional<wire::Segment> rst = reset_for_closed(ack[0]);
    ASSERT_TRUE(rst);
    hand.give(*rst);
    EXPECT_EQ(hand.state(), kills ? "CLOSED" : "TIME-WAIT");
    EXPECT_THAT(hand.sent(), IsEmpty());
    if (kills) continue;
    // No RST ends it, wherever it points, and none restarts it.
    for (const std::uint32_t seq : {1U, 2U, 3U, 1000U, 70'000U}) hand.peer("R", seq, 0);
    hand.peer("R.", 2, 0, 2);
    EXPECT_THAT(hand.sent(), IsEmpty());
    hand.wait(kTwoMsl - Duration::seconds(3) - kNano);
    EXPECT_EQ(hand.state(), "TIME-WAIT");
    hand.wait(kNano);
    EXPECT_EQ(hand.state(), "CLOSED");
  }
}

TEST(FinWait2, HasNoTimeoutByDefaultAndOneForOrphansIfAsked) {
  Hand patient;
  patient.reach(State::kFinWait2);
  patient.tcp().stop_receiving(patient.now());
  EXPECT_LT(patient.until_deadline(), Duration());
  Config config = testing::plain_config();
  config.fin_wait_2_timeout = Duration::seconds(60);
  Hand half_closed(config);
  half_closed.reach(State::kFinWait2);
  EXPECT_LT(half_closed.until_deadline(), Duration());
  half_closed.wait(Duration::seconds(5));
  half_closed.tcp().stop_receiving(half_closed.now());
  half_closed.wait(Duration::seconds(60) - kNano);
  EXPECT_EQ(half_closed.state(), "FIN-WAIT-2");
  half_closed.wait(kNano);
  EXPECT_EQ(half_closed.state(), "CLOSED");
  EXPECT_THAT(half_closed.events(), ElementsAre("closed"));
  Hand orphan(config);
  orphan.establish();
  orphan.tcp().stop_receiving(orphan.now());
  orphan.close();
  orphan.peer(".", 1, 0, 2);
  EXPECT_EQ(orphan.until_deadline(), Duration::seconds(60));
  orphan.peer("F.", 1, 0, 2);
  EXPECT_EQ(orphan.until_deadline(), kTwoMsl);
}

}  // namespace
}  // namespace tcpspec::tcp
