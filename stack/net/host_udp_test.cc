// UDP sockets of a host: binding, checksums, queues, fragments, ICMP errors.
#include <gtest/gtest.h>

#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::net {
namespace {

namespace icmp4 = wire::icmp4;
namespace icmp6 = wire::icmp6;

class HostUdp : public ::testing::TestWithParam<IpVersion> {
 protected:
  [[nodiscard]] bool v4() const { return GetParam() == IpVersion::kV4; }
  SocketId bound(LoneHost& at, std::uint16_t port) {
    const SocketId id = at.host.open_udp(GetParam());
    EXPECT_EQ(at.host.bind_udp(id, {IpAddress::any(GetParam()), port}), UdpStatus::kOk);
    return id;
  }
  Bytes datagram(const Bytes& data, std::uint16_t port = 53) {
    return ip_packet(them, us, wire::kProtocolUdp, wire::build_udp({{them, 1000}, {us, port}, data}));
  }
  IpAddress us = address_of(1, GetParam());
  IpAddress them = address_of(2, GetParam());
  LoneHost lone;
};
INSTANTIATE_TEST_SUITE_P(, HostUdp, testing::Values(IpVersion::kV4, IpVersion::kV6),
                         [](const auto& test) { return test.param == IpVersion::kV4 ? "v4" : "v6"; });

TEST_P(HostUdp, DatagramsGoBothWays) {
  TwoHosts net;
  const SocketId near = net.client.open_udp(GetParam());
  const SocketId far = net.server.open_udp(GetParam());
  ASSERT_EQ(net.server.bind_udp(far, {IpAddress::any(GetParam()), 53}), UdpStatus::kOk);
  UdpSendOptions options;
  options.hop_limit = 9;
  options.traffic_class = 0xb9;
  ASSERT_EQ(net.client.send_udp(near, {address_of(2, GetParam()), 53}, Bytes{1, 2}, net.now, options),
            UdpStatus::kOk);
  net.run_for(Duration::millis(20));
  const auto request = net.server.receive_udp(far);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(to_hex(request->data), "0102");
  EXPECT_EQ(request->source.address, address_of(1, GetParam()));
  EXPECT_EQ(request->destination, (Endpoint{address_of(2, GetParam()), 53}));
  EXPECT_EQ(request->hop_limit, 9);
  EXPECT_EQ(request->traffic_class, 0xb9);
  ASSERT_EQ(net.server.send_udp(far, request->source, Bytes{3}, net.now), UdpStatus::kOk);
  net.run_for(Duration::millis(20));
  EXPECT_EQ(to_hex(net.client.receive_udp(near)->data), "03");
  EXPECT_FALSE(net.client.receive_udp(near).has_value());
}

TEST_P(HostUdp, LongDatagramTravelsInFragments) {
  TwoHosts net;
  const SocketId near = net.client.open_udp(GetParam());
  const SocketId far = net.server.open_udp(GetParam());
  ASSERT_EQ(net.server.bind_udp(far, {IpAddress::any(GetParam()), 53}), UdpStatus::kOk);
  const std::size_t most = 65535 - 8 - (v4() ? 20 : 0);
  const Bytes data(most, 0x5a);
  const Endpoint to{address_of(2, GetParam()), 53};
  // Over IPv6 the fragment header leaves no room for the last octets of a datagram that needs fragments.
  ASSERT_EQ(net.client.send_udp(near, to, data, net.now), UdpStatus::kOk);
  net.run_for(Duration::millis(20));
  EXPECT_EQ(net.log.size(), 45U + (v4() ? 0 : 1));
  const auto received = net.server.receive_udp(far);
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->data, data);
  EXPECT_EQ(net.client.send_udp(near, to, Bytes(most + 1), net.now), UdpStatus::kTooLong);
  UdpSendOptions whole;
  whole.dont_fragment = true;
  const std::size_t fits = 1500 - 8 - (v4() ? 20 : 40);
  EXPECT_EQ(net.client.send_udp(near, to, Bytes(fits), net.now, whole), UdpStatus::kOk);
  EXPECT_EQ(net.client.send_udp(near, to, Bytes(fits + 1), net.now, whole), UdpStatus::kTooLong);
}

