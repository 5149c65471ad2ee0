#include "stack/tcp/min_rtt.h"

#include <gtest/gtest.h>

namespace tcpspec::tcp {
namespace {

constexpr Instant at(std::int64_t seconds) { return Instant::from_nanos(seconds * 1'000'000'000); }

TEST(MinRtt, KnowsNothingWithoutASample) {
  MinRtt least;
  EXPECT_FALSE(least.value());
  least.sample(Duration::nanos(-1), at(1));
  EXPECT_FALSE(least.value());
}

TEST(MinRtt, KeepsTheLeast) {
  MinRtt least;
  least.sample(Duration::millis(20), at(1));
  least.sample(Duration::millis(30), at(2));
  EXPECT_EQ(least.value(), Duration::millis(20));
  least.sample(Duration::millis(10), at(3));
  EXPECT_EQ(least.value(), Duration::millis(10));
  least.sample(Duration(), at(4));
  EXPECT_EQ(least.value(), Duration());
}

TEST(MinRtt, ForgetsASampleWhenThreePartsOfTheWindowWentOver) {
  MinRtt least;
  least.sample(Duration::millis(1), Instant::from_nanos(99'999'999'999));  // the last of the first part
  least.sample(Duration::millis(9), at(100));
  least.sample(Duration::millis(8), Instant::from_nanos(299'999'999'999));
  EXPECT_EQ(least.value(), Duration::millis(1));
  least.sample(Duration::millis(9), at(300));
  EXPECT_EQ(least.value(), Duration::millis(8));
}

TEST(MinRtt, CoversASampleOfTheFullWindowAgo) {
  MinRtt least;
  least.sample(Duration::millis(1), at(100));
  least.sample(Duration::millis(9), Instant::from_nanos(399'999'999'999));
  EXPECT_EQ(least.value(), Duration::millis(1));
  least.sample(Duration::millis(9), at(400));
  EXPECT_EQ(least.value(), Duration::millis(9));
}

TEST(MinRtt, TellsTheLastValueHoweverOldAndDropsItWithTheNextSample) {
  MinRtt least;
  least.sample(Duration::millis(1), at(0));
  EXPECT_EQ(least.value(), Duration::millis(1));
  least.sample(Duration::millis(50), at(1'000'000'000));
  EXPECT_EQ(least.value(), Duration::millis(50));
}

}  // namespace
}  // namespace tcpspec::tcp
