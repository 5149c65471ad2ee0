#include "stack/base/time.h"

#include <gtest/gtest.h>

namespace tcpspec {
namespace {

TEST(Duration, UnitsAgree) {
  EXPECT_EQ(Duration::seconds(1), Duration::millis(1000));
  EXPECT_EQ(Duration::millis(1), Duration::micros(1000));
  EXPECT_EQ(Duration::micros(1), Duration::nanos(1000));
  EXPECT_EQ(Duration::seconds(3) / 2, Duration::millis(1500));
  EXPECT_EQ(-Duration::seconds(1) + Duration::seconds(1), Duration());
  EXPECT_DOUBLE_EQ(Duration::millis(250).as_seconds(), 0.25);
}

TEST(Duration, PrintsAsFewDecimalsAsItNeeds) {
  EXPECT_EQ(to_string(Duration::millis(200)), "0.2");
  EXPECT_EQ(to_string(Duration::seconds(7200)), "7200.0");
  EXPECT_EQ(to_string(Duration::micros(1)), "0.000001");
  EXPECT_EQ(to_string(Duration::nanos(1)), "0.000000001");
  EXPECT_EQ(to_string(Duration::nanos(-1500000000)), "-1.5");
  EXPECT_EQ(to_string(Duration()), "0.0");
}

TEST(Instant, DifferencesAreDurations) {
  const Instant start = Instant::from_nanos(5);
  EXPECT_EQ((start + Duration::nanos(7)) - start, Duration::nanos(7));
  EXPECT_EQ((start - Duration::nanos(7)).nanos(), -2);
}

TEST(Instant, NeverIsAfterEverythingAndSurvivesArithmetic) {
  EXPECT_LT(Instant() + Duration::max(), Instant::never());
  EXPECT_GT(Instant::never() + Duration::max(), Instant::never());
}

}  // namespace
}  // namespace tcpspec
