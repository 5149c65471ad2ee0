// What makes a fresh stack of an old process: lwIP's memory, its variables, its packets.
#include <gtest/gtest.h>

#include <cstring>

#include "harness/target/lwip/guarded_packets.h"
#include "harness/target/lwip/heap.h"
#include "harness/target/lwip/lwip_api.h"
#include "harness/target/lwip/variables.h"

namespace tcpspec::target::lwip {
namespace {

TEST(LwipVariables, AreInsideTheRange) {
  for (const void* variable :
       {static_cast<const void*>(&tcp_ticks), static_cast<const void*>(&tcp_active_pcbs),
        static_cast<const void*>(&tcp_tw_pcbs), static_cast<const void*>(&tcp_listen_pcbs),
        static_cast<const void*>(&netif_list), static_cast<const void*>(&netif_default),
        static_cast<const void*>(&tcp_input_pcb), static_cast<const void*>(&ip_data)}) {
    EXPECT_TRUE(is_variable(variable));
  }
  EXPECT_GT(variables_size(), 1000U);
  int other = 0;
  EXPECT_FALSE(is_variable(&other));
}

TEST(LwipVariables, ComeBack) {
  restore_variables();
  tcp_ticks = 77;
  netif_default = reinterpret_cast<netif*>(&tcp_ticks);
  restore_variables();
  EXPECT_EQ(tcp_ticks, 0U);
  EXPECT_EQ(netif_default, nullptr);
}

TEST(LwipHeap, TakesEverythingBack) {
  const std::size_t before = heap_blocks();
  void* first = ::mem_malloc(100);
  void* second = ::mem_malloc(1);
  void* third = ::mem_calloc(3, 7);
  EXPECT_EQ(heap_blocks(), before + 3);
  EXPECT_EQ(static_cast<const char*>(third)[20], 0);
  ::mem_free(second);
  EXPECT_EQ(heap_blocks(), before + 2);
  static_cast<void>(first);
  free_heap();
  EXPECT_EQ(heap_blocks(), 0U);
}

#ifdef TCPSPEC_SANITIZED
TEST(LwipHeap, AWriteInFrontOfABlockIsSeen) {
  auto* block = static_cast<char*>(::mem_malloc(10));
  const volatile std::size_t one = 1;  // a call, which the sanitizer sees
  EXPECT_DEATH(std::memset(block - 1, 1, one), "AddressSanitizer");
  EXPECT_DEATH(std::memset(block + 10, 1, one), "AddressSanitizer");
  free_heap();
}
#endif

TEST(LwipPackets, EndAtAGuardPage) {
  GuardedPackets packets;
  for (const std::size_t size : {std::size_t{1}, std::size_t{40}, std::size_t{4097}, std::size_t{65'535}}) {
    Bytes octets(size);
    for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<std::uint8_t>(i * 7);
    pbuf* made = packets.make(octets, 0);
    ASSERT_NE(made, nullptr);
    const auto* payload = static_cast<const volatile std::uint8_t*>(made->payload);
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(payload[i], octets[i]);
    EXPECT_DEATH(static_cast<void>(payload[size]), "");
    EXPECT_EQ(packets.held(), 1U);
    ::pbuf_free(made);
    EXPECT_EQ(packets.held(), 0U);
  }
}

TEST(LwipPackets, PaddingCanBeRead) {
  GuardedPackets packets;
  const Bytes octets(20, 5);
  pbuf* made = packets.make(octets, 3);
  const auto* payload = static_cast<const volatile std::uint8_t*>(made->payload);
  EXPECT_EQ(payload[19], 5);
  EXPECT_EQ(payload[22], 0);
  EXPECT_DEATH(static_cast<void>(payload[23]), "");
  ::pbuf_free(made);
}

TEST(LwipPackets, AreTakenBackFromAStackThatIsGone) {
  GuardedPackets packets;
  const Bytes octets(20, 5);
  const pbuf* first = packets.make(octets, 0);
  static_cast<void>(packets.make(octets, 0));
  EXPECT_EQ(packets.held(), 2U);
  packets.take_back();
  EXPECT_EQ(packets.held(), 0U);
  const pbuf* again = packets.make(octets, 0);
  EXPECT_EQ(packets.held(), 1U);
  static_cast<void>(first);
  EXPECT_EQ(again->ref, 1U);
}

}  // namespace
}  // namespace tcpspec::target::lwip
