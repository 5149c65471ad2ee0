#include "stack/wire/checksum.h"

#include <gtest/gtest.h>

#include "stack/base/random.h"

namespace tcpspec::wire {
namespace {

// The worked example of RFC 1071 §3: the sum is ddf2, so the checksum is its complement.
TEST(Checksum, Rfc1071Example) {
  const Bytes bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(checksum(bytes), static_cast<std::uint16_t>(~0xddf2));
}

TEST(Checksum, OddPiecesJoinAsOneRun) {
  const Bytes bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  Checksum sum;
  sum.add(ByteView(bytes).first(3));
  sum.add(ByteView(bytes).subspan(3, 0));
  sum.add(ByteView(bytes).subspan(3, 3));
  sum.add(ByteView(bytes).subspan(6));
  EXPECT_EQ(sum.finish(), static_cast<std::uint16_t>(~0xddf2));
}

TEST(Checksum, NothingSumsToAllOnes) { EXPECT_EQ(checksum({}), 0xffff); }

TEST(Checksum, OddLengthIsPaddedWithZero) {
  EXPECT_EQ(checksum(Bytes{0xab}), checksum(Bytes{0xab, 0x00}));
  EXPECT_NE(checksum(Bytes{0xab}), checksum(Bytes{0x00, 0xab}));
}

// A header often printed in text books; its checksum field is b861.
TEST(Checksum, KnownIpv4Header) {
  Bytes header{0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
               0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
  EXPECT_EQ(checksum(header), 0xb861);
  store_be16(header, 10, 0xb861);
  EXPECT_EQ(checksum(header), 0);
}

TEST(Checksum, CarriesFoldMoreThanOnce) {
  const Bytes ones(65536, 0xff);
  EXPECT_EQ(checksum(ones), 0);
}

TEST(Checksum, AnySplitGivesTheSameSum) {
  Random random(7);
  Bytes bytes(97);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next32());
  const std::uint16_t whole = checksum(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Checksum sum;
    sum.add(ByteView(bytes).first(cut));
    sum.add(ByteView(bytes).subspan(cut));
    EXPECT_EQ(sum.finish(), whole) << cut;
  }
}

TEST(Checksum, PseudoHeaderV4IsTwelveOctetsOfRfc9293) {
  const IpAddress source = IpAddress::v4(192, 0, 2, 1);
  const IpAddress destination = IpAddress::v4(198, 51, 100, 2);
  Checksum sum;
  sum.add_pseudo_header(source, destination, 6, 20);
  EXPECT_EQ(sum.finish(), checksum(Bytes{192, 0, 2, 1, 198, 51, 100, 2, 0, 6, 0, 20}));
}

TEST(Checksum, PseudoHeaderV6IsFortyOctetsOfRfc8200) {
  const IpAddress source = *IpAddress::parse("2001:db8::1");
  const IpAddress destination = *IpAddress::parse("2001:db8::2");
  Bytes expected;
  append(expected, source.bytes());
  append(expected, destination.bytes());
  append_be32(expected, 0x00012345);
  append_be32(expected, 58);
  Checksum sum;
  sum.add_pseudo_header(source, destination, 58, 0x00012345);
  EXPECT_EQ(sum.finish(), checksum(expected));
}

}  // namespace
}  // namespace tcpspec::wire
