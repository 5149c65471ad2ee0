#include "stack/wire/ethernet.h"

#include <gtest/gtest.h>

#include "stack/base/random.h"
#include "stack/wire/mac_address.h"

namespace tcpspec::wire {
namespace {

constexpr MacAddress kA = MacAddress::of(2, 0, 0, 0, 0, 0xa);
constexpr MacAddress kB = MacAddress::of(2, 0, 0, 0, 0, 0xb);

Bytes frame(std::uint16_t type_or_length, const Bytes& content) {
  Bytes bytes;
  append(bytes, kA.bytes());
  append(bytes, kB.bytes());
  append_be16(bytes, type_or_length);
  append(bytes, content);
  return bytes;
}

TEST(Ethernet, BuiltFrameIsPaddedToSixtyOctets) {
  const Bytes payload(46, 7);
  for (const std::size_t size : {std::size_t{0}, std::size_t{45}, std::size_t{46}}) {
    const Bytes bytes = build_ethernet({kA, kB, ether_type::kIpv4, ByteView(payload).first(size)});
    ASSERT_EQ(bytes.size(), kEthernetLeast);
    for (std::size_t i = 14 + size; i < bytes.size(); ++i) EXPECT_EQ(bytes[i], 0) << i;
  }
  EXPECT_EQ(build_ethernet({kA, kB, ether_type::kIpv4, Bytes(47)}).size(), 61U);
}

TEST(Ethernet, ReadsBackWhatItBuilt) {
  const Bytes payload(100, 9);
  const Bytes bytes = build_ethernet({kA, kB, ether_type::kIpv6, payload});
  const Parsed<EthernetFrame> parsed = parse_ethernet(bytes);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->destination, kA);
  EXPECT_EQ(parsed->source, kB);
  EXPECT_EQ(parsed->type, ether_type::kIpv6);
  EXPECT_EQ(Bytes(parsed->payload.begin(), parsed->payload.end()), payload);
}

TEST(Ethernet, ThirteenOctetsAreNoHeaderFourteenAre) {
  const Bytes whole = frame(ether_type::kIpv4, {});
  EXPECT_EQ(parse_ethernet(ByteView(whole).first(13)).fault(), Fault::kEthernetShort);
  const Parsed<EthernetFrame> parsed = parse_ethernet(whole);
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->payload.empty());
}

TEST(Ethernet, GroupNeverSends) {
  Bytes bytes = frame(ether_type::kIpv4, Bytes(46));
  bytes[6] |= 1;
  EXPECT_EQ(parse_ethernet(bytes).fault(), Fault::kEthernetSource);
}

TEST(Ethernet, Rfc1042EncapsulationIsUnwrapped) {
  const Bytes content{0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00, 1, 2, 3};
  Bytes padded = content;
  padded.resize(46);
  const Bytes bytes = frame(static_cast<std::uint16_t>(content.size()), padded);
  const Parsed<EthernetFrame> parsed = parse_ethernet(bytes);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->type, ether_type::kIpv4);
  // The length field takes the padding off.
  EXPECT_EQ(Bytes(parsed->payload.begin(), parsed->payload.end()), (Bytes{1, 2, 3}));
}

TEST(Ethernet, OtherLlcFramesAreRefused) {
  const Bytes good{0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00};
  EXPECT_TRUE(parse_ethernet(frame(8, good)).ok());
  EXPECT_EQ(parse_ethernet(frame(7, good)).fault(), Fault::kEthernetLlc);
  EXPECT_EQ(parse_ethernet(frame(0, good)).fault(), Fault::kEthernetLlc);
  for (std::size_t i = 0; i < 6; ++i) {
    Bytes bad = good;
    bad[i] ^= 0x10;
    EXPECT_EQ(parse_ethernet(frame(8, bad)).fault(), Fault::kEthernetLlc) << i;
  }
}

TEST(Ethernet, LengthPastTheFrameIsRefused) {
  Bytes content{0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00};
  content.resize(46);
  EXPECT_TRUE(parse_ethernet(frame(46, content)).ok());
  EXPECT_EQ(parse_ethernet(frame(47, content)).fault(), Fault::kEthernetLength);
}

TEST(Ethernet, NumbersBetweenLengthAndTypeAreNeither) {
  const Bytes content(1500);
  EXPECT_EQ(parse_ethernet(frame(1500, content)).fault(), Fault::kEthernetLlc);
  EXPECT_EQ(parse_ethernet(frame(1501, content)).fault(), Fault::kEthernetLength);
  EXPECT_EQ(parse_ethernet(frame(1535, content)).fault(), Fault::kEthernetLength);
  EXPECT_TRUE(parse_ethernet(frame(1536, content)).ok());
}

TEST(Ethernet, AnyBytesGiveAFrameOrAFault) {
  Random random(3);
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes(random.below(81));
    for (std::uint8_t& octet : bytes) octet = static_cast<std::uint8_t>(random.next32());
    if (bytes.size() > 13 && random.chance(1, 2)) bytes[12] = static_cast<std::uint8_t>(random.below(7));
    const Parsed<EthernetFrame> parsed = parse_ethernet(bytes);
    if (parsed.ok()) {
      EXPECT_LE(parsed->payload.size() + 14, bytes.size());
    } else {
      EXPECT_STRNE(to_string(parsed.fault()), "unknown fault");
    }
  }
}

TEST(MacAddress, GroupsAndStations) {
  EXPECT_TRUE(MacAddress::broadcast().is_group());
  EXPECT_FALSE(MacAddress::broadcast().is_station());
  EXPECT_FALSE(MacAddress().is_station());
  EXPECT_TRUE(kA.is_station());
  EXPECT_EQ(to_string(kA), "02:00:00:00:00:0a");
}

TEST(MacAddress, IpGroupsMapToTheirFrames) {
  // RFC 1112 §6.4: 23 bits, so the top bit of the second octet is lost.
  EXPECT_EQ(group_mac(IpAddress::v4(224, 0, 0, 1)), MacAddress::of(1, 0, 0x5e, 0, 0, 1));
  EXPECT_EQ(group_mac(IpAddress::v4(239, 255, 1, 2)), MacAddress::of(1, 0, 0x5e, 0x7f, 1, 2));
  EXPECT_EQ(group_mac(*IpAddress::parse("ff02::1:ff12:3456")),
            MacAddress::of(0x33, 0x33, 0xff, 0x12, 0x34, 0x56));
}

TEST(MacAddress, MakesTheLinkLocalAddressAndItsGroup) {
  const IpAddress local = link_local_address(MacAddress::of(0, 0x11, 0x22, 0x33, 0x44, 0x55));
  EXPECT_EQ(to_string(local), "fe80::211:22ff:fe33:4455");
  EXPECT_TRUE(is_link_local(local));
  EXPECT_TRUE(is_link_local(*IpAddress::parse("febf::1")));
  EXPECT_FALSE(is_link_local(*IpAddress::parse("fec0::1")));
  EXPECT_FALSE(is_link_local(IpAddress::v4(169, 254, 0, 1)));
  EXPECT_EQ(to_string(solicited_node_group(local)), "ff02::1:ff33:4455");
}

}  // namespace
}  // namespace tcpspec::wire
