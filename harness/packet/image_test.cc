#include "harness/packet/image.h"

#include <gtest/gtest.h>

#include "stack/base/random.h"

namespace tcpspec::packet {
namespace {

const IpAddress kA = IpAddress::v4(192, 0, 2, 1), kB = IpAddress::v4(192, 0, 2, 2);
const IpAddress kA6 = IpAddress::parse("2001:db8::1").value(), kB6 = IpAddress::parse("2001:db8::2").value();

Bytes random_bytes(Random& random, std::size_t count) {
  Bytes bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next32());
  return bytes;
}

Bytes sample(IpVersion version) {
  Image image = version == IpVersion::kV4 ? make_tcp({kA, 1000}, {kB, 80}) : make_tcp({kA6, 1000}, {kB6, 80});
  image.tcp->flags = 0x12;
  image.tcp->options = {2, 4, 5, 180, 1, 3, 3, 7, 4, 2};
  image.payload = {1, 2, 3, 4, 5};
  if (image.v6) {
    image.v6->next_header = 0;
    image.v6->extensions = {60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0};
  }
  seal(image);
  return encode(image);
}

TEST(Image, RandomBytesComeBackUnchanged) {
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = random_bytes(random, random.below(120));
    if (!bytes.empty() && random.chance(3, 4)) {
      bytes[0] = static_cast<std::uint8_t>((random.chance(1, 2) ? 0x40 : 0x60) | (bytes[0] & 15));
    }
    ASSERT_EQ(encode(decode(bytes)), bytes) << to_hex(bytes);
  }
}

TEST(Image, MutatedPacketsComeBackUnchanged) {
  Random random(2);
  for (const IpVersion version : {IpVersion::kV4, IpVersion::kV6}) {
    for (int i = 0; i < 20'000; ++i) {
      Bytes bytes = sample(version);
      for (std::uint64_t n = random.below(6); n > 0; --n) {
        bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next32());
      }
      append(bytes, random_bytes(random, random.below(4)));
      ASSERT_EQ(encode(decode(bytes)), bytes) << to_hex(bytes);
    }
  }
}

TEST(Image, EveryTruncationComesBackUnchanged) {
  for (const IpVersion version : {IpVersion::kV4, IpVersion::kV6}) {
    const Bytes whole = sample(version);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      const Bytes bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      ASSERT_EQ(encode(decode(bytes)), bytes) << size;
    }
  }
}

TEST(Image, EveryFieldIsFoundInIpv4) {
  const Image image = decode(sample(IpVersion::kV4));
  ASSERT_TRUE(image.v4 && image.tcp);
  EXPECT_FALSE(image.v6);
  EXPECT_EQ(image.version(), IpVersion::kV4);
  EXPECT_EQ(image.v4->ihl, 5);
  EXPECT_EQ(image.v4->total_length, 20 + 32 + 5);
  EXPECT_EQ(image.source(), (Endpoint{kA, 1000}));
  EXPECT_EQ(image.destination(), (Endpoint{kB, 80}));
  EXPECT_EQ(image.tcp->data_offset, 8);
  EXPECT_EQ(image.tcp->flags, 0x12);
  EXPECT_EQ(image.tcp->options.size(), 12u);
  EXPECT_EQ(image.payload, (Bytes{1, 2, 3, 4, 5}));
  EXPECT_TRUE(image.rest.empty());
  EXPECT_EQ(image.sequence_length(), 6u);
}

TEST(Image, ExtensionHeadersStandBeforeTcp) {
  const Image image = decode(sample(IpVersion::kV6));
  ASSERT_TRUE(image.v6 && image.tcp);
  EXPECT_EQ(image.v6->next_header, 0);
  EXPECT_EQ(image.v6->upper, 6);
  EXPECT_EQ(image.protocol(), 6);
  EXPECT_EQ(image.v6->extensions.size(), 16u);
  EXPECT_EQ(image.v6->payload_length, 16 + 32 + 5);
}

