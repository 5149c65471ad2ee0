#include "stack/net/arp.h"

#include <gtest/gtest.h>

namespace tcpspec::net {
namespace {

using wire::ArpOperation;
using wire::ArpPacket;
using wire::MacAddress;

const MacAddress kOwnMac = MacAddress::of(2, 0, 0, 0, 0, 1);
const MacAddress kPeerMac = MacAddress::of(2, 0, 0, 0, 0, 2);
const MacAddress kThirdMac = MacAddress::of(2, 0, 0, 0, 0, 3);
const IpAddress kOwn = IpAddress::v4(192, 0, 2, 1);
const IpAddress kPeer = IpAddress::v4(192, 0, 2, 2);
const IpAddress kThird = IpAddress::v4(192, 0, 2, 3);
constexpr Duration kTick = Duration::nanos(1);

class ArpOfOneHost : public ::testing::Test {
 protected:
  void make(const LinkConfig& config) { arp.emplace(config, kOwn, Random(1), output); }
  void SetUp() override { make({}); }
  struct Sent {
    MacAddress to;
    ArpPacket packet;
  };
  // Every frame must be ARP.
  std::vector<Sent> sent() {
    std::vector<Sent> all;
    while (const auto bytes = output.take()) {
      const auto frame = wire::parse_ethernet(*bytes);
      EXPECT_EQ(frame->type, wire::ether_type::kArp);
      EXPECT_EQ(bytes->size(), wire::kEthernetLeast);
      all.push_back({frame->destination, *wire::parse_arp(frame->payload)});
    }
    return all;
  }
  void arrives(const ArpPacket& packet) { arp->arrives(wire::build_arp(packet), now); }
  std::optional<MacAddress> known(const IpAddress& address) { return arp->neighbours().mac(address, now); }

  DropCounters drops;
  LinkOutput output{kOwnMac, drops};
  std::optional<Arp> arp;
  Instant now = Instant::from_nanos(1'000'000'000);
};

TEST_F(ArpOfOneHost, AnswersARequestForItsAddressToTheAsker) {
  arrives({ArpOperation::kRequest, kPeerMac, kPeer, MacAddress(), kOwn});
  const auto replies = sent();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].to, kPeerMac);
  EXPECT_EQ(replies[0].packet, (ArpPacket{ArpOperation::kReply, kOwnMac, kOwn, kPeerMac, kPeer}));
  // RFC 826: we were the target, so the asker is learnt.
  EXPECT_EQ(known(kPeer), kPeerMac);
}

TEST_F(ArpOfOneHost, RequestForAnotherHostIsNeitherAnsweredNorLearnt) {
  arrives({ArpOperation::kRequest, kPeerMac, kPeer, MacAddress(), kThird});
  EXPECT_TRUE(sent().empty());
  EXPECT_FALSE(known(kPeer));
}

TEST_F(ArpOfOneHost, WhoeverIsKnownIsUpdatedByAnyPacket) {
  arrives({ArpOperation::kRequest, kPeerMac, kPeer, MacAddress(), kOwn});
  arrives({ArpOperation::kRequest, kThirdMac, kPeer, MacAddress(), kThird});
  EXPECT_EQ(known(kPeer), kThirdMac);
}

TEST_F(ArpOfOneHost, ProbeIsAnsweredButNobodyLearnt) {
  arrives({ArpOperation::kRequest, kPeerMac, IpAddress(), MacAddress(), kOwn});
  const auto replies = sent();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].packet.target, IpAddress());
  EXPECT_EQ(arp->neighbours().size(), 0U);
}

TEST_F(ArpOfOneHost, ReplyConfirmsWhatWeAsked) {
  arp->send(kPeer, Bytes(60), now);
  const auto requests = sent();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].to, MacAddress::broadcast());
  EXPECT_EQ(requests[0].packet, (ArpPacket{ArpOperation::kRequest, kOwnMac, kOwn, MacAddress(), kPeer}));
  arrives({ArpOperation::kReply, kPeerMac, kPeer, kOwnMac, kOwn});
  EXPECT_EQ(arp->neighbours().state(kPeer, now), NeighbourState::kReachable);
  const auto frame = output.take();
  ASSERT_TRUE(frame);
  EXPECT_EQ(wire::parse_ethernet(*frame)->destination, kPeerMac);
  EXPECT_EQ(wire::parse_ethernet(*frame)->type, wire::ether_type::kIpv4);
}

TEST_F(ArpOfOneHost, ConflictIsCountedAndDefendedOnceInAnInterval) {
  const ArpPacket claim{ArpOperation::kReply, kPeerMac, kOwn, kThirdMac, kThird};
  const ArpPacket announcement{ArpOperation::kRequest, kOwnMac, kOwn, MacAddress(), kOwn};
  arrives(claim);
  auto defence = sent();
  ASSERT_EQ(defence.size(), 1U);
  EXPECT_EQ(defence[0].to, MacAddress::broadcast());
  EXPECT_EQ(defence[0].packet, announcement);
  now = now + Duration::seconds(10) - kTick;
  arrives(claim);
  EXPECT_TRUE(sent().empty());
  now = now + kTick;
  arrives(claim);
  EXPECT_EQ(sent().size(), 1U);
  EXPECT_EQ(drops.of(Drop::kArpConflict), 3U);
  EXPECT_EQ(arp->neighbours().size(), 0U);
}

TEST_F(ArpOfOneHost, OwnPacketsComeBackWithoutEffect) {
  arrives({ArpOperation::kRequest, kOwnMac, kOwn, MacAddress(), kOwn});
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(drops.of(Drop::kArpConflict), 0U);
  EXPECT_EQ(drops.of(Drop::kArpAddress), 1U);
}

TEST_F(ArpOfOneHost, AnnouncesAtStartAsOftenAsConfigured) {
  EXPECT_EQ(arp->next_deadline(), Instant::never());
  LinkConfig config;
  config.arp_announcements = 2;
  make(config);
  EXPECT_EQ(arp->next_deadline(), Instant());
  arp->on_deadline(Instant());
  EXPECT_EQ(sent().size(), 1U);
  const Instant second = Instant() + Duration::seconds(2);
  EXPECT_EQ(arp->next_deadline(), second);
  arp->on_deadline(second - kTick);
  EXPECT_TRUE(sent().empty());
  arp->on_deadline(second);
  EXPECT_EQ(sent().size(), 1U);
  EXPECT_EQ(arp->next_deadline(), Instant::never());
}

TEST_F(ArpOfOneHost, WithoutARouteNothingIsAsked) {
  arp->send(IpAddress::v4(198, 51, 100, 1), Bytes(60), now);
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(drops.of(Drop::kNoRoute), 1U);
  EXPECT_EQ(output.take_undeliverable().size(), 1U);
}

TEST_F(ArpOfOneHost, FaultsAreCountedByTheirKind) {
  arrives({ArpOperation::kRequest, MacAddress::broadcast(), kPeer, MacAddress(), kOwn});
  EXPECT_EQ(drops.of(Drop::kArpAddress), 1U);
  arp->arrives(Bytes(5), now);
  EXPECT_EQ(drops.of(Drop::kArpShort), 1U);
  EXPECT_TRUE(sent().empty());
}

}  // namespace
}  // namespace tcpspec::net
