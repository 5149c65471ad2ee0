#include "stack/net/neighbour_discovery.h"

#include <gtest/gtest.h>

#include "stack/wire/ipv6.h"

namespace tcpspec::net {
namespace {

using wire::MacAddress;
using wire::NeighbourAdvertisement;
using wire::NeighbourSolicitation;
using AddressState = NeighbourDiscovery::AddressState;

IpAddress addr(std::string_view text) { return *IpAddress::parse(text); }

const MacAddress kOwnMac = MacAddress::of(2, 0, 0, 0, 0, 1);
const MacAddress kPeerMac = MacAddress::of(2, 0, 0, 0, 0, 2);
const MacAddress kOtherMac = MacAddress::of(2, 0, 0, 0, 0, 3);
const IpAddress kOwn = addr("2001:db8::1");
const IpAddress kPeer = addr("2001:db8::2");
const IpAddress kRouter = addr("fe80::a");
const IpAddress kOtherRouter = addr("fe80::b");
const IpAddress kFar = addr("2001:db8:9::9");
const IpAddress kNobody = IpAddress::any(IpVersion::kV6);
constexpr Duration kTick = Duration::nanos(1);

class Discovery : public ::testing::Test {
 protected:
  void make(const LinkConfig& config) { nd.emplace(config, kOwn, Random(1), output); }
  void SetUp() override { make({}); }
  struct Sent {
    MacAddress to;
    IpAddress source, destination;
    std::optional<wire::NeighbourMessage> message;  // none: some other packet
  };
  std::vector<Sent> sent() {
    std::vector<Sent> all;
    while (const auto bytes = output.take()) {
      const auto frame = wire::parse_ethernet(*bytes);
      Sent one{frame->destination, {}, {}, {}};
      const auto ip = wire::parse_ipv6(frame->payload);
      if (ip.ok() && ip->header.next_header == 58) {
        one.source = ip->header.source;
        one.destination = ip->header.destination;
        const auto icmp = wire::parse_icmp(one.source, one.destination, ip->payload);
        one.message = *wire::parse_neighbour(one.source, one.destination, ip->header.hop_limit, *icmp);
      }
      all.push_back(one);
    }
    return all;
  }
  void arrives(const IpAddress& source, const IpAddress& destination, const wire::NeighbourMessage& message,
               std::uint8_t hop_limit = 255) {
    const Bytes bytes = wire::build_neighbour(source, destination, message);
    nd->arrives(source, destination, hop_limit, *wire::parse_icmp(source, destination, bytes), now);
  }
  void router_speaks(const IpAddress& router, std::uint16_t seconds) {
    wire::RouterAdvertisement message;
    message.router_seconds = seconds;
    message.source_mac = kOtherMac;
    arrives(router, addr("ff02::1"), message);
  }

  DropCounters drops;
  LinkOutput output{kOwnMac, drops};
  std::optional<NeighbourDiscovery> nd;
  Instant now = Instant::from_nanos(1'000'000'000);
};

TEST_F(Discovery, AnswersForItsAddresses) {
  for (const IpAddress& target : {kOwn, nd->link_local()}) {
    arrives(kPeer, wire::solicited_node_group(target), NeighbourSolicitation{target, kPeerMac});
    const auto answers = sent();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].to, kPeerMac);
    EXPECT_EQ(answers[0].source, target);
    EXPECT_EQ(answers[0].destination, kPeer);
    EXPECT_EQ(answers[0].message,
              wire::NeighbourMessage(NeighbourAdvertisement{target, false, true, true, kOwnMac}));
  }
  EXPECT_EQ(nd->neighbours().state(kPeer, now), NeighbourState::kStale);
  // To answer is no reason to probe.
  EXPECT_EQ(nd->next_deadline(), Instant::never());
}

TEST_F(Discovery, DetectingNeighbourHearsItFromAllNodes) {
  arrives(kNobody, wire::solicited_node_group(kOwn), NeighbourSolicitation{kOwn, {}});
  const auto answers = sent();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].destination, addr("ff02::1"));
  EXPECT_EQ(answers[0].message,
            wire::NeighbourMessage(NeighbourAdvertisement{kOwn, false, false, true, kOwnMac}));
  EXPECT_EQ(nd->state(kOwn), AddressState::kValid);
}

