#include "harness/run/permit.h"

#include <gtest/gtest.h>

#include "harness/packet/stream.h"
#include "harness/scenario/scenario.h"

namespace tcpspec::run {
namespace {

using scenario::kAck;
using scenario::kFin;
using scenario::kRst;
using scenario::kSyn;

constexpr std::uint32_t kIsn = 0xfffffff0, kTesterIsn = 77;  // numbers wrap in every test
const Endpoint kTester{IpAddress::v4(192, 0, 2, 1), 4000}, kTarget{IpAddress::v4(192, 168, 0, 1), 80};

target::Stamp at(Duration time) { return target::Stamp::at(Instant() + time); }

packet::Image segment(std::uint16_t flags, std::uint32_t seq, std::uint32_t ack, std::size_t length = 0,
                      Bytes options = {}) {
  packet::Image image = packet::make_tcp(kTarget, kTester);
  image.tcp->flags = flags;
  image.tcp->seq = kIsn + seq;
  image.tcp->ack = kTesterIsn + ack;
  image.tcp->window = 1000;
  image.tcp->options = std::move(options);
  image.payload = packet::stream(seq, length);
  packet::seal(image);
  return image;
}

packet::Image from_tester(std::uint16_t flags, std::uint32_t seq, std::uint32_t ack, Bytes options = {}) {
  packet::Image image = packet::make_tcp(kTester, kTarget);
  image.tcp->flags = flags;
  image.tcp->seq = kTesterIsn + seq;
  image.tcp->ack = kIsn + ack;
  image.tcp->options = std::move(options);
  packet::seal(image);
  return image;
}

class PermitTest : public ::testing::Test {
 protected:
  void open(const Bytes& options = {}) {
    permit.injected(from_tester(kSyn, 0, 0, options), at(Duration()));
    EXPECT_EQ(permit.sent(segment(kSyn | kAck, 0, 1, 0, options), at(Duration())), "");
    permit.injected(from_tester(kAck, 1, 1), at(Duration::millis(1)));
    // The first ACK of its own.
    EXPECT_EQ(permit.sent(segment(kAck, 1, 11), at(Duration::millis(2))), "");
  }
  Permit permit{Duration::seconds(1)};
};

TEST_F(PermitTest, ASynOrResetOnAnOpenConnectionAcknowledgesNothing) {
  open();
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 100), at(Duration::millis(3))), "");
  permit.injected(from_tester(kSyn | kAck, 500, 101), at(Duration::millis(4)));
  permit.injected(from_tester(kRst | kAck, 500, 101), at(Duration::millis(4)));
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 100), at(Duration::millis(1003))), "retransmission");
  permit.injected(from_tester(kAck, 11, 101), at(Duration::millis(1004)));
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 100), at(Duration::millis(3000))), "");
}

// Seen on a cable: the FIN was repeated 2 ms before the ACK of it was sent, and read after it.
TEST_F(PermitTest, ARetransmissionMayCrossTheAckThatMakesItNeedless) {
  open();
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 100), at(Duration::millis(3))), "");
  permit.injected(from_tester(kAck, 11, 101), at(Duration::millis(2000)));
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 100), at(Duration::millis(1999))), "retransmission");
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 100), at(Duration::millis(3000))), "") << "sent after the ACK";
}

TEST_F(PermitTest, TheSameAckAgainButNoNewOne) {
  open();
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11), at(Duration::millis(3))), "repeated ACK");
  EXPECT_EQ(permit.sent(segment(kAck, 1, 12), at(Duration::millis(3))), "");
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11), at(Duration::millis(3))), "");
  // A keep-alive stands one octet further left.
  EXPECT_EQ(permit.sent(segment(kAck, 0, 11), at(Duration::millis(3))), "");
  EXPECT_EQ(permit.sent(segment(kRst | kAck, 1, 11), at(Duration::millis(3))), "");
}

