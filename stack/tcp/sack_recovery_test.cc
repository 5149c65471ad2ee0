// RFC 6675 §5 and RFC 2018 §5, §8 in a connection: recovery by SACK blocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/sender.h"

namespace tcpspec::tcp {
namespace {

using testing::Sender;
using testing::sender_config;

constexpr Duration sec(std::int64_t n) { return Duration::seconds(n); }

Sender ten_sent(std::size_t written = 10'000, Config config = sender_config(LossRecovery::kSack)) {
  Sender sender(config);
  sender.send(written);
  sender.forget();
  return sender;
}

TEST(SackRecovery, ThreeDuplicatesByBlocksBeginIt) {
  Sender sender = ten_sent();
  sender.ack(1, {{1001, 1501}});
  sender.ack(1, {{1001, 2001}});
  EXPECT_EQ(sender.begun(), "");
  EXPECT_EQ(sender.tcb().duplicate_acks, 2);
  EXPECT_EQ(sender.pipe(), 9000U);
  sender.ack(1, {{1001, 2501}});  // (1): DupThresh, though less than two segments and a bit are sacked
  EXPECT_TRUE(sender.recovering());
  EXPECT_EQ(sender.begun(), "1");
  EXPECT_EQ(sender.cwnd(), 5000U);
}

TEST(SackRecovery, OneAckWithEnoughOctetsBeginsItAtOnce) {
  Sender sender = ten_sent();
  sender.ack(1, {{1001, 3001}});
  EXPECT_FALSE(sender.recovering());
  sender.ack(1, {{1001, 3002}});  // (2): IsLost
  EXPECT_TRUE(sender.recovering());
  EXPECT_EQ(sender.tcb().duplicate_acks, 2);
}

TEST(SackRecovery, AcksWithoutNewsAreNoDuplicates) {
  Sender sender = ten_sent();
  for (int i = 0; i < 10; ++i) sender.ack(1);
  for (int i = 0; i < 10; ++i) sender.ack(1, {{1001, 2001}});
  EXPECT_EQ(sender.tcb().duplicate_acks, 1);
  EXPECT_FALSE(sender.recovering());
  sender.ack(1, {{5001, 6001}, {1001, 2001}});
  EXPECT_EQ(sender.tcb().duplicate_acks, 2);
}

TEST(SackRecovery, NewsCountEvenWithTextOrAnotherWindow) {
  Sender sender = ten_sent();
  wire::Segment segment = sender.make(".", 1, 100, 1);
  segment.options.sack_blocks = {{testing::kOurIss + 1001, testing::kOurIss + 2001}};
  segment.window = 50'000;
  sender.give(segment);
  EXPECT_EQ(sender.tcb().duplicate_acks, 1);
}

TEST(SackRecovery, LimitedTransmitIsWhatThePipeLeaves) {
  for (const bool limited : {true, false}) {
    Config config = sender_config(LossRecovery::kSack);
    config.limited_transmit = limited;
    Sender sender = ten_sent(30'000, config);
    sender.ack(1, {{1001, 2001}});
    EXPECT_EQ(sender.begun(), limited ? "10001" : "");
    sender.ack(1, {{1001, 3001}});
    EXPECT_EQ(sender.begun(), limited ? "11001" : "");
    sender.ack(1, {{1001, 4001}});
    EXPECT_EQ(sender.begun(), "1");
    EXPECT_EQ(sender.tcb().ssthresh, 5000U);
  }
}

TEST(SackRecovery, TheHolesAndThenNewTextAsThePipeDrains) {
  Sender sender = ten_sent(30'000);
  sender.ack(1, {{1001, 2001}});
  sender.ack(1, {{1001, 2001}, {3001, 4001}});
  sender.forget();  // 10001 and 11001 went by limited transmit
  sender.ack(1, {{1001, 2001}, {3001, 5001}});
  EXPECT_EQ(sender.begun(), "1");
  // 12 sent, 3 sacked; of the two holes only the first has more than two segments above it. The window is 5.
  EXPECT_EQ(sender.pipe(), 9000U);
  sender.ack(1, {{1001, 2001}, {3001, 6001}});
  sender.ack(1, {{1001, 2001}, {3001, 7001}});
  sender.ack(1, {{1001, 2001}, {3001, 8001}});
  EXPECT_EQ(sender.begun(), "");
  sender.ack(1, {{1001, 2001}, {3001, 9001}});
  EXPECT_EQ(sender.begun(), "2001");  // the other hole
  sender.ack(1, {{1001, 2001}, {3001, 10'001}});
  EXPECT_EQ(sender.begun(), "12001");  // rule (2)
  sender.ack(2001, {{3001, 10'001}});
  EXPECT_EQ(sender.begun(), "13001");
  EXPECT_TRUE(sender.recovering());
  sender.ack(12'001);
  EXPECT_FALSE(sender.recovering());
  EXPECT_GE(sender.cwnd(), 5000U);
}

TEST(SackRecovery, WhenNothingElseIsLeftTheUnsureGoAndAreCountedTwice) {
  Sender sender = ten_sent();
  // 1, 2001 and 8001 are missing; of 8001 one sacked segment above says little.
  sender.ack(1, {{1001, 2001}, {3001, 8001}, {9001, 10'001}});
  EXPECT_EQ(sender.begun(), "1 2001 8001");  // cwnd 5000, pipe 3000 at the end: rules (1), (1), (3)
  EXPECT_EQ(sender.pipe(), 4000U);
}

TEST(SackRecovery, OneRescueAtTheTail) {
  Sender sender = ten_sent();
  sender.ack(1, {{1001, 5001}});
  EXPECT_EQ(sender.begun(), "1");
  // 6001 to the end are gone too. The ACK goes beyond the first retransmission: one rescue, the last segment.
  sender.ack(6001);
  EXPECT_EQ(sender.begun(), "9001");
  sender.ack(7001);
  EXPECT_EQ(sender.begun(), "");
  EXPECT_TRUE(sender.recovering());
}

TEST(SackRecovery, ATimeoutForgetsWhatWasReported) {
  Sender sender = ten_sent();
  sender.ack(1, {{1001, 9001}});
  sender.forget();
  sender.wait(sec(1));
  EXPECT_FALSE(sender.recovering());
  EXPECT_EQ(sender.begun(), "1");
  for (const Sent& sent : sender.tcp().sent_segments()) EXPECT_FALSE(sent.sacked);
  // The receiver had thrown it away: all of it goes again.
  sender.ack(1001);
  EXPECT_EQ(sender.begun(), "1001 2001");
  // Or it had not: what it reports anew does not.
  sender.ack(3001, {{4001, 9001}});
  EXPECT_EQ(sender.begun(), "3001 9001");
}

TEST(SackRecovery, NoneBeginsBeforeTheFlightOfTheTimeoutIsAcknowledged) {
  Sender sender = ten_sent();
  sender.wait(sec(1));
  sender.ack(1001, {{2001, 9001}});
  sender.ack(1001, {{2001, 9501}});
  sender.ack(1001, {{2001, 9701}});
  sender.ack(1001, {{2001, 10'001}});
  EXPECT_FALSE(sender.recovering());
  sender.ack(10'001);
  sender.send(10'000);
  const std::uint32_t at = 10'001;
  sender.ack(at + 2000);
  sender.ack(at + 4000);
  sender.forget();
  sender.ack(at + 4000, {{at + 5000, at + 6000}});
  sender.ack(at + 4000, {{at + 5000, at + 6500}});
  sender.ack(at + 4000, {{at + 5000, at + 7000}});
  EXPECT_TRUE(sender.recovering());
}

TEST(SackRecovery, WhatWasReportedStaysUntilItIsAcknowledgedByNumber) {
  Sender sender = ten_sent();
  sender.ack(1, {{1001, 10'001}});
  EXPECT_EQ(sender.tcb().in_flight, 10'000U);
  EXPECT_EQ(sender.tcp().sent_segments().size(), 10U);
  sender.forget();
  // The receiver acknowledges up to what it had reported, and asks for that: it reneged.
  sender.ack(1001);
  EXPECT_FALSE(sender.tcp().sent_segments().front().sacked);
  sender.wait(sec(1));
  EXPECT_EQ(sender.begun().substr(0, 4), "1001");
}

TEST(SackRecovery, FalseBlocksAreCountedAndNothingElse) {
  Sender sender = ten_sent();
  const Tcb before = sender.tcb();
  sender.ack(1, {{9001, 10'002}, {1, 1001}, {3001, 3001}});
  EXPECT_EQ(sender.tcb().sack_blocks_ignored, 3U);
  EXPECT_EQ(sender.pipe(), before.pipe);
  EXPECT_EQ(sender.tcb().duplicate_acks, 0);
}

TEST(SackRecovery, ADsackIsNoDuplicateAck) {
  Sender sender = ten_sent();
  sender.ack(2001);
  for (int i = 0; i < 5; ++i) sender.ack(2001, {{1001, 2001}});
  EXPECT_EQ(sender.tcb().duplicate_acks, 0);
  EXPECT_EQ(sender.tcb().duplicates_reported, 5U);
  EXPECT_FALSE(sender.recovering());
}

TEST(SackRecovery, WithoutAgreementNewRenoDoesIt) {
  Config config = sender_config(LossRecovery::kSack);
  config.sack_permitted = false;
  Sender sender = ten_sent(10'000, config);
  for (int i = 0; i < 3; ++i) sender.ack(1, {{1001, 10'001}});  // blocks that nobody asked for
  EXPECT_TRUE(sender.recovering());
  EXPECT_EQ(sender.cwnd(), 8000U);
  EXPECT_FALSE(sender.tcp().sent_segments()[1].sacked);
}

TEST(SackRecovery, AHostilePeerSplitsRecordsOnlyUpToTheBound) {
  Config config = sender_config(LossRecovery::kSack);
  config.most_sent_records = 16;
  Sender sender = ten_sent(10'000, config);
  for (std::uint32_t i = 0; i < 900; i += 2) sender.ack(1, {{1002 + i, 1003 + i}, {5002 + i, 5003 + i}});
  EXPECT_LE(sender.tcp().sent_segments().size(), 17U);  // one more for a retransmission
}

}  // namespace
}  // namespace tcpspec::tcp