TEST_F(Discovery, OthersAddressesAreNotAnsweredFor) {
  arrives(kPeer, wire::solicited_node_group(kOwn), NeighbourSolicitation{addr("2001:db8:1::1"), kPeerMac});
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(drops.of(Drop::kNdNotOurs), 1U);
  EXPECT_EQ(nd->neighbours().size(), 0U);
}

TEST_F(Discovery, ForwardedMessageIsDropped) {
  arrives(kPeer, kOwn, NeighbourSolicitation{kOwn, kPeerMac}, 254);
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(drops.of(Drop::kNdHopLimit), 1U);
}

TEST_F(Discovery, ResolvesANeighbourInItsGroup) {
  nd->send(kPeer, Bytes(60), now);
  auto frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].to, MacAddress::of(0x33, 0x33, 0xff, 0, 0, 2));
  EXPECT_EQ(frames[0].source, kOwn);
  EXPECT_EQ(frames[0].message, wire::NeighbourMessage(NeighbourSolicitation{kPeer, kOwnMac}));
  arrives(kPeer, kOwn, NeighbourAdvertisement{kPeer, false, true, true, kPeerMac});
  frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].to, kPeerMac);
  EXPECT_FALSE(frames[0].message);
}

TEST_F(Discovery, LinkLocalNeighbourIsAskedFromTheLinkLocalAddress) {
  nd->send(kRouter, Bytes(60), now);
  EXPECT_EQ(sent().at(0).source, nd->link_local());
}

TEST_F(Discovery, UnaskedAdvertisementIsNotLearnt) {
  arrives(kPeer, kOwn, NeighbourAdvertisement{kPeer, false, true, true, kPeerMac});
  EXPECT_EQ(drops.of(Drop::kNdUnsolicited), 1U);
  EXPECT_EQ(nd->neighbours().size(), 0U);
}

TEST_F(Discovery, RouterServesForAsLongAsItSays) {
  nd->send(kFar, Bytes(60), now);
  EXPECT_EQ(drops.of(Drop::kNoRoute), 1U);
  router_speaks(kRouter, 10);
  now = now + Duration::seconds(10) - kTick;
  nd->send(kFar, Bytes(60), now);
  EXPECT_EQ(sent().at(0).to, kOtherMac);
  now = now + kTick;
  nd->send(kFar, Bytes(60), now);
  EXPECT_EQ(drops.of(Drop::kNoRoute), 2U);
}

TEST_F(Discovery, RouterThatSaysItIsAHostIsLeft) {
  router_speaks(kRouter, 100);
  router_speaks(kOtherRouter, 100);
  EXPECT_EQ(nd->hops().next_hop(kFar, now), kRouter);
  arrives(kRouter, addr("ff02::1"), NeighbourAdvertisement{kRouter, false, false, true, kOtherMac});
  EXPECT_EQ(nd->hops().next_hop(kFar, now), kOtherRouter);
}

TEST_F(Discovery, RouterAdvertisementsCanBeRefused) {
  LinkConfig config;
  config.accept_router_advertisements = false;
  make(config);
  router_speaks(kRouter, 100);
  EXPECT_FALSE(nd->hops().next_hop(kFar, now));
  EXPECT_EQ(drops.of(Drop::kIcmpUnhandled), 1U);
}

TEST_F(Discovery, AdvertisedOnLinkPrefixMakesNeighbours) {
  wire::RouterAdvertisement message;
  message.prefixes = {{addr("2001:db8:9::"), 64, true, false, 100, 0},
                      {addr("2001:db8:8::"), 64, false, true, 100, 0}};
  arrives(kRouter, addr("ff02::1"), message);
  EXPECT_EQ(nd->hops().next_hop(kFar, now), kFar);
  EXPECT_FALSE(nd->hops().next_hop(addr("2001:db8:8::1"), now));
}

