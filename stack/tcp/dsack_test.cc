// RFC 2883 and RFC 2018 §4 on a connection: which ACK carries which blocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;

Config with_sack() {
  Config config = testing::plain_config();
  config.sack_permitted = true;
  config.recovery = LossRecovery::kTimeoutOnly;
  return config;
}

wire::SackBlock block(std::uint32_t left, std::uint32_t right) {
  return {testing::kPeerIss + left, testing::kPeerIss + right};
}

class Dsack : public ::testing::Test {
 protected:
  void establish(const Config& config = with_sack()) {
    hand = std::make_unique<Hand>(config);
    hand->peer_syn_options.sack_permitted = true;
    if (config.timestamps) hand->peer_timestamps = wire::Timestamps{1000, 0};
    hand->establish();
  }
  // The blocks of the only segment that left.
  std::vector<wire::SackBlock> reported() {
    const std::vector<wire::Segment> out = hand->segments();
    EXPECT_EQ(out.size(), 1U);
    return out.empty() ? std::vector<wire::SackBlock>{} : out.front().options.sack_blocks;
  }
  std::unique_ptr<Hand> hand;
};

TEST_F(Dsack, ADuplicateLeftOfTheWindowIsReportedByTheAckThatRejectsIt) {
  establish();
  hand->peer(".", 1, 1000, 1);
  hand->peer(".", 1001, 1000, 1);
  hand->forget();
  hand->peer(".", 501, 500, 1);
  EXPECT_THAT(reported(), ElementsAre(block(501, 1001)));
  // Once: the next ACK, of the next text, is plain.
  hand->peer(".", 2001, 1000, 1);
  hand->peer(".", 3001, 1000, 1);
  EXPECT_THAT(reported(), IsEmpty());
}

TEST_F(Dsack, EachDuplicateIsReportedAgain) {
  establish();
  hand->peer(".", 1, 1000, 1);
  hand->wait(Duration::millis(40));
  hand->forget();
  for (int i = 0; i < 2; ++i) {
    hand->peer(".", 1, 1000, 1);
    EXPECT_THAT(reported(), ElementsAre(block(1, 1001)));
  }
}

TEST_F(Dsack, ADuplicateAheadIsFollowedByTheBlockThatHoldsIt) {
  establish();
  hand->peer(".", 1001, 500, 1);
  hand->peer(".", 1501, 500, 1);
  hand->forget();
  hand->peer(".", 1501, 500, 1);
  EXPECT_THAT(reported(), ElementsAre(block(1501, 2001), block(1001, 2001)));
}

TEST_F(Dsack, ASegmentThatIsPartlyOldIsAckedAtOnceWithItsOldPart) {
  establish();
  hand->peer(".", 1, 100, 1);
  hand->wait(Duration::millis(40));
  hand->forget();
  hand->peer(".", 51, 100, 1);  // by itself it would wait for a second one
  EXPECT_THAT(reported(), ElementsAre(block(51, 101)));
  EXPECT_EQ(hand->until_deadline(), -Duration::nanos(1));
}

TEST_F(Dsack, TextThatOnlyTouchesWhatCameIsNotADuplicate) {
  establish();
  hand->peer(".", 1, 100, 1);
  hand->wait(Duration::millis(40));
  hand->forget();
  hand->peer(".", 101, 100, 1);
  EXPECT_THAT(hand->sent(), IsEmpty());  // the ACK waits
  hand->wait(Duration::millis(40));
  EXPECT_THAT(reported(), IsEmpty());
}

TEST_F(Dsack, TheOldPartLeftOfTheWindowIsReportedWhenTheRestFillsAHole) {
  establish();
  hand->peer(".", 1, 100, 1);
  hand->peer(".", 201, 100, 1);
  hand->forget();
  hand->peer(".", 51, 200, 1);
  EXPECT_THAT(reported(), ElementsAre(block(51, 101)));
}

TEST_F(Dsack, OldTextWithAFinIsReportedWithoutTheFin) {
  establish();
  hand->peer("F.", 1, 100, 1);
  hand->forget();
  hand->peer("F.", 1, 100, 1);
  EXPECT_THAT(reported(), ElementsAre(block(1, 101)));
  hand->peer("F.", 101, 0, 1);  // no text
  EXPECT_THAT(reported(), IsEmpty());
}

TEST_F(Dsack, PawsDoesNotHideADuplicate) {
  Config config = with_sack();
  config.timestamps = true;
  establish(config);
  hand->peer(".", 1, 1000, 1);
  hand->wait(Duration::millis(40));
  hand->forget();
  hand->peer_timestamps = wire::Timestamps{999, 0};
  hand->peer(".", 1, 1000, 1);  // RFC 2883 §4.3
  EXPECT_THAT(reported(), ElementsAre(block(1, 1001)));
}

