// Fragments at a host: what it makes of them, and what it says about them.
#include <gtest/gtest.h>

#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::net {
namespace {

namespace icmp4 = wire::icmp4;
namespace icmp6 = wire::icmp6;

class HostFragments : public ::testing::TestWithParam<IpVersion> {
 protected:
  [[nodiscard]] bool v4() const { return GetParam() == IpVersion::kV4; }
  Bytes piece(std::uint32_t offset, bool more, ByteView octets, std::uint8_t protocol, std::uint32_t id = 1) {
    if (v4()) {
      wire::Ipv4Header header;
      header.source = them;
      header.destination = us;
      header.protocol = protocol;
      header.identification = static_cast<std::uint16_t>(id);
      header.fragment_offset = static_cast<std::uint16_t>(offset / 8);
      header.more_fragments = more;
      return wire::build_ipv4(header, octets);
    }
    Bytes payload = wire::build_fragment_header(protocol, offset, more, id);
    append(payload, octets);
    return ip_packet(them, us, wire::kProtocolFragment, payload);
  }
  [[nodiscard]] Bytes echo_request(std::size_t size) const {
    return wire::build_icmp(them, us,
                            {v4() ? icmp4::kEchoRequest : icmp6::kEchoRequest, 0, 9, Bytes(size, 3)});
  }
  [[nodiscard]] std::uint8_t icmp() const { return v4() ? wire::kProtocolIcmp : wire::kProtocolIcmpV6; }
  wire::IcmpMessage only_icmp() {
    packets = lone.sent();
    EXPECT_EQ(packets.size(), 1U);
    if (packets.size() != 1) return {};
    parts = ip_parts(packets[0]);
    const auto message = wire::parse_icmp(parts.source, parts.destination, parts.payload);
    EXPECT_TRUE(message.ok());
    return message.ok() ? *message : wire::IcmpMessage{};
  }
  IpAddress us = address_of(1, GetParam());
  IpAddress them = address_of(2, GetParam());
  LoneHost lone;
  std::vector<Bytes> packets;
  IpParts parts;
};
INSTANTIATE_TEST_SUITE_P(, HostFragments, testing::Values(IpVersion::kV4, IpVersion::kV6),
                         [](const auto& test) { return test.param == IpVersion::kV4 ? "v4" : "v6"; });

TEST_P(HostFragments, DatagramInPiecesIsAnsweredAsOne) {
  const Bytes request = echo_request(100);
  lone.inject(piece(64, false, ByteView(request).subspan(64), icmp()));
  EXPECT_TRUE(lone.sent().empty());
  lone.inject(piece(0, true, ByteView(request).first(64), icmp()));
  const wire::IcmpMessage reply = only_icmp();
  EXPECT_EQ(reply.type, v4() ? icmp4::kEchoReply : icmp6::kEchoReply);
  EXPECT_EQ(reply.body.size(), 100U);
}

TEST_P(HostFragments, SegmentInPiecesReachesTcp) {
  wire::Segment ack = LoneHost::segment(GetParam(), wire::Flag::kAck, 1, 77);
  ack.payload = Bytes(100, 5);
  const Bytes octets = wire::build_segment(ack);
  lone.inject(piece(0, true, ByteView(octets).first(64), wire::kProtocolTcp));
  lone.inject(piece(64, false, ByteView(octets).subspan(64), wire::kProtocolTcp));
  packets = lone.sent();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_TRUE(tcp_of(packets[0]).rst());
  EXPECT_EQ(tcp_of(packets[0]).seq, Seq32(77));
}

TEST_P(HostFragments, TimeExceededAfterSixtySecondsIfTheFirstCame) {
  const Bytes first = piece(0, true, ByteView(echo_request(100)).first(64), icmp());
  lone.inject(first);
  const Instant due = lone.now + Duration::seconds(60);
  EXPECT_EQ(lone.host.next_deadline(), due);
  lone.host.on_deadline(due - Duration::nanos(1));
  EXPECT_TRUE(lone.sent().empty());
  lone.host.on_deadline(due);
  const wire::IcmpMessage message = only_icmp();
  EXPECT_EQ(message.type, v4() ? icmp4::kTimeExceeded : icmp6::kTimeExceeded);
  EXPECT_EQ(message.code, 1);
  EXPECT_EQ(to_hex(message.body), to_hex(first));
  EXPECT_EQ(parts.source, us);
  EXPECT_EQ(lone.host.dropped(Drop::kReassemblyTimeout), 1U);
  EXPECT_EQ(lone.host.next_deadline(), Instant::never());
  lone.host.on_deadline(due + Duration::seconds(60));
  EXPECT_TRUE(lone.sent().empty());
}

TEST_P(HostFragments, NoTimeExceededWithoutTheFirstNorAboutAnError) {
  lone.inject(piece(8, true, Bytes(8), icmp(), 1));
  Bytes error = echo_request(100);
  error[0] = v4() ? icmp4::kUnreachable : icmp6::kUnreachable;
  lone.inject(piece(0, true, ByteView(error).first(64), icmp(), 2));
  lone.host.on_deadline(lone.now + Duration::seconds(60));
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kReassemblyTimeout), 2U);
}

