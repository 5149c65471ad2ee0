// Whole streams over a wire that loses, with every kind of recovery: RFC 5681, 6582, 6675, 8985 together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/base/random.h"
#include "stack/tcp/testing/two_connections.h"

namespace tcpspec::tcp {
namespace {

using testing::TwoConnections;

constexpr LossRecovery kKinds[] = {LossRecovery::kTimeoutOnly, LossRecovery::kNewReno, LossRecovery::kSack,
                                   LossRecovery::kRack};

Config loss_config(LossRecovery recovery) {
  Config config = testing::plain_config();
  config.recovery = recovery;
  config.congestion = Congestion::kReno;
  config.sack_permitted = true;
  config.timestamps = true;
  config.window_scaling = true;
  config.receive_buffer = 200'000;
  config.send_buffer = 200'000;
  config.r2_data = config.r2_syn = config.user_timeout = Duration::seconds(3000);
  return config;
}

// When the last segment with text left, if all of it arrived.
Duration duration_of(TwoConnections& two, std::size_t octets) {
  two.b.listening = true;
  two.a.to_send = testing::stream(1, octets);
  two.a.close_when_sent = two.b.close_at_end_of_stream = true;
  const Bytes expected = two.a.to_send;
  two.open_a();
  two.run(Duration::seconds(2000));
  EXPECT_TRUE(two.b.got == expected);
  EXPECT_TRUE(two.b.end_of_stream);
  Instant last;
  for (const auto& one : two.wire) {
    if (one.from_a && !one.segment.payload.empty()) last = one.sent;
  }
  return last - Instant();
}

TEST(LossConversation, OneLossInTheMiddleCostsARoundTripButForTheTimerAlone) {
  for (const LossRecovery kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    TwoConnections two(loss_config(kind));
    two.lose = [](bool from_a, int nth, const wire::Segment&) { return from_a && nth == 30; };
    const Duration took = duration_of(two, 100'000);
    if (kind == LossRecovery::kTimeoutOnly) {
      EXPECT_GT(took, Duration::seconds(1));
    } else {
      EXPECT_LT(took, Duration::millis(400));
    }
  }
}

TEST(LossConversation, ManyHolesInOneWindow) {
  const auto holes = [](bool from_a, int nth, const wire::Segment&) {
    return from_a && nth >= 40 && nth < 60 && nth % 3 == 0;
  };
  for (const LossRecovery kind : {LossRecovery::kSack, LossRecovery::kRack}) {
    TwoConnections two(loss_config(kind));
    two.lose = holes;
    EXPECT_LT(duration_of(two, 200'000), Duration::millis(600)) << static_cast<int>(kind);
  }
}

TEST(LossConversation, TheTailIsRepairedWithoutATimeoutByTheProbe) {
  TwoConnections two(loss_config(LossRecovery::kRack));
  two.a.config.nagle = false;
  two.lose = [](bool from_a, int nth, const wire::Segment&) { return from_a && nth >= 6 && nth < 9; };
  EXPECT_LT(duration_of(two, 8000), Duration::millis(500));
}

TEST(LossConversation, ALostRetransmissionNeedsNoTimeoutWithRack) {
  TwoConnections two(loss_config(LossRecovery::kRack));
  int lost = 0;
  two.lose = [&](bool from_a, int, const wire::Segment& segment) {
    const bool it = from_a && segment.seq == testing::kOurIss + 20'001 - 20 * 12 && !segment.payload.empty();
    return it && ++lost <= 2;
  };
  EXPECT_LT(duration_of(two, 200'000), Duration::millis(900));
  EXPECT_EQ(lost, 3);
}

// Whatever is lost and however options are mixed: all arrives, and what is in the network stays within what
// the windows allow, but for the few segments that recovery may send beyond.
TEST(LossConversation, EverySeedArrives) {
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Config config = loss_config(kKinds[random.below(4)]);
    config.timestamps = random.chance(1, 2);
    config.nagle = random.chance(1, 2);
    config.limited_transmit = random.chance(1, 2);
    config.tail_loss_probe = random.chance(1, 2);
    config.initial_window_segments = static_cast<int>(random.below(11));
    config.receive_buffer = static_cast<std::uint32_t>(500 + random.below(100'000));
    config.send_buffer = static_cast<std::uint32_t>(500 + random.below(100'000));
    if (random.chance(1, 8)) config.congestion = Congestion::kNone;
    TwoConnections two(config);
    two.b.config.recovery = kKinds[random.below(4)];
    two.b.config.sack_permitted = random.chance(3, 4);
    const std::uint64_t percent = random.below(25);
    two.lose = [&](bool, int, const wire::Segment&) { return random.chance(percent, 100); };
    two.b.listening = true;
    two.a.to_send = testing::stream(1, 1 + random.below(150'000));
    two.b.to_send = testing::stream(1, 1 + random.below(50'000));
    const Bytes from_a = two.a.to_send;
    const Bytes from_b = two.b.to_send;
    two.a.close_when_sent = two.b.close_when_sent = true;
    two.open_a();
    for (int i = 0; i < 400; ++i) {
      two.run(Duration::millis(50));
      for (const auto* side : {&two.a, &two.b}) {
        if (!side->tcp) continue;
        const Tcb& tcb = side->tcp->tcb();
        ASSERT_LE(tcb.pipe, 2 * tcb.in_flight);
        ASSERT_EQ(side->tcp->sent_segments().empty(), tcb.in_flight == 0);
      }
    }
    two.run(Duration::seconds(80'000));
    ASSERT_TRUE(two.b.got == from_a);
    ASSERT_TRUE(two.a.got == from_b);
    EXPECT_EQ(two.states(), "CLOSED CLOSED");
  }
}

TEST(LossConversation, TheSameSeedGivesTheSameSegments) {
  for (const LossRecovery kind : kKinds) {
    const auto run = [kind] {
      Random random(5);
      TwoConnections two(loss_config(kind));
      two.lose = [&](bool, int, const wire::Segment&) { return random.chance(5, 100); };
      two.b.listening = true;
      two.a.to_send = testing::stream(1, 300'000);
      two.open_a();
      two.run(Duration::seconds(100));
      return two.lines();
    };
    EXPECT_EQ(run(), run());
  }
}

}  // namespace
}  // namespace tcpspec::tcp
