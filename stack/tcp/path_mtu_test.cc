// What is believed of "packet too big" messages: RFC 1191, RFC 8201 §4, RFC 5927 §7.2 and its examples §7.3.
#include "stack/tcp/path_mtu.h"

#include <gtest/gtest.h>

namespace tcpspec::tcp {
namespace {

constexpr int kOnce = 1;  // MAXSEGRTO of RFC 5927 §7.3
const Seq32 kSeq(101);

PathMtu sent_full(std::uint32_t mtu) {
  PathMtu path(IpVersion::kV4, mtu);
  path.packet_sent(mtu);
  return path;
}

// RFC 5927 §7.3.1: two routers on the way, each smaller; both believed at once.
TEST(PathMtu, InitialDiscoveryBelievesTheNetwork) {
  PathMtu path = sent_full(4464);
  EXPECT_EQ(path.too_big(2048, kSeq, kOnce), TooBig::kLowered);
  EXPECT_EQ(path.mtu(), 2048U);
  path.packet_sent(2048);
  EXPECT_EQ(path.too_big(1500, kSeq, kOnce), TooBig::kLowered);
  path.packet_sent(1500);
  path.packet_acked(1500);
  path.progress(Seq32(1561));
  EXPECT_EQ(path.mtu(), 1500U);
}

// §7.3.2: the path shrank under a connection that worked. The message waits for one timeout.
TEST(PathMtu, AClaimAgainstTheEvidenceWaitsForATimeout) {
  PathMtu path = sent_full(1500);
  path.packet_acked(1500);
  EXPECT_EQ(path.too_big(1492, kSeq, kOnce), TooBig::kPending);
  EXPECT_EQ(path.mtu(), 1500U);
  EXPECT_TRUE(path.timed_out(kOnce));
  EXPECT_EQ(path.mtu(), 1492U);
  EXPECT_FALSE(path.timed_out(kOnce));
}

TEST(PathMtu, AClaimAfterTheTimeoutIsHonouredAtOnce) {
  PathMtu path = sent_full(1500);
  path.packet_acked(1500);
  EXPECT_FALSE(path.timed_out(kOnce));
  EXPECT_EQ(path.too_big(1492, kSeq, kOnce), TooBig::kLowered);
}

TEST(PathMtu, TimeoutsAreCountedUpToTheLimit) {
  PathMtu path = sent_full(1500);
  path.packet_acked(1500);
  EXPECT_EQ(path.too_big(1492, kSeq, 3), TooBig::kPending);
  EXPECT_FALSE(path.timed_out(3));
  EXPECT_FALSE(path.timed_out(3));
  EXPECT_TRUE(path.timed_out(3));
}

// MAXSEGRTO 0 is traditional discovery.
TEST(PathMtu, WithoutALimitEveryClaimIsHonoured) {
  PathMtu path = sent_full(1500);
  path.packet_acked(1500);
  EXPECT_EQ(path.too_big(1000, kSeq, 0), TooBig::kLowered);
}

// §7.3.4: the segment that was said to be too big arrives.
TEST(PathMtu, ProgressRefutesAPendingClaim) {
  PathMtu path = sent_full(1500);
  path.packet_acked(1500);
  ASSERT_EQ(path.too_big(68, kSeq, kOnce), TooBig::kPending);
  path.progress(kSeq);  // everything before it: says nothing about it
  EXPECT_TRUE(path.has_pending());
  path.progress(kSeq + 1);
  EXPECT_FALSE(path.has_pending());
  EXPECT_FALSE(path.timed_out(kOnce));
  EXPECT_EQ(path.mtu(), 1500U);
}

TEST(PathMtu, ProgressForgetsTimeouts) {
  PathMtu path = sent_full(1500);
  path.packet_acked(1500);
  EXPECT_FALSE(path.timed_out(kOnce));
  path.progress(kSeq);
  EXPECT_EQ(path.too_big(1492, kSeq, kOnce), TooBig::kPending);
}

TEST(PathMtu, BothSidesOfWhatArrived) {
  PathMtu path = sent_full(1500);
  path.packet_acked(1000);
  PathMtu other = path;
  EXPECT_EQ(path.too_big(1000, kSeq, kOnce), TooBig::kLowered);
  EXPECT_EQ(other.too_big(999, kSeq, kOnce), TooBig::kPending);
}

TEST(PathMtu, BothSidesOfWhatWasSent) {
  PathMtu path(IpVersion::kV4, 1500);
  path.packet_sent(600);
  EXPECT_EQ(path.too_big(601, kSeq, kOnce), TooBig::kIgnored);
  EXPECT_EQ(path.too_big(600, kSeq, kOnce), TooBig::kIgnored);
  EXPECT_EQ(path.too_big(599, kSeq, kOnce), TooBig::kLowered);
}

TEST(PathMtu, NothingBelowTheMinimumOfTheProtocol) {
  PathMtu v4 = sent_full(1500);
  EXPECT_EQ(v4.too_big(67, kSeq, kOnce), TooBig::kIgnored);
  EXPECT_EQ(v4.too_big(0, kSeq, kOnce), TooBig::kIgnored);
  EXPECT_EQ(v4.too_big(68, kSeq, kOnce), TooBig::kLowered);
  PathMtu v6(IpVersion::kV6, 1500);
  v6.packet_sent(1500);
  EXPECT_EQ(v6.too_big(1279, kSeq, kOnce), TooBig::kIgnored);
  EXPECT_EQ(v6.too_big(1280, kSeq, kOnce), TooBig::kLowered);
}

TEST(PathMtu, NoMessageRaises) {
  PathMtu path = sent_full(1500);
  EXPECT_EQ(path.too_big(1500, kSeq, kOnce), TooBig::kIgnored);
  EXPECT_EQ(path.too_big(0xffffffff, kSeq, kOnce), TooBig::kIgnored);
  ASSERT_EQ(path.too_big(1000, kSeq, kOnce), TooBig::kLowered);
  path.packet_sent(1000);
  EXPECT_EQ(path.too_big(1400, kSeq, kOnce), TooBig::kIgnored);
  EXPECT_EQ(path.mtu(), 1000U);
}

// RFC 1191 §6.4: ten messages about one burst are one piece of news.
TEST(PathMtu, LaterMessagesOfOneBurstAreIgnored) {
  PathMtu path = sent_full(1500);
  EXPECT_EQ(path.too_big(1000, kSeq, kOnce), TooBig::kLowered);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(path.too_big(1000, kSeq, kOnce), TooBig::kIgnored);
  // Even one that claims less: nothing was sent since the first, so it cannot be about what is sent now.
  EXPECT_EQ(path.too_big(900, kSeq, kOnce), TooBig::kIgnored);
}

TEST(PathMtu, AnotherConnectionsFindCountsWithoutEvidenceAgainstIt) {
  PathMtu fresh = sent_full(1500);
  EXPECT_TRUE(fresh.lower_to(1000));
  EXPECT_FALSE(fresh.lower_to(1000));
  EXPECT_FALSE(fresh.lower_to(67));
  PathMtu proven = sent_full(1500);
  proven.packet_acked(1001);
  EXPECT_FALSE(proven.lower_to(1000));
  EXPECT_TRUE(proven.lower_to(1001));
}

TEST(PathMtu, AgeRaisesAndNeverLowers) {
  PathMtu path = sent_full(1500);
  ASSERT_EQ(path.too_big(1000, kSeq, kOnce), TooBig::kLowered);
  path.raise_to(900);
  EXPECT_EQ(path.mtu(), 1000U);
  path.raise_to(1500);
  EXPECT_EQ(path.mtu(), 1500U);
  // Larger packets are tried again, and the network is believed at once if it refuses them.
  path.packet_acked(1000);
  path.packet_sent(1500);
  EXPECT_EQ(path.too_big(1000, kSeq, kOnce), TooBig::kLowered);
}

}  // namespace
}  // namespace tcpspec::tcp
