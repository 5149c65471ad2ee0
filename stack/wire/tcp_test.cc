#include <gtest/gtest.h>

#include "stack/base/random.h"
#include "stack/wire/checksum.h"
#include "stack/wire/protocol.h"
#include "stack/wire/segment_codec.h"
#include "stack/wire/tcp_header.h"
#include "stack/wire/tcp_options.h"

namespace tcpspec::wire {
namespace {

TcpOptions all_syn_options() {
  TcpOptions options;
  options.mss = 1460;
  options.window_scale = 7;
  options.sack_permitted = true;
  options.timestamps = Timestamps{0x01020304, 0xf1f2f3f4};
  return options;
}

Segment full_segment(bool v4) {
  Segment segment;
  segment.source = {v4 ? IpAddress::v4(192, 0, 2, 1) : *IpAddress::parse("2001:db8::1"), 49152};
  segment.destination = {v4 ? IpAddress::v4(192, 0, 2, 2) : *IpAddress::parse("2001:db8::2"), 80};
  segment.seq = Seq32(0xfffffffe);
  segment.ack = Seq32(0x10203040);
  segment.flags = Flag::kAck | Flag::kPsh | Flag::kUrg;
  segment.window = 0xabcd;
  segment.urgent = 3;
  segment.options.timestamps = Timestamps{5, 6};
  segment.options.sack_blocks = {{Seq32(100), Seq32(200)}, {Seq32(0xffffff00), Seq32(16)}};
  segment.payload = {'h', 'e', 'l', 'l', 'o'};
  return segment;
}

TEST(TcpOptions, BuildsTheUsualSyn) {
  EXPECT_EQ(to_hex(build_options(all_syn_options())),
            "020405b4"
            "0402080a01020304f1f2f3f4"
            "01030307");
}

TEST(TcpOptions, EveryCombinationRoundTripsInWholeWords) {
  for (int mask = 0; mask < 32; ++mask) {
    TcpOptions options;
    if ((mask & 1) != 0) options.mss = 536;
    if ((mask & 2) != 0) options.window_scale = 14;
    if ((mask & 4) != 0) options.sack_permitted = true;
    if ((mask & 8) != 0) options.timestamps = Timestamps{1, 2};
    if ((mask & 16) != 0) options.sack_blocks = {{Seq32(1), Seq32(2)}};
    const Bytes bytes = build_options(options);
    EXPECT_EQ(bytes.size() % 4, 0U) << mask;
    const auto parsed = parse_options(bytes);
    ASSERT_TRUE(parsed.ok()) << mask;
    EXPECT_EQ(*parsed, options) << mask;
  }
}

// RFC 2018 §3: four blocks fit alone, three beside timestamps.
TEST(TcpOptions, SackBlocksThatDoNotFitAreLeftOut) {
  TcpOptions options;
  for (std::uint32_t i = 0; i < 6; ++i) options.sack_blocks.push_back({Seq32(i * 10), Seq32(i * 10 + 5)});
  EXPECT_EQ(parse_options(build_options(options))->sack_blocks.size(), 4U);
  options.timestamps = Timestamps{1, 2};
  EXPECT_EQ(parse_options(build_options(options))->sack_blocks.size(), 3U);
}

TEST(TcpOptions, UnknownUnalignedAndTrailingOctetsAreSkipped) {
  const auto parsed = parse_options(Bytes{254, 3, 9, 2, 4, 0x05, 0xb4, 1, 77, 2, 0, 2, 0, 0});
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->mss, 1460);
}

// What follows the end of the list is padding, whatever it says.
TEST(TcpOptions, NothingIsReadAfterTheEndOfTheList) {
  const auto parsed = parse_options(Bytes{0, 2, 4, 5});
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, TcpOptions{});
}

TEST(TcpOptions, KnownKindWithAnotherLengthIsIgnored) {
  for (const Bytes& bytes : {Bytes{2, 3, 9}, Bytes{2, 6, 1, 2, 3, 4}, Bytes{3, 2}, Bytes{4, 3, 0},
                             Bytes{5, 2}, Bytes{5, 9, 1, 2, 3, 4, 5, 6, 7}, Bytes{8, 2}}) {
    Bytes then_mss = bytes;
    append(then_mss, Bytes{4, 2});
    const auto parsed = parse_options(then_mss);
    ASSERT_TRUE(parsed.ok()) << to_hex(bytes);
    TcpOptions only_sack_permitted;
    only_sack_permitted.sack_permitted = true;
    EXPECT_EQ(*parsed, only_sack_permitted) << to_hex(bytes);
  }
}

