// Two connections with each other: the figures of RFC 9293 §3.5 and §3.6, and streams over a wire that loses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/base/random.h"
#include "stack/tcp/testing/two_connections.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Lines;
using testing::TwoConnections;
using ::testing::UnorderedElementsAre;

TEST(Figure6, BasicHandshakeTextAndClose) {
  TwoConnections two;
  two.b.listening = true;
  two.a.to_send = testing::stream(1, 5);
  two.a.close_when_sent = true;
  two.b.close_at_end_of_stream = true;
  two.open_a();
  two.run(Duration::seconds(1));
  EXPECT_THAT(two.lines(),
              ElementsAre("a 0.000 S 0:0(0)", "b 0.010 S. 0:0(0) ack 1", "a 0.020 P. 1:6(5) ack 1",
                          "a 0.020 F. 6:6(0) ack 1", "b 0.030 . 1:1(0) ack 7", "b 0.030 F. 1:1(0) ack 7",
                          "a 0.040 . 7:7(0) ack 2"));
  EXPECT_EQ(two.states(), "TIME-WAIT CLOSED");
  EXPECT_EQ(two.b.got, testing::stream(1, 5));
  two.run(Duration::seconds(300));
  EXPECT_EQ(two.states(), "CLOSED CLOSED");
  EXPECT_THAT(two.b.events, ElementsAre("established", "readable", "readable", "closed"));
}

TEST(Figure8, SimultaneousOpen) {
  TwoConnections two;
  two.open_a();
  two.open_b();
  two.run(Duration::seconds(10));
  EXPECT_THAT(two.lines(), UnorderedElementsAre("a 0.000 S 0:0(0)", "b 0.000 S 0:0(0)",
                                                "a 0.010 S. 0:0(0) ack 1", "b 0.010 S. 0:0(0) ack 1"));
  EXPECT_EQ(two.states(), "ESTABLISHED ESTABLISHED");
}

TEST(Figure8, SimultaneousOpenWithLosses) {
  for (unsigned lost = 1; lost < 16; ++lost) {
    SCOPED_TRACE(lost);
    TwoConnections two;
    two.lose = [lost](bool from_a, int nth, const wire::Segment&) {
      return nth < 2 && ((lost >> (nth * 2 + (from_a ? 0 : 1))) & 1) != 0;
    };
    two.open_a();
    two.open_b();
    two.run(Duration::seconds(30));
    EXPECT_EQ(two.states(), "ESTABLISHED ESTABLISHED") << ::testing::PrintToString(two.lines());
  }
}

TEST(Figure9, RecoveryFromAnOldDuplicateSyn) {
  TwoConnections two;
  two.b.listening = true;
  two.b.tcp = Connection::accept_syn(
      two.b.config,
      [] {
        wire::Segment old;
        old.source = testing::ours();
        old.destination = testing::theirs();
        old.seq = testing::kOurIss - 90'000;
        old.flags = wire::Flag::kSyn;
        return old;
      }(),
      testing::kPeerIss, two.now());
  two.open_a();
  two.run(Duration::millis(5));
  // b's SYN-ACK acknowledges the old SYN, and so does its ACK to the new one; a resets both, and b's child
  // returns to LISTEN.
  two.run(Duration::millis(30));
  EXPECT_EQ(two.count(true, "R"), 2);
  EXPECT_EQ(TwoConnections::state_of(two.b), "CLOSED");
  two.b.tcp.reset();  // as the host does
  two.run(Duration::seconds(5));
  EXPECT_EQ(two.states(), "ESTABLISHED ESTABLISHED");
}

TEST(Figure13, SimultaneousClose) {
  TwoConnections two;
  two.b.listening = true;
  two.open_a();
  two.run(Duration::seconds(1));
  two.a.tcp->close(two.now());
  two.b.tcp->close(two.now());
  two.run(Duration::seconds(1));
  EXPECT_EQ(two.states(), "TIME-WAIT TIME-WAIT");
  EXPECT_EQ(two.count(true, "F."), 1);
  EXPECT_EQ(two.count(false, "F."), 1);
  two.run(Duration::seconds(240));
  EXPECT_EQ(two.states(), "CLOSED CLOSED");
}

TEST(Close, LossOfAnyOneSegmentOfTheCloseIsRepaired) {
  for (int lost = 0; lost < 8; ++lost) {
    for (const bool from_a : {true, false}) {
      SCOPED_TRACE(lost);
      TwoConnections two;
      two.b.listening = true;
      two.b.close_at_end_of_stream = true;
      two.lose = [=](bool side, int nth, const wire::Segment&) { return side == from_a && nth == lost; };
      two.open_a();
      two.run(Duration::seconds(20));
      two.a.close_when_sent = true;
      two.run(Duration::seconds(200));
      EXPECT_EQ(two.states(), "TIME-WAIT CLOSED") << ::testing::PrintToString(two.lines());
    }
  }
}

