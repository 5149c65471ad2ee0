// What a host makes of packets below TCP: addresses, damage, ICMP, UDP.
#include <gtest/gtest.h>

#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::net {
namespace {

using tcp::CallError;
namespace icmp4 = wire::icmp4;
namespace icmp6 = wire::icmp6;

class HostIp : public ::testing::TestWithParam<IpVersion> {
 protected:
  [[nodiscard]] bool v4() const { return GetParam() == IpVersion::kV4; }
  IpAddress us = address_of(1, GetParam());
  IpAddress them = address_of(2, GetParam());
  LoneHost lone;
  // The ICMP message of the only packet sent.
  wire::IcmpMessage only_icmp() {
    const std::vector<Bytes> packets = lone.sent();
    EXPECT_EQ(packets.size(), 1U);
    if (packets.size() != 1) return {};
    parts = ip_parts(packets[0]);
    EXPECT_EQ(parts.source, us);
    EXPECT_EQ(parts.destination, them);
    const auto message = wire::parse_icmp(parts.source, parts.destination, parts.payload);
    EXPECT_TRUE(message.ok());
    return message.ok() ? *message : wire::IcmpMessage{};
  }
  IpParts parts;
};
INSTANTIATE_TEST_SUITE_P(, HostIp, testing::Values(IpVersion::kV4, IpVersion::kV6),
                         [](const auto& test) { return test.param == IpVersion::kV4 ? "v4" : "v6"; });

TEST_P(HostIp, EchoRequestIsAnsweredWithItsData) {
  const Bytes data{1, 2, 3, 4, 5};
  const std::uint8_t request = v4() ? icmp4::kEchoRequest : icmp6::kEchoRequest;
  lone.inject(icmp_packet(them, us, {request, 0, 0xaabb0001, data}));
  const wire::IcmpMessage reply = only_icmp();
  EXPECT_EQ(reply.type, v4() ? icmp4::kEchoReply : icmp6::kEchoReply);
  EXPECT_EQ(reply.rest_of_header, 0xaabb0001U);
  EXPECT_EQ(to_hex(reply.body), "0102030405");
}

TEST_P(HostIp, LongEchoReplyComesInFragmentsWithAllData) {
  Bytes data(4000);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i);
  const std::uint8_t request = v4() ? icmp4::kEchoRequest : icmp6::kEchoRequest;
  lone.inject(icmp_packet(them, us, {request, 0, 1, data}));
  const std::vector<Bytes> packets = lone.sent();
  ASSERT_EQ(packets.size(), 3U);
  EXPECT_EQ(packets[0].size(), v4() ? 1500U : 1496U);
  // Another stack puts them together: the same one, at the other end.
  LoneHost other(host_config(2));
  Bytes whole;
  for (const Bytes& packet : packets) {
    const std::size_t headers = v4() ? 20 : 48;
    EXPECT_LE(packet.size(), 1500U);
    append(whole, ByteView(packet).subspan(headers));
    other.inject(packet);
  }
  const auto reply = wire::parse_icmp(us, them, whole);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(to_hex(reply->body), to_hex(data));
  EXPECT_EQ(other.host.dropped(Drop::kIcmpUnhandled), 1U);  // an echo reply nobody waits for
}

TEST_P(HostIp, DamagedEchoRequestIsDropped) {
  Bytes packet = icmp_packet(them, us, {v4() ? icmp4::kEchoRequest : icmp6::kEchoRequest, 0, 1, {}});
  packet.back() ^= 1;
  lone.inject(packet);
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kIcmpChecksum), 1U);
}

TEST_P(HostIp, UnknownProtocolIsReported) {
  const Bytes packet = ip_packet(them, us, 132, Bytes{1, 2, 3});
  lone.inject(packet);
  const wire::IcmpMessage message = only_icmp();
  EXPECT_EQ(lone.host.dropped(Drop::kProtocol), 1U);
  EXPECT_EQ(message.type, v4() ? icmp4::kUnreachable : icmp6::kParameterProblem);
  EXPECT_EQ(message.code, v4() ? icmp4::kCodeProtocol : icmp6::kCodeNextHeader);
  EXPECT_EQ(message.rest_of_header, v4() ? 0U : 6U);
  EXPECT_EQ(to_hex(message.body), to_hex(packet));
}

