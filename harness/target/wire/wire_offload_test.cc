#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/packet/image.h"
#include "harness/target/wire/checksum.h"

namespace tcpspec::target::wire {
namespace {

using ::testing::HasSubstr;

packet::Image segment(const char* from, const char* to, const std::string& text) {
  packet::Image image =
      packet::make_tcp({IpAddress::parse(from).value(), 80}, {IpAddress::parse(to).value(), 4711});
  image.tcp->flags = 0x18;
  image.tcp->options = {2, 4, 5, 0xb4};
  image.payload.assign(text.begin(), text.end());
  packet::seal(image);
  return image;
}

// What Linux leaves in the field when the interface is to do the rest: the sum of the pseudo-header, not
// complemented.
packet::Image half_done(packet::Image image) {
  const std::size_t length = 20 + image.tcp->options.size() + image.payload.size();
  image.tcp->checksum = fold(pseudo_sum(image.source_address(), image.destination_address(), 6, length));
  return image;
}

std::string trap(const packet::Image& image, std::uint16_t mtu = 1500) {
  const Bytes bytes = packet::encode(image);
  return offload_trap(bytes, bytes.size(), mtu);
}

TEST(WireOffload, AChecksumOfThePseudoHeaderOnlyIsTheMachinesFault) {
  for (const auto& [from, to] : {std::pair("10.9.0.2", "10.9.0.160"), std::pair("fd00::2", "fd00::a0")}) {
    for (const char* text : {"", "x", "xy"}) {
      EXPECT_EQ(trap(segment(from, to, text)), "");
      EXPECT_THAT(trap(half_done(segment(from, to, text))), HasSubstr("ethtool -K DEV tx off on the target"));
    }
  }
}

TEST(WireOffload, AnyOtherWrongChecksumIsTheStacks) {
  packet::Image image = segment("10.9.0.2", "10.9.0.160", "abc");
  for (const int by : {1, -1, 256}) {
    packet::Image wrong = image;
    wrong.tcp->checksum = static_cast<std::uint16_t>(wrong.tcp->checksum + by);
    EXPECT_EQ(trap(wrong), "");
    packet::Image near = half_done(image);
    near.tcp->checksum = static_cast<std::uint16_t>(near.tcp->checksum + by);
    EXPECT_EQ(trap(near), "");
  }
  image.tcp->checksum = 0;
  EXPECT_EQ(trap(image), "");
}

TEST(WireOffload, ASegmentAboveTheMtuIsTheMachinesFault) {
  const packet::Image image = segment("10.9.0.2", "10.9.0.160", std::string(1456, 'x'));
  ASSERT_EQ(packet::encode(image).size(), 1500U);
  EXPECT_EQ(trap(image, 1500), "");
  EXPECT_THAT(trap(image, 1499), HasSubstr("gso off tso off gro off lro off"));
  EXPECT_THAT(offload_trap(Bytes(100), 2900, 1500), HasSubstr("2900 octets")) << "not all of it was captured";
}

TEST(WireOffload, WhatIsNoTcpSegmentIsNoTrap) {
  EXPECT_EQ(offload_trap(Bytes{}, 0, 1500), "");
  EXPECT_EQ(offload_trap(Bytes(60, 0x45), 60, 1500), "");
  packet::Image fragment = half_done(segment("10.9.0.2", "10.9.0.160", "abc"));
  Bytes bytes = packet::encode(fragment);
  bytes[6] = 0x20;  // more fragments
  EXPECT_EQ(offload_trap(bytes, bytes.size(), 1500), "");
}

}  // namespace
}  // namespace tcpspec::target::wire
