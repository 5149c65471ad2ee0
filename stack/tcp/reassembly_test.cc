// RFC 9293 §3.10.7.4 seventh [SHLD-31]; RFC 2018 §4 for the order of SACK blocks.
#include "stack/tcp/reassembly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;

constexpr Seq32 kNext(0xfffffffc);  // the circle's end lies within every test

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }
std::string string(const Bytes& text) { return {text.begin(), text.end()}; }
wire::SackBlock block(std::uint32_t left, std::uint32_t right) { return {kNext + left, kNext + right}; }

TEST(Reassembly, TextInOrderPassesThrough) {
  Reassembly held;
  EXPECT_TRUE(held.insert(kNext, kNext, bytes("abc")));
  EXPECT_EQ(string(held.take(kNext)), "abc");
  EXPECT_EQ(string(held.take(kNext + 3)), "");
  EXPECT_FALSE(held.has_holes());
}

TEST(Reassembly, TextAheadWaitsForTheHole) {
  Reassembly held;
  EXPECT_TRUE(held.insert(kNext, kNext + 3, bytes("defgh")));
  EXPECT_EQ(string(held.take(kNext)), "");
  EXPECT_TRUE(held.has_holes());
  EXPECT_EQ(held.octets(), 5U);
  held.insert(kNext, kNext, bytes("abc"));
  EXPECT_EQ(string(held.take(kNext)), "abcdefgh");
  EXPECT_EQ(held.octets(), 0U);
}