TEST_P(HostIp, UdpPortIsUnreachable) {
  lone.inject(ip_packet(them, us, wire::kProtocolUdp, wire::build_udp({{them, 1}, {us, 53}, {}})));
  const wire::IcmpMessage message = only_icmp();
  EXPECT_EQ(message.type, v4() ? icmp4::kUnreachable : icmp6::kUnreachable);
  EXPECT_EQ(message.code, v4() ? icmp4::kCodePort : icmp6::kCodePort);
  EXPECT_EQ(lone.host.dropped(Drop::kPort), 1U);
}

TEST_P(HostIp, DamagedUdpIsNotReported) {
  Bytes packet = ip_packet(them, us, wire::kProtocolUdp, wire::build_udp({{them, 1}, {us, 53}, Bytes{1}}));
  packet.back() ^= 1;
  lone.inject(packet);
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kUdpChecksum), 1U);
}

TEST_P(HostIp, ErrorsAreLimitedToTenAndTenASecond) {
  const Bytes packet = ip_packet(them, us, 132, {});
  for (int i = 0; i < 20; ++i) lone.inject(packet);
  EXPECT_EQ(lone.sent().size(), 10U);
  lone.now = lone.now + Duration::nanos(99'999'999);
  lone.inject(packet);
  EXPECT_TRUE(lone.sent().empty());
  lone.now = lone.now + Duration::nanos(1);
  lone.inject(packet);
  lone.inject(packet);
  EXPECT_EQ(lone.sent().size(), 1U);
}

TEST_P(HostIp, QuoteOfALongPacketIsCut) {
  lone.inject(ip_packet(them, us, 132, Bytes(1400, 9)));
  const std::vector<Bytes> packets = lone.sent();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].size(), v4() ? 576U : 1280U);
}

TEST_P(HostIp, MulticastBroadcastAndStrangersGetNoAnswer) {
  lone.listener(GetParam(), 5);
  std::vector<IpAddress> destinations;
  if (v4()) {
    destinations = {addr("255.255.255.255"), addr("224.0.0.1"), addr("192.0.2.77"), addr("0.0.0.0")};
  } else {
    destinations = {addr("ff02::1"), addr("ff05::2"), addr("2001:db8::77"), addr("::")};
  }
  for (const IpAddress& destination : destinations) {
    wire::Segment syn = LoneHost::segment(GetParam(), wire::Flag::kSyn, 1, 0);
    syn.destination.address = destination;
    lone.inject(tcp_packet(syn));
    lone.inject(icmp_packet(them, destination, {v4() ? icmp4::kEchoRequest : icmp6::kEchoRequest, 0, 1, {}}));
    lone.inject(ip_packet(them, destination, 132, {}));
    lone.inject(ip_packet(them, destination, wire::kProtocolUdp, Bytes(8)));
  }
  EXPECT_TRUE(lone.sent().empty());
  // The groups that every host hears are not strangers, but nobody is answered for them either.
  const std::size_t heard = v4() ? 2 : 1;
  EXPECT_EQ(lone.host.dropped(Drop::kNotOurs), 4 * (destinations.size() - heard));
  EXPECT_EQ(lone.host.dropped(Drop::kGroup), 2 * heard);
  EXPECT_EQ(lone.host.dropped(Drop::kProtocol), heard);
  EXPECT_EQ(lone.host.dropped(Drop::kUdpLength), heard);
  EXPECT_EQ(lone.host.connection_count(), 0U);
}

TEST_P(HostIp, ImpossibleSourcesGetNoAnswer) {
  lone.listener(GetParam(), 5);
  std::vector<IpAddress> sources;
  if (v4()) {
    sources = {addr("255.255.255.255"),
               addr("224.0.0.1"),
               addr("127.0.0.1"),
               addr("0.0.0.0"),
               addr("0.1.2.3"),
               addr("240.0.0.1"),
               us};
  } else {
    sources = {addr("ff02::1"), addr("::1"), addr("::"), us};
  }
  for (const IpAddress& source : sources) {
    wire::Segment syn = LoneHost::segment(GetParam(), wire::Flag::kSyn, 1, 0);
    syn.source.address = source;
    lone.inject(tcp_packet(syn));
    lone.inject(ip_packet(source, us, 132, {}));
  }
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kLoopback), 2U);
  EXPECT_EQ(lone.host.dropped(Drop::kBadSource), 2 * (sources.size() - 1));
}

TEST_P(HostIp, LoopbackDestinationOnTheLinkIsDropped) {
  const IpAddress loopback = v4() ? addr("127.0.0.1") : addr("::1");
  lone.inject(ip_packet(them, loopback, 132, {}));
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kLoopback), 1U);
}

