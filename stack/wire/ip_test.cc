#include <gtest/gtest.h>

#include "stack/wire/checksum.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"

namespace tcpspec::wire {
namespace {

const Bytes kPayload{1, 2, 3, 4, 5};

Ipv4Header header_v4() {
  Ipv4Header header;
  header.source = IpAddress::v4(192, 0, 2, 1);
  header.destination = IpAddress::v4(192, 0, 2, 2);
  header.protocol = kProtocolTcp;
  header.ttl = 17;
  header.type_of_service = 0xb9;
  header.identification = 0xbeef;
  header.dont_fragment = true;
  return header;
}

Ipv6Header header_v6(std::uint8_t next_header) {
  Ipv6Header header;
  header.source = *IpAddress::parse("2001:db8::1");
  header.destination = *IpAddress::parse("2001:db8::2");
  header.next_header = next_header;
  header.hop_limit = 3;
  header.traffic_class = 0x5a;
  header.flow_label = 0xfedcb;
  return header;
}

Bytes resummed(Bytes packet) {
  store_be16(packet, 10, 0);
  store_be16(packet, 10, checksum(ByteView(packet).first(std::size_t{packet[0] & 0x0fU} * 4)));
  return packet;
}

TEST(Ipv4, RoundTrip) {
  const Bytes bytes = build_ipv4(header_v4(), kPayload);
  EXPECT_EQ(bytes.size(), 25U);
  const auto packet = parse_ipv4(bytes);
  ASSERT_TRUE(packet.ok());
  EXPECT_EQ(packet->header, header_v4());
  EXPECT_EQ(to_hex(packet->payload), to_hex(kPayload));
}

TEST(Ipv4, LinkPaddingIsNotPayload) {
  Bytes bytes = build_ipv4(header_v4(), kPayload);
  bytes.resize(60, 0xee);
  const auto packet = parse_ipv4(bytes);
  ASSERT_TRUE(packet.ok());
  EXPECT_EQ(to_hex(packet->payload), to_hex(kPayload));
  EXPECT_EQ(packet->whole.size(), 25U);
}

TEST(Ipv4, EveryTruncationIsNamed) {
  const Bytes bytes = build_ipv4(header_v4(), kPayload);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    const auto packet = parse_ipv4(cut);
    ASSERT_FALSE(packet.ok()) << length;
    EXPECT_EQ(packet.fault(), length < 20 ? Fault::kShort : Fault::kIpTotalLength) << length;
  }
}

TEST(Ipv4, OptionsAreSkipped) {
  Bytes bytes = build_ipv4(header_v4(), kPayload);
  bytes[0] = 0x46;
  store_be16(bytes, 2, 29);
  bytes.insert(bytes.begin() + 20, {0x94, 0x04, 0x00, 0x00});  // router alert
  const auto packet = parse_ipv4(resummed(bytes));
  ASSERT_TRUE(packet.ok());
  EXPECT_EQ(packet->payload.size(), 5U);
}

TEST(Ipv4, EachCheckHasItsFault) {
  const Bytes good = build_ipv4(header_v4(), kPayload);
  const auto fault_with = [&](std::size_t at, std::uint8_t value) {
    Bytes bad = good;
    bad[at] = value;
    return parse_ipv4(bad).fault();
  };
  EXPECT_EQ(fault_with(0, 0x65), Fault::kVersion);
  EXPECT_EQ(fault_with(0, 0x44), Fault::kIpHeaderLength);
  EXPECT_EQ(fault_with(0, 0x4f), Fault::kIpHeaderLength);
  EXPECT_EQ(fault_with(3, 19), Fault::kIpTotalLength);
  EXPECT_EQ(fault_with(3, 26), Fault::kIpTotalLength);
  EXPECT_EQ(fault_with(10, static_cast<std::uint8_t>(good[10] ^ 1)), Fault::kIpChecksum);
}

TEST(Ipv4, FragmentsParseAndSaySo) {
  Ipv4Header header = header_v4();
  header.dont_fragment = false;
  EXPECT_FALSE(parse_ipv4(build_ipv4(header, kPayload))->header.is_fragment());
  header.more_fragments = true;
  EXPECT_TRUE(parse_ipv4(build_ipv4(header, kPayload))->header.is_fragment());
  header.more_fragments = false;
  header.fragment_offset = 0x1fff;
  const auto last = parse_ipv4(build_ipv4(header, kPayload));
  EXPECT_TRUE(last->header.is_fragment());
  EXPECT_EQ(last->header, header);
}

TEST(Ipv6, RoundTrip) {
  const Bytes bytes = build_ipv6(header_v6(kProtocolTcp), kPayload);
  EXPECT_EQ(bytes.size(), 45U);
  const auto packet = parse_ipv6(bytes);
  ASSERT_TRUE(packet.ok());
  EXPECT_EQ(packet->header, header_v6(kProtocolTcp));
  EXPECT_EQ(to_hex(packet->payload), to_hex(kPayload));
}

TEST(Ipv6, EveryTruncationIsNamed) {
  const Bytes bytes = build_ipv6(header_v6(kProtocolTcp), kPayload);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    const auto packet = parse_ipv6(cut);
    ASSERT_FALSE(packet.ok()) << length;
    EXPECT_EQ(packet.fault(), length < 40 ? Fault::kShort : Fault::kIpTotalLength) << length;
  }
}

