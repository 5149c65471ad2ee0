// The host's cache of path MTUs: RFC 1191 §5, §6.2, §6.3, §7; RFC 8201 §5.3.
#include "stack/net/path_mtu.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpspec::net {
namespace {

const Instant kStart = Instant::from_nanos(5);
const Duration kTenMinutes = Duration::seconds(600);

IpAddress host(int number) { return *IpAddress::parse("198.51.100." + std::to_string(number)); }

TEST(PathMtuPlateaus, TheGreatestBelow) {
  EXPECT_EQ(plateau_below(65536), 65535U);
  EXPECT_EQ(plateau_below(1500), 1492U);
  EXPECT_EQ(plateau_below(1493), 1492U);
  EXPECT_EQ(plateau_below(1492), 1006U);
  EXPECT_EQ(plateau_below(69), 68U);
  EXPECT_EQ(plateau_below(68), std::nullopt);
  EXPECT_EQ(plateau_below(0), std::nullopt);
}

TEST(PathMtuClaim, TheNextHopFieldIsSixteenBits) {
  EXPECT_EQ(claimed_mtu_v4(1000, {1500, 20}, 1500), 1000U);
  EXPECT_EQ(claimed_mtu_v4(0xabcd03e8, {1500, 20}, 1500), 1000U);
}

TEST(PathMtuClaim, AnOldRouterIsAnsweredWithTheNextPlateau) {
  EXPECT_EQ(claimed_mtu_v4(0, {1499, 20}, 1500), 1492U);
  EXPECT_EQ(claimed_mtu_v4(0, {1492, 20}, 1500), 1006U);
  EXPECT_EQ(claimed_mtu_v4(0, {70, 20}, 1500), 68U);
  EXPECT_EQ(claimed_mtu_v4(0, {68, 20}, 1500), std::nullopt);
  EXPECT_EQ(claimed_mtu_v4(0, {0, 20}, 1500), std::nullopt);
}

// RFC 1191 §5, the note on 4.2BSD: a total length that is not below the estimate counts its header twice.
TEST(PathMtuClaim, ATotalLengthAtTheEstimateIsCorrected) {
  EXPECT_EQ(claimed_mtu_v4(0, {1520, 20}, 1500), 1492U);
  EXPECT_EQ(claimed_mtu_v4(0, {1500, 20}, 1500), 1006U);
  EXPECT_EQ(claimed_mtu_v4(0, {40, 60}, 40), std::nullopt);
}

TEST(PathMtuCache, KnowsNothingBeforeAMessage) {
  PathMtuCache cache(10);
  EXPECT_EQ(cache.of(host(1)), std::nullopt);
  EXPECT_EQ(cache.next_deadline(), Instant::never());
  cache.too_big(host(1), 1400, kStart + kTenMinutes);
  EXPECT_EQ(cache.of(host(1)), 1400U);
  EXPECT_EQ(cache.of(host(2)), std::nullopt);
}

TEST(PathMtuCache, NothingRaisesButAge) {
  PathMtuCache cache(10);
  cache.too_big(host(1), 1000, kStart + kTenMinutes);
  cache.too_big(host(1), 1400, kStart + kTenMinutes);
  EXPECT_EQ(cache.of(host(1)), 1000U);
  EXPECT_EQ(cache.of(host(2)), std::nullopt);
  EXPECT_EQ(cache.size(), 1U);
}

TEST(PathMtuCache, RisesWhenItsTimeIsOverAndNotBefore) {
  PathMtuCache cache(10);
  const Instant at = kStart + kTenMinutes;
  cache.too_big(host(1), 1000, at);
  EXPECT_EQ(cache.next_deadline(), at);
  EXPECT_TRUE(cache.expire(at - Duration::nanos(1)).empty());
  EXPECT_EQ(cache.of(host(1)), 1000U);
  EXPECT_EQ(cache.expire(at), std::vector<IpAddress>{host(1)});
  EXPECT_EQ(cache.of(host(1)), std::nullopt);
  EXPECT_EQ(cache.next_deadline(), Instant::never());
  EXPECT_TRUE(cache.expire(at + kTenMinutes).empty());
}

// RFC 1191 §3: five minutes at least since the last message, not since the last that told something new.
TEST(PathMtuCache, EveryMessageStartsTheTimeAnew) {
  PathMtuCache cache(10);
  cache.too_big(host(1), 1000, kStart + kTenMinutes);
  cache.too_big(host(1), 1000, kStart + kTenMinutes * 2);
  EXPECT_TRUE(cache.expire(kStart + kTenMinutes).empty());
  EXPECT_EQ(cache.next_deadline(), kStart + kTenMinutes * 2);
}

TEST(PathMtuCache, TheOneWrittenLongestAgoGoesFirst) {
  PathMtuCache cache(3);
  for (int i = 1; i <= 3; ++i) cache.too_big(host(i), 1000, kStart + kTenMinutes);
  cache.too_big(host(1), 900, kStart + kTenMinutes);
  cache.too_big(host(4), 1000, kStart + kTenMinutes);
  EXPECT_EQ(cache.size(), 3U);
  EXPECT_EQ(cache.of(host(2)), std::nullopt);
  EXPECT_EQ(cache.of(host(1)), 900U);
  EXPECT_EQ(cache.of(host(4)), 1000U);
}

TEST(PathMtuCache, IsBoundedUnderAFlood) {
  PathMtuCache cache(16);
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    cache.too_big(IpAddress::v4(10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)), 576,
                  kStart + kTenMinutes);
    ASSERT_LE(cache.size(), 16U);
  }
}

}  // namespace
}  // namespace tcpspec::net
