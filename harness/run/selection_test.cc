#include "harness/run/selection.h"

#include <gtest/gtest.h>

namespace tcpspec::run {
namespace {

using Ids = std::vector<std::string>;

class SelectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    add("half-close/data", "cases/rfc9293/3.6-closing/half-close.pkt");
    add("half-close/dup", "cases/rfc9293/3.6-closing/half-close.pkt");
    add("half-closed", "cases/rfc9293/3.6-closing/other.pkt");
    add("keepalive/probe/60", "cases/rfc9293/3.8.4-keepalive/keepalive.pkt");
    for (auto& one : cases_) {
      if (one.id == "half-close/dup") one.tags = {"slow"};
      if (one.id == "half-closed") one.covers = {"RFC9293:MUST-13"};
      if (one.id == "keepalive/probe/60") one.formerly = "keep-alive/probe/60";
    }
  }
  void add(const std::string& id, const std::string& path) {
    for (const IpVersion ip : {IpVersion::kV4, IpVersion::kV6}) {
      scenario::Scenario one;
      one.id = id;
      one.ip = ip;
      one.where = {path, 1, 1};
      cases_.push_back(one);
      paths_.push_back({path, "/abs/" + path});
    }
  }
  Ids chosen(const Ids& words) {
    last_ = select(cases_, paths_, words);
    Ids out;
    for (const std::size_t i : last_.cases) out.push_back(scenario::full_id(cases_[i]));
    return out;
  }
  std::vector<scenario::Scenario> cases_;
  std::vector<std::vector<std::string>> paths_;
  Selection last_;
};

TEST_F(SelectionTest, NothingSaidMeansAll) { EXPECT_EQ(chosen({}).size(), 8U); }

TEST_F(SelectionTest, AnIdWithAndWithoutItsVersion) {
  EXPECT_EQ(chosen({"half-close/data"}), (Ids{"half-close/data [v4]", "half-close/data [v6]"}));
  EXPECT_EQ(chosen({"half-close/data [v6]"}), (Ids{"half-close/data [v6]"}));
  EXPECT_EQ(chosen({"half-close/data[v4]"}), (Ids{"half-close/data [v4]"}));
}

TEST_F(SelectionTest, TheBeginningOfAnIdEndsAtASlash) {
  EXPECT_EQ(chosen({"half-close [v4]"}), (Ids{"half-close/data [v4]", "half-close/dup [v4]"}));
  EXPECT_EQ(chosen({"half"}), Ids{});
}

TEST_F(SelectionTest, GlobsTagsRowsAndPaths) {
  EXPECT_EQ(chosen({"*probe*[v4]"}), (Ids{"keepalive/probe/60 [v4]"}));
  EXPECT_EQ(chosen({"half-close?d*"}).size(), 4U);
  EXPECT_EQ(chosen({"@slow"}).size(), 2U);
  EXPECT_EQ(chosen({"slow"}).size(), 2U);
  EXPECT_EQ(chosen({"RFC9293:MUST-13"}), (Ids{"half-closed [v4]", "half-closed [v6]"}));
  EXPECT_EQ(chosen({"cases/rfc9293/3.6-closing/"}).size(), 6U);
  EXPECT_EQ(chosen({"/abs/cases/rfc9293/3.6-closing/other.pkt"}).size(), 2U);
  EXPECT_EQ(chosen({"cases/rfc9293/3.6"}), Ids{});
}

TEST_F(SelectionTest, WordsAddUpAndEachCaseComesOnce) {
  EXPECT_EQ(chosen({"slow", "half-close", "half-closed"}).size(), 6U);
  EXPECT_TRUE(last_.unknown.empty());
}

TEST_F(SelectionTest, AFormerIdIsFoundAndSaidToBe) {
  EXPECT_EQ(chosen({"keep-alive/probe/60"}).size(), 2U);
  EXPECT_EQ(last_.remarks, (Ids{"keep-alive/probe/60 is now called keepalive/probe/60"}));
}

TEST_F(SelectionTest, WhatMeansNothingComesWithWhatIsClose) {
  EXPECT_EQ(chosen({"half-clsoe/data", "half-close/dup [v4]"}).size(), 1U);
  EXPECT_EQ(last_.unknown, (Ids{"half-clsoe/data"}));
  ASSERT_FALSE(last_.likely.empty());
  EXPECT_EQ(last_.likely.front(), "half-close/data");
  EXPECT_EQ(chosen({"zzzzzzzz"}), Ids{});
  EXPECT_TRUE(last_.likely.empty());
}

TEST_F(SelectionTest, AnIdIsClaimedOnce) {
  EXPECT_TRUE(repeated_ids(cases_).empty());
  add("half-closed", "cases/z.pkt");
  const auto twice = repeated_ids(cases_);
  ASSERT_EQ(twice.size(), 1U);
  EXPECT_EQ(twice[0],
            "cases/z.pkt:1: error: the id 'half-closed' is already that of "
            "cases/rfc9293/3.6-closing/other.pkt:1");
}

TEST(EditDistance, CountsTheSwapOfNeighboursOnce) {
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("abc", "acb"), 1U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Grades, TheStrongestKeywordCounts) {
  Ledger ledger;
  const std::string common = "  title t\n  section 1\n  role sender\n  observable wire\n  scenario s\n";
  ASSERT_TRUE(ledger
                  .add("f", "rfc 1 X\nRFC1:a\n  level MUST\n  basis descriptive\n" + common +
                                "RFC1:b\n  level SHOULD NOT\n  basis keyword\n" + common +
                                "RFC1:c\n  level MUST NOT\n  basis keyword\n" + common +
                                "RFC1:d\n  level MAY\n  basis keyword\n" + common)
                  .ok());
  const auto graded = [&](std::vector<std::string> covers) {
    scenario::Scenario one;
    one.covers = std::move(covers);
    return grade_of(one, ledger);
  };
  EXPECT_EQ(graded({"RFC1:a"}), Grade::kText);
  EXPECT_EQ(graded({"RFC1:a", "RFC1:d"}), Grade::kMay);
  EXPECT_EQ(graded({"RFC1:d", "RFC1:b"}), Grade::kShould);
  EXPECT_EQ(graded({"RFC1:b", "RFC1:c"}), Grade::kMust);
  EXPECT_EQ(graded({}), Grade::kText);
}

}  // namespace
}  // namespace tcpspec::run