// Where the walk over `extensions` (first of kind `first`) ends.
WalkedIpv6 walk(std::uint8_t first, const Bytes& extensions) {
  const Bytes bytes = build_ipv6(header_v6(first), extensions);
  return walk_extension_headers(*parse_ipv6(bytes));
}
std::optional<ParameterProblem> problem_of(const WalkedIpv6& walked) {
  return std::get<Rejection>(walked).problem;
}

TEST(Ipv6Extensions, NoneIsTheUpperLayerItself) {
  const auto walked = walk(kProtocolTcp, kPayload);
  const auto& upper = std::get<UpperLayer>(walked);
  EXPECT_EQ(upper.protocol, kProtocolTcp);
  EXPECT_EQ(upper.protocol_at, 6U);
  EXPECT_EQ(upper.payload.size(), 5U);
}

TEST(Ipv6Extensions, HopByHopThenDestinationOptionsAreSkipped) {
  const auto walked = walk(kProtocolHopByHop, {kProtocolDestinationOptions,
                                               0,
                                               1,
                                               4,
                                               0,
                                               0,
                                               0,
                                               0,  //
                                               kProtocolTcp,
                                               1,
                                               0x1e,
                                               12,
                                               0,
                                               0,
                                               0,
                                               0,  //
                                               0,
                                               0,
                                               0,
                                               0,
                                               0,
                                               0,
                                               0,
                                               0,
                                               0xaa});
  ASSERT_TRUE(std::holds_alternative<UpperLayer>(walked));
  const auto& upper = std::get<UpperLayer>(walked);
  EXPECT_EQ(upper.protocol, kProtocolTcp);
  EXPECT_EQ(upper.protocol_at, 48U);
  EXPECT_EQ(upper.payload.size(), 1U);
}

TEST(Ipv6Extensions, UnknownOptionActsByItsHighBits) {
  const auto with_option = [](std::uint8_t type) {
    return walk(kProtocolDestinationOptions, {kProtocolTcp, 0, type, 4, 0, 0, 0, 0});
  };
  EXPECT_TRUE(std::holds_alternative<UpperLayer>(with_option(0x1e)));
  EXPECT_EQ(problem_of(with_option(0x5e)), std::nullopt);
  EXPECT_EQ(problem_of(with_option(0x9e)), (ParameterProblem{2, 42}));
  EXPECT_EQ(problem_of(with_option(0xde)), (ParameterProblem{2, 42}));
}

TEST(Ipv6Extensions, OptionPastItsHeaderIsRejected) {
  const auto walked = walk(kProtocolDestinationOptions, {kProtocolTcp, 0, 1, 5, 0, 0, 0, 0, 9, 9});
  EXPECT_EQ(problem_of(walked), (ParameterProblem{0, 42}));
}

TEST(Ipv6Extensions, HopByHopElsewhereIsAnUnknownNextHeader) {
  const auto walked = walk(kProtocolDestinationOptions, {kProtocolHopByHop, 0, 1, 4, 0, 0, 0, 0,  //
                                                         kProtocolTcp, 0, 1, 4, 0, 0, 0, 0});
  EXPECT_EQ(problem_of(walked), (ParameterProblem{1, 40}));
}

TEST(Ipv6Extensions, RoutingHeaderCountsOnlyWithSegmentsLeft) {
  EXPECT_TRUE(
      std::holds_alternative<UpperLayer>(walk(kProtocolRouting, {kProtocolTcp, 0, 0, 0, 0, 0, 0, 0})));
  EXPECT_EQ(problem_of(walk(kProtocolRouting, {kProtocolTcp, 0, 0, 1, 0, 0, 0, 0})),
            (ParameterProblem{0, 42}));
}

TEST(Ipv6Extensions, AtomicFragmentIsWholeOthersAreNot) {
  EXPECT_TRUE(
      std::holds_alternative<UpperLayer>(walk(kProtocolFragment, {kProtocolTcp, 0, 0, 0, 1, 2, 3, 4})));
  const auto first = std::get<Ipv6Fragment>(walk(kProtocolFragment, {kProtocolTcp, 0, 0, 1, 1, 2, 3, 4, 9}));
  EXPECT_EQ(first.offset, 0U);
  EXPECT_TRUE(first.more);
  EXPECT_EQ(first.identification, 0x01020304U);
  EXPECT_EQ(first.next_header, kProtocolTcp);
  EXPECT_EQ(first.next_header_at, 6U);
  EXPECT_EQ(first.data.size(), 1U);
  const auto later =
      std::get<Ipv6Fragment>(walk(kProtocolFragment, {kProtocolTcp, 0, 0xff, 0xf8, 1, 2, 3, 4}));
  EXPECT_EQ(later.offset, 65528U);
  EXPECT_FALSE(later.more);
}

