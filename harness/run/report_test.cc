#include "harness/run/report.h"

#include <gtest/gtest.h>

#include "harness/run/report_fixture.h"

namespace tcpspec::run {
namespace {

int status_of(const std::vector<Verdict>& verdicts, bool stale = false, int signal = 0) {
  ReportFixture fixture;
  int line = 0;
  for (const Verdict verdict : verdicts)
    fixture.add("c", IpVersion::kV4, ++line, {"RFC9293:MUST-1"}, verdict);
  if (stale) fixture.report.stale.push_back({});
  fixture.report.signal = signal;
  return exit_status(fixture.report, summarize(fixture.report));
}

TEST(ExitStatus, FollowsThePolicy) {
  using V = Verdict;
  EXPECT_EQ(status_of({V::kPass, V::kTolerated, V::kNotApplicable, V::kInconclusive, V::kKnownGap}), 0);
  EXPECT_EQ(status_of({V::kPass, V::kFail}), 1);
  EXPECT_EQ(status_of({V::kPass, V::kCrash}), 1);
  EXPECT_EQ(status_of({V::kPass, V::kHang}), 1);
  EXPECT_EQ(status_of({V::kCrash}), 1);  // one case is not every case
  EXPECT_EQ(status_of({}), 3);
  EXPECT_EQ(status_of({V::kNotApplicable, V::kInconclusive}), 3);
  EXPECT_EQ(status_of({V::kCrash, V::kHang, V::kNotApplicable}), 4);
  EXPECT_EQ(status_of({V::kCrash, V::kCrash, V::kPass}), 1);
  EXPECT_EQ(status_of({V::kPass, V::kFail, V::kError}), 5);
  EXPECT_EQ(status_of({V::kPass, V::kUnexpectedPass}), 6);
  EXPECT_EQ(status_of({V::kPass}, true), 6);
  EXPECT_EQ(status_of({V::kPass, V::kFail}, true), 1);
  EXPECT_EQ(status_of({V::kPass, V::kFail}, false, 2), 130);
}

TEST(Summarize, CountsRowsByGradeAndSaysWhatWasNotReached) {
  ReportFixture fixture;
  fixture.add_both("a", 1, {"RFC9293:MUST-1"}, Verdict::kPass);
  fixture.add("b", IpVersion::kV4, 2, {"RFC9293:SHLD-2"}, Verdict::kTolerated);
  fixture.add("c", IpVersion::kV4, 3, {"RFC9293:MUST-1", "RFC9293:3.10.7.4-7text-x"}, Verdict::kFail);
  fixture.add("d", IpVersion::kV4, 4, {"RFC1122:4.2-a"}, Verdict::kNotApplicable);
  const Summary summary = summarize(fixture.report);
  EXPECT_EQ(summary.count(Verdict::kPass), 2U);
  EXPECT_EQ(summary.failures[static_cast<std::size_t>(Grade::kMust)], 1U);
  ASSERT_EQ(summary.rfcs.size(), 2U);
  EXPECT_EQ(summary.rfcs[0].rfc, "9293");
  const auto& rows = summary.rfcs[0].by_grade;
  EXPECT_EQ(rows[static_cast<std::size_t>(Grade::kMust)].judged, 1U);
  EXPECT_EQ(rows[static_cast<std::size_t>(Grade::kMust)].met, 0U);  // one broken case breaks the row
  EXPECT_EQ(rows[static_cast<std::size_t>(Grade::kShould)].judged, 1U);
  EXPECT_EQ(rows[static_cast<std::size_t>(Grade::kShould)].met, 0U);  // a SHOULD not followed
  EXPECT_EQ(rows[static_cast<std::size_t>(Grade::kText)].judged, 1U);
  EXPECT_EQ(summary.rfcs[1].rfc, "1122");
  EXPECT_EQ(summary.rfcs[1].unreached, 1U);
}

TEST(BySection, FollowsTheRfcsAndGroupsVersionsAndMatrixValues) {
  ReportFixture fixture;
  fixture.add("z", IpVersion::kV4, 9, {"RFC1122:4.2-a"}, Verdict::kPass);
  fixture.add("late", IpVersion::kV4, 5, {"RFC9293:3.10.7.4-7text-x"}, Verdict::kPass);
  fixture.add_both("m/a/1", 1, {"RFC9293:MUST-1"}, Verdict::kPass);
  fixture.add_both("m/a/10", 1, {"RFC9293:MUST-1"}, Verdict::kPass);
  fixture.add("script", IpVersion::kV4, 7, {}, Verdict::kPass);
  const auto sections = by_section(fixture.report);
  ASSERT_EQ(sections.size(), 4U);
  EXPECT_EQ(sections[0].section, "3.5");
  ASSERT_EQ(sections[0].cases.size(), 1U);
  EXPECT_EQ(sections[0].cases[0].name, "m/a");
  EXPECT_EQ(sections[0].cases[0].results.size(), 4U);
  EXPECT_EQ(sections[1].section, "3.10.7.4");
  EXPECT_EQ(sections[2].rfc, "1122");
  EXPECT_EQ(sections[3].title, "Scripts");
}

TEST(SectionBefore, CountsPartsAsNumbers) {
  EXPECT_TRUE(section_before("9293", "3.9", "9293", "3.10"));
  EXPECT_FALSE(section_before("9293", "3.10", "9293", "3.9"));
  EXPECT_TRUE(section_before("9293", "3.10.7", "9293", "3.10.7.1"));
  EXPECT_TRUE(section_before("9293", "3.10", "9293", "A.1"));
  EXPECT_TRUE(section_before("9293", "9", "1122", "1"));
  EXPECT_TRUE(section_before("1122", "9", "5681", "1"));
}

TEST(AgainCommand, NamesCaseVersionTargetAndSeed) {
  ReportFixture fixture;
  CaseResult& result = fixture.add("a/b", IpVersion::kV6, 1, {}, Verdict::kFail);
  EXPECT_EQ(again_command(fixture.report, result), "tcpspec run 'a/b [v6]' --target fake --seed 7 -v");
  fixture.cases.back().kind = scenario::FileKind::kScript;
  fixture.report.again_options = "--cases /x";
  EXPECT_EQ(again_command(fixture.report, result),
            "tcpspec run cases/x.pkt --ip v6 --target fake --seed 7 --cases /x -v");
}

TEST(Percentile, IsASample) {
  std::vector<Duration> samples;
  for (int i = 100; i > 0; --i) samples.push_back(Duration::millis(i));
  EXPECT_EQ(percentile(samples, 99), Duration::millis(100));
  EXPECT_EQ(percentile(samples, 50), Duration::millis(51));
  EXPECT_EQ(percentile(samples, 100), Duration::millis(100));
  EXPECT_EQ(percentile({}, 99), Duration());
}

}  // namespace
}  // namespace tcpspec::run
