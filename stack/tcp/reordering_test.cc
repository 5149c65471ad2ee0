// RACK-TLP (RFC 8985) and D-SACK (RFC 2883) in whole conversations, over a wire that reorders, repeats and
// loses. The round trip is 20 ms, so the reordering window begins with 5 ms.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "stack/base/random.h"
#include "stack/tcp/testing/two_connections.h"

namespace tcpspec::tcp {
namespace {

using testing::TwoConnections;

Config config_with(LossRecovery recovery) {
  Config config = testing::plain_config();
  config.sack_permitted = true;
  config.recovery = recovery;
  config.congestion = Congestion::kReno;
  config.initial_window_segments = 10;
  config.delayed_ack = Duration();
  config.send_buffer = config.receive_buffer = 65535;
  return config;
}

// Number of the segment of 1000 octets that begins here, from 0; none for what is no text of a's.
std::optional<std::uint32_t> number_of(bool from_a, const wire::Segment& segment) {
  if (!from_a || segment.payload.empty()) return std::nullopt;
  return (segment.seq.raw() - testing::kOurIss.raw() - 1) / 1000;
}

class Reordering : public ::testing::Test {
 protected:
  void open(const Config& config) {
    two = std::make_unique<TwoConnections>(config);
    two->b.listening = true;
    two->open_a();
    two->run(Duration::seconds(1));
    two->wire.clear();
    written_ = 1;
  }
  void send(std::size_t segments) {
    append(two->a.to_send, testing::stream(written_, segments * 1000));
    written_ += static_cast<std::uint32_t>(segments * 1000);
  }
  // Segments with text that a sent again.
  [[nodiscard]] int resent() const {
    int count = 0;
    Seq32 high = testing::kOurIss + 1;
    for (const TwoConnections::OnWire& one : two->wire) {
      if (!one.from_a || one.segment.payload.empty()) continue;
      if (one.segment.seq.before(high)) ++count;
      high = later(high, one.segment.end());
    }
    return count;
  }
  // When segment `number` was sent for the n-th time, from 0, since `since`.
  [[nodiscard]] std::optional<Duration> sent_at(std::uint32_t number, int nth, Instant since) const {
    for (const TwoConnections::OnWire& one : two->wire)
      if (number_of(one.from_a, one.segment) == number && nth-- == 0) return one.sent - since;
    return std::nullopt;
  }
  void expect_all() {
    EXPECT_TRUE(two->b.got == testing::stream(1, written_ - 1));
    EXPECT_EQ(two->a.tcp->tcb().in_flight, 0U);
  }

  std::unique_ptr<TwoConnections> two;

