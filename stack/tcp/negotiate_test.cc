// Options of SYN segments: RFC 9293 §3.7.1, RFC 7323 §2 and §3.2, RFC 2018 §2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using testing::Hand;

Config with_all() {
  Config config;
  config.window_shift = 7;
  return config;
}
wire::TcpOptions syn_options(Hand& hand) { return hand.segments().at(0).options; }

wire::TcpOptions all_offered() {
  wire::TcpOptions options;
  options.mss = 1400;
  options.window_scale = 9;
  options.sack_permitted = true;
  options.timestamps = wire::Timestamps{500, 0};
  return options;
}

TEST(Offer, TheSynCarriesWhatTheConfigurationAllows) {
  Hand all(with_all());
  all.open();
  const wire::TcpOptions offered = syn_options(all);
  EXPECT_EQ(offered.mss, 1460);
  EXPECT_EQ(offered.window_scale, 7);
  EXPECT_TRUE(offered.sack_permitted);
  ASSERT_TRUE(offered.timestamps);
  EXPECT_EQ(offered.timestamps->echo_reply, 0U);
  Hand plain;
  plain.open();
  wire::TcpOptions only_mss;
  only_mss.mss = 1000;
  EXPECT_EQ(syn_options(plain), only_mss);
}

TEST(Answer, TheSynAckRepeatsOnlyWhatTheSynHad) {
  for (unsigned mask = 0; mask < 8; ++mask) {
    SCOPED_TRACE(mask);
    Hand hand(with_all());
    wire::TcpOptions offered;
    if ((mask & 1) != 0) offered.window_scale = 9;
    if ((mask & 2) != 0) offered.sack_permitted = true;
    if ((mask & 4) != 0) offered.timestamps = wire::Timestamps{500, 0};
    hand.peer_syn_options = offered;
    hand.accept(hand.make("S", 0, 0));
    const wire::TcpOptions answer = syn_options(hand);
    EXPECT_EQ(answer.mss, 1460);
    EXPECT_EQ(answer.window_scale.has_value(), offered.window_scale.has_value());
    EXPECT_EQ(answer.sack_permitted, offered.sack_permitted);
    EXPECT_EQ(answer.timestamps.has_value(), offered.timestamps.has_value());
    if (answer.timestamps) {
      EXPECT_EQ(answer.timestamps->echo_reply, 500U);
    }
    EXPECT_EQ(hand.tcb().snd.shift, (mask & 1) != 0 ? 9 : 0);
    EXPECT_EQ(hand.tcb().rcv.shift, (mask & 1) != 0 ? 7 : 0);
    EXPECT_EQ(hand.tcb().sack_on, offered.sack_permitted);
    EXPECT_EQ(hand.tcb().timestamps_on, offered.timestamps.has_value());
  }
}

TEST(Answer, WhatIsSwitchedOffIsNotAnswered) {
  Hand hand;
  hand.peer_syn_options = all_offered();
  hand.accept(hand.make("S", 0, 0));
  wire::TcpOptions only_mss;
  only_mss.mss = 1000;
  EXPECT_EQ(syn_options(hand), only_mss);
  EXPECT_EQ(hand.tcb().snd.shift, 0);
  EXPECT_FALSE(hand.tcb().timestamps_on);
  EXPECT_FALSE(hand.tcb().sack_on);
}

TEST(Answer, ASynAckThatTakesNothingSwitchesAllOff) {
  Hand hand(with_all());
  hand.open();
  hand.forget();
  hand.peer("S.", 0, 0, 1);
  EXPECT_EQ(hand.tcb().rcv.shift, 0);
  EXPECT_FALSE(hand.tcb().timestamps_on);
  EXPECT_FALSE(hand.segments().at(0).options.timestamps);
}

TEST(Answer, AShiftAboveFourteenCountsAsFourteen) {
  for (const std::uint8_t shift : {14, 15, 255}) {
    Hand hand(with_all());
    hand.peer_syn_options = all_offered();
    hand.peer_syn_options.window_scale = shift;
    hand.accept(hand.make("S", 0, 0));
    EXPECT_EQ(hand.tcb().snd.shift, 14);
    EXPECT_EQ(hand.tcb().peer_shift_clipped, shift > 14);
  }
}

TEST(Answer, AShiftOfZeroStillSwitchesScalingOn) {
  Hand hand(with_all());
  hand.peer_syn_options.window_scale = 0;
  hand.accept(hand.make("S", 0, 0));
  EXPECT_EQ(syn_options(hand).window_scale, 7);
  EXPECT_EQ(hand.tcb().rcv.shift, 7);
}