TEST_P(HostUdp, PortsAreHeldUntilClosed) {
  const SocketId first = bound(lone, 53);
  const SocketId second = lone.host.open_udp(GetParam());
  EXPECT_EQ(lone.host.bind_udp(second, {us, 53}), UdpStatus::kPortTaken);
  EXPECT_EQ(lone.host.bind_udp(first, {us, 54}), UdpStatus::kBound);
  EXPECT_EQ(lone.host.bind_udp(second, {them, 53}), UdpStatus::kUnreachable);
  lone.host.close_udp(first);
  EXPECT_EQ(lone.host.bind_udp(second, {us, 53}), UdpStatus::kOk);
  EXPECT_EQ(lone.host.bind_udp(first, {us, 54}), UdpStatus::kNoSocket);
  EXPECT_EQ(lone.host.send_udp(second, {them, 0}, {}, lone.now), UdpStatus::kNoRemote);
  EXPECT_EQ(lone.host.send_udp(second, {IpAddress::any(GetParam()), 9}, {}, lone.now), UdpStatus::kNoRemote);
}

TEST_P(HostUdp, QueueIsBoundedInDatagramsAndOctets) {
  HostConfig config = host_config(1);
  config.ip.most_udp_datagrams = 3;
  LoneHost few(config);
  const SocketId id = bound(few, 53);
  for (int i = 0; i < 4; ++i) few.inject(datagram({}));
  EXPECT_EQ(few.host.dropped(Drop::kUdpQueue), 1U);
  EXPECT_EQ(few.events().size(), 1U);
  (void)few.host.receive_udp(id);
  few.inject(datagram({}));
  EXPECT_EQ(few.host.dropped(Drop::kUdpQueue), 1U);

  config.ip.most_udp_datagrams = 1000;
  config.ip.most_udp_octets = 65535;
  LoneHost small(config);
  const SocketId other = bound(small, 53);
  for (int i = 0; i < 66; ++i) small.inject(datagram(Bytes(1000)));
  EXPECT_EQ(small.host.dropped(Drop::kUdpQueue), 1U);
  EXPECT_EQ(small.host.receive_udp(other)->data.size(), 1000U);
}

TEST_P(HostUdp, UnsummedIsForIpv4AndOnlyWhereAccepted) {
  for (const bool accept : {true, false}) {
    HostConfig config = host_config(1);
    config.ip.accept_unsummed_udp = accept;
    LoneHost host(config);
    const SocketId id = bound(host, 53);
    Bytes udp = wire::build_udp({{them, 1000}, {us, 53}, Bytes{1}});
    store_be16(udp, 6, 0);
    host.inject(ip_packet(them, us, wire::kProtocolUdp, udp));
    EXPECT_EQ(host.host.receive_udp(id).has_value(), v4() && accept);
    EXPECT_EQ(host.host.dropped(Drop::kUdpChecksum), v4() && accept ? 0U : 1U);
  }
}

TEST_P(HostUdp, SendingWithoutAChecksumIsAChoiceOfIpv4) {
  HostConfig config = host_config(1);
  config.ip.udp_checksum = false;
  LoneHost host(config);
  const SocketId id = host.host.open_udp(GetParam());
  UdpSendOptions summed;
  summed.checksum = true;
  ASSERT_EQ(host.host.send_udp(id, {them, 53}, Bytes{1}, host.now), UdpStatus::kOk);
  ASSERT_EQ(host.host.send_udp(id, {them, 53}, Bytes{1}, host.now, summed), UdpStatus::kOk);
  const std::vector<Bytes> packets = host.sent();
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(load_be16(ip_parts(packets[0]).payload, 6) == 0, v4());
  EXPECT_NE(load_be16(ip_parts(packets[1]).payload, 6), 0);
}

// The sum of these octets comes to zero, which on the wire would say that there is none.
TEST_P(HostUdp, ComputedZeroIsSentAsAllOnes) {
  wire::UdpDatagram udp{{us, 1}, {them, 2}, {}};
  const Bytes zero(2);
  udp.data = zero;
  const std::uint16_t sum = load_be16(wire::build_udp(udp), 6);
  Bytes data(2);
  store_be16(data, 0, sum);
  udp.data = data;
  EXPECT_EQ(load_be16(wire::build_udp(udp), 6), 0xffff);
  EXPECT_TRUE(wire::parse_udp(us, them, wire::build_udp(udp)).ok());
}

