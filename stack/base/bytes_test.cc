#include "stack/base/bytes.h"

#include <gtest/gtest.h>

#include "stack/base/result.h"

namespace tcpspec {
namespace {

TEST(Bytes, BigEndianLoadsAndStores) {
  Bytes bytes(7);
  store_be16(bytes, 0, 0x0102);
  store_be32(bytes, 3, 0xfffefdfc);
  EXPECT_EQ(to_hex(bytes), "010200fffefdfc");
  EXPECT_EQ(load_be16(bytes, 0), 0x0102);
  EXPECT_EQ(load_be32(bytes, 3), 0xfffefdfcU);
  Bytes grown;
  append_be16(grown, 0x0a0b);
  append_be32(grown, 0x0c0d0e0f);
  append(grown, ByteView(bytes).first(1));
  EXPECT_EQ(to_hex(grown), "0a0b0c0d0e0f01");
  EXPECT_EQ(to_hex({}), "");
}

TEST(BytesDeathTest, PastTheEndIsOurBug) {
  Bytes bytes(4);
  EXPECT_DEATH((void)load_be16(bytes, 3), "bytes.cc:.*CHECK failed");
  EXPECT_DEATH((void)load_be32(bytes, 1), "CHECK failed");
  EXPECT_DEATH(store_be16(bytes, 3, 1), "CHECK failed");
  EXPECT_DEATH(store_be32(bytes, 1, 1), "CHECK failed");
}

TEST(Result, HoldsAValueOrTheReason) {
  const Result<int> good(7);
  const Result<int> bad(Error{"no seven"});
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(*good, 7);
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error(), "no seven");
}

TEST(ResultDeathTest, ReadingTheWrongSideIsOurBug) {
  const Result<int> good(7);
  const Result<int> bad(Error{"no seven"});
  EXPECT_DEATH((void)bad.value(), "CHECK failed");
  EXPECT_DEATH((void)good.error(), "CHECK failed");
}

}  // namespace
}  // namespace tcpspec
