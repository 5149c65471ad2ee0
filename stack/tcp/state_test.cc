// RFC 9293 §3.3.2, figure 5: each transition of the table, taken by the event that the figure names.
#include "stack/tcp/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using testing::Hand;

struct Route {
  State from;
  State to;
  std::function<void(Hand&)> event;
  bool passive = true;
};

std::string name_of(const Route& route) {
  return std::string(to_string(route.from)) + " to " + to_string(route.to) +
         (route.passive ? ", passive" : ", active");
}

// Transitions of a connection object between two events. What starts in CLOSED or LISTEN is below.
std::vector<Route> routes() {
  const auto abort = [](Hand& hand) { hand.tcp().abort(hand.now()); };
  const auto close = [](Hand& hand) { hand.close(); };
  const auto wait = [](Hand& hand) { hand.wait(Duration::seconds(400)); };
  const auto reset = [](Hand& hand) { hand.peer("R", testing::peer_next(hand), 0); };
  const auto fin = [](Hand& hand) { hand.peer("F.", 1, 0, testing::our_next(hand)); };
  const auto ack = [](Hand& hand) { hand.peer(".", testing::peer_next(hand), 0, testing::our_next(hand)); };
  return {
      {State::kSynSent, State::kSynReceived, [](Hand& hand) { hand.peer("S", 0, 0); }},
      {State::kSynSent, State::kEstablished, [](Hand& hand) { hand.peer("S.", 0, 0, 1); }},
      {State::kSynSent, State::kClosed, close},
      {State::kSynSent, State::kClosed, abort},
      {State::kSynSent, State::kClosed, wait},
      {State::kSynSent, State::kClosed, [](Hand& hand) { hand.peer("R.", 0, 0, 1); }},
      {State::kSynReceived, State::kEstablished, ack},
      {State::kSynReceived, State::kEstablished, ack, false},
      {State::kSynReceived, State::kFinWait1, close},
      {State::kSynReceived, State::kClosed, abort},
      {State::kSynReceived, State::kClosed, wait},
      {State::kSynReceived, State::kClosed, reset, false},
      {State::kEstablished, State::kFinWait1, close},
      {State::kEstablished, State::kCloseWait, fin},
      {State::kEstablished, State::kClosed, abort},
      {State::kEstablished, State::kClosed, reset},
      {State::kFinWait1, State::kFinWait2, ack},
      {State::kFinWait1, State::kClosing, [](Hand& hand) { hand.peer("F.", 1, 0, 1); }},
      {State::kFinWait1, State::kClosed, abort},
      {State::kFinWait1, State::kClosed, reset},
      {State::kFinWait1, State::kClosed, wait},
      {State::kFinWait2, State::kTimeWait, fin},
      {State::kFinWait2, State::kClosed, abort},
      {State::kFinWait2, State::kClosed, reset},
      {State::kCloseWait, State::kLastAck, close},
      {State::kCloseWait, State::kClosed, abort},
      {State::kCloseWait, State::kClosed, reset},
      {State::kClosing, State::kTimeWait, ack},
      {State::kClosing, State::kClosed, abort},
      {State::kClosing, State::kClosed, reset},
      {State::kClosing, State::kClosed, wait},
      {State::kLastAck, State::kClosed, ack},
      {State::kLastAck, State::kClosed, abort},
      {State::kLastAck, State::kClosed, reset},
      {State::kLastAck, State::kClosed, wait},
      {State::kTimeWait, State::kClosed, wait},
      {State::kTimeWait, State::kClosed, abort},
      {State::kTimeWait, State::kClosed, reset},
  };
}

bool was_taken(std::uint32_t taken, const Transition& row) {
  const auto at = std::find(transitions().begin(), transitions().end(), row) - transitions().begin();
  return (taken >> at & 1) != 0;
}

TEST(StateTable, EveryRouteIsTaken) {
  for (const Route& route : routes()) {
    SCOPED_TRACE(name_of(route));
    Hand hand;
    hand.reach(route.from, route.passive);
    route.event(hand);
    EXPECT_STREQ(to_string(hand.tcb().state), to_string(route.to));
    EXPECT_TRUE(was_taken(hand.tcb().transitions_taken, {route.from, route.to}));
  }
}

// Every row of the table, as enter_state() noted it. What the routes do not name happens within their events:
// CLOSED to LISTEN to SYN-RECEIVED where a SYN arrives, SYN-RECEIVED to LISTEN to CLOSED where a child is
// reset; LISTEN to SYN-SENT is an active OPEN of what was passive.
TEST(StateTable, EveryRowIsTaken) {
  std::uint32_t taken = 0;
  for (const Route& route : routes()) {
    Hand hand;
    hand.reach(route.from, route.passive);
    route.event(hand);
    taken |= hand.tcb().transitions_taken;
  }
  Hand reset_child;
  reset_child.reach(State::kSynReceived);
  reset_child.peer("R", 1, 0);
  taken |= reset_child.tcb().transitions_taken;
  const auto was_passive =
      Connection::open_active(testing::plain_config(), testing::ours(), testing::theirs(), testing::kOurIss,
                              Instant(), State::kListen);
  taken |= was_passive->tcb().transitions_taken;
  for (const Transition& row : transitions()) {
    EXPECT_TRUE(was_taken(taken, row)) << to_string(row.from) << " to " << to_string(row.to);
  }
}

TEST(StateTable, FinAndAckInOneSegmentLeadFromFinWait1ToTimeWait) {
  Hand hand;
  hand.reach(State::kFinWait1);
  hand.peer("F.", 1, 0, 2);
  EXPECT_EQ(hand.state(), "TIME-WAIT");
}

TEST(StateTable, RowsAreUniqueAndStatesComplete) {
  for (const Transition& row : transitions()) {
    EXPECT_EQ(std::count(transitions().begin(), transitions().end(), row), 1);
    EXPECT_NE(row.from, row.to);
  }
  EXPECT_EQ(kAllStates.size(), 11U);
  // CLOSED can be reached from everywhere, and every state can be reached.
  for (const State state : kAllStates) {
    EXPECT_TRUE(state == State::kClosed || is_transition(state, State::kClosed)) << to_string(state);
    EXPECT_TRUE(std::any_of(transitions().begin(), transitions().end(), [&](const Transition& row) {
      return row.to == state;
    })) << to_string(state);
  }
}

TEST(StateTable, EnterStateMovesAlongTheTable) {
  for (const Transition& row : transitions()) {
    Tcb tcb;
    tcb.state = row.from;
    enter_state(tcb, row.to);
    EXPECT_EQ(tcb.state, row.to);
  }
}

TEST(StateTableDeathTest, AChangeThatIsNotInTheTableIsOurOwnBug) {
  Tcb tcb;
  tcb.state = State::kEstablished;
  EXPECT_DEATH(enter_state(tcb, State::kListen), "CHECK failed: is_transition");
  EXPECT_DEATH(enter_state(tcb, State::kEstablished), "CHECK failed: is_transition");
}

TEST(StateTable, NamesAreThoseOfTheRfc) {
  EXPECT_STREQ(to_string(State::kSynReceived), "SYN-RECEIVED");
  EXPECT_STREQ(to_string(State::kFinWait2), "FIN-WAIT-2");
  EXPECT_STREQ(to_string(State::kTimeWait), "TIME-WAIT");
}

}  // namespace
}  // namespace tcpspec::tcp