TEST(HalfClose, TheOtherDirectionGoesOn) {
  TwoConnections two;
  two.b.listening = true;
  two.a.close_when_sent = true;
  two.open_a();
  two.run(Duration::seconds(1));
  EXPECT_EQ(two.states(), "FIN-WAIT-2 CLOSE-WAIT");
  two.b.to_send = testing::stream(1, 20'000);
  two.b.close_when_sent = true;
  two.run(Duration::seconds(5));
  EXPECT_EQ(two.a.got, testing::stream(1, 20'000));
  EXPECT_EQ(two.states(), "TIME-WAIT CLOSED");
}

TEST(HalfOpen, APeerThatIsGoneResets) {
  TwoConnections two;
  two.b.listening = true;
  two.open_a();
  two.run(Duration::seconds(1));
  two.b.tcp.reset();
  two.b.listening = false;
  two.a.to_send = testing::stream(1, 5);
  two.run(Duration::seconds(1));
  EXPECT_EQ(TwoConnections::state_of(two.a), "CLOSED");
  EXPECT_THAT(two.a.events, ElementsAre("established", "reset"));
}

TEST(Refused, NobodyListens) {
  TwoConnections two;
  two.open_a();
  two.run(Duration::seconds(1));
  EXPECT_THAT(two.a.events, ElementsAre("refused"));
}

TEST(ZeroWindow, AReaderThatSleepsForAnHourLosesNothing) {
  TwoConnections two;
  two.b.listening = true;
  two.b.config.receive_buffer = 5000;
  two.b.reads = false;
  two.a.to_send = testing::stream(1, 30'000);
  two.a.close_when_sent = true;
  two.open_a();
  two.run(Duration::seconds(3600));
  EXPECT_EQ(two.states(), "FIN-WAIT-1 ESTABLISHED");
  EXPECT_EQ(two.b.tcp->tcb().unread, 5000U);
  two.b.reads = true;
  two.run(Duration::seconds(120));
  EXPECT_EQ(two.b.got, testing::stream(1, 30'000));
  EXPECT_TRUE(two.b.end_of_stream);
}

TEST(Keepalive, TwoIdleSidesKeepEachOtherForDays) {
  Config config = testing::plain_config();
  config.keepalive = true;
  TwoConnections two(config);
  two.b.listening = true;
  two.open_a();
  two.run(Duration::seconds(86'400 * 7));
  EXPECT_EQ(two.states(), "ESTABLISHED ESTABLISHED");
  EXPECT_GT(two.wire.size(), 80U);
  EXPECT_LT(two.wire.size(), 400U);
}

// Every stream arrives whole and in order, whatever is lost, with every set of options and small buffers.
TEST(Stream, SurvivesLossInBothDirections) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Config config = testing::plain_config();
    config.timestamps = random.chance(1, 2);
    config.sack_permitted = random.chance(1, 2);
    config.window_scaling = random.chance(1, 2);
    config.window_shift = static_cast<std::uint8_t>(random.below(8));
    config.nagle = random.chance(1, 2);
    config.receive_buffer = static_cast<std::uint32_t>(500 + random.below(20'000));
    config.send_buffer = static_cast<std::uint32_t>(500 + random.below(20'000));
    config.r2_data = config.user_timeout = Duration::seconds(3000);
    config.r2_syn = Duration::seconds(3000);
    TwoConnections two(config);
    const std::uint64_t percent = random.below(25);
    two.lose = [&](bool, int, const wire::Segment&) { return random.chance(percent, 100); };
    two.b.listening = true;
    two.a.to_send = testing::stream(1, 1 + random.below(40'000));
    two.b.to_send = testing::stream(1, 1 + random.below(40'000));
    const Bytes from_a = two.a.to_send;
    const Bytes from_b = two.b.to_send;
    two.a.close_when_sent = two.b.close_when_sent = true;
    two.open_a();
    two.run(Duration::seconds(80'000));
    EXPECT_TRUE(two.b.got == from_a);
    EXPECT_TRUE(two.a.got == from_b);
    EXPECT_TRUE(two.a.end_of_stream && two.b.end_of_stream);
    EXPECT_EQ(two.states(), "CLOSED CLOSED");
  }
}

TEST(Determinism, TheSameRunGivesTheSameSegments) {
  const auto run = [] {
    Random random(7);
    TwoConnections two(Config{});
    two.lose = [&](bool, int, const wire::Segment&) { return random.chance(10, 100); };
    two.b.listening = true;
    two.a.to_send = testing::stream(1, 50'000);
    two.open_a();
    two.run(Duration::seconds(1000));
    return two.lines();
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace tcpspec::tcp
