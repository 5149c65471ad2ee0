// What an idle established connection costs a host: its TCB, socket and queues, counted at operator new.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::counted {

// The allocator's own count of what is in use, its rounding included.
inline std::atomic<std::ptrdiff_t> in_use{0};

inline void* take(std::size_t size) {
  void* at = std::malloc(size == 0 ? 1 : size);
  if (at == nullptr) std::abort();
  in_use += static_cast<std::ptrdiff_t>(malloc_usable_size(at));
  return at;
}

inline void give_back(void* at) noexcept {
  if (at != nullptr) in_use -= static_cast<std::ptrdiff_t>(malloc_usable_size(at));
  std::free(at);
}

}  // namespace tcpspec::counted

void* operator new(std::size_t size) { return tcpspec::counted::take(size); }
void* operator new[](std::size_t size) { return tcpspec::counted::take(size); }
void operator delete(void* at) noexcept { tcpspec::counted::give_back(at); }
void operator delete[](void* at) noexcept { tcpspec::counted::give_back(at); }
void operator delete(void* at, std::size_t) noexcept { tcpspec::counted::give_back(at); }
void operator delete[](void* at, std::size_t) noexcept { tcpspec::counted::give_back(at); }

namespace tcpspec::net {
namespace {

// Both ends' share of `count` connections, per end.
std::ptrdiff_t octets_per_connection(IpVersion version, int count) {
  TwoHosts two;
  const SocketId listener = two.server.socket(version);
  (void)two.server.bind(listener, {IpAddress::any(version), 80});
  (void)two.server.listen(listener, count + 1);
  const auto connect = [&] {
    const SocketId id = two.client.socket(version);
    (void)two.client.connect(id, {address_of(2, version), 80}, two.now);
    two.run_for(Duration::millis(100));
    const std::optional<SocketId> child = two.server.accept(listener);
    // Both have talked, so that every queue was in use once.
    const Bytes text(3000, 7);
    (void)two.client.send(id, text, true, two.now);
    (void)two.server.send(*child, text, true, two.now);
    two.run_for(Duration::millis(500));
    (void)two.client.receive(id, 10'000, two.now);
    (void)two.server.receive(*child, 10'000, two.now);
    two.run_for(Duration::millis(500));
    while (two.client.take_event() || two.server.take_event()) {
    }
    two.log.clear();
    two.log.shrink_to_fit();
  };
  connect();  // what is made once
  const std::ptrdiff_t before = counted::in_use;
  for (int i = 0; i < count; ++i) connect();
  const std::ptrdiff_t after = counted::in_use;
  EXPECT_EQ(two.client.connection_count(), static_cast<std::size_t>(count) + 1);
  return (after - before) / (2 * count);
}

TEST(IdleMemory, AnEstablishedConnectionCostsLessThanTwoKibibytes) {
  for (const IpVersion version : {IpVersion::kV4, IpVersion::kV6}) {
    const std::ptrdiff_t octets = octets_per_connection(version, 200);
    std::printf("idle established connection: %td octets, socket and lookup included\n", octets);
    EXPECT_LT(octets, 2048);
    EXPECT_GT(octets, 500);  // the count is at work
  }
}

}  // namespace
}  // namespace tcpspec::net
