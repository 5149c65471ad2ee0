// The bounds of the reassembly queue: memory and work, whatever a peer sends (the tiny segments that real
// stacks fell to).
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

#include "stack/tcp/reassembly.h"

namespace tcpspec::tcp {
namespace {

constexpr Seq32 kNext(0xffffff00);
const Bytes kOne = {'x'};

Bytes octets(std::uint32_t from, std::size_t count) {
  Bytes text(count);
  for (std::size_t i = 0; i < count; ++i) text[i] = static_cast<std::uint8_t>((from + i) * 7 % 251);
  return text;
}

TEST(ReassemblyBounds, BlocksAreBoundedButWhatContinuesAtRcvNxtAlwaysFits) {
  Reassembly held({65535, 16});
  for (std::uint32_t i = 0; i < 16; ++i) EXPECT_TRUE(held.insert(kNext, kNext + (3 + 3 * i), kOne));
  EXPECT_FALSE(held.insert(kNext, kNext + 2000, kOne));
  EXPECT_EQ(held.octets(), 16U);
  // What joins a block needs no room for another one.
  EXPECT_TRUE(held.insert(kNext, kNext + 4, kOne));
  EXPECT_FALSE(held.insert(kNext, kNext + 1, kOne));
  EXPECT_TRUE(held.insert(kNext, kNext, octets(0, 3)));
  EXPECT_EQ(held.take(kNext).size(), 5U);
  EXPECT_TRUE(held.insert(kNext + 5, kNext + 2000, kOne));
  EXPECT_FALSE(held.insert(kNext + 5, kNext + 2002, kOne));
}

TEST(ReassemblyBounds, BlocksCostNoMoreThanTheSpan) {
  EXPECT_EQ(Reassembly({65535, 256}).most_blocks(), 256U);
  EXPECT_EQ(Reassembly({65535, 65536}).most_blocks(), 511U);
  EXPECT_EQ(Reassembly({128 * 9 - 1, 65536}).most_blocks(), 8U);
  EXPECT_EQ(Reassembly({128 * 9, 65536}).most_blocks(), 9U);
  EXPECT_EQ(Reassembly({1, 65536}).most_blocks(), Reassembly::kLeastBlocks);
  EXPECT_EQ(Reassembly({1, 1}).most_blocks(), 1U);
}

TEST(ReassemblyBounds, NothingIsTakenBeyondTheSpan) {
  Reassembly held({100, 16});
  EXPECT_FALSE(held.insert(kNext, kNext + 100, kOne));
  EXPECT_TRUE(held.insert(kNext, kNext + 99, octets(0, 2)));
  EXPECT_EQ(held.octets(), 1U);
  EXPECT_TRUE(held.insert(kNext + 1, kNext + 100, kOne));
  EXPECT_EQ(held.octets(), 2U);
}

TEST(ReassemblyBounds, SingleOctetsCostAboutTwiceTheSpanAtMost) {
  constexpr std::uint32_t kSpan = 65536;
  Reassembly held({kSpan, 65536});
  // One block to every 128 octets reaches all pages; the single octets after that find no room.
  for (std::uint32_t offset = 1; offset < kSpan; offset += 128)
    EXPECT_TRUE(held.insert(kNext, kNext + offset, kOne));
  for (std::uint32_t offset = 3; offset < kSpan; offset += 2) held.insert(kNext, kNext + offset, kOne);
  EXPECT_EQ(held.blocks(), 512U);
  EXPECT_EQ(held.octets(), 512U);
  const std::size_t pages = kSpan / Reassembly::kPageSize + 2;
  EXPECT_LE(held.memory(), pages * Reassembly::kPageCost + kSpan);
  EXPECT_LE(held.memory(), kSpan * 21 / 10 + 2 * Reassembly::kPageCost);
}

TEST(ReassemblyBounds, OneFarOctetCostsAPageAndNothingRemainsOfIt) {
  Reassembly held({1U << 30, 65536});
  EXPECT_EQ(held.memory(), 0U);
  EXPECT_TRUE(held.insert(kNext, kNext + ((1U << 30) - 1), kOne));
  EXPECT_EQ(held.memory(), Reassembly::kPageCost + Reassembly::kBlockCost);
  held.clear();
  EXPECT_EQ(held.memory(), 0U);
}

TEST(ReassemblyBounds, PagesGoWithTheTextOrTheFin) {
  Reassembly held({65535, 16});
  held.insert(kNext, kNext, octets(0, 3000));
  held.insert(kNext, kNext + 3001, octets(3001, 10));
  EXPECT_EQ(held.take(kNext), octets(0, 3000));
  EXPECT_EQ(held.memory(), Reassembly::kPageCost + Reassembly::kBlockCost);
  held.insert(kNext + 3000, kNext + 3000, octets(3000, 1));
  EXPECT_EQ(held.take(kNext + 3000), octets(3000, 11));
  EXPECT_EQ(held.memory(), 0U);
  held.insert(kNext + 3011, kNext + 4000, octets(0, 5000));
  held.insert(kNext + 3011, kNext + 20'000, octets(0, 5000));
  held.set_fin(kNext + 4001);
  EXPECT_EQ(held.octets(), 1U);
  EXPECT_EQ(held.memory(), Reassembly::kPageCost + Reassembly::kBlockCost);
  Reassembly cut({65535, 16});
  cut.insert(kNext, kNext + 4000, kOne);
  cut.set_fin(kNext + 1);
  EXPECT_EQ(cut.memory(), 0U);
  EXPECT_FALSE(cut.has_holes());
}

// Work, counted by the clock with much to spare: quadratic work takes minutes here.
TEST(ReassemblyBounds, TenThousandsOfTinySegmentsInAnyOrderAreNoWork) {
  constexpr std::uint32_t kCount = 30'000;
  std::vector<std::uint32_t> order(kCount);
  for (std::uint32_t i = 0; i < kCount; ++i) order[i] = i;
  std::mt19937 random(7);
  const auto began = std::chrono::steady_clock::now();
  for (int round = 0; round < 3; ++round) {
    if (round == 1) std::reverse(order.begin(), order.end());
    if (round == 2) std::shuffle(order.begin(), order.end(), random);
    // Two octets to each place of four, so that no two join: then the rest.
    Reassembly held({1U << 26, 65536});
    for (const std::uint32_t i : order)
      ASSERT_TRUE(held.insert(kNext, kNext + (2 + 4 * i), octets(2 + 4 * i, 2)));
    ASSERT_EQ(held.blocks(), kCount);
    for (const std::uint32_t i : order) {
      held.insert(kNext, kNext + 4 * i, octets(4 * i, 2));
      ASSERT_LE(held.sack_blocks(4).size(), 4U);
    }
    ASSERT_EQ(held.take(kNext), octets(0, 4 * kCount));
    ASSERT_EQ(held.memory(), 0U);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
}

TEST(ReassemblyBounds, RandomPiecesGiveTheText) {
  std::mt19937 random(11);
  for (int round = 0; round < 40; ++round) {
    constexpr std::uint32_t kLength = 6000;
    Reassembly held({kLength, 65536});
    Seq32 next = kNext;
    Bytes got;
    while (got.size() < kLength) {
      auto from = static_cast<std::uint32_t>(random() % kLength);
      const auto size = std::min<std::uint32_t>(1 + random() % 900, kLength - from);
      from = std::max(from, static_cast<std::uint32_t>(got.size()));
      held.insert(next, kNext + from, octets(from, size));
      const Bytes taken = held.take(next);
      got.insert(got.end(), taken.begin(), taken.end());
      next += static_cast<std::uint32_t>(taken.size());
      std::size_t sum = 0;
      for (const wire::SackBlock& block : held.sack_blocks(10'000)) {
        ASSERT_TRUE(block.left.after(next));
        sum += static_cast<std::size_t>(block.right - block.left);
      }
      ASSERT_EQ(sum, held.octets());
    }
    ASSERT_EQ(Bytes(got.begin(), got.begin() + kLength), octets(0, kLength));
  }
}

}  // namespace
}  // namespace tcpspec::tcp
