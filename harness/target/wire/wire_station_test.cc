#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/packet/image.h"
#include "harness/target/wire/station.h"

namespace tcpspec::target::wire {
namespace {

using ::testing::HasSubstr;

constexpr Mac kUs{2, 0, 0, 0, 0, 1}, kBox{2, 0, 0, 0, 0, 2}, kOther{2, 0, 0, 0, 0, 3};
const IpAddress kOwn = IpAddress::v4(10, 9, 0, 160), kDut = IpAddress::v4(10, 9, 0, 2),
                kThird = IpAddress::v4(10, 9, 0, 7);

Station started(std::optional<std::uint16_t> vlan = {}) {
  Station station(kUs, vlan);
  station.become(kOwn, kDut);
  return station;
}

Frame packet_frame(const IpAddress& from, const IpAddress& to, const Mac& mac, std::uint16_t flags = 0x10) {
  packet::Image image = packet::make_tcp({from, 80}, {to, 2000});
  image.tcp->flags = flags;
  packet::seal(image);
  return {kUs, mac, {}, kEthertypeIpv4, packet::encode(image)};
}

TEST(WireStation, AQuestionForOurAddressIsAnsweredAndTellsWhereTheBoxIs) {
  Station station = started();
  const Reception reception = station.hear(make_question(kDut, kBox, kOwn));
  ASSERT_TRUE(reception.answer.has_value());
  EXPECT_EQ(reception.answer->to, kBox);
  EXPECT_EQ(reception.answer->from, kUs);
  EXPECT_TRUE(reception.box_told);
  EXPECT_EQ(station.box_mac(), kBox);
  EXPECT_TRUE(reception.packet.empty());
  EXPECT_FALSE(station.rival());
}

TEST(WireStation, AQuestionForAnotherAddressIsNotOurs) {
  Station station = started();
  EXPECT_FALSE(station.hear(make_question(kDut, kBox, kThird)).answer.has_value());
  EXPECT_FALSE(station.hear(make_question(kThird, kOther, kDut)).answer.has_value());
  EXPECT_FALSE(station.rival());
}

TEST(WireStation, ABoxThatMovesIsFollowed) {
  Station station = started();
  (void)station.hear(make_question(kDut, kBox, kOwn));
  (void)station.hear(make_question(kDut, kOther, kOwn));
  EXPECT_EQ(station.box_mac(), kOther);
}

TEST(WireStation, AnotherOwnerOfOurAddressIsNoticed) {
  Station answering = started();
  const Neighbour question = decode_neighbour(make_owner_probe(kBox, kOwn)).value();
  (void)answering.hear(make_answer(question, kOwn, kOther, kBox));
  ASSERT_TRUE(answering.rival());
  EXPECT_EQ(answering.rival()->mac, kOther);
  Station asking = started();
  EXPECT_FALSE(asking.hear(make_question(kOwn, kOther, kDut)).answer.has_value());
  ASSERT_TRUE(asking.rival());
  Station sending = started();
  (void)sending.hear(packet_frame(kOwn, kDut, kOther));
  ASSERT_TRUE(sending.rival());
  EXPECT_THAT(sending.rival()->how, HasSubstr("sends packets from our address"));
}

TEST(WireStation, AProbeForOurAddressIsAnsweredAndItsSenderIsNoRival) {
  Station station = started();
  EXPECT_TRUE(station.hear(make_owner_probe(kOther, kOwn)).answer.has_value());
  EXPECT_FALSE(station.rival());
}

TEST(WireStation, OurOwnFramesMeanNothing) {
  Station station = started();
  const Reception reception = station.hear(packet_frame(kOwn, kDut, kUs));
  EXPECT_TRUE(reception.packet.empty());
  EXPECT_FALSE(station.hear(make_question(kOwn, kUs, kDut)).answer.has_value());
  EXPECT_FALSE(station.rival());
}

TEST(WireStation, APacketForUsIsGivenOnAndOneForAnotherIsNot) {
  Station station = started();
  (void)station.hear(make_question(kDut, kBox, kOwn));
  Frame frame = packet_frame(kDut, kOwn, kBox);
  const Bytes packet = frame.payload;
  frame.payload.resize(46);
  EXPECT_EQ(station.hear(frame).packet, packet);
  EXPECT_TRUE(station.hear(packet_frame(kDut, kThird, kBox)).packet.empty());
}

TEST(WireStation, AnRstInTheBoxsNameFromAnotherMachineIsNoticed) {
  Station station = started();
  (void)station.hear(make_question(kDut, kBox, kOwn));
  (void)station.hear(packet_frame(kDut, kOwn, kBox, 0x14));
  (void)station.hear(packet_frame(kDut, kOwn, kOther, 0x10));
  EXPECT_FALSE(station.rival());
  (void)station.hear(packet_frame(kDut, kOwn, kOther, 0x14));
  ASSERT_TRUE(station.rival());
  EXPECT_EQ(station.rival()->mac, kOther);
}

TEST(WireStation, OnlyTheVlanIsHeardAndAllThatIsSentHasItsTag) {
  Station station = started(5);
  Frame question = make_question(kDut, kBox, kOwn);
  EXPECT_FALSE(station.hear(question).answer.has_value());
  question.vlan = 6;
  EXPECT_FALSE(station.hear(question).answer.has_value());
  question.vlan = 5;
  EXPECT_EQ(station.hear(question).answer->vlan, 5);
  EXPECT_EQ(station.question().vlan, 5);
  EXPECT_EQ(station.wrap(Bytes{0x45}).vlan, 5);
  EXPECT_EQ(station.owner_probe(kOwn).vlan, 5);
  EXPECT_EQ(station.filter(), "vlan 5 and (arp or host 10.9.0.160)");
}

TEST(WireStation, WithoutAVlanAPriorityTagIsHeardAndAnothersTagIsNot) {
  Station station = started();
  Frame question = make_question(kDut, kBox, kOwn);
  question.vlan = 0;
  EXPECT_TRUE(station.hear(question).answer.has_value());
  question.vlan = 5;
  EXPECT_FALSE(station.hear(question).answer.has_value());
}

TEST(WireStation, AnotherCaseForgetsTheRivalButNotWhereTheBoxIs) {
  Station station = started();
  (void)station.hear(make_question(kDut, kBox, kOwn));
  (void)station.hear(make_question(kOwn, kOther, kDut));
  ASSERT_TRUE(station.rival());
  station.become(kThird, kDut);
  EXPECT_FALSE(station.rival());
  EXPECT_EQ(station.box_mac(), kBox);
  station.become(kThird, IpAddress::v4(10, 9, 0, 3));
  EXPECT_FALSE(station.box_mac().has_value());
}

}  // namespace
}  // namespace tcpspec::target::wire
