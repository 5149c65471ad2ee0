#include <gtest/gtest.h>

#include "harness/packet/image.h"
#include "harness/packet/stream.h"

namespace tcpspec::packet {
namespace {

TEST(Checksum, Ipv4HeaderOfAKnownPacket) {
  // A widely printed example header; its checksum is 0xb861.
  const Bytes bytes = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                       0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
  Image image = decode(bytes);
  image.v4->checksum = 0;
  EXPECT_EQ(right_ipv4_checksum(image), 0xb861);
}

TEST(Checksum, TcpOverIpv4ByHand) {
  // Pseudo-header: 0a00 0001 0a00 0002 0006 0014; header: 0001 0002 0000 0000 0000 0000 5000 0000 0000 0000.
  Image image = make_tcp({IpAddress::v4(10, 0, 0, 1), 1}, {IpAddress::v4(10, 0, 0, 2), 2});
  seal(image);
  const std::uint32_t sum = 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 0x0006 + 0x0014 + 0x0001 + 0x0002 + 0x5000;
  EXPECT_EQ(image.tcp->checksum, static_cast<std::uint16_t>(~sum));
}

TEST(Checksum, TcpOverIpv6ByHandWithAnOddPayload) {
  Image image = make_tcp({IpAddress::parse("::1").value(), 1}, {IpAddress::parse("::2").value(), 2});
  image.payload = {0xab};
  seal(image);
  const std::uint32_t sum = 0x0001 + 0x0002 + 21 + 6 + 0x0001 + 0x0002 + 0x5000 + 0xab00;
  EXPECT_EQ(image.tcp->checksum, static_cast<std::uint16_t>(~sum));
}

TEST(Checksum, CarriesAreFoldedBackIn) {
  Image image =
      make_tcp({IpAddress::v4(255, 255, 255, 255), 0xffff}, {IpAddress::v4(255, 255, 255, 255), 0xffff});
  image.tcp->seq = image.tcp->ack = 0xffffffff;
  seal(image);
  // Ten words of 0xffff are zero in one's complement; left are protocol, length and data offset.
  EXPECT_EQ(image.tcp->checksum, static_cast<std::uint16_t>(~(6 + 20 + 0x5000)));
}

TEST(Seal, PadsOptionsAndComputesLengths) {
  Image image = make_tcp({IpAddress::v4(10, 0, 0, 1), 1}, {IpAddress::v4(10, 0, 0, 2), 2});
  image.tcp->options = {3, 3, 7};
  image.v4->options = {1};
  image.payload = Bytes(10);
  seal(image);
  EXPECT_EQ(image.tcp->options, (Bytes{3, 3, 7, 0}));
  EXPECT_EQ(image.tcp->data_offset, 6);
  EXPECT_EQ(image.v4->ihl, 6);
  EXPECT_EQ(image.v4->total_length, 24 + 24 + 10);
  EXPECT_EQ(decode(encode(image)), image);
}

TEST(Seal, IsStable) {
  Image image = make_tcp({IpAddress::v4(10, 0, 0, 1), 1}, {IpAddress::v4(10, 0, 0, 2), 2});
  image.payload = stream(0, 333);
  seal(image);
  const Image once = image;
  seal(image);
  EXPECT_EQ(image, once);
}

TEST(Stream, IsAFunctionOfTheOffsetAlone) {
  const Bytes whole = stream(0, 5000);
  EXPECT_EQ(stream(1234, 100), Bytes(whole.begin() + 1234, whole.begin() + 1334));
  EXPECT_EQ(stream_octet(4999), whole[4999]);
}

TEST(Stream, MismatchNamesTheFirstWrongOctet) {
  Bytes data = stream(70, 50);
  EXPECT_EQ(stream_mismatch(70, data), 50u);
  data[17] ^= 1;
  EXPECT_EQ(stream_mismatch(70, data), 17u);
}

TEST(Stream, AShiftedBlockShowsAtEverySegmentSize) {
  for (const std::uint64_t shift : {1, 8, 256, 512, 536, 1000, 1220, 1440, 1448, 1460, 4096, 65535, 65536}) {
    EXPECT_LT(stream_mismatch(shift, stream(0, 64)), 8u) << shift;
  }
}

}  // namespace
}  // namespace tcpspec::packet
