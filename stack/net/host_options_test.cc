// IPv4 options at a host that is the destination, RFC 791 §3.1, RFC 1122 §3.2.1.8.
#include <gtest/gtest.h>

#include "stack/net/two_hosts_for_test.h"
#include "stack/wire/ipv4_options.h"

namespace tcpspec::net {
namespace {

namespace icmp4 = wire::icmp4;

class HostOptions : public ::testing::Test {
 protected:
  Bytes packet(const Bytes& options, std::uint8_t protocol, ByteView payload) {
    wire::Ipv4Header header;
    header.source = them;
    header.destination = us;
    header.protocol = protocol;
    return wire::build_ipv4(header, payload, options);
  }
  Bytes echo(const Bytes& options) {
    return packet(options, wire::kProtocolIcmp,
                  wire::build_icmp(them, us, {icmp4::kEchoRequest, 0, 1, Bytes{1, 2}}));
  }
  wire::Ipv4Packet only(std::vector<Bytes> packets) {
    EXPECT_EQ(packets.size(), 1U);
    if (packets.size() != 1) return {};
    kept = std::move(packets[0]);
    const auto parsed = wire::parse_ipv4(kept);
    EXPECT_TRUE(parsed.ok());
    return *parsed;
  }
  IpAddress us = address_of(1, IpVersion::kV4);
  IpAddress them = address_of(2, IpVersion::kV4);
  IpAddress gateway = IpAddress::v4(198, 51, 100, 7);
  Bytes routed{131, 7, 8, 198, 51, 100, 7};
  LoneHost lone;
  Bytes kept;
};

TEST_F(HostOptions, DoNotShiftTcpsView) {
  const wire::Segment ack = LoneHost::segment(IpVersion::kV4, wire::Flag::kAck, 1, 5);
  lone.inject(packet({1, 1, 148, 4, 0, 0}, wire::kProtocolTcp, wire::build_segment(ack)));
  const wire::Ipv4Packet reset = only(lone.sent());
  EXPECT_TRUE(tcp_of(kept).rst());
  EXPECT_EQ(tcp_of(kept).seq, Seq32(5));
  EXPECT_TRUE(reset.options.empty());
}

TEST_F(HostOptions, FaultyOneIsReportedWithItsPlace) {
  lone.inject(echo({1, 222, 1, 0}));
  const wire::Ipv4Packet error = only(lone.sent());
  const auto message = wire::parse_icmp(us, them, error.payload);
  EXPECT_EQ(message->type, icmp4::kParameterProblem);
  EXPECT_EQ(message->code, 0);
  EXPECT_EQ(message->rest_of_header, 22U << 24);
  EXPECT_EQ(lone.host.dropped(Drop::kIpOption), 1U);
}

TEST_F(HostOptions, FaultyOneOnAnErrorIsNotReported) {
  lone.inject(packet({222, 1, 0, 0}, wire::kProtocolIcmp,
                     wire::build_icmp(them, us, {icmp4::kTimeExceeded, 0, 0, Bytes(28)})));
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kIpOption), 1U);
}

TEST_F(HostOptions, FaultyOneOnALaterFragmentIsNotReported) {
  wire::Ipv4Header header;
  header.source = them;
  header.destination = us;
  header.fragment_offset = 1;
  lone.inject(wire::build_ipv4(header, Bytes(8), Bytes{222, 1, 0, 0}));
  EXPECT_TRUE(lone.sent().empty());
}

TEST_F(HostOptions, EchoContinuesRecordRouteAndTimestamp) {
  lone.inject(echo({7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 68, 8, 5, 0, 0, 0, 0, 0}));
  const wire::Ipv4Packet reply = only(lone.sent());
  // One second after boot, in milliseconds, marked as not of universal time.
  EXPECT_EQ(to_hex(reply.options),
            "070b08c000020100000000"
            "44080900800003e8"
            "00");
}

TEST_F(HostOptions, EchoGoesBackAlongTheSourceRoute) {
  lone.inject(echo(routed));
  const wire::Ipv4Packet reply = only(lone.sent());
  EXPECT_EQ(reply.header.destination, gateway);
  EXPECT_EQ(to_hex(reply.options), "830704c000020200");
}

TEST_F(HostOptions, UnfinishedRouteFails) {
  lone.inject(echo({131, 7, 4, 198, 51, 100, 7}));
  const wire::Ipv4Packet error = only(lone.sent());
  const auto message = wire::parse_icmp(us, them, error.payload);
  EXPECT_EQ(message->type, icmp4::kUnreachable);
  EXPECT_EQ(message->code, icmp4::kCodeSourceRouteFailed);
  EXPECT_EQ(lone.host.dropped(Drop::kSourceRoute), 1U);
}

TEST_F(HostOptions, SourceRoutesCanBeRefused) {
  HostConfig config = host_config(1);
  config.ip.source_routes = SourceRoutes::kRefuse;
  LoneHost strict(config);
  strict.inject(echo(routed));
  EXPECT_TRUE(strict.sent().empty());
  EXPECT_EQ(strict.host.dropped(Drop::kSourceRoute), 1U);
}

TEST_F(HostOptions, RouteOverImpossibleHopsIsDropped) {
  for (const Bytes& hop :
       {Bytes{127, 0, 0, 1}, Bytes{224, 0, 0, 1}, Bytes{192, 0, 2, 1}, Bytes{0, 0, 0, 0}}) {
    Bytes option{131, 7, 8};
    append(option, hop);
    lone.inject(echo(option));
  }
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kIpOption), 4U);
}

}  // namespace
}  // namespace tcpspec::net