TEST(Answer, TheCrossingSynAckHasTheNegotiatedOptions) {
  Hand hand(with_all());
  hand.open();
  hand.forget();
  hand.peer_syn_options = wire::TcpOptions();
  hand.peer_syn_options.sack_permitted = true;
  hand.peer("S", 0, 0);
  const wire::TcpOptions answer = syn_options(hand);
  EXPECT_TRUE(answer.sack_permitted);
  EXPECT_FALSE(answer.window_scale);
  EXPECT_FALSE(answer.timestamps);
  EXPECT_TRUE(answer.mss);
}

// RFC 7323 §2.2: the window of a SYN counts octets; a SYN-ACK that crosses ours is a SYN.
TEST(Answer, TheWindowOfACrossingSynAckIsNotScaled) {
  Hand hand(with_all());
  hand.peer_syn_options.window_scale = 9;
  hand.peer_window = 300;
  hand.open();
  hand.peer("S", 0, 0);
  EXPECT_EQ(hand.tcb().snd.wnd, 300U);
  hand.peer("S.", 0, 0, 1);
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  EXPECT_EQ(hand.tcb().snd.wnd, 300U);
  EXPECT_EQ(hand.tcb().snd.max_wnd, 300U);
  hand.peer(".", 1, 0, 1);
  EXPECT_EQ(hand.tcb().snd.wnd, 300U << 9);
}

TEST(Answer, OptionsOfSynsOccurInNoOtherSegment) {
  Hand hand(with_all());
  hand.peer_syn_options = all_offered();
  hand.peer_timestamps = wire::Timestamps{500, 0};
  hand.establish();
  hand.send(3000);
  hand.close();
  for (const wire::Segment& segment : hand.segments()) {
    EXPECT_FALSE(segment.options.mss);
    EXPECT_FALSE(segment.options.window_scale);
    EXPECT_FALSE(segment.options.sack_permitted);
  }
}

TEST(Mss, OptionsComeOffTheText) {
  Hand hand(with_all());
  hand.peer_syn_options = all_offered();
  hand.peer_timestamps = wire::Timestamps{500, 0};
  hand.establish();
  hand.send(2000);
  EXPECT_EQ(hand.segments().at(0).payload.size(), 1400U - 12);
  EXPECT_EQ(hand.tcb().send_mss, 1400U);  // before options
}

TEST(Mss, SackBlocksComeOffToo) {
  Hand hand(with_all());
  hand.peer_syn_options.sack_permitted = true;
  hand.peer_syn_options.mss = 1400;
  hand.establish();
  hand.peer(".", 101, 10, 1);
  hand.forget();
  hand.send(2000);
  const wire::Segment segment = hand.segments().at(0);
  EXPECT_EQ(segment.options.sack_blocks.size(), 1U);
  EXPECT_EQ(segment.payload.size(), 1400U - 12);
}

// RFC 2018 §4.
TEST(Sack, EveryAckNamesWhatIsHeldLatestFirst) {
  Hand hand(with_all());
  hand.peer_syn_options.sack_permitted = true;
  hand.establish();
  const auto block = [](std::uint32_t left, std::uint32_t right) {
    return wire::SackBlock{testing::kPeerIss + left, testing::kPeerIss + right};
  };
  hand.peer(".", 101, 100, 1);
  EXPECT_THAT(hand.segments().at(0).options.sack_blocks, ::testing::ElementsAre(block(101, 201)));
  hand.peer(".", 301, 100, 1);
  EXPECT_THAT(hand.segments().at(0).options.sack_blocks,
              ::testing::ElementsAre(block(301, 401), block(101, 201)));
  for (std::uint32_t i = 0; i < 4; ++i) hand.peer(".", 501 + 200 * i, 100, 1);
  EXPECT_THAT(hand.segments().at(3).options.sack_blocks,
              ::testing::ElementsAre(block(1101, 1201), block(901, 1001), block(701, 801), block(501, 601)));
  hand.peer(".", 1, 1300, 1);
  // All of it is acknowledged; what came twice is told, RFC 2883 §4.2.2.
  EXPECT_THAT(hand.segments().at(0).options.sack_blocks, ::testing::ElementsAre(block(101, 201)));
}

TEST(Sack, NotNegotiatedNotSent) {
  Hand hand;
  hand.establish();
  hand.peer(".", 101, 100, 1);
  EXPECT_TRUE(hand.segments().at(0).options.sack_blocks.empty());
}

}  // namespace
}  // namespace tcpspec::tcp
