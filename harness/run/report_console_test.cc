#include "harness/run/report_console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/run/ladder.h"
#include "harness/run/report_fixture.h"

namespace tcpspec::run {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Console, HeadSaysWhatIsTestedHow) {
  ReportFixture fixture;
  fixture.add("a", IpVersion::kV4, 1, {}, Verdict::kPass);
  fixture.report.scheduled = 1284;
  EXPECT_EQ(console_head(fixture.report, {}),
            "tcpspec 1.2.3   target fake 9 (in memory)   1,284 cases   seed 7\nprofile  sack on\n");
  fixture.report.lateness.assign(100, Duration::micros(400));
  EXPECT_THAT(console_head(fixture.report, {}), HasSubstr("tester jitter p99 0.4 ms"));
}

TEST(Console, TreeGroupsWhatEndedAlikeAndNamesWhatDidNot) {
  ReportFixture fixture;
  fixture.add_both("open/a", 1, {"RFC9293:MUST-1"}, Verdict::kPass);
  fixture.add_both("open/m/1", 2, {"RFC9293:MUST-1"}, Verdict::kPass);
  fixture.add("open/m/2", IpVersion::kV4, 2, {"RFC9293:MUST-1"}, Verdict::kFail);
  fixture.add("open/na", IpVersion::kV4, 3, {"RFC9293:3.10.7.4-7text-x"}, Verdict::kNotApplicable)
      .outcome.reasons = {"real time"};
  const std::string tree = console_tree(fixture.report, {});
  EXPECT_THAT(tree, HasSubstr("RFC 9293  Transmission Control Protocol\n  3.5  Opening\n"));
  EXPECT_THAT(tree, testing::ContainsRegex("    ✓ open/a +title of open/a +\\[×2\\] +0.21 s\n"));
  EXPECT_THAT(tree, testing::ContainsRegex("    ✓ open/m +title of open/m/1 +\\[×2 of 3\\] +0.21 s\n"));
  EXPECT_THAT(tree, testing::ContainsRegex("    ✗ open/m/2 \\[v4\\] +title of open/m/2 +0.21 s\n"));
  EXPECT_THAT(tree, testing::ContainsRegex("    – open/na +not applicable: real time\n"));
  EXPECT_THAT(tree, Not(HasSubstr("\x1b")));
  EXPECT_THAT(console_tree(fixture.report, {true, false, 0}), HasSubstr("\x1b[32m✓\x1b[0m"));
}

TEST(Console, TreeFitsTheTerminal) {
  ReportFixture fixture;
  fixture.add("a", IpVersion::kV4, 1, {"RFC9293:MUST-1"}, Verdict::kPass);
  fixture.cases.back().title = std::string(300, 'x');
  const std::string tree = console_tree(fixture.report, {false, false, 100});
  std::size_t at = 0;
  while (at < tree.size()) {
    const auto end = tree.find('\n', at);
    EXPECT_LE(columns(std::string_view(tree).substr(at, end - at)), 100U);
    at = end + 1;
  }
  EXPECT_THAT(tree, HasSubstr("…"));
}

TEST(Console, AFailureTellsItsStoryInOrder) {
  ReportFixture fixture;
  CaseResult& result = fixture.add("a", IpVersion::kV4, 1, {"RFC9293:3.10.7.4-7text-x"}, Verdict::kFail);
  result.outcome.failure = ReportFixture::a_failure();
  result.capture = "out/a-v4.pcap";
  const std::string text = console_failures(fixture.report, {});
  std::size_t last = 0;
  for (const char* part :
       {"Failures\n", "  ✗ cases/x.pkt:14  a [v4]\n",
        "    RFC 9293 §3.10.7.4 seventh (text)  Rule of RFC9293:3.10.7.4-7text-x\n", "        13   +.01 <",
        "→   14   +0 > .", "allowed   an ACK of 11", "actual    +12 ms", "differs   flags (R set)",
        "before    shutdown", "capture   out/a-v4.pcap",
        "again     tcpspec run 'a [v4]' --target fake --seed 7 -v"}) {
    const auto at = text.find(part, last);
    ASSERT_NE(at, std::string::npos) << part << "\nin\n" << text;
    last = at;
  }
}

