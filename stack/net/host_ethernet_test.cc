// Hosts on an Ethernet: addresses are resolved first, then TCP speaks as it does everywhere.
#include <gtest/gtest.h>

#include <functional>

#include "stack/base/random.h"
#include "stack/net/interface.h"
#include "stack/net/two_hosts_for_test.h"
#include "stack/wire/arp.h"
#include "stack/wire/ethernet.h"
#include "stack/wire/neighbour_discovery.h"

namespace tcpspec::net {
namespace {

using tcp::CallError;
using tcp::State;
using wire::MacAddress;

HostConfig on_ethernet(int number) {
  HostConfig config = host_config(number);
  config.link.kind = LinkKind::kEthernet;
  config.link.mac = MacAddress::of(2, 0, 0, 0, 0, static_cast<std::uint8_t>(number));
  return config;
}
MacAddress mac_of(int number) { return on_ethernet(number).link.mac; }

bool is_request(ByteView bytes, IpVersion version) {
  const auto frame = wire::parse_ethernet(bytes);
  if (version == IpVersion::kV4) {
    return frame->type == wire::ether_type::kArp &&
           wire::parse_arp(frame->payload)->operation == wire::ArpOperation::kRequest;
  }
  const std::size_t icmp_at = wire::kIpv6HeaderSize;
  return frame->type == wire::ether_type::kIpv6 && frame->payload[6] == wire::kProtocolIcmpV6 &&
         frame->payload[icmp_at] == wire::icmp6::kNeighbourSolicitation;
}

class Ethernet : public ::testing::TestWithParam<IpVersion> {
 protected:
  [[nodiscard]] bool v4() const { return GetParam() == IpVersion::kV4; }
  void listen() {
    listener = net.server.socket(GetParam());
    ASSERT_EQ(net.server.bind(listener, {IpAddress::any(GetParam()), 80}), CallError::kNone);
    ASSERT_EQ(net.server.listen(listener, 5), CallError::kNone);
  }
  void connect() {
    client = net.client.socket(GetParam());
    ASSERT_EQ(net.client.connect(client, {address_of(2, GetParam()), 80}, net.now), CallError::kNone);
  }
  // Runs until `end`, losing the frames that `lost` selects as they leave.
  void run_losing(Instant end, const std::function<bool(ByteView)>& lost) {
    net.collect();
    while (net.next() <= end) {
      std::erase_if(net.link, [&](const TwoHosts::Flight& flight) { return lost(flight.packet); });
      net.run_until(std::min(end, std::max(net.now, net.next())));
    }
    net.run_until(end);
  }
  std::optional<NeighbourState> neighbour_state() const {
    const Interface& link = net.client.interface();
    const NeighbourCache& cache = v4() ? link.arp()->neighbours() : link.neighbour_discovery()->neighbours();
    return cache.state(address_of(2, GetParam()), net.now);
  }

