#include "harness/target/capture.h"

#include <gtest/gtest.h>

#include "harness/target/linux.h"
#include "harness/target/linux_test_wire.h"
#include "harness/target/netns.h"
#include "harness/target/veth.h"

namespace tcpspec::target {
namespace {

// A header with a wrong checksum, which the stack drops.
Bytes ignored_packet(std::size_t size, std::uint8_t mark) {
  Bytes packet(size, mark);
  packet[0] = 0x45;
  store_be16(packet, 2, static_cast<std::uint16_t>(size));
  store_be16(packet, 10, 1);
  return packet;
}

struct Wire {
  Wire() {
    CaseSetup setup;
    setup.target = IpAddress::v4(192, 0, 2, 2);
    Result<Netlink> netlink = Error{""};
    if (enter_namespaces()) netlink = Netlink::open();
    if (netlink) way = std::move(*open_veth(*netlink, setup));
    if (way) capture.emplace(std::move(*Capture::open(way->device(), clock)));
  }
  CaseClock clock;
  std::unique_ptr<Way> way;
  std::optional<Capture> capture;
};

class CaptureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status possible = probe_linux({LinuxWay::kVeth});
    if (!possible) GTEST_SKIP() << possible.error();
  }
};

TEST_F(CaptureTest, PacketsComeInOrderWithStampsBetweenWriteAndRead) {
  test::in_child([] {
    Wire wire;
    ASSERT_TRUE(wire.capture.has_value());
    EXPECT_FALSE(wire.capture->take().has_value()) << "nothing before the first packet";
    const Instant before = wire.clock.now();
    for (std::uint8_t mark = 0; mark < 10; ++mark)
      ASSERT_TRUE(wire.way->write(ignored_packet(60, mark)).ok());
    Instant last = before;
    for (std::uint8_t mark = 0; mark < 10; ++mark) {
      const std::optional<Captured> captured = wire.capture->take();
      ASSERT_TRUE(captured.has_value());
      EXPECT_EQ(captured->packet, ignored_packet(60, mark));
      EXPECT_FALSE(captured->from_target);
      EXPECT_LE(before, captured->at.latest);
      EXPECT_LE(captured->at.earliest, captured->at.latest);
      EXPECT_LE(captured->at.latest, wire.clock.now());
      if (captured->kernel_stamp) {
        EXPECT_LE(last, captured->at.earliest);
        EXPECT_EQ(captured->at.earliest, captured->at.latest);
        last = captured->at.earliest;
      }
    }
    EXPECT_FALSE(wire.capture->take().has_value());
    EXPECT_EQ(wire.capture->lost(), 0U);
  });
}

TEST_F(CaptureTest, WhatDoesNotFitIsCountedOnce) {
  test::in_child([] {
    Wire wire;
    ASSERT_TRUE(wire.capture.has_value());
    const std::size_t written = 40'000;  // more than any rmem_max of our 16 MiB holds
    const Bytes packet = ignored_packet(1400, 7);
    for (std::size_t i = 0; i < written; ++i) ASSERT_TRUE(wire.way->write(packet).ok());
    std::size_t taken = 0;
    while (wire.capture->take()) ++taken;
    const std::uint64_t lost = wire.capture->lost();
    EXPECT_GT(taken, 0U);
    EXPECT_GT(lost, 100U);
    EXPECT_LT(lost, written);
    EXPECT_EQ(wire.capture->lost(), 0U);
  });
}

}  // namespace
}  // namespace tcpspec::target