TEST_P(HostIp, EchoToAGroupIsAnsweredOnlyIfSoConfigured) {
  const IpAddress group = v4() ? addr("224.0.0.1") : addr("ff02::1");
  const Bytes request =
      icmp_packet(them, group, {v4() ? icmp4::kEchoRequest : icmp6::kEchoRequest, 0, 1, Bytes{7}});
  lone.inject(request);
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kGroup), 1U);
  HostConfig config = host_config(1);
  config.ip.answer_group_echo = true;
  LoneHost willing(config);
  willing.inject(request);
  const std::vector<Bytes> packets = willing.sent();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(ip_parts(packets[0]).source, us);
}

TEST(HostIpV4, PacketsCarryDontFragmentAndTheConfiguredTtl) {
  HostConfig config = host_config(1);
  config.ttl = 7;
  LoneHost lone(config);
  const wire::Segment ack = LoneHost::segment(IpVersion::kV4, wire::Flag::kAck, 1, 1);
  lone.inject(tcp_packet(ack));
  lone.inject(tcp_packet(ack));
  const std::vector<Bytes> packets = lone.sent();
  ASSERT_EQ(packets.size(), 2U);
  const auto first = wire::parse_ipv4(packets[0]);
  const auto second = wire::parse_ipv4(packets[1]);
  EXPECT_TRUE(first->header.dont_fragment);
  EXPECT_EQ(first->header.ttl, 7);
  EXPECT_EQ(static_cast<std::uint16_t>(first->header.identification + 1), second->header.identification);
}

TEST(HostIpV6, ExtensionHeadersLeadToTcp) {
  LoneHost lone;
  const wire::Segment ack = LoneHost::segment(IpVersion::kV6, wire::Flag::kAck, 1, 1);
  Bytes payload{wire::kProtocolTcp, 0, 1, 4, 0, 0, 0, 0};
  append(payload, wire::build_segment(ack));
  lone.inject(ip_packet(ack.source.address, ack.destination.address, wire::kProtocolHopByHop, payload));
  const std::vector<Bytes> packets = lone.sent();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_TRUE(tcp_of(packets[0]).rst());
}

TEST(HostIpV6, UnknownOptionIsReportedUnlessInAnError) {
  const IpAddress us = address_of(1, IpVersion::kV6);
  const IpAddress them = address_of(2, IpVersion::kV6);
  for (const bool in_error : {false, true}) {
    LoneHost lone;
    Bytes payload{wire::kProtocolIcmpV6, 0, 0x9e, 4, 0, 0, 0, 0};
    append(payload,
           wire::build_icmp(them, us, {in_error ? icmp6::kUnreachable : icmp6::kEchoRequest, 0, 1, {}}));
    lone.inject(ip_packet(them, us, wire::kProtocolDestinationOptions, payload));
    const std::vector<Bytes> packets = lone.sent();
    EXPECT_EQ(lone.host.dropped(Drop::kExtensionHeader), 1U);
    ASSERT_EQ(packets.size(), in_error ? 0U : 1U);
    if (in_error) continue;
    const IpParts parts = ip_parts(packets[0]);
    const auto message = wire::parse_icmp(parts.source, parts.destination, parts.payload);
    EXPECT_EQ(message->type, icmp6::kParameterProblem);
    EXPECT_EQ(message->code, 2);
    EXPECT_EQ(message->rest_of_header, 42U);
  }
}

TEST(HostIpV6, NothingFollowsNoNextHeader) {
  LoneHost lone;
  lone.inject(
      ip_packet(address_of(2, IpVersion::kV6), address_of(1, IpVersion::kV6), wire::kProtocolNoNext, {}));
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kProtocol), 1U);
}

TEST(Host, OtherVersionsAndEmptyPacketsAreDropped) {
  LoneHost lone;
  lone.inject({});
  lone.inject(Bytes{0x50, 0, 0, 0});
  EXPECT_EQ(lone.host.dropped(Drop::kShort), 1U);
  EXPECT_EQ(lone.host.dropped(Drop::kVersion), 1U);
}

TEST(Host, EveryDropHasItsOwnName) {
  std::vector<std::string_view> names;
  for (int i = 0; i < static_cast<int>(Drop::kCount); ++i)
    names.emplace_back(to_string(static_cast<Drop>(i)));
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

}  // namespace
}  // namespace tcpspec::net
