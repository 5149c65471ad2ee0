#include <gtest/gtest.h>

#include "harness/target/wire/checksum.h"
#include "harness/target/wire/frame.h"

namespace tcpspec::target::wire {
namespace {

constexpr Mac kUs{2, 0, 0, 0, 0, 1}, kBox{2, 0, 0, 0, 0, 2};
const IpAddress kOwn4 = IpAddress::v4(10, 9, 0, 160), kBox4 = IpAddress::v4(10, 9, 0, 2);
const IpAddress kOwn6 = IpAddress::parse("fd00::a0").value(),
                kBox6 = IpAddress::parse("fd00::12:3456").value();

Frame through_the_wire(const Frame& frame) {
  const std::optional<Frame> decoded = decode_frame(encode_frame(frame));
  EXPECT_TRUE(decoded.has_value());
  return decoded.value_or(Frame{});
}

TEST(WireFrame, AShortFrameIsPaddedAndTheIpLengthTakesThePaddingOffAgain) {
  Bytes packet{0x45, 0, 0, 24, 0, 0, 0, 0, 64, 6, 0, 0, 10, 9, 0, 2, 10, 9, 0, 160, 1, 2, 3, 4};
  const Bytes bytes = encode_frame({kBox, kUs, {}, kEthertypeIpv4, packet});
  ASSERT_EQ(bytes.size(), kLeastFrame);
  const Frame frame = decode_frame(bytes).value();
  EXPECT_EQ(frame.to, kBox);
  EXPECT_EQ(frame.from, kUs);
  EXPECT_FALSE(frame.vlan);
  EXPECT_EQ(frame.ethertype, kEthertypeIpv4);
  EXPECT_EQ(frame.payload.size(), kLeastFrame - kEthernetHeader);
  EXPECT_EQ(without_padding(frame.payload), packet);
}

TEST(WireFrame, LengthsThatMakeNoSenseLeaveThePacketAsItIs) {
  Bytes packet(46, 0);
  packet[0] = 0x45;
  packet[3] = 19;  // less than a header
  EXPECT_EQ(without_padding(packet).size(), 46U);
  packet[2] = 0x10;  // more than there is
  EXPECT_EQ(without_padding(packet).size(), 46U);
  EXPECT_EQ(without_padding(Bytes{0x45}).size(), 1U);
  EXPECT_EQ(without_padding(Bytes{}).size(), 0U);
  EXPECT_EQ(ip_length(Bytes(46, 0xff)), 46U);
}

TEST(WireFrame, ATagGoesInAndOut) {
  const Bytes bytes = encode_frame({kBox, kUs, 5, kEthertypeIpv6, Bytes(100, 0x60)});
  EXPECT_EQ(bytes.size(), kEthernetHeader + kVlanTag + 100);
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(12, 6)), "8100000586dd");
  const Frame frame = decode_frame(bytes).value();
  EXPECT_EQ(frame.vlan, 5);
  EXPECT_EQ(frame.ethertype, kEthertypeIpv6);
  EXPECT_EQ(frame.payload, Bytes(100, 0x60));
  EXPECT_EQ(encode_frame({kBox, kUs, 5, kEthertypeArp, {}}).size(), kLeastFrame + kVlanTag);
}

TEST(WireFrame, OctetsTooFewForAHeaderAreNoFrame) {
  const Bytes bytes = encode_frame({kBox, kUs, 5, kEthertypeIpv4, {}});
  for (std::size_t size = 0; size < kEthernetHeader; ++size)
    EXPECT_FALSE(decode_frame(ByteView(bytes).first(size)));
  EXPECT_FALSE(decode_frame(ByteView(bytes).first(kEthernetHeader + kVlanTag - 1)));
  EXPECT_TRUE(decode_frame(ByteView(bytes).first(kEthernetHeader + kVlanTag)));
}

TEST(WireFrame, HardwareAddresses) {
  EXPECT_EQ(parse_mac("02:54:53:00:00:0A").value(), (Mac{2, 0x54, 0x53, 0, 0, 10}));
  EXPECT_EQ(to_string(Mac{2, 0x54, 0x53, 0, 0, 10}), "02:54:53:00:00:0a");
  for (const char* text : {"", "02:54:53:00:00", "02-54-53-00-00-0a", "02:54:53:00:00:0g",
                           "03:00:00:00:00:01", "00:00:00:00:00:00", "02:54:53:00:00:0a "}) {
    EXPECT_FALSE(parse_mac(text).ok()) << text;
  }
  const Mac own = own_mac(kBox);
  EXPECT_EQ(own[0] & 3, 2) << "locally administered, one station's";
  EXPECT_EQ(own, own_mac(kBox));
  EXPECT_NE(own, own_mac(kUs));
  EXPECT_NE(own, kBox);
}