TEST_F(Discovery, RedirectIsBelievedFromTheFirstHopOnly) {
  router_speaks(kRouter, 100);
  const wire::Redirect redirect{kOtherRouter, kFar, kPeerMac};
  arrives(kOtherRouter, kOwn, redirect);
  EXPECT_EQ(drops.of(Drop::kRedirect), 1U);
  EXPECT_EQ(nd->hops().next_hop(kFar, now), kRouter);
  arrives(kRouter, kOwn, redirect);
  EXPECT_EQ(nd->hops().next_hop(kFar, now), kOtherRouter);
  EXPECT_EQ(nd->neighbours().mac(kOtherRouter, now), kPeerMac);
  arrives(kRouter, kOwn, wire::Redirect{nd->link_local(), addr("2001:db8:9::8"), {}});
  EXPECT_EQ(drops.of(Drop::kRedirect), 2U);
}

TEST_F(Discovery, AddressesAreDetectedBeforeUseWhereConfigured) {
  LinkConfig config;
  config.dad_transmits = 2;
  make(config);
  EXPECT_EQ(nd->state(kOwn), AddressState::kTentative);
  std::map<IpAddress, std::vector<Instant>> asked;
  while (nd->next_deadline() != Instant::never()) {
    now = nd->next_deadline();
    nd->on_deadline(now - kTick);
    EXPECT_TRUE(sent().empty());
    nd->on_deadline(now);
    for (const Sent& one : sent()) {
      EXPECT_EQ(one.source, kNobody);
      const IpAddress target = std::get<NeighbourSolicitation>(*one.message).target;
      EXPECT_EQ(one.destination, wire::solicited_node_group(target));
      asked[target].push_back(now);
    }
  }
  ASSERT_EQ(asked.size(), 2U);
  for (const auto& [target, times] : asked) {
    ASSERT_EQ(times.size(), 2U);
    EXPECT_LE(times[0], Instant() + Duration::seconds(1));
    EXPECT_EQ(times[1] - times[0], Duration::seconds(1));
    EXPECT_EQ(nd->state(target), AddressState::kValid);
  }
  EXPECT_EQ(now, std::max(asked[kOwn][1], asked[nd->link_local()][1]) + Duration::seconds(1));
}

TEST_F(Discovery, AddressThatAnotherHasIsNeverUsed) {
  LinkConfig config;
  config.dad_transmits = 1;
  make(config);
  arrives(kOwn, addr("ff02::1"), NeighbourAdvertisement{kOwn, false, false, true, kPeerMac});
  EXPECT_EQ(nd->state(kOwn), AddressState::kDuplicate);
  arrives(kNobody, wire::solicited_node_group(nd->link_local()), NeighbourSolicitation{nd->link_local(), {}});
  EXPECT_EQ(nd->state(nd->link_local()), AddressState::kDuplicate);
  EXPECT_EQ(drops.of(Drop::kNdConflict), 2U);
  EXPECT_EQ(nd->next_deadline(), Instant::never());
  arrives(kPeer, wire::solicited_node_group(kOwn), NeighbourSolicitation{kOwn, kPeerMac});
  EXPECT_TRUE(sent().empty());
}

TEST_F(Discovery, OrdinarySolicitationForATentativeAddressIsIgnored) {
  LinkConfig config;
  config.dad_transmits = 1;
  make(config);
  arrives(kPeer, wire::solicited_node_group(kOwn), NeighbourSolicitation{kOwn, kPeerMac});
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(nd->state(kOwn), AddressState::kTentative);
}

TEST_F(Discovery, RoutersAreSolicitedUntilOneSpeaks) {
  LinkConfig config;
  config.router_solicitations = 3;
  make(config);
  for (int i = 0; i < 2; ++i) {
    const Instant at = nd->next_deadline();
    nd->on_deadline(at);
    const auto frames = sent();
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].destination, addr("ff02::2"));
    EXPECT_EQ(frames[0].message, wire::NeighbourMessage(wire::RouterSolicitation{kOwnMac}));
    EXPECT_EQ(nd->next_deadline(), at + Duration::seconds(4));
  }
  router_speaks(kRouter, 100);
  EXPECT_EQ(nd->next_deadline(), Instant::never());
}

}  // namespace
}  // namespace tcpspec::net