TEST_F(PermitTest, ALargerWindowButNoSmallerOne) {
  open();
  packet::Image larger = segment(kAck, 1, 11), smaller = segment(kAck, 1, 11);
  larger.tcp->window = 1001;
  smaller.tcp->window = 999;
  EXPECT_EQ(permit.sent(larger, at(Duration::millis(3))), "window update");
  EXPECT_EQ(permit.sent(smaller, at(Duration::millis(3))), "");
}

TEST_F(PermitTest, RetransmissionExactlyAfterTheRto) {
  open();
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 30), at(Duration::seconds(1))), "");
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 30), at(Duration::seconds(2) - Duration::nanos(1))), "");
  // That one counts as the last transmission now.
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 30), at(Duration::seconds(2))), "");
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 30), at(Duration::seconds(3))), "retransmission");
  // A part of it, and a larger piece that reaches beyond what was sent.
  EXPECT_EQ(permit.sent(segment(kAck, 5, 11, 10), at(Duration::seconds(4))), "retransmission");
  EXPECT_EQ(permit.sent(segment(kAck, 20, 11, 20), at(Duration::seconds(9))), "");
}

TEST_F(PermitTest, TheFinIsAnOctetLikeOthers) {
  open();
  EXPECT_EQ(permit.sent(segment(kFin | kAck, 1, 11), at(Duration::seconds(1))), "");
  EXPECT_EQ(permit.sent(segment(kFin | kAck, 1, 11), at(Duration::seconds(2))), "retransmission");
  permit.injected(from_tester(kAck, 11, 2), at(Duration::seconds(3)));
  EXPECT_EQ(permit.sent(segment(kFin | kAck, 1, 11), at(Duration::seconds(9))), "");
}

TEST_F(PermitTest, WhatIsAcknowledgedIsNotRepeated) {
  open();
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 30), at(Duration::seconds(1))), "");
  permit.injected(from_tester(kAck, 11, 21), at(Duration::millis(1100)));
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 20), at(Duration::seconds(5))), "");
  EXPECT_EQ(permit.sent(segment(kAck, 21, 11, 10), at(Duration::seconds(9))), "retransmission");
  // An ACK of what was never sent ends nothing.
  permit.injected(from_tester(kAck, 11, 900), at(Duration::seconds(10)));
  EXPECT_EQ(permit.sent(segment(kAck, 21, 11, 10), at(Duration::seconds(11))), "retransmission");
}

TEST_F(PermitTest, OneTailLossProbeWithSackAfterTwoRoundTrips) {
  open({4, 2, 1, 1});  // SACK-permitted on both SYNs; the handshake took 1 ms
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 30), at(Duration::millis(10))), "");
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 30), at(Duration::millis(12) - Duration::nanos(1))), "");
  EXPECT_EQ(permit.sent(segment(kAck, 11, 11, 20), at(Duration::millis(14))), "tail-loss probe");
  EXPECT_EQ(permit.sent(segment(kAck, 11, 11, 20), at(Duration::millis(20))), "");
}

TEST_F(PermitTest, NoProbeWithoutSack) {
  open();
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 30), at(Duration::millis(10))), "");
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 30), at(Duration::millis(500))), "");
}

TEST_F(PermitTest, StampsGetTheBenefitOfTheDoubt) {
  open();
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 30),
                        {Instant() + Duration::seconds(1), Instant() + Duration::seconds(2)}),
            "");
  EXPECT_EQ(permit.sent(segment(kAck, 1, 11, 30),
                        {Instant() + Duration::millis(1900), Instant() + Duration::seconds(2)}),
            "retransmission");
}

TEST_F(PermitTest, ANewIncarnationStartsAfresh) {
  open();
  packet::Image again = segment(kSyn | kAck, 0, 1);
  again.tcp->seq += 100'000;
  EXPECT_EQ(permit.sent(again, at(Duration::seconds(9))), "");
  again.tcp->flags = kAck;
  again.tcp->seq += 1;
  EXPECT_EQ(permit.sent(again, at(Duration::seconds(9))), "repeated ACK");
}

}  // namespace
}  // namespace tcpspec::run