TEST(WireNeighbour, AnArpQuestionIsUnderstoodAndAnswered) {
  const Frame asked = through_the_wire(make_question(kBox4, kBox, kOwn4));
  EXPECT_EQ(asked.to, kBroadcast);
  const Neighbour question = decode_neighbour(asked).value();
  EXPECT_EQ(question.kind, NeighbourKind::kQuestion);
  EXPECT_EQ(question.sender, kBox4);
  EXPECT_EQ(question.sender_mac, kBox);
  EXPECT_EQ(question.asked, kOwn4);
  const Frame answered = through_the_wire(make_answer(question, kOwn4, kUs, asked.from));
  EXPECT_EQ(answered.to, kBox);
  const Neighbour answer = decode_neighbour(answered).value();
  EXPECT_EQ(answer.kind, NeighbourKind::kAnswer);
  EXPECT_EQ(answer.asked, kOwn4);
  EXPECT_EQ(answer.sender_mac, kUs);
}

TEST(WireNeighbour, ASolicitationIsUnderstoodAndAnswered) {
  const Frame asked = through_the_wire(make_question(kOwn6, kUs, kBox6));
  EXPECT_EQ(to_string(asked.to), "33:33:ff:12:34:56");
  EXPECT_EQ(to_string(IpAddress::from_bytes(ByteView(asked.payload).subspan(24, 16))), "ff02::1:ff12:3456");
  const Neighbour question = decode_neighbour(asked).value();
  EXPECT_EQ(question.sender, kOwn6);
  EXPECT_EQ(question.sender_mac, kUs);
  EXPECT_EQ(question.asked, kBox6);
  const Frame answered = through_the_wire(make_answer(question, kBox6, kBox, asked.from));
  EXPECT_EQ(answered.to, kUs);
  EXPECT_EQ(load_be32(answered.payload, 44), 0x60000000U) << "solicited, override; no router";
  const Neighbour answer = decode_neighbour(answered).value();
  EXPECT_EQ(answer.kind, NeighbourKind::kAnswer);
  EXPECT_EQ(answer.asked, kBox6);
  EXPECT_EQ(answer.sender_mac, kBox);
}

TEST(WireNeighbour, AQuestionFromNoAddressIsAnsweredToAllNodes) {
  const Frame probe = through_the_wire(make_owner_probe(kBox, kOwn6));
  const Neighbour question = decode_neighbour(probe).value();
  EXPECT_FALSE(question.sender.has_value());
  const Frame answered = make_answer(question, kOwn6, kUs, probe.from);
  EXPECT_EQ(to_string(answered.to), "33:33:00:00:00:01");
  EXPECT_EQ(load_be32(answered.payload, 44), 0x20000000U) << "not solicited";
  const Neighbour arp = decode_neighbour(through_the_wire(make_owner_probe(kBox, kOwn4))).value();
  EXPECT_FALSE(arp.sender.has_value());
  EXPECT_EQ(decode_neighbour(make_answer(arp, kOwn4, kUs, kBox))->sender_mac, kUs);
}

TEST(WireNeighbour, ASolicitationFromBeyondARouterOrDamagedIsNone) {
  const Frame good = make_question(kOwn6, kUs, kBox6);
  ASSERT_TRUE(decode_neighbour(good));
  Frame far = good;
  far.payload[7] = 254;
  EXPECT_FALSE(decode_neighbour(far));
  Frame damaged = good;
  damaged.payload.back() ^= 1;
  EXPECT_FALSE(decode_neighbour(damaged)) << "checksum";
  for (std::size_t size = 0; size < good.payload.size(); ++size) {
    Frame cut = good;
    cut.payload.resize(size);
    EXPECT_FALSE(decode_neighbour(cut)) << size;
  }
  Frame arp = make_question(kOwn4, kUs, kBox4);
  arp.payload.resize(27);
  EXPECT_FALSE(decode_neighbour(arp));
}

}  // namespace
}  // namespace tcpspec::target::wire
