// Source routes of TCP connections, RFC 9293 §3.9.2.1.
#include <gtest/gtest.h>

#include "stack/net/two_hosts_for_test.h"
#include "stack/wire/ipv4_options.h"

namespace tcpspec::net {
namespace {

using tcp::CallError;

const IpAddress kGateway = IpAddress::v4(198, 51, 100, 7);
const IpAddress kOther = IpAddress::v4(198, 51, 100, 8);

class SourceRoutedTcp : public ::testing::Test {
 protected:
  // A segment from host 2 that was led over `hop`.
  Bytes routed(const wire::Segment& segment, const IpAddress& hop) {
    wire::Ipv4Header header;
    header.source = segment.source.address;
    header.destination = segment.destination.address;
    header.protocol = wire::kProtocolTcp;
    Bytes option{131, 7, 8};
    append(option, hop.bytes());
    return wire::build_ipv4(header, wire::build_segment(segment), option);
  }
  struct Sent {
    IpAddress next_hop;
    std::string options;
    wire::Segment segment;
    std::size_t size = 0;
    bool fragment = false;
  };
  Sent only() {
    const std::vector<Bytes> packets = lone.sent();
    EXPECT_EQ(packets.size(), 1U);
    return packets.empty() ? Sent{} : read(packets[0]);
  }
  static Sent read(const Bytes& packet) {
    const auto parsed = wire::parse_ipv4(packet);
    // The checksum is over the ultimate destination, host 2.
    const auto segment =
        wire::parse_segment(parsed->header.source, address_of(2, IpVersion::kV4), parsed->payload);
    EXPECT_TRUE(segment.ok());
    return {parsed->header.destination, to_hex(parsed->options), segment.ok() ? *segment : wire::Segment{},
            packet.size(), parsed->header.is_fragment()};
  }
  // Establishes a passive connection whose SYN came over kGateway.
  void establish() {
    lone.listener(IpVersion::kV4, 5);
    wire::Segment syn = LoneHost::segment(IpVersion::kV4, wire::Flag::kSyn, 100, 0);
    syn.options.mss = 1460;
    lone.inject(routed(syn, kGateway));
    const Sent syn_ack = only();
    EXPECT_EQ(syn_ack.next_hop, kGateway);
    EXPECT_EQ(syn_ack.options, kOverGateway);
    iss = syn_ack.segment.seq;
    lone.inject(tcp_packet(LoneHost::segment(IpVersion::kV4, wire::Flag::kAck, 101, (iss + 1).raw())));
    EXPECT_TRUE(lone.sent().empty());
  }
  static wire::Segment data(std::uint32_t seq, Seq32 ack) {
    wire::Segment segment = LoneHost::segment(IpVersion::kV4, wire::Flag::kAck, seq, ack.raw());
    segment.payload = Bytes(1400, 1);
    return segment;
  }
  static constexpr const char* kOverGateway = "830704c000020200";
  LoneHost lone;
  Seq32 iss;
};

TEST_F(SourceRoutedTcp, PassiveOpenReturnsAlongTheRouteOfTheRequest) {
  establish();
  // The peer's own segments come straight; ours keep to the route.
  lone.inject(tcp_packet(data(101, iss + 1)));
  lone.now = lone.host.next_deadline();  // of the delayed ACK
  lone.host.on_deadline(lone.now);
  const std::vector<Bytes> packets = lone.sent();
  ASSERT_FALSE(packets.empty());
  for (const Bytes& packet : packets) EXPECT_EQ(read(packet).next_hop, kGateway);
}

TEST_F(SourceRoutedTcp, LaterRouteOverridesIfItsSegmentIsTheNext) {
  establish();
  lone.inject(routed(data(5000, iss + 1), kOther));  // out of order: not believed
  EXPECT_EQ(only().next_hop, kGateway);
  lone.inject(routed(data(101, iss + 1), kOther));
  lone.inject(tcp_packet(data(1501, iss + 1)));
  const std::vector<Bytes> packets = lone.sent();
  ASSERT_FALSE(packets.empty());
  EXPECT_EQ(read(packets.back()).next_hop, kOther);
}

TEST_F(SourceRoutedTcp, UsersRouteIsTakenAndNeverOverridden) {
  const SocketId id = lone.host.socket(IpVersion::kV4);
  ASSERT_EQ(lone.host.set_source_route(id, {kGateway, kOther}, true), CallError::kNone);
  const Endpoint remote{address_of(2, IpVersion::kV4), 5000};
  ASSERT_EQ(lone.host.connect(id, remote, lone.now), CallError::kNone);
  const Sent syn = only();
  EXPECT_EQ(syn.next_hop, kGateway);
  EXPECT_EQ(syn.options, "890b04c6336408c000020200");
  wire::Segment syn_ack = LoneHost::segment(IpVersion::kV4, wire::Flag::kSyn | wire::Flag::kAck, 100,
                                            (syn.segment.seq + 1).raw());
  syn_ack.destination = syn.segment.source;
  lone.inject(routed(syn_ack, IpAddress::v4(198, 51, 100, 99)));
  EXPECT_EQ(only().next_hop, kGateway);
  EXPECT_EQ(lone.host.status(id)->state, tcp::State::kEstablished);
}

TEST_F(SourceRoutedTcp, SegmentsLeaveRoomForTheOption) {
  const SocketId id = lone.host.socket(IpVersion::kV4);
  ASSERT_EQ(lone.host.set_source_route(id, {kGateway}, false), CallError::kNone);
  ASSERT_EQ(lone.host.connect(id, {address_of(2, IpVersion::kV4), 5000}, lone.now), CallError::kNone);
  const Sent syn = only();
  wire::Segment syn_ack = LoneHost::segment(IpVersion::kV4, wire::Flag::kSyn | wire::Flag::kAck, 100,
                                            (syn.segment.seq + 1).raw());
  syn_ack.destination = syn.segment.source;
  syn_ack.options.mss = 1460;
  lone.inject(tcp_packet(syn_ack));
  (void)lone.sent();
  (void)lone.host.send(id, Bytes(3000), true, lone.now);
  const std::vector<Bytes> packets = lone.sent();
  ASSERT_FALSE(packets.empty());
  EXPECT_EQ(packets[0].size(), 1500U);
  EXPECT_FALSE(read(packets[0]).fragment);
}

TEST_F(SourceRoutedTcp, ErrorAboutARoutedSegmentFindsItsConnection) {
  const SocketId id = lone.host.socket(IpVersion::kV4);
  ASSERT_EQ(lone.host.set_source_route(id, {kGateway}, false), CallError::kNone);
  ASSERT_EQ(lone.host.connect(id, {address_of(2, IpVersion::kV4), 5000}, lone.now), CallError::kNone);
  const std::vector<Bytes> packets = lone.sent();
  ASSERT_EQ(packets.size(), 1U);
  lone.inject(icmp_packet(kGateway, address_of(1, IpVersion::kV4),
                          {wire::icmp4::kUnreachable, wire::icmp4::kCodeSourceRouteFailed, 0, packets[0]}));
  EXPECT_EQ(lone.host.soft_errors(id), 1U);
}

TEST_F(SourceRoutedTcp, ImpossibleRoutesAreRefused) {
  const SocketId id = lone.host.socket(IpVersion::kV4);
  EXPECT_EQ(lone.host.set_source_route(id, {IpAddress::v4(224, 0, 0, 1)}, false), CallError::kUnreachable);
  EXPECT_EQ(lone.host.set_source_route(id, std::vector<IpAddress>(10, kGateway), false),
            CallError::kUnreachable);
  EXPECT_EQ(lone.host.set_source_route(id, std::vector<IpAddress>(9, kGateway), false), CallError::kNone);
  EXPECT_EQ(lone.host.set_source_route(lone.host.socket(IpVersion::kV6), {kGateway}, false),
            CallError::kUnreachable);
  EXPECT_EQ(lone.host.set_source_route(999, {kGateway}, false), CallError::kNotConnected);
}

}  // namespace
}  // namespace tcpspec::net
