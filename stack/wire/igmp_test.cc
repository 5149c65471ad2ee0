#include "stack/wire/igmp.h"

#include <gtest/gtest.h>

#include "stack/base/random.h"
#include "stack/wire/checksum.h"

namespace tcpspec::wire {
namespace {

using Kind = IgmpMessage::Kind;

Bytes sealed(Bytes bytes) {
  store_be16(bytes, 2, 0);
  store_be16(bytes, 2, checksum(bytes));
  return bytes;
}
Bytes query(std::uint8_t code) { return sealed({0x11, code, 0, 0, 0, 0, 0, 0}); }
Bytes query_v3(std::uint8_t code, std::uint8_t sources) {
  Bytes bytes{0x11, code, 0, 0, 0, 0, 0, 0, 2, 125, 0, sources};
  for (std::uint8_t i = 0; i < sources; ++i) append(bytes, Bytes{192, 0, 2, i});
  return sealed(bytes);
}

TEST(Igmp, LengthAndCodeTellTheVersionOfAQuery) {
  EXPECT_EQ(parse_igmp(query(0))->version, 1);
  EXPECT_EQ(parse_igmp(query(0))->most_response_time, Duration::seconds(10));
  EXPECT_EQ(parse_igmp(query(100))->version, 2);
  EXPECT_EQ(parse_igmp(query(100))->most_response_time, Duration::seconds(10));
  EXPECT_EQ(parse_igmp(query_v3(100, 0))->version, 3);
  for (std::size_t size = 9; size < 12; ++size) {
    Bytes bytes = query(100);
    bytes.resize(size);
    EXPECT_EQ(parse_igmp(sealed(bytes)).fault(), Fault::kIgmpShort) << size;
  }
}

TEST(Igmp, ResponseCodeBecomesAnExponentAt128) {
  EXPECT_EQ(parse_igmp(query_v3(127, 0))->most_response_time, Duration::millis(12'700));
  EXPECT_EQ(parse_igmp(query_v3(128, 0))->most_response_time, Duration::millis(12'800));
  EXPECT_EQ(parse_igmp(query_v3(255, 0))->most_response_time, Duration::millis(3'174'400));
}

TEST(Igmp, SourcesMustBeThere) {
  const Bytes bytes = query_v3(10, 3);
  ASSERT_TRUE(parse_igmp(bytes).ok());
  EXPECT_EQ(parse_igmp(bytes)->sources.size(), 3U);
  EXPECT_EQ(parse_igmp(bytes)->sources[2], IpAddress::v4(192, 0, 2, 2));
  Bytes cut = bytes;
  cut.pop_back();
  EXPECT_EQ(parse_igmp(sealed(cut)).fault(), Fault::kIgmpShort);
}

TEST(Igmp, ChecksumIsOverTheWholePayload) {
  Bytes bytes = query(100);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes damaged = bytes;
    damaged[i] ^= 0x40;
    EXPECT_EQ(parse_igmp(damaged).fault(), Fault::kIgmpChecksum) << i;
  }
  bytes.push_back(1);
  EXPECT_EQ(parse_igmp(bytes).fault(), Fault::kIgmpChecksum);
}

TEST(Igmp, ReportsAndLeavesNameAGroup) {
  const auto of = [](std::uint8_t type, std::uint8_t first) {
    return parse_igmp(sealed({type, 0, 0, 0, first, 1, 2, 3}));
  };
  EXPECT_EQ(of(0x12, 239)->version, 1);
  EXPECT_EQ(of(0x16, 239)->kind, Kind::kReport);
  EXPECT_EQ(of(0x17, 239)->kind, Kind::kLeave);
  EXPECT_EQ(of(0x16, 239)->group, IpAddress::v4(239, 1, 2, 3));
  EXPECT_EQ(of(0x16, 10).fault(), Fault::kIgmpGroup);
  EXPECT_EQ(of(0x11, 10).fault(), Fault::kIgmpGroup);
  EXPECT_EQ(of(0x22, 0)->version, 3);
  EXPECT_EQ(of(0x30, 239).fault(), Fault::kIgmpType);
}

TEST(Igmp, SevenOctetsAreShort) {
  const Bytes bytes = query(0);
  for (std::size_t size = 0; size < 8; ++size) {
    EXPECT_EQ(parse_igmp(ByteView(bytes).first(size)).fault(), Fault::kIgmpShort);
  }
}

TEST(Igmp, AnyBytesGiveAMessageOrAFault) {
  Random random(6);
  constexpr std::uint8_t kTypes[] = {0x11, 0x12, 0x16, 0x17, 0x22};
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes(8 + random.below(73));
    for (std::uint8_t& octet : bytes) octet = static_cast<std::uint8_t>(random.next32());
    if (random.chance(3, 4)) bytes[0] = kTypes[random.below(5)];
    const auto parsed = parse_igmp(sealed(bytes));
    if (parsed.ok()) {
      EXPECT_LE(parsed->sources.size() * 4 + 8, bytes.size());
    }
  }
}

}  // namespace
}  // namespace tcpspec::wire