TEST(TcpOptions, IllegalLengthsAreNamed) {
  for (const Bytes& bytes :
       {Bytes{2, 0, 5, 0xb4}, Bytes{2, 1, 5, 0xb4}, Bytes{2, 5, 5, 0xb4}, Bytes{1, 1, 1, 2}, Bytes{200, 0},
        Bytes{2, 1}, Bytes{77, 1, 0}, Bytes{8, 255, 0, 0}}) {
    ASSERT_FALSE(parse_options(bytes).ok()) << to_hex(bytes);
    EXPECT_EQ(parse_options(bytes).fault(), Fault::kTcpOption);
  }
}

TEST(TcpHeader, RoundTripAndReservedBitsIgnored) {
  TcpHeader header;
  header.source_port = 1;
  header.destination_port = 65535;
  header.seq = Seq32(0x80000000);
  header.ack = Seq32(7);
  header.data_offset = 60;
  header.flags = Flags::from_bits(0xff);
  header.window = 1;
  header.checksum = 2;
  header.urgent = 3;
  Bytes bytes = build_tcp_header(header);
  bytes.resize(60);
  EXPECT_EQ(*parse_tcp_header(bytes), header);
  bytes[12] |= 0x0f;
  EXPECT_EQ(*parse_tcp_header(bytes), header);
}

class SegmentCodec : public ::testing::TestWithParam<bool> {
 protected:
  Segment segment = full_segment(GetParam());
  Bytes bytes = build_segment(segment);
  Parsed<Segment> parse(ByteView from) {
    return parse_segment(segment.source.address, segment.destination.address, from);
  }
};
INSTANTIATE_TEST_SUITE_P(, SegmentCodec, testing::Bool(),
                         [](const auto& test) { return test.param ? "v4" : "v6"; });

TEST_P(SegmentCodec, RoundTrip) {
  const auto parsed = parse(bytes);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, segment);
}

TEST_P(SegmentCodec, ChecksumCoversAddresses) {
  const IpAddress other = GetParam() ? IpAddress::v4(192, 0, 2, 9) : *IpAddress::parse("2001:db8::9");
  EXPECT_EQ(parse_segment(other, segment.destination.address, bytes).fault(), Fault::kTcpChecksum);
}

TEST_P(SegmentCodec, EveryTruncationIsNamed) {
  const std::size_t header = bytes.size() - segment.payload.size();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    const auto parsed = parse(cut);
    ASSERT_FALSE(parsed.ok()) << length;
    const Fault expected = length < 20       ? Fault::kTcpShort
                           : length < header ? Fault::kTcpDataOffset
                                             : Fault::kTcpChecksum;
    EXPECT_EQ(parsed.fault(), expected) << length;
  }
}

// One changed octet never passes the checksum: a ones' complement sum sees every change but 00 <-> ff of a
// whole word.
TEST_P(SegmentCodec, EverySingleOctetMutationIsRefused) {
  Random random(1);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int round = 0; round < 8; ++round) {
      Bytes bad = bytes;
      bad[at] ^= static_cast<std::uint8_t>(1 + random.below(255));
      EXPECT_FALSE(parse(bad).ok()) << at;
    }
  }
}

// The same with the checksum mended: what still parses must build and parse to itself again.
TEST_P(SegmentCodec, MutationsWithAGoodChecksumAreStable) {
  Random random(2);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    Bytes bad(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(random.below(bytes.size() + 1)));
    if (bad.size() < kTcpHeaderSize) continue;
    for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
      bad[random.below(bad.size())] = static_cast<std::uint8_t>(random.next32());
    }
    store_be16(bad, kTcpChecksumAt, 0);
    Checksum sum;
    sum.add_pseudo_header(segment.source.address, segment.destination.address, kProtocolTcp,
                          static_cast<std::uint32_t>(bad.size()));
    sum.add(bad);
    store_be16(bad, kTcpChecksumAt, sum.finish());
    const auto parsed = parse(bad);
    if (!parsed.ok()) {
      EXPECT_NE(parsed.fault(), Fault::kTcpChecksum);
      continue;
    }
    ++accepted;
    const auto again = parse(build_segment(*parsed));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*again, *parsed);
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace tcpspec::wire
