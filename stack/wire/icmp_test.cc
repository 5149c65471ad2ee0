#include "stack/wire/icmp.h"

#include <gtest/gtest.h>

#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"
#include "stack/wire/segment_codec.h"
#include "stack/wire/udp.h"

namespace tcpspec::wire {
namespace {

struct Pair {
  IpAddress a, b;
};
Pair v4_pair() { return {IpAddress::v4(192, 0, 2, 1), IpAddress::v4(192, 0, 2, 2)}; }
Pair v6_pair() { return {*IpAddress::parse("2001:db8::1"), *IpAddress::parse("2001:db8::2")}; }

class BothFamilies : public ::testing::TestWithParam<bool> {
 protected:
  Pair pair = GetParam() ? v4_pair() : v6_pair();
};
INSTANTIATE_TEST_SUITE_P(, BothFamilies, testing::Bool(),
                         [](const auto& test) { return test.param ? "v4" : "v6"; });

TEST_P(BothFamilies, IcmpRoundTrip) {
  const Bytes data{9, 8, 7};
  const Bytes bytes = build_icmp(pair.a, pair.b, {8, 5, 0x12345678, data});
  const auto message = parse_icmp(pair.a, pair.b, bytes);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->type, 8);
  EXPECT_EQ(message->code, 5);
  EXPECT_EQ(message->rest_of_header, 0x12345678U);
  EXPECT_EQ(to_hex(message->body), "090807");
}

TEST_P(BothFamilies, IcmpShortAndDamagedAreNamed) {
  const Bytes good = build_icmp(pair.a, pair.b, {8, 0, 1, {}});
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_EQ(parse_icmp(pair.a, pair.b, ByteView(good).first(length)).fault(), Fault::kIcmpShort);
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 0x10;
    EXPECT_EQ(parse_icmp(pair.a, pair.b, bad).fault(), Fault::kIcmpChecksum) << at;
  }
}

TEST(Icmp, OnlyIcmpV6SumsTheAddresses) {
  const Pair four = v4_pair();
  const Pair six = v6_pair();
  const Bytes message4 = build_icmp(four.a, four.b, {8, 0, 1, {}});
  EXPECT_TRUE(parse_icmp(four.b, IpAddress::v4(10, 0, 0, 1), message4).ok());
  const Bytes message6 = build_icmp(six.a, six.b, {128, 0, 1, {}});
  EXPECT_FALSE(parse_icmp(*IpAddress::parse("2001:db8::99"), six.b, message6).ok());
}

TEST(Icmp, ErrorsAndQueriesAreToldApart) {
  for (const std::uint8_t type : {3, 4, 5, 11, 12, 200}) {
    EXPECT_TRUE(is_icmp_error(IpVersion::kV4, type)) << int{type};
  }
  for (const std::uint8_t type : {0, 8, 13, 17}) EXPECT_FALSE(is_icmp_error(IpVersion::kV4, type));
  for (const std::uint8_t type : {1, 2, 3, 4, 127, 137}) EXPECT_TRUE(is_icmp_error(IpVersion::kV6, type));
  for (const std::uint8_t type : {128, 129, 135, 255}) EXPECT_FALSE(is_icmp_error(IpVersion::kV6, type));
}

Bytes quoted_packet(const Pair& pair) {
  Segment segment;
  segment.source = {pair.a, 1234};
  segment.destination = {pair.b, 80};
  segment.seq = Seq32(0xfffffff0);
  segment.flags = Flag::kSyn;
  const Bytes tcp = build_segment(segment);
  if (pair.a.is_v4()) return build_ipv4({.source = pair.a, .destination = pair.b, .protocol = 6}, tcp);
  return build_ipv6({.source = pair.a, .destination = pair.b, .next_header = 6}, tcp);
}

TEST_P(BothFamilies, QuoteNeedsEightOctetsOfTcp) {
  const Bytes packet = quoted_packet(pair);
  const std::size_t enough = (GetParam() ? 20 : 40) + 8;
  for (std::size_t length = 0; length <= packet.size(); ++length) {
    const auto quote = parse_quote(
        pair.a.version(), Bytes(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(length)));
    ASSERT_EQ(quote.ok(), length >= enough) << length;
    if (!quote.ok()) continue;
    EXPECT_EQ(quote->source, (Endpoint{pair.a, 1234}));
    EXPECT_EQ(quote->destination, (Endpoint{pair.b, 80}));
    EXPECT_EQ(quote->seq, Seq32(0xfffffff0));
  }
}

TEST(Icmp, QuoteThatIsNoTcpSegmentIsNamed) {
  Bytes packet = quoted_packet(v4_pair());
  packet[10] ^= 0xff;  // a router may have changed the header: its checksum is not asked
  EXPECT_TRUE(parse_quote(IpVersion::kV4, packet).ok());
  EXPECT_EQ(parse_quote(IpVersion::kV6, packet).fault(), Fault::kIcmpQuote);
  Bytes udp = packet;
  udp[9] = kProtocolUdp;
  EXPECT_EQ(parse_quote(IpVersion::kV4, udp).fault(), Fault::kIcmpQuote);
  Bytes fragment = packet;
  fragment[7] = 1;
  EXPECT_EQ(parse_quote(IpVersion::kV4, fragment).fault(), Fault::kIcmpQuote);
  Bytes bad_ihl = packet;
  bad_ihl[0] = 0x44;
  EXPECT_EQ(parse_quote(IpVersion::kV4, bad_ihl).fault(), Fault::kIcmpQuote);
}

TEST_P(BothFamilies, UdpRoundTripAndFaults) {
  const Bytes data{1, 2, 3};
  const Bytes good = build_udp({{pair.a, 53}, {pair.b, 9999}, data});
  const auto datagram = parse_udp(pair.a, pair.b, good);
  ASSERT_TRUE(datagram.ok());
  EXPECT_EQ(datagram->source, (Endpoint{pair.a, 53}));
  EXPECT_EQ(datagram->destination, (Endpoint{pair.b, 9999}));
  EXPECT_EQ(to_hex(datagram->data), "010203");
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_EQ(parse_udp(pair.a, pair.b, ByteView(good).first(length)).fault(),
              length < 8 ? Fault::kUdpShort : Fault::kUdpLength);
  }
  Bytes damaged = good;
  damaged[9] ^= 1;
  EXPECT_EQ(parse_udp(pair.a, pair.b, damaged).fault(), Fault::kUdpChecksum);
  Bytes unsummed = good;
  store_be16(unsummed, 6, 0);
  EXPECT_EQ(parse_udp(pair.a, pair.b, unsummed).ok(), GetParam());
}

}  // namespace
}  // namespace tcpspec::wire