TEST(Image, AtomicFragmentIsTransparentAndARealOneIsNot) {
  for (const bool more : {false, true}) {
    Image image = make_tcp({kA6, 1}, {kB6, 2});
    image.v6->next_header = 44;
    image.v6->extensions = {6, 0, 0, static_cast<std::uint8_t>(more ? 1 : 0), 0, 0, 0, 7};
    seal(image);
    const Image read = decode(encode(image));
    EXPECT_EQ(read.tcp.has_value(), !more);
    EXPECT_EQ(read.protocol(), more ? 44 : 6);
  }
}

TEST(Image, Ipv4FragmentsAreNotReadAsTcp) {
  for (const std::uint16_t flags : {0x2000, 0x0001, 0x1fff}) {
    Bytes bytes = sample(IpVersion::kV4);
    store_be16(bytes, 6, flags);
    EXPECT_FALSE(decode(bytes).tcp);
  }
}

TEST(Image, OctetsBeyondTheIpLengthAreRest) {
  Bytes bytes = sample(IpVersion::kV4);
  append(bytes, Bytes{9, 9, 9});
  const Image image = decode(bytes);
  EXPECT_EQ(image.payload.size(), 5u);
  EXPECT_EQ(image.rest, (Bytes{9, 9, 9}));
}

TEST(Image, TcpNeedsItsWholeFixedHeader) {
  Bytes bytes = sample(IpVersion::kV4);
  bytes.resize(40);
  EXPECT_TRUE(decode(bytes).tcp);
  bytes.resize(39);
  EXPECT_FALSE(decode(bytes).tcp);
  EXPECT_EQ(decode(bytes).payload.size(), 19u);
}

TEST(Image, DataOffsetIsKeptWhateverItSays) {
  for (int offset = 0; offset < 16; ++offset) {
    Bytes bytes = sample(IpVersion::kV4);
    bytes[32] = static_cast<std::uint8_t>((offset << 4) | 0x0f);  // reserved bits and AE set too
    const Image image = decode(bytes);
    ASSERT_TRUE(image.tcp);
    EXPECT_EQ(image.tcp->data_offset, offset);
    EXPECT_EQ(image.tcp->reserved, 7);
    EXPECT_EQ(image.tcp->flags, 0x112);
    const std::size_t options = offset <= 5 ? 0 : std::min<std::size_t>((offset - 5U) * 4U, 12 + 5);
    EXPECT_EQ(image.tcp->options.size(), options);
  }
}

TEST(Options, JoinUndoesSplitOnRandomBytes) {
  Random random(3);
  for (int i = 0; i < 20'000; ++i) {
    Bytes raw = random_bytes(random, random.below(41));
    for (auto& byte : raw) {
      if (random.chance(2, 3)) byte %= 12;
    }
    ASSERT_EQ(join_options(split_options(raw)), raw) << to_hex(raw);
  }
}

TEST(Options, SplitsWellFormedOnes) {
  const auto options = split_options(Bytes{2, 4, 5, 180, 1, 4, 2, 0, 0});
  ASSERT_EQ(options.size(), 4u);
  EXPECT_EQ(options[0], (Option{2, 4, {5, 180}}));
  EXPECT_EQ(options[1], (Option{1, std::nullopt, {}}));
  EXPECT_EQ(options[2], (Option{4, 2, {}}));
  EXPECT_EQ(options[3], (Option{0, std::nullopt, {0}}));
}

TEST(Options, ImpossibleLengthsEndTheList) {
  EXPECT_EQ(split_options(Bytes{2, 0, 5, 180}), (std::vector<Option>{{2, 0, {5, 180}}}));
  EXPECT_EQ(split_options(Bytes{2, 1, 5, 180}), (std::vector<Option>{{2, 1, {5, 180}}}));
  EXPECT_EQ(split_options(Bytes{2, 5, 5, 180}), (std::vector<Option>{{2, 5, {5, 180}}}));
  EXPECT_EQ(split_options(Bytes{1, 2}), (std::vector<Option>{{1, {}, {}}, {2, {}, {}}}));
}

}  // namespace
}  // namespace tcpspec::packet
