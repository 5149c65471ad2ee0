// Two peers through a faulty link, in virtual time.
#include "harness/sim/peer.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "harness/packet/image.h"
#include "harness/sim/link.h"
#include "stack/base/random.h"

namespace tcpspec::sim {
namespace {

// Client on the "peer" side of the link, server on the "target" side.
struct Pair {
  explicit Pair(std::uint64_t seed)
      : client({{IpAddress::v4(192, 0, 2, 1), 40'000}, {IpAddress::v4(192, 168, 0, 1), 80}, 1500, seed}),
        server({{IpAddress::v4(192, 168, 0, 1), 80}, {IpAddress::v4(192, 0, 2, 1), 40'000}, 1500, seed + 1}),
        link(seed) {
    server.listen();
  }

  void carry() {
    bool more = true;
    while (more) {
      more = false;
      while (const auto packet = client.take_packet()) link.send(Toward::kTarget, *packet, now), more = true;
      while (const auto packet = server.take_packet()) link.send(Toward::kPeer, *packet, now), more = true;
      while (const auto carried = link.take(now)) {
        (carried->toward == Toward::kTarget ? server : client).on_packet(carried->packet, now);
        more = true;
      }
    }
  }
  // Until `limit`, or until nothing is left to happen.
  void run(Duration limit) {
    const Instant end = now + limit;
    for (;;) {
      carry();
      const Instant due = std::min({client.next_deadline(), server.next_deadline(), link.next_deadline()});
      if (due > end) break;
      now = std::max(now, due);
      if (client.next_deadline() <= now) client.on_deadline(now);
      if (server.next_deadline() <= now) server.on_deadline(now);
    }
    now = end;
  }

  Instant now;
  Peer client, server;
  Link link;
};

TEST(Peers, TalkOverAPerfectLink) {
  Pair pair(1);
  pair.client.connect(pair.now);
  pair.run(Duration::seconds(1));
  EXPECT_TRUE(pair.client.established());
  EXPECT_TRUE(pair.server.established());
  pair.client.send(10'000, pair.now);
  pair.server.send(7, pair.now);
  pair.run(Duration::seconds(5));
  EXPECT_EQ(pair.server.received(), 10'000U);
  EXPECT_EQ(pair.client.received(), 7U);
  pair.client.close(pair.now);
  pair.run(Duration::seconds(1));
  EXPECT_TRUE(pair.server.eof());
  EXPECT_FALSE(pair.server.closed());
  pair.server.close(pair.now);
  pair.run(Duration::seconds(1));
  EXPECT_TRUE(pair.client.closed());
  EXPECT_TRUE(pair.server.closed());
  EXPECT_FALSE(pair.client.reset());
}

TEST(Peers, AbortIsAResetForTheOther) {
  Pair pair(1);
  pair.client.connect(pair.now);
  pair.run(Duration::seconds(1));
  pair.client.abort(pair.now);
  pair.run(Duration::seconds(1));
  EXPECT_TRUE(pair.server.reset());
  EXPECT_FALSE(pair.server.closed());
  EXPECT_FALSE(pair.client.closed());
}

TEST(Peers, TransferEverythingThroughFaultyLinksWhateverTheSeed) {
  constexpr std::uint64_t kSeeds = 600;
  int completed = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Pair pair(seed);
    Random random(seed);
    const Fault faults[] = {Fault::kLose, Fault::kDelay, Fault::kDuplicate, Fault::kReorder, Fault::kCorrupt};
    for (const Fault fault : faults) {
      Rule rule;
      rule.fault = fault;
      rule.percent = random.below(12);
      rule.delay = Duration::micros(static_cast<std::int64_t>(random.below(30'000)));
      pair.link.add(rule);
    }
    const std::uint64_t up = random.below(6'000), down = random.below(6'000);
    pair.client.send(up, pair.now);
    pair.server.send(down, pair.now);
    pair.client.close(pair.now);
    pair.server.close(pair.now);
    pair.client.connect(pair.now);
    pair.run(Duration::seconds(90));
    if (!pair.client.closed() || !pair.server.closed()) pair.run(Duration::seconds(3'600));
    const bool gave_up = pair.client.status().find("timed out") != std::string::npos ||
                         pair.server.status().find("timed out") != std::string::npos;
    ASSERT_FALSE(pair.client.corrupt_at() || pair.server.corrupt_at()) << "seed " << seed;
    if (gave_up || pair.client.reset() || pair.server.reset())
      continue;  // R2 may end a very unlucky connection
    ASSERT_EQ(pair.server.received(), up)
        << "seed " << seed << ": " << pair.client.status() << " / " << pair.server.status();
    ASSERT_EQ(pair.client.received(), down)
        << "seed " << seed << ": " << pair.client.status() << " / " << pair.server.status();
    ASSERT_TRUE(pair.client.closed()) << "seed " << seed << ": " << pair.client.status();
    ASSERT_TRUE(pair.server.closed()) << "seed " << seed << ": " << pair.server.status();
    ++completed;
  }
  EXPECT_GT(completed, static_cast<int>(kSeeds * 95 / 100));
}

}  // namespace
}  // namespace tcpspec::sim