  TwoHosts net{on_ethernet(1), on_ethernet(2)};
  SocketId listener = 0, client = 0;
};

TEST_P(Ethernet, ConversationStartsWithResolution) {
  listen();
  net.run_for(Duration::seconds(2));
  net.log.clear();
  connect();
  net.run_for(Duration::seconds(1));
  ASSERT_EQ(net.client.status(client)->state, State::kEstablished);
  ASSERT_GE(net.log.size(), 3U);
  EXPECT_TRUE(is_request(net.log[0], GetParam()));
  for (const Bytes& frame : net.log) EXPECT_GE(frame.size(), wire::kEthernetLeast);
  // Ask, answer, SYN, SYN-ACK, ACK: the server has learnt us from our question.
  EXPECT_EQ(net.log.size(), 5U);

  const SocketId child = net.server.accept(listener).value();
  const Bytes data(100'000, 'x');
  Bytes got;
  std::size_t sent = 0;
  while (got.size() < data.size()) {
    sent += net.client.send(client, ByteView(data).subspan(sent), true, net.now).accepted;
    net.run_for(Duration::millis(50));
    const tcp::ReceiveResult result = net.server.receive(child, data.size(), net.now);
    append(got, result.data);
    ASSERT_LT(net.now, Instant::from_nanos(0) + Duration::seconds(100));
  }
  EXPECT_EQ(got, data);
  EXPECT_EQ(neighbour_state(), NeighbourState::kReachable);
  net.client.close(client, net.now);
  net.server.close(child, net.now);
  net.run_for(Duration::seconds(300));
  EXPECT_EQ(net.client.connection_count(), 0U);
  EXPECT_EQ(net.server.connection_count(), 0U);
}

TEST_P(Ethernet, LostRequestIsRepeatedAfterOneSecond) {
  listen();
  net.run_for(Duration::seconds(2));
  const Instant start = net.now;
  connect();
  int lost = 0;
  run_losing(start + Duration::seconds(1) - Duration::nanos(1),
             [&](ByteView frame) { return is_request(frame, GetParam()) && lost++ == 0; });
  EXPECT_EQ(lost, 1);
  EXPECT_EQ(net.client.status(client)->state, State::kSynSent);
  net.run_for(Duration::seconds(1));
  EXPECT_EQ(net.client.status(client)->state, State::kEstablished);
}

TEST_P(Ethernet, ProgressOfTcpSparesTheProbes) {
  listen();
  connect();
  net.run_for(Duration::seconds(2));
  const SocketId child = net.server.accept(listener).value();
  net.log.clear();
  // Far longer than any reachable time, but never without an ACK for long.
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(net.client.send(client, Bytes{1}, true, net.now).accepted, 1U);
    net.run_for(Duration::seconds(4));
    EXPECT_EQ(net.server.receive(child, 10, net.now).data.size(), 1U);
  }
  for (const Bytes& frame : net.log) {
    // The server, which only acknowledges, sees no progress of its own, and asks us now and then.
    if (is_request(frame, GetParam())) {
      EXPECT_NE(wire::parse_ethernet(frame)->source, mac_of(1));
    }
  }
}

TEST_P(Ethernet, SilentNeighbourIsASoftErrorAndNotTheEnd) {
  net.client.on_deadline(net.now);
  while (net.client.take_packet()) {
  }
  const Instant start = net.now;
  connect();
  const auto run_client = [&](Instant end) {
    while (net.client.next_deadline() <= end) {
      net.now = net.client.next_deadline();
      net.client.on_deadline(net.now);
    }
    net.now = end;
  };
  run_client(start + Duration::seconds(3) - Duration::nanos(1));
  EXPECT_EQ(net.client.soft_errors(client), 0U);
  run_client(start + Duration::seconds(3));
  EXPECT_GT(net.client.dropped(Drop::kUnresolved), 0U);
  EXPECT_GT(net.client.soft_errors(client), 0U);
  EXPECT_EQ(net.client.status(client)->state, State::kSynSent);
  int requests = 0;
  while (const auto frame = net.client.take_packet()) requests += is_request(*frame, GetParam()) ? 1 : 0;
  // Three in vain; and the SYN's second repetition, due at that very moment, begins anew.
  EXPECT_EQ(requests, 4);
  // When the neighbour is there at last, all is well.
  listen();
  net.run_for(Duration::seconds(60));
  EXPECT_EQ(net.client.status(client)->state, State::kEstablished);
}

TEST_P(Ethernet, UnicastPacketInABroadcastFrameIsDropped) {
  listen();
  wire::Segment syn = LoneHost::segment(GetParam(), wire::Flag::kSyn, 1, 0);
  const Bytes packet = tcp_packet(syn);
  const std::uint16_t type = v4() ? wire::ether_type::kIpv4 : wire::ether_type::kIpv6;
  net.server.on_packet(wire::build_ethernet({MacAddress::broadcast(), mac_of(1), type, packet}), net.now);
  EXPECT_EQ(net.server.dropped(Drop::kLinkGroup), 1U);
  net.server.on_packet(wire::build_ethernet({mac_of(3), mac_of(1), type, packet}), net.now);
  EXPECT_EQ(net.server.dropped(Drop::kLinkNotOurs), 1U);
  // The other family's type around it.
  const std::uint16_t wrong = v4() ? wire::ether_type::kIpv6 : wire::ether_type::kIpv4;
  net.server.on_packet(wire::build_ethernet({mac_of(2), mac_of(1), wrong, packet}), net.now);
  EXPECT_EQ(net.server.dropped(Drop::kVersion), 1U);
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, Ethernet, testing::Values(IpVersion::kV4, IpVersion::kV6),
                         [](const auto& param) { return param.param == IpVersion::kV4 ? "IPv4" : "IPv6"; });

TEST(HostEthernet, LinkLocalAddressesSpeakToEachOther) {
  TwoHosts net{on_ethernet(1), on_ethernet(2)};
  const SocketId listener = net.server.socket(IpVersion::kV6);
  ASSERT_EQ(net.server.bind(listener, {IpAddress::any(IpVersion::kV6), 80}), CallError::kNone);
  ASSERT_EQ(net.server.listen(listener, 5), CallError::kNone);
  const SocketId client = net.client.socket(IpVersion::kV6);
  ASSERT_EQ(net.client.connect(client, {wire::link_local_address(mac_of(2)), 80}, net.now), CallError::kNone);
  net.run_for(Duration::seconds(1));
  EXPECT_EQ(net.client.status(client)->state, State::kEstablished);
  EXPECT_EQ(net.client.local_endpoint(client)->address, wire::link_local_address(mac_of(1)));
}

TEST(HostEthernet, DuplicateAddressIsFoundAndNotSpokenFrom) {
  HostConfig second = on_ethernet(2);
  second.v6 = on_ethernet(1).v6;
  second.link.dad_transmits = 1;
  TwoHosts net{on_ethernet(1), second};
  net.run_for(Duration::seconds(5));
  const NeighbourDiscovery& nd = *net.server.interface().neighbour_discovery();
  EXPECT_EQ(nd.state(second.v6), NeighbourDiscovery::AddressState::kDuplicate);
  EXPECT_EQ(nd.state(nd.link_local()), NeighbourDiscovery::AddressState::kValid);
  const SocketId socket = net.server.socket(IpVersion::kV6);
  EXPECT_EQ(net.server.connect(socket, {addr("2001:db8::7"), 80}, net.now), CallError::kUnreachable);
}

TEST(HostEthernet, QuerierOfMulticastListenersIsAnsweredAndIgmpIsNot) {
  LoneHost lone(on_ethernet(1));
  lone.now = Instant::from_nanos(0) + Duration::seconds(10);
  lone.host.on_deadline(lone.now);
  lone.now = lone.now + Duration::seconds(2);
  lone.host.on_deadline(lone.now);
  EXPECT_EQ(lone.sent().size(), 2U);
  EXPECT_EQ(lone.host.next_deadline(), Instant::never());

  Bytes igmp{0x11, 100, 0xee, 0x9b, 0, 0, 0, 0};
  wire::Ipv4Header v4;
  v4.source = address_of(2, IpVersion::kV4);
  v4.destination = IpAddress::v4(224, 0, 0, 1);
  v4.protocol = 2;
  v4.ttl = 1;
  const auto hear_v4 = [&] {
    lone.inject(wire::build_ethernet(
        {wire::group_mac(v4.destination), mac_of(2), wire::ether_type::kIpv4, wire::build_ipv4(v4, igmp)}));
  };
  hear_v4();
  EXPECT_EQ(lone.host.dropped(Drop::kIgmpChecksum), 0U);
  EXPECT_EQ(lone.host.next_deadline(), Instant::never());
  igmp[3] ^= 1;
  hear_v4();
  EXPECT_EQ(lone.host.dropped(Drop::kIgmpChecksum), 1U);
  v4.ttl = 2;
  hear_v4();
  EXPECT_EQ(lone.host.dropped(Drop::kIgmpTtl), 1U);

  // A general MLDv2 query: the alert, then the message.
  const IpAddress router = addr("fe80::a");
  Bytes body(16);
  append(body, Bytes{2, 125, 0, 0});
  wire::IcmpMessage query;
  query.type = 130;
  query.rest_of_header = 1000U << 16;
  query.body = body;
  Bytes payload{58, 0, 5, 2, 0, 0, 1, 0};
  append(payload, wire::build_icmp(router, addr("ff02::1"), query));
  wire::Ipv6Header v6;
  v6.source = router;
  v6.destination = addr("ff02::1");
  v6.next_header = 0;
  v6.hop_limit = 1;
  lone.inject(wire::build_ethernet(
      {wire::group_mac(v6.destination), mac_of(2), wire::ether_type::kIpv6, wire::build_ipv6(v6, payload)}));
  ASSERT_LE(lone.host.next_deadline(), lone.now + Duration::seconds(1));
  EXPECT_TRUE(lone.sent().empty());
  lone.host.on_deadline(lone.host.next_deadline());
  EXPECT_EQ(lone.sent().size(), 1U);
}

TEST(HostEthernet, RarpIsToldApartByTypeAndByOperation) {
  LoneHost lone(on_ethernet(1));
  wire::ArpPacket packet;
  packet.sender_mac = mac_of(2);
  packet.target = address_of(1, IpVersion::kV4);
  Bytes bytes = wire::build_arp(packet);
  lone.inject(wire::build_ethernet({MacAddress::broadcast(), mac_of(2), wire::ether_type::kRarp, bytes}));
  bytes[7] = 3;
  lone.inject(wire::build_ethernet({MacAddress::broadcast(), mac_of(2), wire::ether_type::kArp, bytes}));
  EXPECT_EQ(lone.host.dropped(Drop::kRarp), 2U);
  lone.inject(wire::build_ethernet({mac_of(1), mac_of(2), 0x88cc, bytes}));
  EXPECT_EQ(lone.host.dropped(Drop::kEtherType), 1U);
}

TEST(HostEthernet, ConfigurationOutOfRangeIsRefusedWithTheRange) {
  EXPECT_TRUE(validate(on_ethernet(1)).ok());
  HostConfig config = on_ethernet(1);
  config.link.v4_prefix_length = 33;
  EXPECT_EQ(validate(config).error(), "v4_prefix_length is 33, must be 0 to 32");
  config = on_ethernet(1);
  config.link.mac = MacAddress::broadcast();
  EXPECT_FALSE(validate(config).ok());
  config = on_ethernet(1);
  config.link.neighbours.request_interval = Duration::millis(99);
  EXPECT_EQ(validate(config).error(), "neighbours.request_interval is 0.099 s, must be 0.1 to 60.0 s");
  config.link.neighbours.request_interval = Duration::millis(100);
  EXPECT_TRUE(validate(config).ok());
  config.mtu = 67;
  EXPECT_EQ(validate(config).error(), "mtu is 67, must be 68 to 65535");
  config = on_ethernet(1);
  config.v6 = addr("ff02::1");
  EXPECT_FALSE(validate(config).ok());
}

// Frames of every length, then frames that are nearly right: counted, answered or ignored, never the end.
TEST(HostEthernet, AnyFrameIsSurvived) {
  TwoHosts net{on_ethernet(1), on_ethernet(2)};
  const SocketId client = net.client.socket(IpVersion::kV6);
  ASSERT_EQ(net.client.connect(client, {address_of(2, IpVersion::kV6), 80}, net.now), CallError::kNone);
  net.run_for(Duration::seconds(5));
  std::vector<Bytes> models = net.log;
  wire::ArpPacket request;
  request.sender_mac = mac_of(1);
  request.sender = address_of(1, IpVersion::kV4);
  request.target = address_of(2, IpVersion::kV4);
  models.push_back(
      wire::build_ethernet({mac_of(2), mac_of(1), wire::ether_type::kArp, wire::build_arp(request)}));
  Random random(11);
  LoneHost lone(on_ethernet(2));
  for (std::size_t size = 0; size <= 80; ++size) {
    for (const Bytes& model : models) {
      Bytes frame = model;
      frame.resize(size);
      lone.inject(frame);
    }
  }
  for (int round = 0; round < 20000; ++round) {
    Bytes frame = models[random.below(models.size())];
    if (random.chance(3, 4)) std::ranges::copy(mac_of(2).bytes(), frame.begin());
    const std::uint64_t changes = random.below(4);
    for (std::uint64_t i = 0; i < changes; ++i) {
      frame[random.below(frame.size())] = static_cast<std::uint8_t>(random.next32());
    }
    if (random.chance(1, 8)) frame.resize(random.below(frame.size() + 1));
    lone.inject(frame);
    lone.now = lone.now + Duration::millis(static_cast<std::int64_t>(random.below(50)));
    lone.host.on_deadline(lone.now);
    (void)lone.sent();
  }
  EXPECT_LE(lone.host.interface().arp()->neighbours().size(), 256U);
  EXPECT_GT(lone.host.dropped(Drop::kLinkNotOurs), 100U);
}

}  // namespace
}  // namespace tcpspec::net
