// A peer that sends anything at all: whatever arrives, nothing of ours breaks, what we send stays within the
// rules, and memory stays within the configuration.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "stack/base/random.h"
#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using testing::Hand;

class Hostile {
 public:
  explicit Hostile(std::uint64_t seed) : random_(seed), config_(make_config()), hand_(config_) {}

  void run() {
    begin();
    for (int i = 0; i < 400; ++i) {
      step();
      check();
    }
  }

 private:
  Config make_config() {
    Config config = testing::plain_config();
    config.timestamps = random_.chance(1, 3);
    config.sack_permitted = random_.chance(1, 2);
    config.window_scaling = random_.chance(1, 2);
    config.window_shift = static_cast<std::uint8_t>(random_.below(15));
    config.rfc5961 = random_.chance(3, 4);
    config.nagle = random_.chance(1, 2);
    config.keepalive = random_.chance(1, 4);
    config.keepalive_idle = Duration::seconds(5);
    config.keepalive_interval = Duration::seconds(2);
    config.receive_buffer = static_cast<std::uint32_t>(1 + random_.below(5000));
    config.send_buffer = static_cast<std::uint32_t>(1 + random_.below(5000));
    config.challenge_ack_limit = 1000;
    return config;
  }

  void begin() {
    if (random_.chance(1, 2)) hand_.peer_syn_options.window_scale = random_.below(16);
    hand_.peer_syn_options.sack_permitted = random_.chance(1, 2);
    if (random_.chance(1, 2)) hand_.peer_timestamps = wire::Timestamps{1000, 0};
    if (random_.chance(1, 4)) hand_.peer_syn_options.mss = static_cast<std::uint16_t>(random_.below(50));
    if (random_.chance(1, 2)) {
      hand_.open();
      if (random_.chance(3, 4)) hand_.peer("S.", 0, random_.below(3), 1);
    } else {
      hand_.accept(hand_.make("S", 0, random_.below(3)));
      if (random_.chance(3, 4)) hand_.peer(".", 1, 0, 1);
    }
  }

  // A number near `base`, or anything.
  std::uint32_t near(std::uint32_t base) {
    if (random_.chance(1, 20)) return random_.next32();
    if (random_.chance(1, 2)) return base;
    return base + static_cast<std::uint32_t>(random_.below(6000)) - 3000;
  }

  wire::Segment any_segment() {
    static constexpr const char* kUsual[] = {".", ".", ".", "P.", "F.", "R", "S", "S.", "R.", "FP."};
    const char* letters = kUsual[random_.below(std::size(kUsual))];
    hand_.peer_window = static_cast<std::uint16_t>(random_.chance(1, 3) ? 0 : random_.below(5000));
    wire::Segment segment =
        hand_.make(letters, near(testing::peer_next(hand_)), random_.chance(1, 2) ? 0 : random_.below(1500),
                   near(testing::our_next(hand_)));
    if (random_.chance(1, 2)) segment.ack = hand_.tcb().snd.nxt;
    if (random_.chance(1, 10))
      segment.flags = wire::Flags::from_bits(static_cast<std::uint8_t>(random_.next32()));
    // A RST ends the conversation, so there are few that can.
    if (segment.rst() && random_.chance(9, 10)) segment.seq = testing::kPeerIss + 0x40000000;
    if (segment.options.timestamps)
      segment.options.timestamps->value += static_cast<std::uint32_t>(random_.below(50));
    return segment;
  }

  void step() {
    switch (random_.below(10)) {
      case 0:
        (void)hand_.send(random_.below(3000), random_.chance(1, 2));
        break;
      case 1:
        (void)hand_.receive(random_.below(3000));
        break;
      case 2:
        hand_.wait(Duration::millis(static_cast<std::int64_t>(random_.below(3000))));
        break;
      case 3:
        if (random_.chance(1, 10)) hand_.close();
        if (random_.chance(1, 100)) hand_.tcp().stop_receiving(hand_.now());
        break;
      case 4:
        hand_.wait(Duration());
        break;
      default:
        hand_.give(any_segment());
    }
  }

  void check() {
    const Tcb& tcb = hand_.tcb();
    ASSERT_TRUE(tcb.snd.una.at_or_before(tcb.snd.nxt));
    ASSERT_LE(tcb.unread, config_.receive_buffer + (1U << tcb.rcv.shift));
    ASSERT_LE(tcb.unsent, config_.send_buffer);
    ASSERT_LE(tcb.out_of_order, 65536U << tcb.rcv.shift);
    const auto segments = hand_.segments();
    ASSERT_LE(segments.size(), 6000U);
    for (const wire::Segment& segment : segments) check(segment);
  }

  void check(const wire::Segment& segment) {
    if (segment.rst()) return;
    const std::uint32_t first = segment.seq.raw() - testing::kOurIss.raw() + (segment.syn() ? 1 : 0);
    ASSERT_EQ(segment.payload, testing::stream(first, segment.payload.size()));
    const std::uint32_t options =
        (segment.options.timestamps ? 12U : 0U) +
        (segment.options.sack_blocks.empty()
             ? 0U
             : 4U + 8U * static_cast<std::uint32_t>(segment.options.sack_blocks.size()));
    if (segment.payload.size() > 1) {
      ASSERT_LE(segment.payload.size() + options, hand_.tcb().send_mss);
    }
    if (!segment.has_ack() || segment.syn()) return;
    const Seq32 edge = segment.ack + (std::uint32_t{segment.window} << hand_.tcb().rcv.shift);
    if (edge_ && hand_.tcb().state != State::kClosed) {
      ASSERT_TRUE(edge.at_or_after(*edge_));
    }
    edge_ = edge;
  }

  Random random_;
  Config config_;
  Hand hand_;
  std::optional<Seq32> edge_;
};

TEST(HostilePeer, BreaksNothing) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    Hostile(seed).run();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace tcpspec::tcp
