#include "stack/base/address.h"

#include <gtest/gtest.h>

namespace tcpspec {
namespace {

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

TEST(IpAddress, TextRoundTrips) {
  for (const char* text :
       {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1", "ff02::1"}) {
    EXPECT_EQ(to_string(address(text)), text);
  }
  EXPECT_EQ(IpAddress::v4(192, 0, 2, 1), address("192.0.2.1"));
}

TEST(IpAddress, WhatIsNoAddressSaysSo) {
  for (const char* text : {"", "1.2.3", "1.2.3.256", "example", "2001:db8", "192.0.2.1:80"}) {
    ASSERT_FALSE(IpAddress::parse(text).ok()) << text;
    EXPECT_NE(IpAddress::parse(text).error().find("'" + std::string(text) + "'"), std::string::npos);
  }
}

TEST(IpAddress, BytesRoundTripInBothFamilies) {
  for (const char* text : {"192.0.2.1", "2001:db8::1"}) {
    EXPECT_EQ(IpAddress::from_bytes(address(text).bytes()), address(text));
  }
  EXPECT_EQ(address("1.2.3.4").bytes().size(), 4U);
  EXPECT_EQ(address("::").bytes().size(), 16U);
}

TEST(IpAddress, KindsHaveTheirEdges) {
  EXPECT_FALSE(address("223.255.255.255").is_multicast());
  EXPECT_TRUE(address("224.0.0.0").is_multicast());
  EXPECT_TRUE(address("239.255.255.255").is_multicast());
  EXPECT_FALSE(address("240.0.0.0").is_multicast());
  EXPECT_TRUE(address("ff00::").is_multicast());
  EXPECT_FALSE(address("feff::").is_multicast());
  EXPECT_TRUE(address("255.255.255.255").is_broadcast());
  EXPECT_FALSE(address("255.255.255.254").is_broadcast());
  EXPECT_FALSE(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").is_broadcast());
  EXPECT_TRUE(address("127.255.0.1").is_loopback());
  EXPECT_FALSE(address("128.0.0.1").is_loopback());
  EXPECT_TRUE(address("::1").is_loopback());
  EXPECT_FALSE(address("::").is_loopback());
  EXPECT_TRUE(IpAddress::any(IpVersion::kV6).is_unspecified());
  EXPECT_TRUE(IpAddress().is_unspecified());
}

TEST(IpAddress, FamiliesNeverCompareEqual) {
  EXPECT_NE(IpAddress::any(IpVersion::kV4), IpAddress::any(IpVersion::kV6));
}

TEST(Endpoint, PrintsWithBracketsForV6) {
  EXPECT_EQ(to_string(Endpoint{address("192.0.2.1"), 80}), "192.0.2.1:80");
  EXPECT_EQ(to_string(Endpoint{address("2001:db8::1"), 80}), "[2001:db8::1]:80");
}

}  // namespace
}  // namespace tcpspec