TEST(Reassembly, EveryOrderOfSixPiecesGivesTheText) {
  const std::string text = "abcdefghijkl";
  std::vector<int> order = {0, 1, 2, 3, 4, 5};
  do {
    Reassembly held;
    Seq32 next = kNext;
    std::string got;
    for (const int piece : order) {
      // Each piece overlaps its neighbours by one octet.
      const std::size_t from = piece == 0 ? 0 : static_cast<std::size_t>(piece) * 2 - 1;
      Seq32 seq = kNext + static_cast<std::uint32_t>(from);
      std::string part = text.substr(from, 4);
      if (seq.before(next)) {
        const auto old = static_cast<std::size_t>(next - seq);
        part = part.size() <= old ? "" : part.substr(old);
        seq = next;
      }
      held.insert(next, seq, bytes(part));
      const std::string taken = string(held.take(next));
      got += taken;
      next += static_cast<std::uint32_t>(taken.size());
    }
    ASSERT_EQ(got, text);
    ASSERT_FALSE(held.has_holes());
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Reassembly, WhatCameFirstWins) {
  Reassembly held;
  held.insert(kNext, kNext + 2, bytes("CD"));
  EXPECT_TRUE(held.insert(kNext, kNext + 1, bytes("xyzw")));  // 1, 2, 3, 4: only 1 and 4 are new
  held.insert(kNext, kNext, bytes("a"));
  EXPECT_EQ(string(held.take(kNext)), "axCDw");
}

TEST(Reassembly, RepeatedTextIsNotNew) {
  Reassembly held;
  EXPECT_TRUE(held.insert(kNext, kNext + 5, bytes("abcd")));
  EXPECT_FALSE(held.insert(kNext, kNext + 5, bytes("abcd")));
  EXPECT_FALSE(held.insert(kNext, kNext + 6, bytes("bc")));
  EXPECT_FALSE(held.insert(kNext, kNext + 6, {}));
  EXPECT_EQ(held.octets(), 4U);
}

TEST(Reassembly, NothingIsHeldBeyondTheFin) {
  Reassembly held;
  held.set_fin(kNext + 4);
  EXPECT_TRUE(held.insert(kNext, kNext + 2, bytes("cdEF")));
  EXPECT_EQ(held.octets(), 2U);
  EXPECT_FALSE(held.insert(kNext, kNext + 4, bytes("E")));
  held.insert(kNext, kNext, bytes("ab"));
  EXPECT_EQ(string(held.take(kNext)), "abcd");
  EXPECT_TRUE(held.fin_at(kNext + 4));
  EXPECT_FALSE(held.fin_at(kNext + 3));
}

TEST(Reassembly, AFinCutsWhatIsHeldBeyondItAndTheFirstCounts) {
  Reassembly held;
  held.insert(kNext, kNext + 2, bytes("cdef"));
  held.insert(kNext, kNext + 10, bytes("k"));
  held.set_fin(kNext + 4);
  EXPECT_THAT(held.sack_blocks(4), ElementsAre(block(2, 4)));
  held.set_fin(kNext + 3);
  EXPECT_TRUE(held.fin_at(kNext + 4));
}

TEST(Reassembly, SackBlocksBeginWithTheLatest) {
  Reassembly held;
  held.insert(kNext, kNext + 2, bytes("c"));
  held.insert(kNext, kNext + 4, bytes("e"));
  held.insert(kNext, kNext + 8, bytes("i"));
  EXPECT_THAT(held.sack_blocks(4), ElementsAre(block(8, 9), block(4, 5), block(2, 3)));
  held.insert(kNext, kNext + 3, bytes("d"));  // joins two
  EXPECT_THAT(held.sack_blocks(4), ElementsAre(block(2, 5), block(8, 9)));
  EXPECT_THAT(held.sack_blocks(1), ElementsAre(block(2, 5)));
}

TEST(Reassembly, ADuplicateBringsItsBlockToTheFront) {
  Reassembly held;
  held.insert(kNext, kNext + 2, bytes("cd"));
  held.insert(kNext, kNext + 8, bytes("i"));
  EXPECT_FALSE(held.insert(kNext, kNext + 3, bytes("d")));
  EXPECT_THAT(held.sack_blocks(4), ElementsAre(block(2, 4), block(8, 9)));
}

TEST(Reassembly, BlocksThatTouchAreOne) {
  Reassembly held;
  held.insert(kNext, kNext + 2, bytes("c"));
  held.insert(kNext, kNext + 3, bytes("d"));
  held.insert(kNext, kNext + 1, bytes("b"));
  EXPECT_THAT(held.sack_blocks(4), ElementsAre(block(1, 4)));
  EXPECT_EQ(held.octets(), 3U);
}

TEST(Reassembly, TellsTheFirstPartThatIsHeld) {
  Reassembly held;
  held.insert(kNext, kNext + 2, bytes("cd"));
  held.insert(kNext, kNext + 8, bytes("ij"));
  EXPECT_EQ(held.first_held(kNext, kNext + 2), std::nullopt);
  EXPECT_EQ(held.first_held(kNext, kNext + 3), block(2, 3));
  EXPECT_EQ(held.first_held(kNext + 3, kNext + 9), block(3, 4));
  EXPECT_EQ(held.first_held(kNext + 4, kNext + 8), std::nullopt);
  EXPECT_EQ(held.first_held(kNext + 4, kNext + 20), block(8, 10));
  EXPECT_EQ(held.first_held(kNext + 10, kNext + 20), std::nullopt);
  EXPECT_EQ(held.block_around(kNext + 1), std::nullopt);
  EXPECT_EQ(held.block_around(kNext + 3), block(2, 4));
  EXPECT_EQ(held.block_around(kNext + 4), std::nullopt);
}

TEST(Reassembly, ClearForgetsTheFin) {
  Reassembly held;
  held.insert(kNext, kNext + 2, bytes("c"));
  held.set_fin(kNext + 9);
  held.clear();
  EXPECT_FALSE(held.has_holes());
  EXPECT_FALSE(held.fin());
}

TEST(ReassemblyDeathTest, TextLeftOfRcvNxtIsOurOwnBug) {
  Reassembly held;
  EXPECT_DEATH(held.insert(kNext, kNext - 1, bytes("ab")), "CHECK failed");
}

}  // namespace
}  // namespace tcpspec::tcp