TEST_P(HostUdp, LengthBelowTheHeaderOrPastTheEndIsDropped) {
  const SocketId id = bound(lone, 53);
  for (const std::uint16_t length : {0, 7, 10, 9, 8}) {
    Bytes udp = wire::build_udp({{them, 1000}, {us, 53}, Bytes{0}});
    store_be16(udp, 4, length);
    store_be16(udp, 6, 0);
    // Where the length can be true, the checksum is that of the octets it counts.
    if (length == 8 || length == 9) {
      const ByteView counted = ByteView(udp).subspan(8, length - 8U);
      store_be16(udp, 6, load_be16(wire::build_udp({{them, 1000}, {us, 53}, counted}), 6));
    }
    lone.inject(ip_packet(them, us, wire::kProtocolUdp, udp));
  }
  EXPECT_EQ(lone.host.dropped(Drop::kUdpLength), 3U);
  EXPECT_EQ(lone.host.receive_udp(id)->data.size(), 1U);
  EXPECT_EQ(lone.host.receive_udp(id)->data.size(), 0U);
}

TEST_P(HostUdp, PortUnreachableComesBackToTheSender) {
  TwoHosts net;
  const SocketId near = net.client.open_udp(GetParam());
  const Endpoint to{address_of(2, GetParam()), 53};
  ASSERT_EQ(net.client.send_udp(near, to, Bytes{1}, net.now), UdpStatus::kOk);
  net.run_for(Duration::millis(30));
  const auto error = net.client.take_udp_error(near);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->remote, to);
  EXPECT_EQ(error->type, v4() ? icmp4::kUnreachable : icmp6::kUnreachable);
  EXPECT_EQ(error->code, v4() ? icmp4::kCodePort : icmp6::kCodePort);
  EXPECT_FALSE(net.client.take_udp_error(near).has_value());
}

TEST_P(HostUdp, ErrorAboutAFragmentedDatagramFindsItsSocket) {
  TwoHosts net;
  const SocketId near = net.client.open_udp(GetParam());
  ASSERT_EQ(net.client.send_udp(near, {address_of(2, GetParam()), 53}, Bytes(3000), net.now), UdpStatus::kOk);
  const auto first = net.client.take_packet();
  const std::uint8_t type = v4() ? icmp4::kTimeExceeded : icmp6::kTimeExceeded;
  net.client.on_packet(icmp_packet(address_of(2, GetParam()), address_of(1, GetParam()),
                                   {type, 1, 0, ByteView(*first).first(v4() ? 28 : 56)}),
                       net.now);
  ASSERT_TRUE(net.client.take_udp_error(near).has_value());
  // One octet less names no port.
  net.client.on_packet(icmp_packet(address_of(2, GetParam()), address_of(1, GetParam()),
                                   {type, 1, 0, ByteView(*first).first(v4() ? 27 : 55)}),
                       net.now);
  EXPECT_FALSE(net.client.take_udp_error(near).has_value());
  EXPECT_EQ(net.client.dropped(Drop::kIcmpQuote), 1U);
}

TEST_P(HostUdp, GroupDatagramReachesItsSocketAndEarnsNoError) {
  const IpAddress group = v4() ? addr("255.255.255.255") : addr("ff02::1");
  const auto to_port = [&](std::uint16_t port) {
    return ip_packet(them, group, wire::kProtocolUdp, wire::build_udp({{them, 1}, {group, port}, Bytes{1}}));
  };
  const SocketId id = bound(lone, 53);
  lone.inject(to_port(53));
  lone.inject(to_port(54));
  EXPECT_EQ(lone.host.receive_udp(id)->destination.address, group);
  EXPECT_EQ(lone.host.dropped(Drop::kPort), 1U);
  EXPECT_TRUE(lone.sent().empty());
}

}  // namespace
}  // namespace tcpspec::net
