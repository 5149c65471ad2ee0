// What TCP's extensions need of the host: the ECN field of IP headers (RFC 3168 §5), urgent socket calls (RFC
// 9293 §3.8.5), timestamp offsets (RFC 7323 §5.4).
#include <gtest/gtest.h>

#include <set>

#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::net {
namespace {

using wire::Flag;
using wire::Segment;

Bytes marked_packet(const Segment& segment, wire::Ecn ecn) {
  const Bytes tcp = wire::build_segment(segment);
  if (segment.source.address.is_v4()) {
    wire::Ipv4Header header;
    header.source = segment.source.address;
    header.destination = segment.destination.address;
    header.protocol = wire::kProtocolTcp;
    header.type_of_service = static_cast<std::uint8_t>(0xb8 | static_cast<std::uint8_t>(ecn));
    return wire::build_ipv4(header, tcp);
  }
  wire::Ipv6Header header;
  header.source = segment.source.address;
  header.destination = segment.destination.address;
  header.next_header = wire::kProtocolTcp;
  header.traffic_class = static_cast<std::uint8_t>(0xb8 | static_cast<std::uint8_t>(ecn));
  return wire::build_ipv6(header, tcp);
}
std::uint8_t ecn_field(ByteView packet) {
  const bool v4 = packet[0] >> 4 == 4;
  return v4 ? packet[1] & 3 : (packet[1] >> 4) & 3;
}

struct EcnConnection {
  explicit EcnConnection(IpVersion version_of) : version(version_of) {
    listener = lone.listener(version, 5);
    lone.inject(tcp_packet(LoneHost::segment(version, Flag::kSyn | Flag::kEce | Flag::kCwr, 100, 0)));
    const std::vector<Bytes> answer = lone.sent();
    EXPECT_EQ(ecn_field(answer.at(0)), 0);
    EXPECT_TRUE(tcp_of(answer[0]).flags.has(Flag::kEce));
    iss = tcp_of(answer[0]).seq;
    lone.inject(tcp_packet(text("")));
    EXPECT_TRUE(lone.sent().empty());
  }
  Segment text(std::string_view octets) const {
    Segment segment = LoneHost::segment(version, Flag::kAck, 101, (iss + 1).raw());
    segment.payload.assign(octets.begin(), octets.end());
    return segment;
  }
  Segment next_ack() {
    lone.now = lone.now + Duration::millis(40);
    lone.host.on_deadline(lone.now);
    const std::vector<Bytes> packets = lone.sent();
    EXPECT_EQ(packets.size(), 1U);
    return packets.empty() ? Segment{} : tcp_of(packets[0]);
  }
  LoneHost lone;
  IpVersion version;
  SocketId listener = 0;
  Seq32 iss;
};

class HostEcn : public ::testing::TestWithParam<IpVersion> {};
INSTANTIATE_TEST_SUITE_P(Versions, HostEcn, ::testing::Values(IpVersion::kV4, IpVersion::kV6));

TEST_P(HostEcn, AMarkOfTheIpHeaderIsEchoedAndOtherBitsAreNot) {
  for (const wire::Ecn ecn : {wire::Ecn::kNotEct, wire::Ecn::kEct0, wire::Ecn::kEct1, wire::Ecn::kCe}) {
    EcnConnection connection(GetParam());
    connection.lone.inject(marked_packet(connection.text("abc"), ecn));
    EXPECT_EQ(connection.next_ack().flags.has(Flag::kEce), ecn == wire::Ecn::kCe);
  }
}

TEST_P(HostEcn, AMarkOnADamagedSegmentIsNot) {
  EcnConnection connection(GetParam());
  Bytes damaged = marked_packet(connection.text("abc"), wire::Ecn::kCe);
  damaged.back() ^= 1;
  connection.lone.inject(damaged);
  EXPECT_EQ(connection.lone.host.dropped(Drop::kTcpChecksum), 1U);
  connection.lone.inject(marked_packet(connection.text("abc"), wire::Ecn::kEct0));
  EXPECT_FALSE(connection.next_ack().flags.has(Flag::kEce));
}

TEST_P(HostEcn, TextLeavesAsEct0) {
  EcnConnection connection(GetParam());
  const std::optional<SocketId> child = connection.lone.host.accept(connection.listener);
  ASSERT_TRUE(child);
  (void)connection.lone.host.send(*child, Bytes(5, 'x'), true, connection.lone.now);
  const std::vector<Bytes> packets = connection.lone.sent();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(ecn_field(packets[0]), 2);
}

TEST(HostUrgent, GoesFromCallToCall) {
  TwoHosts two;
  const SocketId listener = two.server.socket(IpVersion::kV4);
  ASSERT_EQ(two.server.bind(listener, {IpAddress::any(IpVersion::kV4), 80}), tcp::CallError::kNone);
  ASSERT_EQ(two.server.listen(listener, 5), tcp::CallError::kNone);
  const SocketId client = two.client.socket(IpVersion::kV4);
  EXPECT_EQ(two.client.send_urgent(client, Bytes(1, 'x'), two.now).error, tcp::CallError::kNotConnected);
  EXPECT_EQ(two.client.receive_urgent(client, two.now).error, tcp::CallError::kNotConnected);
  (void)two.client.connect(client, {address_of(2, IpVersion::kV4), 80}, two.now);
  two.run_for(Duration::seconds(1));
  const SocketId child = two.server.accept(listener).value();
  while (two.server.take_event()) {
  }
  EXPECT_EQ(two.client.send_urgent(client, Bytes(3, 'u'), two.now).accepted, 3U);
  EXPECT_EQ(two.client.send(client, Bytes(4, 'n'), true, two.now).accepted, 4U);
  two.run_for(Duration::seconds(1));
  int urgent = 0;
  while (const auto event = two.server.take_event()) {
    if (event->event.kind == tcp::EventKind::kUrgent && event->socket == child) ++urgent;
  }
  EXPECT_EQ(urgent, 1);
  EXPECT_EQ(two.server.status(child)->urgent_unread, 3U);
  EXPECT_EQ(two.server.receive(child, 100, two.now).data, Bytes(3, 'u'));
  EXPECT_EQ(two.server.receive(child, 100, two.now).data, Bytes(4, 'n'));
  EXPECT_EQ(two.server.receive_urgent(child, two.now).error, tcp::CallError::kWouldBlock);
}

TEST(HostTimestamps, EachPeerSeesAClockOfItsOwnUnlessSwitchedOff) {
  for (const bool offset : {false, true}) {
    HostConfig config = host_config(1);
    config.tcp.timestamp_offset = offset;
    LoneHost lone(config);
    (void)lone.listener(IpVersion::kV4, 50);
    std::set<std::uint32_t> values;
    for (std::uint16_t port = 5000; port < 5010; ++port) {
      Segment syn = LoneHost::segment(IpVersion::kV4, Flag::kSyn, 1, 0);
      syn.source.port = port;
      syn.options.timestamps = wire::Timestamps{1, 0};
      lone.inject(tcp_packet(syn));
      const std::vector<Bytes> answer = lone.sent();
      ASSERT_EQ(answer.size(), 1U);
      values.insert(tcp_of(answer[0]).options.timestamps.value().value);
    }
    EXPECT_EQ(values.size(), offset ? 10U : 1U);
  }
}

}  // namespace
}  // namespace tcpspec::net