 private:
  std::uint32_t written_ = 1;
};

// In each flight of ten one segment is overtaken: in the first by two others, which shows reordering and
// costs nothing; in those after it by the seven behind it, for as long as the test says.
TwoConnections::Hold holds_up(Duration in_second, Duration in_third = Duration()) {
  return [=](bool from_a, int, const wire::Segment& segment) {
    const auto number = number_of(from_a, segment);
    if (number == 7U) return Duration::millis(1);
    if (number == 12U) return in_second;
    if (number == 22U) return in_third;
    return Duration();
  };
}

// RFC 8985 §6.2 steps 3 to 5.
TEST_F(Reordering, WithinTheWindowNothingIsSentAgain) {
  open(config_with(LossRecovery::kRack));
  two->hold = holds_up(Duration::millis(5) - Duration::nanos(1));
  for (int flight = 0; flight < 2; ++flight) {
    send(10);
    two->run(Duration::seconds(1));
  }
  EXPECT_EQ(resent(), 0);
  expect_all();
}

TEST_F(Reordering, BeyondTheWindowItIsSentAgainAtItsEnd) {
  open(config_with(LossRecovery::kRack));
  two->hold = holds_up(Duration::millis(5) + Duration::nanos(1));
  send(10);
  two->run(Duration::seconds(1));
  const Instant second = two->now();
  send(10);
  two->run(Duration::seconds(1));
  EXPECT_EQ(resent(), 1);
  EXPECT_EQ(sent_at(12, 1, second), Duration::millis(25));  // the round trip and the window
  expect_all();
}

TEST_F(Reordering, CountingDuplicateAcksSendsAgainForNothing) {
  open(config_with(LossRecovery::kSack));
  two->hold = holds_up(Duration::millis(4));
  for (int flight = 0; flight < 2; ++flight) {
    send(10);
    two->run(Duration::seconds(1));
  }
  EXPECT_EQ(resent(), 1);
  expect_all();
}

// RFC 8985 §6.2 step 4: what was sent again for nothing comes back as a D-SACK, and the window is 10 ms then.
TEST_F(Reordering, ADuplicateWidensTheWindow) {
  for (const bool dsack : {true, false}) {
    Config config = config_with(LossRecovery::kRack);
    config.dsack = dsack;
    open(config);
    two->hold = holds_up(Duration::millis(6), Duration::millis(9));
    for (int flight = 0; flight < 3; ++flight) {
      send(10);
      two->run(Duration::seconds(1));
    }
    EXPECT_EQ(resent(), dsack ? 1 : 2);
    expect_all();
  }
}

// RFC 8985 §7: two round trips and the delay of an ACK after the last news, not a whole RTO.
TEST_F(Reordering, ALostTailIsProbed) {
  for (const bool probe : {true, false}) {
    Config config = config_with(LossRecovery::kRack);
    config.tail_loss_probe = probe;
    open(config);
    two->lose = [lost = 0](bool from_a, int, const wire::Segment& segment) mutable {
      return number_of(from_a, segment) == 4U && lost++ == 0;
    };
    const Instant began = two->now();
    send(5);
    two->run(Duration::seconds(10));
    EXPECT_EQ(resent(), 1);
    EXPECT_EQ(sent_at(4, 1, began), probe ? Duration::millis(20 + 2 * 20 + 25) : Duration::millis(20 + 1000));
    expect_all();
  }
}

// RFC 8985 §6.2 step 5: RACK finds a retransmission that was lost as well; RFC 6675 waits for the RTO.
TEST_F(Reordering, ALostRetransmissionNeedsNoTimeout) {
  for (const LossRecovery recovery : {LossRecovery::kRack, LossRecovery::kSack}) {
    open(config_with(recovery));
    two->lose = [lost = 0](bool from_a, int, const wire::Segment& segment) mutable {
      return number_of(from_a, segment) == 2U && lost++ < 2;
    };
    const Instant began = two->now();
    send(40);
    two->run(Duration::seconds(10));
    const auto third = sent_at(2, 2, began);
    ASSERT_TRUE(third);
    if (recovery == LossRecovery::kRack) {
      EXPECT_LT(*third, Duration::millis(100));
    } else {
      EXPECT_GE(*third, Duration::seconds(1));
    }
    expect_all();
  }
}

// Heavy reordering, with losses and copies, on data and ACKs alike.
TEST_F(Reordering, StreamsArriveWholeAndRackSendsLessAgain) {
  std::map<LossRecovery, int> total;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    for (const LossRecovery recovery : {LossRecovery::kRack, LossRecovery::kSack}) {
      SCOPED_TRACE(seed);
      Random random(seed);
      Config config = config_with(recovery);
      config.timestamps = random.chance(1, 2);
      open(config);
      two->hold = [&](bool, int, const wire::Segment&) {
        return random.chance(1, 3) ? Duration::micros(static_cast<std::int64_t>(random.below(8000)))
                                   : Duration();
      };
      two->lose = [&](bool, int, const wire::Segment&) { return random.chance(1, 200); };
      two->repeat = [&](bool, int, const wire::Segment&) { return random.chance(1, 50); };
      send(1000);
      two->run(Duration::seconds(200));
      total[recovery] += resent();
      expect_all();
    }
  }
  EXPECT_LT(total[LossRecovery::kRack] * 3, total[LossRecovery::kSack]);
}

}  // namespace
}  // namespace tcpspec::tcp
