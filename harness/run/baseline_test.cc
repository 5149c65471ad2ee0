#include "harness/run/baseline.h"

#include <gtest/gtest.h>

namespace tcpspec::run {
namespace {

scenario::Scenario a_case(const std::string& id, IpVersion ip) {
  scenario::Scenario out;
  out.id = id;
  out.ip = ip;
  return out;
}

Outcome ended(Verdict verdict) {
  Outcome out;
  out.verdict = verdict;
  return out;
}

Verdict applied(const Baseline& baseline, const std::string& id, IpVersion ip, Verdict verdict) {
  Outcome outcome = ended(verdict);
  baseline.apply(a_case(id, ip), outcome);
  return outcome.verdict;
}

TEST(Baseline, ListedFailureIsAKnownGapAndListedPassIsUnexpected) {
  Baseline baseline;
  ASSERT_TRUE(baseline
                  .parse("known.txt",
                         "# gaps\n\na/b   fail  drops it (bug 1)  \n"
                         "c/d [v6]  crash  dies\n")
                  .empty());
  EXPECT_EQ(applied(baseline, "a/b", IpVersion::kV4, Verdict::kFail), Verdict::kKnownGap);
  EXPECT_EQ(applied(baseline, "a/b", IpVersion::kV6, Verdict::kFail), Verdict::kKnownGap);
  EXPECT_EQ(applied(baseline, "a/b", IpVersion::kV4, Verdict::kPass), Verdict::kUnexpectedPass);
  EXPECT_EQ(applied(baseline, "a/b", IpVersion::kV4, Verdict::kTolerated), Verdict::kUnexpectedPass);
  // A listed failure does not excuse a crash, and what was not judged stays so.
  EXPECT_EQ(applied(baseline, "a/b", IpVersion::kV4, Verdict::kCrash), Verdict::kCrash);
  EXPECT_EQ(applied(baseline, "a/b", IpVersion::kV4, Verdict::kInconclusive), Verdict::kInconclusive);
  EXPECT_EQ(applied(baseline, "a/b", IpVersion::kV4, Verdict::kNotApplicable), Verdict::kNotApplicable);
  EXPECT_EQ(applied(baseline, "c/d", IpVersion::kV6, Verdict::kCrash), Verdict::kKnownGap);
  EXPECT_EQ(applied(baseline, "c/d", IpVersion::kV4, Verdict::kCrash), Verdict::kCrash);
  EXPECT_EQ(applied(baseline, "other", IpVersion::kV4, Verdict::kFail), Verdict::kFail);
  Outcome outcome = ended(Verdict::kFail);
  outcome.reasons = {"first"};
  baseline.apply(a_case("a/b", IpVersion::kV4), outcome);
  EXPECT_EQ(outcome.reasons, (std::vector<std::string>{"listed as fail: drops it (bug 1)", "first"}));
}

TEST(Baseline, TheEntryForOneVersionComesFirst) {
  Baseline baseline;
  ASSERT_TRUE(baseline.parse("k", "a [v6] hang slow\na fail wrong\n").empty());
  EXPECT_EQ(baseline.find(a_case("a", IpVersion::kV6))->verdict, Verdict::kHang);
  EXPECT_EQ(baseline.find(a_case("a", IpVersion::kV4))->verdict, Verdict::kFail);
}

TEST(Baseline, EntriesThatNameNoCaseAreStale) {
  Baseline baseline;
  ASSERT_TRUE(baseline.parse("k", "a fail x\nb [v6] fail x\nc fail x\n").empty());
  const auto stale = baseline.stale({a_case("a", IpVersion::kV6), a_case("b", IpVersion::kV4)});
  ASSERT_EQ(stale.size(), 2U);
  EXPECT_EQ(stale[0].id, "b");
  EXPECT_EQ(stale[0].line, 2);
  EXPECT_EQ(stale[1].id, "c");
}

std::string error_of(const std::string& text) {
  Baseline baseline;
  const auto wrong = baseline.parse("known.txt", text);
  return wrong.empty() ? "" : scenario::to_string(wrong.front());
}

TEST(Baseline, ErrorsShowThePlace) {
  EXPECT_EQ(error_of("a/b flaky it flakes\n"),
            "known.txt:1:5: error: expected 'fail', 'crash' or 'hang' after the case's id, found 'flaky'\n"
            "    1 | a/b flaky it flakes\n"
            "      |     ^");
  EXPECT_NE(error_of("a/b\n").find("known.txt:1:4: error: expected 'fail', 'crash' or 'hang'"),
            std::string::npos);
  EXPECT_NE(error_of("# x\na/b [v4] fail  \n").find("known.txt:2:16: error: expected the reason"),
            std::string::npos);
  EXPECT_NE(error_of("a fail x\na fail y\n").find("known.txt:2:1: error: 'a' is listed twice"),
            std::string::npos);
  EXPECT_EQ(error_of("a fail x\na [v4] fail y\n"), "");
}

}  // namespace
}  // namespace tcpspec::run
