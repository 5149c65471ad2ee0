#include "stack/wire/arp.h"

#include <gtest/gtest.h>

#include "stack/base/random.h"

namespace tcpspec::wire {
namespace {

ArpPacket request() {
  ArpPacket packet;
  packet.sender_mac = MacAddress::of(2, 0, 0, 0, 0, 1);
  packet.sender = IpAddress::v4(192, 0, 2, 1);
  packet.target = IpAddress::v4(192, 0, 2, 2);
  return packet;
}

Fault fault_with(std::size_t at, std::uint8_t value) {
  Bytes bytes = build_arp(request());
  bytes[at] = value;
  const Parsed<ArpPacket> parsed = parse_arp(bytes);
  EXPECT_FALSE(parsed.ok());
  return parsed.ok() ? Fault::kShort : parsed.fault();
}

TEST(ArpPacket, OctetsAreThoseOfRfc826) {
  EXPECT_EQ(to_hex(build_arp(request())),
            "00010800060400010200000000"
            "01c0000201000000000000c0000202");
}

TEST(ArpPacket, ReadsBackWhatItBuiltAndSkipsPadding) {
  ArpPacket reply = request();
  reply.operation = ArpOperation::kReply;
  reply.target_mac = MacAddress::of(2, 0, 0, 0, 0, 2);
  Bytes bytes = build_arp(reply);
  bytes.resize(46, 0xee);
  ASSERT_TRUE(parse_arp(bytes).ok());
  EXPECT_EQ(*parse_arp(bytes), reply);
}

TEST(ArpPacket, EveryCutIsShort) {
  const Bytes bytes = build_arp(request());
  for (std::size_t size = 0; size < kArpSize; ++size) {
    EXPECT_EQ(parse_arp(ByteView(bytes).first(size)).fault(), Fault::kArpShort) << size;
  }
}

TEST(ArpPacket, ForeignFieldsHaveTheirFaults) {
  EXPECT_EQ(fault_with(1, 6), Fault::kArpHardware);
  EXPECT_EQ(fault_with(3, 1), Fault::kArpProtocol);
  EXPECT_EQ(fault_with(4, 7), Fault::kArpLength);
  EXPECT_EQ(fault_with(4, 255), Fault::kArpLength);
  EXPECT_EQ(fault_with(5, 16), Fault::kArpLength);
  EXPECT_EQ(fault_with(7, 0), Fault::kArpOperation);
  EXPECT_EQ(fault_with(7, 5), Fault::kArpOperation);
  EXPECT_EQ(fault_with(6, 1), Fault::kArpOperation);
}

TEST(ArpPacket, ReverseArpIsToldApart) {
  EXPECT_EQ(fault_with(7, 3), Fault::kRarp);
  EXPECT_EQ(fault_with(7, 4), Fault::kRarp);
}

TEST(ArpPacket, SenderMustBeOneStationAndOneHost) {
  EXPECT_EQ(fault_with(8, 3), Fault::kArpAddress);
  EXPECT_EQ(fault_with(14, 224), Fault::kArpAddress);
  ArpPacket nobody = request();
  nobody.sender_mac = MacAddress();
  EXPECT_EQ(parse_arp(build_arp(nobody)).fault(), Fault::kArpAddress);
  // A probe, RFC 5227, is in order.
  ArpPacket probe = request();
  probe.sender = IpAddress();
  EXPECT_TRUE(parse_arp(build_arp(probe)).ok());
}

TEST(ArpPacket, AnyBytesGiveAPacketOrAFault) {
  Random random(4);
  const Bytes good = build_arp(request());
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes = good;
    bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next32());
    bytes.resize(random.below(81));
    const Parsed<ArpPacket> parsed = parse_arp(bytes);
    if (parsed.ok()) {
      EXPECT_EQ(parse_arp(build_arp(*parsed)).value(), *parsed);
    }
  }
}

}  // namespace
}  // namespace tcpspec::wire
