#include <gtest/gtest.h>

#include <deque>

#include "stack/base/byte_queue.h"
#include "stack/base/flat_queue.h"
#include "stack/base/random.h"

namespace tcpspec {
namespace {

TEST(ByteQueue, IsADequeOfOctets) {
  Random random(1);
  ByteQueue queue;
  std::deque<std::uint8_t> model;
  for (int round = 0; round < 5'000; ++round) {
    Bytes octets(random.below(700));
    for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random.next32());
    queue.append(octets);
    model.insert(model.end(), octets.begin(), octets.end());
    const std::size_t offset = random.below(model.size() + 1);
    const std::size_t count = random.below(model.size() - offset + 1);
    const auto begin = model.begin() + static_cast<std::ptrdiff_t>(offset);
    EXPECT_EQ(queue.copy(offset, count), Bytes(begin, begin + static_cast<std::ptrdiff_t>(count)));
    const std::size_t taken = random.below(model.size() + 1);
    const auto end = model.begin() + static_cast<std::ptrdiff_t>(taken);
    EXPECT_EQ(queue.take_front(taken), Bytes(model.begin(), end));
    model.erase(model.begin(), end);
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_EQ(queue.empty(), model.empty());
  }
}

TEST(ByteQueue, EndsOfItsRing) {
  ByteQueue queue;
  queue.append(Bytes(255, 1));
  queue.append(Bytes(1, 2));  // full: 256
  queue.drop_front(255);
  queue.append(Bytes(255, 3));  // full again, around the end
  EXPECT_EQ(queue.copy(0, 2), (Bytes{2, 3}));
  EXPECT_EQ(queue.copy(256, 0), Bytes());
  queue.append(Bytes(1, 4));  // grows
  EXPECT_EQ(queue.size(), 257U);
  EXPECT_EQ(queue.copy(255, 2), (Bytes{3, 4}));
}

TEST(ByteQueueDeathTest, NothingBeyondTheEnd) {
  ByteQueue queue;
  queue.append(Bytes(3, 1));
  EXPECT_DEATH((void)queue.copy(2, 2), "CHECK");
  EXPECT_DEATH((void)queue.copy(4, 0), "CHECK");
  EXPECT_DEATH(queue.drop_front(4), "CHECK");
}

TEST(FlatQueue, IsAQueue) {
  Random random(1);
  FlatQueue<int> queue;
  std::deque<int> model;
  for (int round = 0; round < 20'000; ++round) {
    // Longer and shorter by turns.
    if (random.below(100) < (round / 1000 % 2 == 0 ? 60U : 40U)) {
      queue.push_back(round);
      model.push_back(round);
    } else if (!model.empty()) {
      EXPECT_EQ(queue.front(), model.front());
      EXPECT_EQ(queue.take_front(), model.front());
      model.pop_front();
    }
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_EQ(queue.empty(), model.empty());
    if (!model.empty()) {
      EXPECT_EQ(queue.back(), model.back());
    }
    if (round % 500 == 0) {
      EXPECT_TRUE(std::equal(queue.begin(), queue.end(), model.begin(), model.end()));
    }
  }
}

TEST(FlatQueueDeathTest, NothingInFrontOfAnEmptyOne) {
  FlatQueue<int> queue;
  EXPECT_DEATH((void)queue.front(), "CHECK");
  EXPECT_DEATH(queue.pop_front(), "CHECK");
}

}  // namespace
}  // namespace tcpspec