// A fragment that comes just when the time is over begins anew, and does not complete the old datagram.
TEST_P(HostFragments, LatePieceDoesNotComplete) {
  const Bytes request = echo_request(100);
  lone.inject(piece(64, false, ByteView(request).subspan(64), icmp()));
  lone.now = lone.now + Duration::seconds(60);
  lone.inject(piece(0, true, ByteView(request).first(64), icmp()));
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kReassemblyTimeout), 1U);
}

TEST_P(HostFragments, OverlapSilencesTheDatagram) {
  const Bytes request = echo_request(100);
  lone.inject(piece(0, true, ByteView(request).first(64), icmp()));
  lone.inject(piece(56, false, ByteView(request).subspan(56), icmp()));
  lone.inject(piece(64, false, ByteView(request).subspan(64), icmp()));
  EXPECT_EQ(lone.host.dropped(Drop::kFragmentOverlap), 2U);
  lone.host.on_deadline(lone.now + Duration::seconds(60));
  EXPECT_TRUE(lone.sent().empty());
}

TEST_P(HostFragments, OddLengthInTheMiddleIsReportedOverIpv6) {
  lone.inject(piece(0, true, Bytes(9), wire::kProtocolUdp));
  EXPECT_EQ(lone.host.dropped(Drop::kFragment), 1U);
  if (v4()) {
    EXPECT_TRUE(lone.sent().empty());
    return;
  }
  const wire::IcmpMessage message = only_icmp();
  EXPECT_EQ(message.type, icmp6::kParameterProblem);
  EXPECT_EQ(message.code, 0);
  EXPECT_EQ(message.rest_of_header, 4U);
}

TEST_P(HostFragments, BeyondTheGreatestDatagramIsReportedOverIpv6) {
  lone.inject(piece(65528, false, Bytes(8), wire::kProtocolUdp));
  EXPECT_EQ(lone.host.dropped(Drop::kFragment), 1U);
  if (v4()) {
    EXPECT_TRUE(lone.sent().empty());
    return;
  }
  const wire::IcmpMessage message = only_icmp();
  EXPECT_EQ(message.code, 0);
  EXPECT_EQ(message.rest_of_header, 42U);
}

TEST_P(HostFragments, BoundIsCountedAndSaysNothing) {
  for (std::uint32_t id = 0; id < 65; ++id) lone.inject(piece(0, true, Bytes(64), wire::kProtocolUdp, id));
  EXPECT_EQ(lone.host.dropped(Drop::kReassemblyNoRoom), 1U);
  EXPECT_TRUE(lone.sent().empty());
}

TEST(HostFragmentsV6, FirstFragmentWithoutTheWholeChainIsCodeThree) {
  const IpAddress us = address_of(1, IpVersion::kV6);
  const IpAddress them = address_of(2, IpVersion::kV6);
  LoneHost lone;
  Bytes payload = wire::build_fragment_header(wire::kProtocolTcp, 0, true, 1);
  append(payload, Bytes(16));
  lone.inject(ip_packet(them, us, wire::kProtocolFragment, payload));
  const std::vector<Bytes> packets = lone.sent();
  ASSERT_EQ(packets.size(), 1U);
  const auto message = wire::parse_icmp(us, them, ip_parts(packets[0]).payload);
  EXPECT_EQ(message->type, icmp6::kParameterProblem);
  EXPECT_EQ(message->code, icmp6::kCodeHeaderChain);
  EXPECT_EQ(message->rest_of_header, 0U);
}

// RFC 8200 §4.5: an atomic fragment neither joins nor disturbs what waits under the same identification.
TEST(HostFragmentsV6, AtomicFragmentIsProcessedByItself) {
  const IpAddress us = address_of(1, IpVersion::kV6);
  const IpAddress them = address_of(2, IpVersion::kV6);
  LoneHost lone;
  const Bytes request = wire::build_icmp(them, us, {icmp6::kEchoRequest, 0, 1, Bytes(100, 1)});
  const auto send = [&](std::uint32_t offset, bool more, ByteView octets) {
    Bytes payload = wire::build_fragment_header(wire::kProtocolIcmpV6, offset, more, 1);
    append(payload, octets);
    lone.inject(ip_packet(them, us, wire::kProtocolFragment, payload));
  };
  send(0, true, ByteView(request).first(64));
  send(0, false, request);
  EXPECT_EQ(lone.sent().size(), 1U);
  send(64, false, ByteView(request).subspan(64));
  EXPECT_EQ(lone.sent().size(), 1U);
}

TEST(HostFragmentsV6, FragmentHeaderWithinAReassembledDatagramIsRefused) {
  const IpAddress us = address_of(1, IpVersion::kV6);
  const IpAddress them = address_of(2, IpVersion::kV6);
  LoneHost lone;
  Bytes inner = wire::build_fragment_header(wire::kProtocolUdp, 0, true, 2);
  append(inner, Bytes(8));
  for (const bool first : {true, false}) {
    Bytes payload = wire::build_fragment_header(wire::kProtocolFragment, first ? 0 : 16, first, 1);
    append(payload, first ? inner : Bytes(8));
    lone.inject(ip_packet(them, us, wire::kProtocolFragment, payload));
  }
  EXPECT_EQ(lone.host.dropped(Drop::kFragment), 1U);
  EXPECT_EQ(lone.host.next_deadline(), Instant::never());
}

}  // namespace
}  // namespace tcpspec::net
