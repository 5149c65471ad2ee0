#include "harness/interop/chaos.h"

#include <gtest/gtest.h>

#include <set>

#include "harness/interop/conversation.h"
#include "harness/target/reference.h"

namespace tcpspec::interop {
namespace {

TEST(Chaos, DrawsEverythingFromTheSeed) {
  std::set<std::string> all;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const std::string text = describe(draw(seed));
    EXPECT_EQ(text, describe(draw(seed)));
    all.insert(text);
  }
  EXPECT_EQ(all.size(), 500U);
}

TEST(Chaos, TriesEveryOpeningEndingAndFault) {
  std::set<Opening> openings;
  std::set<Ending> endings;
  int outages = 0, slow_readers = 0, urgent = 0, empty = 0;
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    const Knobs knobs = draw(seed);
    openings.insert(knobs.opening);
    for (const SideKnobs* side : {&knobs.peer, &knobs.target}) {
      endings.insert(side->program.ending);
      slow_readers += side->program.read_pause > Duration() ? 1 : 0;
      urgent += side->program.urgent_at ? 1 : 0;
      empty += side->program.sends == 0 ? 1 : 0;
      EXPECT_LE(side->program.sends, 300U * 1024);
    }
    outages += knobs.to_target.outage > Duration() ? 1 : 0;
    EXPECT_FALSE(knobs.peer.program.after_end && knobs.target.program.after_end) << "seed " << seed;
  }
  EXPECT_EQ(openings.size(), 3U);
  EXPECT_EQ(endings.size(), 4U);
  for (const int times : {outages, slow_readers, urgent, empty}) EXPECT_GT(times, 20);
}

TEST(Chaos, ASeedGivesTheSamePacketsAgain) {
  TalkOptions options;
  options.hash_packets = true;
  std::set<std::string> hashes;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const Plan plan = plan_of(draw(seed));
    const auto once = target::make_reference_target(), again = target::make_reference_target();
    const run::Outcome first = talk(plan, *once, options);
    EXPECT_EQ(first.details, talk(plan, *again, options).details) << "seed " << seed;
    hashes.insert(figures_of(first.details).packet_hash);
  }
  EXPECT_EQ(hashes.size(), 8U);
}

}  // namespace
}  // namespace tcpspec::interop
