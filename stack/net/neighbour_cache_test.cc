#include "stack/net/neighbour_cache.h"

#include <gtest/gtest.h>

namespace tcpspec::net {
namespace {

using wire::MacAddress;

const MacAddress kMac = MacAddress::of(2, 0, 0, 0, 0, 2);
const MacAddress kOther = MacAddress::of(2, 0, 0, 0, 0, 3);
constexpr Duration kTick = Duration::nanos(1);

IpAddress neighbour(int number) { return IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(number)); }

class Neighbours : public ::testing::Test {
 protected:
  void make(const NeighbourConfig& wanted) {
    config = wanted;
    cache.emplace(wanted, Random(1));
  }
  void SetUp() override { make({}); }
  void send(std::uint8_t mark, int to = 2) { cache->send(neighbour(to), Bytes{mark}, now); }
  // Nothing is due just before the next deadline; then that deadline's output.
  NeighbourCache::Output at_deadline() {
    const Instant deadline = cache->next_deadline();
    cache->on_deadline(deadline - kTick);
    const NeighbourCache::Output early = cache->take_output();
    EXPECT_TRUE(early.requests.empty() && early.failures.empty() && early.ready.empty());
    EXPECT_EQ(cache->next_deadline(), deadline);
    now = deadline;
    cache->on_deadline(now);
    return cache->take_output();
  }
  NeighbourState state(int of = 2) const { return cache->state(neighbour(of), now).value(); }
  NeighbourCache::Advertisement answer(const MacAddress& mac = kMac) { return {mac, true, true, false}; }
  void resolve() {
    send(1);
    ASSERT_TRUE(cache->advertised(neighbour(2), answer(), now));
    (void)cache->take_output();
  }

