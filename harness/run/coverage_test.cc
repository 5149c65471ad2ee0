#include "harness/run/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/run/report_fixture.h"

namespace tcpspec::run {
namespace {

using ::testing::ContainsRegex;

TEST(Coverage, ARowIsCoveredRestatedUnobservableOrOpen) {
  Ledger ledger;
  const auto row = [](const std::string& id, const std::string& rest) {
    return id + "\n  title Title of " + id + "\n  level MUST\n  basis keyword\n  section 1\n  role sender\n" +
           rest;
  };
  const std::string wire = "  observable wire\n  scenario s\n";
  ASSERT_TRUE(ledger
                  .add("f", "rfc 1 X\n" + row("RFC1:a", wire) + row("RFC1:b", wire + "  restates RFC1:a\n") +
                                row("RFC1:c", "  observable unobservable\n  because local\n") +
                                row("RFC1:d", wire))
                  .ok());
  std::vector<scenario::Scenario> cases(3);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    cases[i].id = "x/" + std::to_string(i);
    cases[i].covers = {"RFC1:a"};
    cases[i].where = {"f.pkt", i < 2 ? 1 : 2, 1};  // the first two are one case's matrix values
  }
  const std::vector<MatrixColumn> reports{
      {"one", {{"x/0 [v4]", "1", "1", "", 'P'}, {"x/1 [v4]", "1", "1", "", 'F'}}},
      {"two", {{"x/0 [v4]", "1", "1", "", 'P'}}},
      {"three", {}}};
  const auto rows = cover(ledger, cases, reports);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].how, Covered::kByCase);
  EXPECT_EQ(rows[0].cases, 2U);
  EXPECT_EQ(rows[0].letters, "FP-");
  EXPECT_EQ(rows[1].how, Covered::kByTheOther);
  EXPECT_EQ(rows[1].letters, "FP-");
  EXPECT_EQ(rows[2].how, Covered::kUnobservable);
  EXPECT_EQ(rows[3].how, Covered::kOpen);
  EXPECT_THAT(coverage_table(ledger, rows), ContainsRegex("RFC 1 +X +2 of 3 +1 +1\n"));
  const std::string text = coverage_rows(rows, reports, false);
  EXPECT_THAT(text, ContainsRegex("FP-  RFC1:a +MUST +2 cases +Title of RFC1:a\n"));
  EXPECT_THAT(text, ContainsRegex("FP-  RFC1:b +MUST +as RFC1:a"));
  EXPECT_THAT(text, ContainsRegex("---  RFC1:c +MUST +unobservable +local\n"));
  EXPECT_THAT(coverage_rows(rows, {}, true), ::testing::Not(::testing::HasSubstr("RFC1:a ")));
  EXPECT_THAT(coverage_rows(rows, {}, true), ::testing::HasSubstr("RFC1:d"));
}

}  // namespace
}  // namespace tcpspec::run
