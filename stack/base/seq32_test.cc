#include "stack/base/seq32.h"

#include <gtest/gtest.h>

namespace tcpspec {
namespace {

TEST(Seq32, ArithmeticWrapsAtTwoToThe32) {
  EXPECT_EQ(Seq32(0xffffffff) + 1, Seq32(0));
  EXPECT_EQ(Seq32(0) - 1, Seq32(0xffffffff));
  EXPECT_EQ(Seq32(5) - Seq32(0xfffffffb), 10);
  EXPECT_EQ(Seq32(0xfffffffb) - Seq32(5), -10);
  Seq32 n(0xfffffff0);
  n += 0x20;
  EXPECT_EQ(n, Seq32(0x10));
}

TEST(Seq32, OrderGoesTheShorterWayRound) {
  const Seq32 a(0xfffffff0);
  const Seq32 b(0x10);
  EXPECT_TRUE(a.before(b));
  EXPECT_TRUE(b.after(a));
  EXPECT_FALSE(b.before(a));
  EXPECT_TRUE(a.at_or_before(a));
  EXPECT_TRUE(a.at_or_after(a));
  EXPECT_FALSE(a.before(a));
  EXPECT_FALSE(a.after(a));
  EXPECT_EQ(later(a, b), b);
  EXPECT_EQ(earlier(a, b), a);
}

// Half the circle minus one is the farthest that is still ahead.
TEST(Seq32, HalfTheCircleIsTheEdge) {
  EXPECT_TRUE(Seq32(0).before(Seq32(0x7fffffff)));
  EXPECT_FALSE(Seq32(0).before(Seq32(0x80000001)));
  EXPECT_TRUE(Seq32(0x80000001).before(Seq32(0)));
}

TEST(Seq32, InIsHalfOpenAndEmptyForZero) {
  const Seq32 start(0xfffffffe);
  EXPECT_FALSE(Seq32(0xfffffffd).in(start, 4));
  EXPECT_TRUE(Seq32(0xfffffffe).in(start, 4));
  EXPECT_TRUE(Seq32(1).in(start, 4));
  EXPECT_FALSE(Seq32(2).in(start, 4));
  EXPECT_FALSE(start.in(start, 0));
}

}  // namespace
}  // namespace tcpspec
