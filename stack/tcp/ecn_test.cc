// RFC 3168 §6.1 without a connection: what is negotiated, echoed, confirmed. On the wire:
// ecn_segments_test.cc.
#include "stack/tcp/ecn.h"

#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using testing::flags_of;

wire::Segment text(std::string_view letters, wire::Ecn mark) {
  wire::Segment segment;
  segment.flags = flags_of(letters);
  segment.ecn = mark;
  return segment;
}

// Both sides asked and agreed.
EcnState agreed() {
  EcnState ecn;
  EXPECT_EQ(ecn.flags_of_syn(EcnMode::kRequest, 2), flags_of("EW"));
  ecn.syn_arrived(flags_of("SE."));
  EXPECT_TRUE(ecn.may_send_ect());
  return ecn;
}

TEST(EcnSetup, OnlyWhoRequestsAsks) {
  for (const EcnMode mode : {EcnMode::kOff, EcnMode::kAccept}) {
    EcnState ecn;
    EXPECT_EQ(ecn.flags_of_syn(mode, 2), wire::Flags());
    ecn.syn_arrived(flags_of("SE."));  // consent that nobody asked for
    EXPECT_FALSE(ecn.may_send_ect());
    EXPECT_FALSE(ecn.must_echo());
  }
}

TEST(EcnSetup, OnlyEceAloneIsConsent) {
  for (const char* letters : {"S.", "SW.", "SEW."}) {
    EcnState ecn;
    (void)ecn.flags_of_syn(EcnMode::kRequest, 2);
    ecn.syn_arrived(flags_of(letters));
    EXPECT_FALSE(ecn.may_send_ect()) << letters;
    EXPECT_FALSE(ecn.must_echo()) << letters;
  }
}

TEST(EcnSetup, OnlyASynWithBothFlagsIsAnsweredInKind) {
  for (const char* letters : {"S", "SE", "SW", "SEW"}) {
    for (const EcnMode mode : {EcnMode::kOff, EcnMode::kAccept, EcnMode::kRequest}) {
      EcnState ecn;
      ecn.syn_arrived(flags_of(letters));
      const bool yes = std::string_view(letters) == "SEW" && mode != EcnMode::kOff;
      EXPECT_EQ(ecn.flags_of_syn_ack(mode), yes ? flags_of("E") : wire::Flags()) << letters;
      EXPECT_EQ(ecn.may_send_ect(), yes) << letters;
    }
  }
}

TEST(EcnSetup, AfterSoManySynsItIsNotAskedAgain) {
  EcnState ecn;
  EXPECT_EQ(ecn.flags_of_syn(EcnMode::kRequest, 2), flags_of("EW"));
  EXPECT_EQ(ecn.flags_of_syn(EcnMode::kRequest, 2), flags_of("EW"));
  EXPECT_EQ(ecn.flags_of_syn(EcnMode::kRequest, 2), wire::Flags());
  // A late answer to the first: no ECT, but the promise to echo stands (§6.1.1).
  ecn.syn_arrived(flags_of("SE."));
  EXPECT_FALSE(ecn.may_send_ect());
  EXPECT_TRUE(ecn.must_echo());
}

TEST(EcnSetup, APlainSynAfterAnAskingOneTakesItBack) {
  EcnState ecn;
  ecn.syn_arrived(flags_of("SEW"));
  EXPECT_EQ(ecn.flags_of_syn_ack(EcnMode::kAccept), flags_of("E"));
  ecn.syn_arrived(flags_of("S"));
  EXPECT_EQ(ecn.flags_of_syn_ack(EcnMode::kAccept), wire::Flags());
  EXPECT_FALSE(ecn.may_send_ect());
  EXPECT_FALSE(ecn.must_echo());
}

TEST(EcnSetup, WhenSynsCrossBothMustHaveAsked) {
  EcnState both = agreed();
  both.syn_arrived(flags_of("SEW"));
  EXPECT_EQ(both.flags_of_syn_ack(EcnMode::kRequest), flags_of("E"));
  EXPECT_TRUE(both.may_send_ect());
  EcnState one;
  (void)one.flags_of_syn(EcnMode::kAccept, 2);
  one.syn_arrived(flags_of("SEW"));
  EXPECT_EQ(one.flags_of_syn_ack(EcnMode::kAccept), wire::Flags());
  EXPECT_FALSE(one.may_send_ect());
}

TEST(EcnEcho, FromAMarkUntilCwr) {
  EcnState ecn = agreed();
  EXPECT_FALSE(ecn.echoes());
  ecn.arrived(text("P.", wire::Ecn::kEct0), true);
  EXPECT_FALSE(ecn.echoes());
  ecn.arrived(text("P.", wire::Ecn::kCe), true);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ecn.echoes());
    ecn.acknowledged();
  }
  ecn.arrived(text("PW.", wire::Ecn::kEct0), true);
  EXPECT_FALSE(ecn.echoes());
}

TEST(EcnEcho, AMarkBesideCwrBeginsAnew) {
  EcnState ecn = agreed();
  ecn.arrived(text("P.", wire::Ecn::kCe), true);
  ecn.acknowledged();
  ecn.arrived(text("PW.", wire::Ecn::kCe), true);
  EXPECT_TRUE(ecn.echoes());
}

TEST(EcnEcho, CwrDoesNotEraseAMarkThatNoAckToldYet) {
  EcnState ecn = agreed();
  ecn.arrived(text("P.", wire::Ecn::kCe), true);
  ecn.arrived(text("PW.", wire::Ecn::kEct0), true);
  EXPECT_TRUE(ecn.echoes());  // one ACK answers both
  ecn.acknowledged();
  EXPECT_TRUE(ecn.echoes());
  ecn.arrived(text("PW.", wire::Ecn::kEct0), true);
  EXPECT_FALSE(ecn.echoes());
}

TEST(EcnEcho, MarksOfEmptySegmentsAndOfOthersConnectionsMeanNothing) {
  EcnState ecn = agreed();
  ecn.arrived(text(".", wire::Ecn::kCe), false);
  EXPECT_FALSE(ecn.echoes());
  EcnState without;
  without.arrived(text("P.", wire::Ecn::kCe), true);
  EXPECT_FALSE(without.echoes());
}

TEST(EcnReduction, OncePerWindowAndCwrOnce) {
  EcnState ecn = agreed();
  EXPECT_TRUE(ecn.wants_reduction(Seq32(100)));
  EXPECT_FALSE(ecn.take_cwr());
  ecn.window_reduced(Seq32(500));
  EXPECT_FALSE(ecn.wants_reduction(Seq32(101)));
  EXPECT_FALSE(ecn.wants_reduction(Seq32(500)));
  EXPECT_TRUE(ecn.wants_reduction(Seq32(501)));
  EXPECT_TRUE(ecn.take_cwr());
  EXPECT_FALSE(ecn.take_cwr());
}

TEST(EcnReduction, WithoutEctNothingIsAnsweredOrConfirmed) {
  EcnState ecn;
  EXPECT_FALSE(ecn.wants_reduction(Seq32(1)));
  ecn.window_reduced(Seq32(5));
  EXPECT_FALSE(ecn.take_cwr());
}

}  // namespace
}  // namespace tcpspec::tcp
