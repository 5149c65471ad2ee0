#include "stack/net/next_hops.h"

#include <gtest/gtest.h>

namespace tcpspec::net {
namespace {

IpAddress addr(std::string_view text) { return *IpAddress::parse(text); }
const Instant kNow = Instant::from_nanos(1'000'000'000);
constexpr Duration kTick = Duration::nanos(1);

NextHops v6(const LinkConfig& config = {}) { return NextHops(config, addr("2001:db8::1")); }
const IpAddress kFar = addr("2001:db8:9::9");
const IpAddress kRouter = addr("fe80::a");
const IpAddress kSecond = addr("fe80::b");

TEST(NextHops, OwnPrefixIsOnLinkToTheBit) {
  LinkConfig config;
  config.v4_prefix_length = 25;
  const NextHops hops(config, IpAddress::v4(192, 0, 2, 1));
  EXPECT_TRUE(hops.on_link(IpAddress::v4(192, 0, 2, 127), kNow));
  EXPECT_FALSE(hops.on_link(IpAddress::v4(192, 0, 2, 128), kNow));
  EXPECT_FALSE(hops.on_link(IpAddress::v4(192, 0, 3, 1), kNow));
  EXPECT_FALSE(hops.next_hop(IpAddress::v4(192, 0, 2, 128), kNow));
  EXPECT_TRUE(hops.is_subnet_broadcast(IpAddress::v4(192, 0, 2, 127)));
  EXPECT_FALSE(hops.is_subnet_broadcast(IpAddress::v4(192, 0, 2, 126)));
  EXPECT_FALSE(hops.is_subnet_broadcast(IpAddress::v4(192, 0, 2, 255)));
}

TEST(NextHops, PrefixesOfAllLengths) {
  LinkConfig config;
  config.v4_prefix_length = 0;
  EXPECT_TRUE(NextHops(config, IpAddress::v4(192, 0, 2, 1)).on_link(IpAddress::v4(8, 8, 8, 8), kNow));
  config.v4_prefix_length = 32;
  const NextHops alone(config, IpAddress::v4(192, 0, 2, 1));
  EXPECT_TRUE(alone.on_link(IpAddress::v4(192, 0, 2, 1), kNow));
  EXPECT_FALSE(alone.on_link(IpAddress::v4(192, 0, 2, 0), kNow));
  EXPECT_FALSE(alone.is_subnet_broadcast(IpAddress::v4(192, 0, 2, 1)));
}

TEST(NextHops, GatewayTakesWhatIsNotOnLink) {
  LinkConfig config;
  config.v4_gateway = IpAddress::v4(192, 0, 2, 254);
  const NextHops hops(config, IpAddress::v4(192, 0, 2, 1));
  EXPECT_EQ(hops.next_hop(IpAddress::v4(198, 51, 100, 1), kNow), config.v4_gateway);
  EXPECT_EQ(hops.next_hop(IpAddress::v4(192, 0, 2, 7), kNow), IpAddress::v4(192, 0, 2, 7));
}

TEST(NextHops, AdvertisedRouterServesForItsLifetime) {
  NextHops hops = v6();
  EXPECT_FALSE(hops.next_hop(kFar, kNow));
  hops.learn_router(kRouter, 10, kNow);
  const Instant end = kNow + Duration::seconds(10);
  EXPECT_EQ(hops.next_hop(kFar, end - kTick), kRouter);
  EXPECT_FALSE(hops.next_hop(kFar, end));
  hops.learn_router(kRouter, 10, end);
  EXPECT_EQ(hops.next_hop(kFar, end), kRouter);
  hops.learn_router(kRouter, 0, end);
  EXPECT_FALSE(hops.next_hop(kFar, end));
  EXPECT_EQ(hops.routers(), 0U);
}

TEST(NextHops, AdvertisedPrefixIsOnLinkForItsLifetime) {
  NextHops hops = v6();
  hops.learn_prefix(addr("2001:db8:9::"), 64, 10, kNow);
  const Instant end = kNow + Duration::seconds(10);
  EXPECT_EQ(hops.next_hop(kFar, end - kTick), kFar);
  EXPECT_FALSE(hops.next_hop(kFar, end));
  hops.learn_prefix(addr("2001:db8:9::"), 64, 0xffffffff, kNow);
  EXPECT_EQ(hops.next_hop(kFar, kNow + Duration::seconds(1'000'000)), kFar);
  hops.learn_prefix(addr("2001:db8:9::"), 64, 0, kNow);
  EXPECT_FALSE(hops.next_hop(kFar, kNow));
  // fe80::/10 is on-link whatever anybody says.
  hops.learn_prefix(addr("fe80::"), 64, 0, kNow);
  EXPECT_TRUE(hops.on_link(kRouter, kNow));
}

TEST(NextHops, SilentRouterGivesWayAndComesBack) {
  NextHops hops = v6();
  hops.learn_router(kRouter, 100, kNow);
  hops.learn_router(kSecond, 100, kNow);
  EXPECT_EQ(hops.next_hop(kFar, kNow), kRouter);
  hops.unreachable(kRouter);
  EXPECT_EQ(hops.next_hop(kFar, kNow), kSecond);
  hops.unreachable(kSecond);
  EXPECT_EQ(hops.next_hop(kFar, kNow), kRouter);
  hops.no_router(kRouter);
  EXPECT_EQ(hops.next_hop(kFar, kNow), kSecond);
}

TEST(NextHops, NoMessageTakesTheConfiguredGatewayAway) {
  LinkConfig config;
  config.v6_gateway = kRouter;
  NextHops hops = v6(config);
  hops.learn_router(kRouter, 0, kNow);
  hops.no_router(kRouter);
  EXPECT_EQ(hops.next_hop(kFar, kNow), kRouter);
}

TEST(NextHops, RedirectComesFromTheFirstHopInUse) {
  NextHops hops = v6();
  EXPECT_FALSE(hops.redirect(kRouter, kFar, kSecond, kNow));
  hops.learn_router(kRouter, 100, kNow);
  EXPECT_FALSE(hops.redirect(kSecond, kFar, kSecond, kNow));
  EXPECT_TRUE(hops.redirect(kRouter, kFar, kSecond, kNow));
  EXPECT_EQ(hops.next_hop(kFar, kNow), kSecond);
  // Now the old router has no say about it.
  EXPECT_FALSE(hops.redirect(kRouter, kFar, kRouter, kNow));
  // Other destinations stay where they were.
  EXPECT_EQ(hops.next_hop(addr("2001:db8:9::8"), kNow), kRouter);
  hops.unreachable(kSecond);
  EXPECT_EQ(hops.next_hop(kFar, kNow), kRouter);
}

TEST(NextHops, RedirectToTheDestinationItselfSaysOnLink) {
  NextHops hops = v6();
  hops.learn_router(kRouter, 100, kNow);
  EXPECT_TRUE(hops.redirect(kRouter, kFar, kFar, kNow));
  EXPECT_EQ(hops.next_hop(kFar, kNow), kFar);
}

TEST(NextHops, RedirectTargetIsOurNeighbour) {
  LinkConfig config;
  config.v4_gateway = IpAddress::v4(192, 0, 2, 254);
  NextHops hops(config, IpAddress::v4(192, 0, 2, 1));
  const IpAddress far = IpAddress::v4(198, 51, 100, 1);
  EXPECT_FALSE(hops.redirect(config.v4_gateway, far, IpAddress::v4(203, 0, 113, 1), kNow));
  EXPECT_TRUE(hops.redirect(config.v4_gateway, far, IpAddress::v4(192, 0, 2, 253), kNow));
}

TEST(NextHops, WhatIsLearntStaysWithinItsBounds) {
  LinkConfig config;
  config.most_routers = 2;
  config.most_prefixes = 2;
  config.most_redirects = 2;
  NextHops hops = v6(config);
  for (int i = 1; i <= 9; ++i) {
    const std::string digit = std::to_string(i);
    hops.learn_router(addr("fe80::" + digit), 100, kNow);
    hops.learn_prefix(addr("2001:db8:" + digit + "::"), 64, 100, kNow);
  }
  EXPECT_EQ(hops.routers(), 2U);
  EXPECT_TRUE(hops.on_link(addr("2001:db8:2::1"), kNow));
  EXPECT_FALSE(hops.on_link(addr("2001:db8:3::1"), kNow));
  for (int i = 1; i <= 9; ++i) {
    EXPECT_TRUE(hops.redirect(addr("fe80::1"), addr("2001:db8:f::" + std::to_string(i)), kSecond, kNow));
  }
  EXPECT_EQ(hops.redirects(), 2U);
  EXPECT_EQ(hops.next_hop(addr("2001:db8:f::9"), kNow), kSecond);
  EXPECT_EQ(hops.next_hop(addr("2001:db8:f::7"), kNow), addr("fe80::1"));
}

}  // namespace
}  // namespace tcpspec::net
