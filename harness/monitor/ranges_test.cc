#include "harness/monitor/ranges.h"

#include <gtest/gtest.h>

#include "harness/monitor/connection.h"
#include "harness/packet/stream.h"

namespace tcpspec::monitor {
namespace {

TEST(Ranges, JoinWhereTheyTouch) {
  Ranges ranges;
  ranges.add(10, 20);
  ranges.add(30, 40);
  EXPECT_EQ(ranges.pieces(), 2u);
  EXPECT_FALSE(ranges.contains(15, 31));
  ranges.add(20, 30);
  EXPECT_EQ(ranges.pieces(), 1u);
  EXPECT_TRUE(ranges.contains(10, 40));
  EXPECT_FALSE(ranges.contains(9, 11));
  EXPECT_EQ(ranges.greatest_end(0), 40);
}

TEST(Ranges, SwallowWhatTheyCover) {
  Ranges ranges;
  for (int i = 0; i < 10; ++i) ranges.add(i * 10, i * 10 + 5);
  ranges.add(12, 93);
  EXPECT_EQ(ranges.pieces(), 2u);
  EXPECT_EQ(ranges.prefix_end(10), 95);
  EXPECT_EQ(ranges.prefix_end(5), 5);
  ranges.add(7, 7);
  EXPECT_EQ(ranges.pieces(), 2u);
}

TEST(Ranges, AnEmptySetHasNoEnd) { EXPECT_EQ(Ranges().greatest_end(-3), -3); }

TEST(Numbers, FollowTheStreamRoundTheCircle) {
  Numbers numbers(Seq32(0xfffffff0));
  EXPECT_EQ(numbers.at(Seq32(0x10)), 0x20);
  EXPECT_EQ(numbers.at(Seq32(0xffffffef)), -1);
  for (std::uint32_t lap = 1; lap <= 8; ++lap) numbers.reach(Seq32(0xfffffff0 + lap * 0x40000000));
  EXPECT_EQ(numbers.at(Seq32(0xfffffff1)), (std::int64_t{1} << 33) + 1);
  numbers.reach(Seq32(0xffffff00));  // behind: nothing changes
  EXPECT_EQ(numbers.at(Seq32(0xfffffff1)), (std::int64_t{1} << 33) + 1);
}

TEST(Octets, RememberTheFirstAndForgetTheOldest) {
  Octets octets;
  octets.add(1, packet::stream(0, 100));
  octets.add(1, Bytes(100, 0));
  EXPECT_FALSE(octets.difference(1, packet::stream(0, 100)));
  EXPECT_EQ(octets.difference(50, Bytes(1, static_cast<std::uint8_t>(packet::stream_octet(49) + 1))), 50);
  for (std::int64_t at = 101; at < 3'000'000; at += 50'000) {
    octets.add(at, packet::stream(static_cast<std::uint64_t>(at - 1), 50'000));
  }
  EXPECT_FALSE(octets.difference(1, Bytes(100, 0)));
  EXPECT_FALSE(octets.difference(2'900'101, packet::stream(2'900'100, 1000)));
  EXPECT_TRUE(octets.difference(2'900'101, packet::stream(2'900'101, 1000)));
}

}  // namespace
}  // namespace tcpspec::monitor