TEST(Ipv6Extensions, ReservedBitsOfAFragmentHeaderAreIgnored) {
  EXPECT_TRUE(
      std::holds_alternative<UpperLayer>(walk(kProtocolFragment, {kProtocolTcp, 0xff, 0, 6, 1, 2, 3, 4})));
}

TEST(Ipv6Extensions, UnknownOptionToAGroupIsReportedUnlessItForbidsThat) {
  for (const std::uint8_t type : {0x9e, 0xde}) {
    Ipv6Header header = header_v6(kProtocolHopByHop);
    header.destination = *IpAddress::parse("ff02::1");
    const Bytes bytes = build_ipv6(header, Bytes{kProtocolTcp, 0, type, 4, 0, 0, 0, 0});
    EXPECT_EQ(problem_of(walk_extension_headers(*parse_ipv6(bytes))).has_value(), type == 0x9e);
  }
}

TEST(Ipv6Extensions, MoreHeadersThanTheBoundVanish) {
  Bytes extensions;
  for (std::size_t i = 0; i < kMostExtensionHeaders; ++i) {
    const bool last = i + 1 == kMostExtensionHeaders;
    append(extensions, Bytes{last ? kProtocolTcp : kProtocolDestinationOptions, 0, 1, 4, 0, 0, 0, 0});
  }
  EXPECT_TRUE(std::holds_alternative<UpperLayer>(walk(kProtocolDestinationOptions, extensions)));
  Bytes one_more{kProtocolDestinationOptions, 0, 1, 4, 0, 0, 0, 0};
  append(one_more, extensions);
  const auto walked = walk(kProtocolDestinationOptions, one_more);
  ASSERT_TRUE(std::holds_alternative<Rejection>(walked));
  EXPECT_EQ(problem_of(walked), std::nullopt);
}

TEST(Ipv6Extensions, HeaderChainEndsWithTheUpperLayersHeader) {
  Bytes tcp(20);
  tcp[12] = 0x60;
  EXPECT_FALSE(holds_header_chain(kProtocolTcp, ByteView(tcp).first(19)));
  EXPECT_FALSE(holds_header_chain(kProtocolTcp, tcp));  // four octets of options are missing
  tcp.resize(24);
  EXPECT_TRUE(holds_header_chain(kProtocolTcp, tcp));
  EXPECT_FALSE(holds_header_chain(kProtocolUdp, Bytes(7)));
  EXPECT_TRUE(holds_header_chain(kProtocolUdp, Bytes(8)));
  EXPECT_FALSE(holds_header_chain(kProtocolIcmpV6, Bytes(3)));
  EXPECT_TRUE(holds_header_chain(kProtocolIcmpV6, Bytes(4)));
  EXPECT_TRUE(holds_header_chain(200, {}));
  const Bytes options{kProtocolUdp, 0, 1, 4, 0, 0, 0, 0};
  EXPECT_FALSE(holds_header_chain(kProtocolDestinationOptions, ByteView(options).first(7)));
  EXPECT_FALSE(holds_header_chain(kProtocolDestinationOptions, options));
}

TEST(Ipv6Extensions, EveryTruncationIsSilentlyRejected) {
  const Bytes extensions{kProtocolDestinationOptions,
                         1,
                         1,
                         12,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         0,
                         kProtocolTcp,
                         0,
                         1,
                         4,
                         0,
                         0,
                         0,
                         0};
  for (std::size_t length = 0; length < extensions.size(); ++length) {
    const auto walked =
        walk(kProtocolHopByHop,
             Bytes(extensions.begin(), extensions.begin() + static_cast<std::ptrdiff_t>(length)));
    ASSERT_TRUE(std::holds_alternative<Rejection>(walked)) << length;
    EXPECT_EQ(problem_of(walked), std::nullopt) << length;
  }
}

TEST(Ipv6Extensions, LengthPastThePacketIsSilentlyRejected) {
  const auto walked = walk(kProtocolDestinationOptions, {kProtocolTcp, 1, 1, 12, 0, 0, 0, 0});
  ASSERT_TRUE(std::holds_alternative<Rejection>(walked));
  EXPECT_EQ(std::get<Rejection>(walked).fault, Fault::kExtensionHeader);
  EXPECT_EQ(problem_of(walked), std::nullopt);
}

TEST(Ipv6Extensions, SkippingJudgesNothing) {
  const Bytes bytes = build_ipv6(header_v6(kProtocolDestinationOptions),
                                 Bytes{kProtocolIcmpV6, 0, 0x9e, 4, 0, 0, 0, 0, 0x80});
  const auto upper = skip_extension_headers(*parse_ipv6(bytes));
  ASSERT_TRUE(upper.has_value());
  EXPECT_EQ(upper->protocol, kProtocolIcmpV6);
  EXPECT_EQ(upper->payload.size(), 1U);
}

}  // namespace
}  // namespace tcpspec::wire