  NeighbourConfig config;
  std::optional<NeighbourCache> cache;
  Instant now = Instant::from_nanos(1'000'000'000);
};

TEST_F(Neighbours, PacketWaitsUntilTheNeighbourAnswers) {
  send(1);
  NeighbourCache::Output out = cache->take_output();
  ASSERT_EQ(out.requests.size(), 1U);
  EXPECT_EQ(out.requests[0].target, neighbour(2));
  EXPECT_FALSE(out.requests[0].to);
  EXPECT_TRUE(out.ready.empty());
  EXPECT_EQ(state(), NeighbourState::kIncomplete);
  EXPECT_FALSE(cache->mac(neighbour(2), now));

  EXPECT_TRUE(cache->advertised(neighbour(2), answer(), now));
  out = cache->take_output();
  ASSERT_EQ(out.ready.size(), 1U);
  EXPECT_EQ(out.ready[0].to, kMac);
  EXPECT_EQ(out.ready[0].packet, Bytes{1});
  EXPECT_EQ(state(), NeighbourState::kReachable);
  EXPECT_EQ(cache->next_deadline(), Instant::never());
}

TEST_F(Neighbours, RequestIsRepeatedThenTheNeighbourIsGivenUp) {
  const Instant start = now;
  send(1);
  EXPECT_EQ(cache->take_output().requests.size(), 1U);
  EXPECT_EQ(at_deadline().requests.size(), 1U);
  EXPECT_EQ(now, start + Duration::seconds(1));
  EXPECT_EQ(at_deadline().requests.size(), 1U);
  const NeighbourCache::Output out = at_deadline();
  EXPECT_EQ(now, start + Duration::seconds(3));
  EXPECT_TRUE(out.requests.empty());
  ASSERT_EQ(out.failures.size(), 1U);
  EXPECT_EQ(out.failures[0].neighbour, neighbour(2));
  EXPECT_EQ(out.failures[0].waiting, std::vector<Bytes>{Bytes{1}});
  EXPECT_EQ(cache->size(), 0U);
  EXPECT_EQ(cache->next_deadline(), Instant::never());
}

TEST_F(Neighbours, MorePacketsCauseNoMoreRequests) {
  for (std::uint8_t i = 0; i < 3; ++i) send(i);
  EXPECT_EQ(cache->take_output().requests.size(), 1U);
}

TEST_F(Neighbours, QueueKeepsTheLatest) {
  for (std::uint8_t i = 0; i < 6; ++i) send(i);
  NeighbourCache::Output out = cache->take_output();
  EXPECT_EQ(out.pushed_out, 2U);
  ASSERT_TRUE(cache->advertised(neighbour(2), answer(), now));
  out = cache->take_output();
  ASSERT_EQ(out.ready.size(), 4U);
  for (std::uint8_t i = 0; i < 4; ++i)
    EXPECT_EQ(out.ready[i].packet, Bytes{static_cast<std::uint8_t>(i + 2)});
}

TEST_F(Neighbours, UnsolicitedAnswerResolvesWithoutConfirming) {
  send(1);
  (void)cache->take_output();
  NeighbourCache::Advertisement news = answer();
  news.solicited = false;
  ASSERT_TRUE(cache->advertised(neighbour(2), news, now));
  EXPECT_EQ(cache->take_output().ready.size(), 1U);
  EXPECT_EQ(state(), NeighbourState::kDelay);
}

TEST_F(Neighbours, AnswerWithoutAddressResolvesNothing) {
  send(1);
  (void)cache->take_output();
  ASSERT_TRUE(cache->advertised(neighbour(2), {std::nullopt, true, true, false}, now));
  EXPECT_TRUE(cache->take_output().ready.empty());
  EXPECT_EQ(state(), NeighbourState::kIncomplete);
}

TEST_F(Neighbours, NobodyIsLearntFromAnAdvertisementAlone) {
  EXPECT_FALSE(cache->advertised(neighbour(2), answer(), now));
  EXPECT_EQ(cache->size(), 0U);
}

TEST_F(Neighbours, ReachableEndsWithItsTime) {
  resolve();
  const Duration time = cache->reachable_time();
  EXPECT_GE(time, config.base_reachable_time / 2);
  EXPECT_LE(time, config.base_reachable_time / 2 * 3);
  now = now + time - kTick;
  EXPECT_EQ(state(), NeighbourState::kReachable);
  send(2);
  EXPECT_EQ(cache->next_deadline(), Instant::never());
  now = now + kTick;
  EXPECT_EQ(state(), NeighbourState::kStale);
  send(3);
  EXPECT_EQ(state(), NeighbourState::kDelay);
  EXPECT_EQ(cache->next_deadline(), now + config.delay_first_probe);
  // Both packets went at once.
  EXPECT_EQ(cache->take_output().ready.size(), 2U);
}

TEST_F(Neighbours, DelayEndsInUnicastProbesAndThoseInFailure) {
  cache->heard(neighbour(2), kMac, now);
  EXPECT_EQ(state(), NeighbourState::kStale);
  send(1);
  EXPECT_EQ(cache->take_output().ready.size(), 1U);
  const Instant start = now;
  for (int probe = 0; probe < 3; ++probe) {
    const NeighbourCache::Output out = at_deadline();
    ASSERT_EQ(out.requests.size(), 1U) << probe;
    EXPECT_EQ(out.requests[0].to, kMac);
    EXPECT_EQ(now, start + Duration::seconds(5 + probe));
    EXPECT_EQ(state(), NeighbourState::kProbe);
    send(9);
    EXPECT_EQ(cache->take_output().ready.size(), 1U);
  }
  const NeighbourCache::Output out = at_deadline();
  ASSERT_EQ(out.failures.size(), 1U);
  EXPECT_TRUE(out.failures[0].waiting.empty());
  EXPECT_EQ(cache->size(), 0U);
}

TEST_F(Neighbours, AnswerToAProbeConfirms) {
  cache->heard(neighbour(2), kMac, now);
  send(1);
  (void)cache->take_output();
  (void)at_deadline();
  EXPECT_EQ(state(), NeighbourState::kProbe);
  // Solicited, without an address: the known one is meant (RFC 4861 §7.2.5).
  ASSERT_TRUE(cache->advertised(neighbour(2), {std::nullopt, true, false, false}, now));
  EXPECT_EQ(state(), NeighbourState::kReachable);
  EXPECT_EQ(cache->next_deadline(), Instant::never());
}

TEST_F(Neighbours, ProgressAboveConfirms) {
  cache->heard(neighbour(2), kMac, now);
  send(1);
  now = now + Duration::seconds(5) - kTick;
  EXPECT_EQ(state(), NeighbourState::kDelay);
  cache->confirm(neighbour(2), now);
  EXPECT_EQ(state(), NeighbourState::kReachable);
  EXPECT_EQ(cache->next_deadline(), Instant::never());
  // It cannot resolve anything.
  send(1, 3);
  cache->confirm(neighbour(3), now);
  EXPECT_EQ(state(3), NeighbourState::kIncomplete);
  cache->confirm(neighbour(4), now);
  EXPECT_EQ(cache->size(), 2U);
}

TEST_F(Neighbours, AnotherAddressWithoutOverrideOnlyRaisesDoubt) {
  resolve();
  ASSERT_TRUE(cache->advertised(neighbour(2), {kOther, true, false, false}, now));
  EXPECT_EQ(cache->mac(neighbour(2), now), kMac);
  EXPECT_EQ(state(), NeighbourState::kStale);
}

TEST_F(Neighbours, AnotherAddressWithOverrideCounts) {
  resolve();
  ASSERT_TRUE(cache->advertised(neighbour(2), {kOther, false, true, false}, now));
  EXPECT_EQ(cache->mac(neighbour(2), now), kOther);
  EXPECT_EQ(state(), NeighbourState::kStale);
  ASSERT_TRUE(cache->advertised(neighbour(2), {kMac, true, true, false}, now));
  EXPECT_EQ(cache->mac(neighbour(2), now), kMac);
  EXPECT_EQ(state(), NeighbourState::kReachable);
}

TEST_F(Neighbours, HeardAddressMakesStaleOnlyWhenItChanges) {
  resolve();
  cache->heard(neighbour(2), kMac, now);
  EXPECT_EQ(state(), NeighbourState::kReachable);
  cache->heard(neighbour(2), kOther, now);
  EXPECT_EQ(state(), NeighbourState::kStale);
  EXPECT_EQ(cache->mac(neighbour(2), now), kOther);
}

TEST_F(Neighbours, HeardAddressReleasesWhatWaits) {
  send(1);
  (void)cache->take_output();
  cache->heard(neighbour(2), kMac, now);
  EXPECT_EQ(cache->take_output().ready.size(), 1U);
  EXPECT_EQ(state(), NeighbourState::kDelay);
}

TEST_F(Neighbours, RouterThatBecomesAHostIsTold) {
  resolve();
  cache->set_router(neighbour(2));
  NeighbourCache::Advertisement news = answer();
  news.router = true;
  ASSERT_TRUE(cache->advertised(neighbour(2), news, now));
  EXPECT_TRUE(cache->take_output().no_router.empty());
  news.router = false;
  ASSERT_TRUE(cache->advertised(neighbour(2), news, now));
  EXPECT_EQ(cache->take_output().no_router, std::vector<IpAddress>{neighbour(2)});
}

TEST_F(Neighbours, UnusedEntryIsForgotten) {
  resolve();
  now = now + config.forget_after - kTick;
  EXPECT_EQ(state(), NeighbourState::kStale);
  now = now + kTick;
  EXPECT_FALSE(cache->state(neighbour(2), now));
  send(1);
  EXPECT_EQ(cache->take_output().requests.size(), 1U);
  EXPECT_EQ(state(), NeighbourState::kIncomplete);
}

TEST_F(Neighbours, FullCacheDropsTheStaleAndLeastUsedFirst) {
  NeighbourConfig small;
  small.most_entries = 3;
  make(small);
  send(1, 1);
  for (const int number : {2, 3}) {
    now = now + Duration::millis(1);
    cache->heard(neighbour(number), kMac, now);
  }
  cache->heard(neighbour(4), kMac, now);
  EXPECT_FALSE(cache->state(neighbour(2), now));
  EXPECT_TRUE(cache->state(neighbour(1), now));
  // With nothing stale the oldest goes, and what waited for it is counted.
  send(1, 3);
  send(1, 4);
  (void)cache->take_output();
  send(1, 5);
  EXPECT_FALSE(cache->state(neighbour(1), now));
  EXPECT_EQ(cache->take_output().pushed_out, 1U);
  EXPECT_EQ(cache->size(), 3U);
}

TEST_F(Neighbours, AnyNumberOfStrangersStaysWithinTheBound) {
  for (int i = 0; i < 10000; ++i) {
    const auto address =
        IpAddress::v4(10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i));
    if (i % 2 == 0) {
      cache->heard(address, kMac, now);
    } else {
      cache->send(address, Bytes(1500), now);
    }
    (void)cache->take_output();
  }
  EXPECT_EQ(cache->size(), config.most_entries);
}

TEST_F(Neighbours, AdvertisedTimesAreClamped) {
  cache->set_base_reachable_time(Duration::nanos(1));
  EXPECT_GE(cache->reachable_time(), Duration::millis(500));
  cache->set_base_reachable_time(Duration::seconds(100'000'000));
  EXPECT_LE(cache->reachable_time(), Duration::seconds(5400));
  cache->set_request_interval(Duration::nanos(1));
  send(1);
  EXPECT_EQ(cache->next_deadline(), now + Duration::millis(100));
}

}  // namespace
}  // namespace tcpspec::net