TEST_F(Dsack, WhatIsDroppedInSilenceIsNotReportedLater) {
  establish();
  hand->peer(".", 1, 100, 1);
  hand->wait(Duration::millis(40));
  hand->forget();
  wire::Segment no_ack = hand->make("", 51, 100);  // RFC 9293 §3.10.7.4 fifth
  hand->give(no_ack);
  EXPECT_THAT(hand->sent(), IsEmpty());
  hand->send(10);
  EXPECT_THAT(reported(), IsEmpty());
}

TEST_F(Dsack, AResetReportsNothing) {
  establish();
  hand->peer(".", 1, 100, 1);
  hand->wait(Duration::millis(40));
  hand->forget();
  hand->peer("R.", 1, 50, 1);
  hand->send(10);
  EXPECT_THAT(reported(), IsEmpty());
}

TEST_F(Dsack, TextTakesLessRoomBesideTheReport) {
  establish();
  hand->peer(".", 1001, 500, 1);
  hand->peer(".", 2001, 500, 1);
  hand->forget();
  hand->peer_window = 0;
  hand->peer(".", 1001, 500, 1);  // tells nothing of the window: an older number than the one before
  EXPECT_THAT(reported(), ElementsAre(block(1001, 1501), block(1001, 1501), block(2001, 2501)));
  hand->peer(".", 2001, 500, 1);  // shuts the window, so that the text waits
  hand->send(3000);
  hand->forget();
  hand->peer_window = 60000;
  hand->peer(".", 2001, 500, 1);
  const std::vector<wire::Segment> out = hand->segments();
  ASSERT_GE(out.size(), 2U);
  EXPECT_THAT(out[0].options.sack_blocks,
              ElementsAre(block(2001, 2501), block(2001, 2501), block(1001, 1501)));
  EXPECT_EQ(out[0].payload.size(), 1000U - 28);
  EXPECT_THAT(out[1].options.sack_blocks, ElementsAre(block(2001, 2501), block(1001, 1501)));
  EXPECT_EQ(out[1].payload.size(), 1000U - 20);
}

TEST_F(Dsack, FourBlocksAloneAndThreeBesideTimestamps) {
  for (const bool timestamps : {false, true}) {
    Config config = with_sack();
    config.timestamps = timestamps;
    establish(config);
    for (std::uint32_t i = 1; i <= 5; ++i) hand->peer(".", 1 + 200 * i, 100, 1);
    hand->forget();
    hand->peer(".", 201, 50, 1);
    std::vector<wire::SackBlock> expected = {block(201, 251), block(201, 301), block(1001, 1101)};
    if (!timestamps) expected.push_back(block(801, 901));
    EXPECT_EQ(reported(), expected);
  }
}

TEST_F(Dsack, SwitchedOffTheFirstBlockIsTheOneTouched) {
  Config config = with_sack();
  config.dsack = false;
  establish(config);
  hand->peer(".", 201, 100, 1);
  hand->peer(".", 401, 100, 1);
  hand->forget();
  hand->peer(".", 201, 100, 1);  // RFC 2018 §4 [MUST]: the block of the segment that triggers the ACK
  EXPECT_THAT(reported(), ElementsAre(block(201, 301), block(401, 501)));
  hand->peer(".", 1, 200, 1);
  hand->forget();
  hand->peer(".", 1, 100, 1);
  EXPECT_THAT(reported(), ElementsAre(block(401, 501)));
}

TEST_F(Dsack, WithoutSackPermittedThereIsNoReport) {
  Config config = with_sack();
  config.sack_permitted = false;
  establish(config);
  hand->peer(".", 1, 100, 1);
  hand->wait(Duration::millis(40));
  hand->peer(".", 201, 100, 1);
  hand->forget();
  hand->peer(".", 1, 100, 1);
  EXPECT_THAT(reported(), IsEmpty());
}

TEST_F(Dsack, HolesAreBoundedByTheConfiguration) {
  Config config = with_sack();
  config.most_reassembly_blocks = 2;
  establish(config);
  hand->peer(".", 201, 100, 1);
  hand->peer(".", 401, 100, 1);
  hand->forget();
  hand->peer(".", 601, 100, 1);  // refused: never reported, and what is held stays
  EXPECT_THAT(reported(), ElementsAre(block(401, 501), block(201, 301)));
  EXPECT_EQ(hand->tcb().out_of_order, 200U);
  hand->peer(".", 1, 200, 1);
  hand->forget();
  hand->peer(".", 601, 100, 1);
  EXPECT_THAT(reported(), ElementsAre(block(601, 701), block(401, 501)));
}

}  // namespace
}  // namespace tcpspec::tcp
