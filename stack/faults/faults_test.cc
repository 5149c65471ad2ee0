#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <set>
#include <sstream>

#include "stack/faults/catalogue.h"
#include "stack/faults/conversations_for_test.h"

namespace tcpspec::faults {
namespace {

std::string said(const Conversation& conversation, const Fault* fault) {
  Talk talk(fault);
  conversation.play(talk);
  return talk.said;
}

// The second section of ci/faults.txt: what no case notices.
std::vector<std::string> unnoticed() {
  std::ifstream file(std::string(TCPSPEC_SOURCE_DIR) + "/ci/faults.txt");
  EXPECT_TRUE(file.is_open());
  std::vector<std::string> ids;
  bool below = false;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string id;
    words >> id;
    if (below) ids.push_back(id);
    below = below || id == "unnoticed";
  }
  EXPECT_TRUE(below);
  return ids;
}

TEST(Catalogue, IdsAreKebabCaseAndDifferent) {
  std::set<std::string> seen;
  for (const Fault& fault : catalogue()) {
    const std::string id = fault.id;
    EXPECT_TRUE(seen.insert(id).second) << id;
    EXPECT_TRUE(std::all_of(id.begin(), id.end(), [](char c) {
      return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
    })) << id;
  }
  EXPECT_GE(seen.size(), 100U);
}

TEST(Catalogue, EveryFaultSaysWhatItBreaks) {
  for (const Fault& fault : catalogue()) {
    EXPECT_STRNE(fault.says, "") << fault.id;
    EXPECT_STRNE(fault.rule, "") << fault.id;
    EXPECT_STRNE(fault.origin, "") << fault.id;
  }
}

TEST(Catalogue, FindsByIdAndNothingElse) {
  for (const Fault& fault : catalogue()) EXPECT_EQ(find(fault.id), &fault);
  EXPECT_EQ(find("rst-anywhere-in-window"), nullptr);
  EXPECT_EQ(find(""), nullptr);
}

TEST(Faults, AHostWithoutOneSaysTheSameTwice) {
  for (const Conversation& conversation : conversations())
    EXPECT_EQ(said(conversation, nullptr), said(conversation, nullptr)) << conversation.name;
}

TEST(Faults, EachThatNoCaseNoticesBitesInAConversation) {
  std::vector<std::string> healthy;
  for (const Conversation& conversation : conversations()) healthy.push_back(said(conversation, nullptr));
  for (const std::string& id : unnoticed()) {
    const Fault* fault = find(id);
    ASSERT_NE(fault, nullptr) << id;
    bool bites = false;
    for (std::size_t i = 0; i < healthy.size() && !bites; ++i)
      bites = said(conversations()[i], fault) != healthy[i];
    EXPECT_TRUE(bites) << id;
  }
}

TEST(Faults, TwoHostsWithTheSameFaultKeepTheirOwnNotes) {
  const Fault* fault = find("listener-serves-once");
  ASSERT_NE(fault, nullptr);
  const std::string first = said({"bulk", bulk}, fault);
  EXPECT_EQ(said({"bulk", bulk}, fault), first);
}

}  // namespace
}  // namespace tcpspec::faults
