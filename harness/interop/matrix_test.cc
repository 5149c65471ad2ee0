#include "harness/interop/matrix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tcpspec::interop {
namespace {

target::Profile plain() {
  target::Profile profile;
  profile.choices = {{"sack", "on"}, {"timestamps", "on"}, {"wscale", "on"}, {"ecn", "off"}};
  return profile;
}

Variant off(Off what, Where where) {
  Variant variant;
  variant.off = what;
  variant.where = where;
  return variant;
}

TEST(Matrix, HoldsEveryCombinationOnce) {
  const std::vector<Variant> all = all_variants();
  std::set<std::string> names, rows;
  for (const Variant& variant : all) {
    names.insert(name_of(variant));
    rows.insert(row_of(variant));
  }
  EXPECT_EQ(all.size(), 2U * 9 * 2 * 2 * 2);  // links, options, IP versions, directions, openings
  EXPECT_EQ(names.size(), all.size());
  EXPECT_EQ(rows.size(), 18U);
  EXPECT_EQ(name_of(all.front()), "light/all-on/v4/target-sends/peer-connects");
}

TEST(Matrix, IsChosenFromByGlobOrByTheBeginningOfNames) {
  const auto count = [](const std::string& glob) {
    const std::vector<Variant> all = all_variants();
    return std::count_if(all.begin(), all.end(), [&](const Variant& variant) { return fits(variant, glob); });
  };
  EXPECT_EQ(count("heavy"), 72);
  EXPECT_EQ(count("heavy/all-on/v6"), 4);
  EXPECT_EQ(count("*/sack-off-at-peer/*"), 16);
  EXPECT_EQ(count("hea"), 0);
  EXPECT_EQ(count("light/all-on/v4/target-sends/peer-connects"), 1);
}

TEST(Matrix, SwitchesOneOptionOffAtOneSide) {
  const auto all_on = plan_of(off(Off::kNothing, Where::kPeer), plain(), Scale::kCi, 1);
  ASSERT_TRUE(all_on.ok());
  EXPECT_EQ(all_on->policies, (std::map<std::string, std::string>{{"ecn", "on"}}));
  EXPECT_EQ(all_on->peer_knobs.sack, true);
  EXPECT_EQ(all_on->peer_knobs.ecn, sim::PeerEcn::kRequest);
  const auto at_target = plan_of(off(Off::kSack, Where::kTarget), plain(), Scale::kCi, 1);
  ASSERT_TRUE(at_target.ok());
  EXPECT_EQ(at_target->policies.at("sack"), "off");
  EXPECT_EQ(at_target->peer_knobs.sack, true);
  const auto at_peer = plan_of(off(Off::kEcn, Where::kPeer), plain(), Scale::kCi, 1);
  ASSERT_TRUE(at_peer.ok());
  EXPECT_EQ(at_peer->peer_knobs.ecn, sim::PeerEcn::kOff);
  EXPECT_EQ(at_peer->policies.at("ecn"), "on");
}

TEST(Matrix, LeavesOutWhatATargetLacksAndSaysSo) {
  target::Profile profile = plain();
  profile.lacks["ecn"] = "it does not speak ECN";
  const auto all_on = plan_of(off(Off::kNothing, Where::kPeer), profile, Scale::kCi, 1);
  ASSERT_TRUE(all_on.ok());
  EXPECT_TRUE(all_on->policies.empty());
  const auto without = plan_of(off(Off::kEcn, Where::kTarget), profile, Scale::kCi, 1);
  ASSERT_FALSE(without.ok());
  EXPECT_NE(without.error().find("it does not speak ECN"), std::string::npos);
  profile.lacks["ipv6"] = "no IPv6";
  Variant v6;
  v6.ip = IpVersion::kV6;
  EXPECT_FALSE(plan_of(v6, profile, Scale::kCi, 1).ok());
  EXPECT_TRUE(plan_of(Variant{}, profile, Scale::kCi, 1).ok());
}

TEST(Matrix, ScalesAndSeedsArePartOfThePlan) {
  const auto full = plan_of(Variant{}, plain(), Scale::kFull, 1);
  const auto ci = plan_of(Variant{}, plain(), Scale::kCi, 1);
  const auto other = plan_of(Variant{}, plain(), Scale::kCi, 2);
  ASSERT_TRUE(full.ok() && ci.ok() && other.ok());
  EXPECT_EQ(full->target.sends, 64U * 1024 * 1024);
  EXPECT_EQ(ci->target.sends, 256U * 1024);
  EXPECT_TRUE(ci->peer.after_end);
  EXPECT_EQ(full->seed, ci->seed);
  EXPECT_NE(ci->seed, other->seed);
}

}  // namespace
}  // namespace tcpspec::interop