TEST(Console, ACrashShowsItsLastPackets) {
  ReportFixture fixture;
  CaseResult& result = fixture.add("a", IpVersion::kV4, 1, {"RFC9293:MUST-1"}, Verdict::kCrash);
  result.outcome.reasons = {"the process ended with signal 11"};
  result.outcome.trace = ReportFixture::a_trace();
  const std::string text = console_failures(fixture.report, {});
  EXPECT_THAT(text, HasSubstr("crash     the process ended with signal 11\n"));
  EXPECT_THAT(text, HasSubstr("last      +1.000000 s  < S 0:0(0) win 65535\n"));
}

TEST(Console, InconclusiveIsNotCalledAFailure) {
  ReportFixture fixture;
  fixture.add("a", IpVersion::kV4, 1, {"RFC9293:MUST-1"}, Verdict::kInconclusive).outcome.reasons = {
      "late by 9 ms"};
  const std::string text = console_failures(fixture.report, {});
  EXPECT_THAT(text, Not(HasSubstr("Failures")));
  EXPECT_THAT(text,
              HasSubstr("Inconclusive (the tester's doing, not the target's)\n  ? cases/x.pkt:1  a [v4]"));
  ReportFixture fine;
  fine.add("a", IpVersion::kV4, 1, {}, Verdict::kPass);
  EXPECT_EQ(console_failures(fine.report, {}), "");
}

TEST(Console, SummaryCountsGradesApartAndSaysThatAllRan) {
  ReportFixture fixture;
  fixture.add_both("a", 1, {"RFC9293:MUST-1"}, Verdict::kPass);
  fixture.add("b", IpVersion::kV4, 2, {"RFC9293:3.10.7.4-7text-x"}, Verdict::kFail);
  fixture.report.baseline = "known.txt";
  BaselineEntry gone;
  gone.id = "gone";
  gone.line = 4;
  fixture.report.stale = {gone};
  const std::string text = console_summary(fixture.report, summarize(fixture.report), 1, {});
  EXPECT_THAT(text, HasSubstr("3 cases   2 pass   0 tolerated   1 fail   0 not applicable   0 inconclusive   "
                              "(failing: 1 text)        scheduled 3 = executed 3   1.5 s\n"));
  EXPECT_THAT(text, HasSubstr("RFC 9293  MUST 1 of 1 · text 0 of 1\n"));
  EXPECT_THAT(text, HasSubstr("known.txt:4: gone names no case"));
  EXPECT_THAT(text, HasSubstr("\nexit 1\n"));
  fixture.report.scheduled = 5;
  fixture.report.signal = 2;
  EXPECT_THAT(console_summary(fixture.report, summarize(fixture.report), 130, {}),
              HasSubstr("scheduled 5 ≠ executed 3"));
}

TEST(Console, ProgressGuessesOnlyWhenItCan) {
  EXPECT_EQ(progress_line({5, 100, 8, Duration::seconds(1)}), "5/100   running 8   1.0 s");
  EXPECT_EQ(progress_line({50, 100, 8, Duration::seconds(10)}),
            "50/100   running 8   10.0 s   about 10 s left");
}

TEST(Ladder, DrawsBothSidesAndMarksTheFailure) {
  const std::string text = ladder(ReportFixture::a_trace(), {"", 0, true});
  EXPECT_THAT(text, HasSubstr("  +1.000000  ── S 0:0(0) win 65535 ────"));
  EXPECT_THAT(text, HasSubstr("▶\n"));
  EXPECT_THAT(text, testing::ContainsRegex("  \\+1.500000  ◀[─]+ S. 0:0\\(0\\) ack 1 ──  ✗ here\n"));
  EXPECT_THAT(text, HasSubstr("accept(3, ...) = 4\n"));
}

TEST(Fitted, CutsCharactersNotOctets) {
  EXPECT_EQ(fitted("äöü", 3), "äöü");
  EXPECT_EQ(fitted("äöüß", 3), "äö…");
  EXPECT_EQ(columns("äöü…"), 4U);
}

}  // namespace
}  // namespace tcpspec::run
