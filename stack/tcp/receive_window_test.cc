// RCV.WND: RFC 9293 §3.8.6, §3.8.6.2.2; RFC 7323 §2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using testing::peer_next;

Config buffer(std::uint32_t octets) {
  Config config = testing::plain_config();
  config.receive_buffer = octets;
  return config;
}
std::vector<unsigned> windows(Hand& hand) {
  std::vector<unsigned> all;
  for (const wire::Segment& segment : hand.segments()) all.push_back(segment.window);
  return all;
}

TEST(ReceiveWindow, FallsAsTextArrivesUnreadDownToZero) {
  Hand hand(buffer(4000));
  hand.establish();
  for (std::uint32_t i = 0; i < 4; ++i) hand.peer(".", 1 + 1000 * i, 1000, 1);
  EXPECT_THAT(windows(hand), ElementsAre(2000, 0));
  EXPECT_EQ(hand.tcb().unread, 4000U);
}

TEST(ReceiveWindow, ATrickleOfReadsDoesNotOpenItByTrickles) {
  Hand hand(buffer(4000));
  hand.establish();
  for (std::uint32_t i = 0; i < 4; ++i) hand.peer(".", 1 + 1000 * i, 1000, 1);
  hand.forget();
  for (int i = 0; i < 9; ++i) (void)hand.receive(100);
  EXPECT_THAT(windows(hand), IsEmpty());
  hand.peer(".", 4000, 0, 1);  // asked, the answer is still zero
  EXPECT_THAT(windows(hand), ElementsAre(0));
  (void)hand.receive(99);
  EXPECT_THAT(windows(hand), IsEmpty());
  (void)hand.receive(1);  // a full segment fits: told without being asked
  EXPECT_THAT(windows(hand), ElementsAre(1000));
}

TEST(ReceiveWindow, HalfOfASmallBufferIsEnough) {
  Hand hand(buffer(600));
  hand.establish();
  hand.peer("P.", 1, 600, 1);
  hand.wait(Duration::millis(40));
  EXPECT_THAT(windows(hand), ElementsAre(0));
  (void)hand.receive(299);
  EXPECT_THAT(windows(hand), IsEmpty());
  (void)hand.receive(1);
  EXPECT_THAT(windows(hand), ElementsAre(300));
}

TEST(ReceiveWindow, AReaderThatKeepsUpCausesNoUpdates) {
  Hand hand(buffer(60000));
  hand.establish();
  for (std::uint32_t i = 0; i < 20; ++i) {
    hand.peer(".", 1 + 1000 * i, 1000, 1);
    (void)hand.receive();
  }
  EXPECT_EQ(hand.sent().size(), 10U);  // every second segment, no more
}

TEST(ReceiveWindow, TheRightEdgeNeverMovesLeft) {
  for (const std::uint8_t shift : {0, 2, 7, 14}) {
    for (const std::uint32_t octets : {1000U, 20'000U, 65'535U, 100'000U}) {
      SCOPED_TRACE(fmt::format("shift {} buffer {}", shift, octets));
      Config config = buffer(octets);
      config.window_scaling = true;
      config.window_shift = shift;
      config.delayed_ack = Duration();
      Hand hand(config);
      hand.peer_syn_options.window_scale = 0;
      hand.open();
      std::uint32_t edge = 1 + hand.segments().at(0).window;
      hand.peer("S.", 0, 0, 1);
      std::uint32_t next = 1;
      for (std::uint32_t i = 0; i < 300; ++i) {
        const std::uint32_t room = edge - next;
        hand.peer(".", next, std::min(room, 1 + i * 13 % 700), 1);
        next = peer_next(hand);
        if (i % 7 == 0) (void)hand.receive(i * 5);
        for (const wire::Segment& segment : hand.segments()) {
          const std::uint32_t right = segment.ack.raw() - testing::kPeerIss.raw() +
                                      (std::uint32_t{segment.window} << hand.tcb().rcv.shift);
          EXPECT_GE(right, edge);
          edge = right;
        }
      }
      EXPECT_GT(next, octets / 2);
      EXPECT_LE(hand.tcb().unread, octets + (1U << hand.tcb().rcv.shift));
    }
  }
}

TEST(ReceiveWindow, MemoryIsBoundedAgainstAPeerThatTricklesIntoAScaledWindow) {
  Config config = buffer(1000);
  config.window_scaling = true;
  config.window_shift = 9;
  Hand hand(config);
  hand.peer_syn_options.window_scale = 0;
  hand.establish();
  for (int i = 0; i < 5000; ++i) hand.peer(".", peer_next(hand), 1, 1);
  EXPECT_LE(hand.tcb().unread, 1000U + 512U);
  EXPECT_EQ(hand.receive().data, testing::stream(1, peer_next(hand) - 1));
}

TEST(ReceiveWindow, ASynsIsNeverScaledAndLaterOnesAre) {
  Config config = buffer(200'000);
  config.window_scaling = true;
  config.window_shift = 5;
  Hand hand(config);
  hand.peer_syn_options.window_scale = 3;
  hand.open();
  EXPECT_THAT(windows(hand), ElementsAre(65535 >> 5 << 5));
  hand.peer_window = 1000;
  hand.peer("S.", 0, 0, 1);
  EXPECT_THAT(windows(hand), ElementsAre(200'000 >> 5));
  EXPECT_EQ(hand.tcb().snd.wnd, 1000U);  // the SYN-ACK's field as it is
  hand.peer(".", 1, 0, 1);
  EXPECT_EQ(hand.tcb().snd.wnd, 8000U);
}

TEST(ReceiveWindow, ALargeBufferWithoutScalingIsOfferedUpToTheField) {
  Hand hand(buffer(200'000));
  hand.establish();
  hand.peer("P.", 1, 10, 1);
  (void)hand.receive();
  hand.wait(Duration::seconds(1));
  hand.peer("P.", 11, 2000, 1);
  for (const unsigned window : windows(hand)) EXPECT_LE(window, 65535U);
}

TEST(ReceiveWindow, AShiftTooLargeForTheBufferIsReduced) {
  Config config = buffer(100);
  config.window_scaling = true;
  config.window_shift = 14;
  Hand hand(config);
  hand.peer_syn_options.window_scale = 0;
  hand.open();
  EXPECT_EQ(hand.segments().at(0).options.window_scale, 6);
  hand.peer("S.", 0, 0, 1);
  for (int i = 0; i < 5; ++i) {
    hand.peer("P.", peer_next(hand), 100, 1);
    EXPECT_GT(hand.receive().data.size(), 0U);  // and it opens again each time
  }
}

}  // namespace
}  // namespace tcpspec::tcp
