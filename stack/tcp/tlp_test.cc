// RFC 8985 §7, section by section.
#include "stack/tcp/tlp.h"

#include <gtest/gtest.h>

namespace tcpspec::tcp {
namespace {

constexpr Instant at(std::int64_t millis) { return Instant::from_nanos(millis * 1'000'000); }
constexpr Duration ms(std::int64_t n) { return Duration::millis(n); }
constexpr Seq32 kEnd(0);  // the number after the probe; what is before it lies across the wrap

// --- §7.2 ---

TEST(Tlp, Section72ArmsOnlyInOrdinaryTimes) {
  EXPECT_TRUE(Tlp::may_arm({false, 0, 1}));
  EXPECT_FALSE(Tlp::may_arm({false, 0, 0}));
  EXPECT_FALSE(Tlp::may_arm({true, 0, 1}));
  EXPECT_FALSE(Tlp::may_arm({false, 1, 1}));
}

TEST(Tlp, Section72WaitsTwoRoundTrips) {
  EXPECT_EQ(Tlp::timeout(ms(100), 2, ms(25), at(0), at(1000)), ms(200));
  EXPECT_EQ(Tlp::timeout(ms(100), 1, ms(25), at(0), at(1000)), ms(225));
}

TEST(Tlp, Section72WaitsASecondWithoutASample) {
  EXPECT_EQ(Tlp::timeout(Duration(), 2, ms(25), at(0), at(3000)), ms(1000));
  EXPECT_EQ(Tlp::timeout(Duration(), 1, ms(25), at(0), at(3000)), ms(1000));
}

TEST(Tlp, Section72IsNeverLaterThanTheRetransmissionTimeout) {
  const Instant rto = at(1200);
  EXPECT_EQ(Tlp::timeout(ms(100), 2, ms(25), at(1000), rto), ms(200));
  EXPECT_EQ(Tlp::timeout(ms(100), 2, ms(25), at(1000), rto - Duration::nanos(1)),
            Duration::nanos(199'999'999));
  EXPECT_EQ(Tlp::timeout(ms(100), 2, ms(25), at(1000), at(1000)), Duration());
  EXPECT_EQ(Tlp::timeout(ms(100), 2, ms(25), at(1000), at(999)), Duration());
  EXPECT_EQ(Tlp::timeout(ms(100), 2, ms(25), at(1000), Instant::never()), ms(200));
}

// --- §7.3 ---

class TlpTest : public ::testing::Test {
 protected:
  TlpTest() { tlp.on_rtt_sample(); }
  void send_last() { tlp.sent(TlpProbe::kLastSegment, kEnd, false); }
  Tlp tlp;
};

TEST_F(TlpTest, Section73PrefersNewDataThenTheLastSegment) {
  EXPECT_EQ(tlp.choose(true, 3), TlpProbe::kNewData);
  EXPECT_EQ(tlp.choose(false, 3), TlpProbe::kLastSegment);
  EXPECT_EQ(tlp.choose(false, 0), TlpProbe::kNone);
}

TEST_F(TlpTest, Section73HasOneProbeInFlight) {
  send_last();
  EXPECT_EQ(tlp.end_seq(), kEnd);
  EXPECT_TRUE(tlp.is_retrans());
  tlp.on_rtt_sample();
  EXPECT_EQ(tlp.choose(true, 3), TlpProbe::kNone);
  EXPECT_EQ(tlp.on_ack({kEnd, {}, false, true}), TlpVerdict::kDelivered);
  EXPECT_EQ(tlp.choose(true, 3), TlpProbe::kNewData);
}

TEST_F(TlpTest, Section73AsksForARoundTripSinceTheLastProbe) {
  send_last();
  EXPECT_EQ(tlp.on_ack({kEnd, {}, false, true}), TlpVerdict::kDelivered);
  EXPECT_EQ(tlp.choose(false, 3), TlpProbe::kNone);
  tlp.on_rtt_sample();
  EXPECT_EQ(tlp.choose(false, 3), TlpProbe::kLastSegment);
  EXPECT_EQ(Tlp().choose(true, 1), TlpProbe::kNone);  // none since the connection began
}

TEST_F(TlpTest, Section71ForgetsTheProbeWhenARecoveryBegins) {
  send_last();
  tlp.reset();
  EXPECT_FALSE(tlp.end_seq());
  EXPECT_FALSE(tlp.is_retrans());
  EXPECT_FALSE(tlp.sample_since_probe());
  EXPECT_EQ(tlp.on_ack({kEnd + 1, {}, false, false}), TlpVerdict::kNothing);
}

// --- §7.4.2 ---

TEST_F(TlpTest, Section742IsSilentWithoutAProbe) {
  EXPECT_EQ(tlp.on_ack({kEnd, {}, false, true}), TlpVerdict::kNothing);
}

TEST_F(TlpTest, Section742NewDataWasDelivered) {
  tlp.sent(TlpProbe::kNewData, kEnd, false);
  EXPECT_FALSE(tlp.is_retrans());
  EXPECT_EQ(tlp.on_ack({kEnd - 1, {}, false, false}), TlpVerdict::kNothing);
  EXPECT_EQ(tlp.end_seq(), kEnd);
  EXPECT_EQ(tlp.on_ack({kEnd, {}, false, false}), TlpVerdict::kDelivered);
  EXPECT_FALSE(tlp.end_seq());
}

TEST_F(TlpTest, Section742Case1ADuplicateIsReported) {
  send_last();
  EXPECT_EQ(tlp.on_ack({kEnd, kEnd - 1, true, true}), TlpVerdict::kNothing);  // of something else
  EXPECT_EQ(tlp.on_ack({kEnd, kEnd, true, true}), TlpVerdict::kDelivered);
  EXPECT_FALSE(tlp.end_seq());
  tlp.on_rtt_sample();
  send_last();
  EXPECT_EQ(tlp.on_ack({kEnd + 1, kEnd, true, false}), TlpVerdict::kDelivered);  // later data came as well
}

TEST_F(TlpTest, Section742Case1AReceiverMayLeaveTheFinOutOfTheBlock) {
  tlp.sent(TlpProbe::kLastSegment, kEnd, true);
  EXPECT_EQ(tlp.on_ack({kEnd, kEnd - 2, true, true}), TlpVerdict::kNothing);
  EXPECT_EQ(tlp.on_ack({kEnd, kEnd - 1, true, true}), TlpVerdict::kDelivered);
}

TEST_F(TlpTest, Section742Case2APlainDuplicateAck) {
  send_last();
  EXPECT_EQ(tlp.on_ack({kEnd, {}, true, true}), TlpVerdict::kNothing);    // with SACK it tells nothing
  EXPECT_EQ(tlp.on_ack({kEnd, {}, false, false}), TlpVerdict::kNothing);  // the ACK of either copy
  EXPECT_EQ(tlp.on_ack({kEnd, {}, false, true}), TlpVerdict::kDelivered);
}

TEST_F(TlpTest, Section742TheProbeRepairedALoss) {
  send_last();
  EXPECT_EQ(tlp.on_ack({kEnd - 1, {}, false, true}), TlpVerdict::kNothing);
  EXPECT_EQ(tlp.on_ack({kEnd, {}, false, false}), TlpVerdict::kNothing);
  EXPECT_EQ(tlp.on_ack({kEnd + 1, {}, false, false}), TlpVerdict::kRepairedLoss);
  EXPECT_FALSE(tlp.end_seq());
  EXPECT_EQ(tlp.on_ack({kEnd + 2, {}, false, false}), TlpVerdict::kNothing);  // once
}

}  // namespace
}  // namespace tcpspec::tcp
