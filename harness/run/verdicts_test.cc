// Every verdict and every field of a failure, against a target that does what the test says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/run/testing.h"

namespace tcpspec::run::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

#define EXPECT_VERDICT(outcome, wanted) EXPECT_EQ((outcome).verdict, wanted) << told(outcome)

std::string after_handshake(const std::string& steps) { return kHandshake + steps; }

// The target answers the data of the fourth packet with an ACK after `delay`.
Outcome ack_after(Duration delay, const std::string& expectation, Duration slack = Duration()) {
  FakeTarget target;
  target.profile_.slack.absolute = slack;
  shake_hands(target, [&](int n, const packet::Image&) {
    if (n == 2) target.send(delay, kAck, 1, 11);
  });
  return on_fake(target, a_case(after_handshake("+.1 < P. 1:11(10) ack 1 win 65535\n" + expectation)));
}

TEST(Edges, ExactTimeHoldsToTheNanosecond) {
  EXPECT_VERDICT(ack_after(Duration::seconds(1), "+1 > . 1:1(0) ack 11\n"), Verdict::kPass);
  const Outcome early = ack_after(Duration::nanos(999'999'999), "+1 > . 1:1(0) ack 11\n");
  EXPECT_VERDICT(early, Verdict::kFail);
  EXPECT_TRUE(early.failure->timing);
  const Outcome late = ack_after(Duration::nanos(1'000'000'001), "+1 > . 1:1(0) ack 11\n");
  EXPECT_VERDICT(late, Verdict::kFail);
  EXPECT_TRUE(late.failure->timing);
  EXPECT_THAT(late.failure->differs, HasSubstr("0.000000001 s too late"));
}

TEST(Edges, RangeHoldsAtBothEnds) {
  const std::string range = "+.2~+.5 > . 1:1(0) ack 11\n";
  EXPECT_VERDICT(ack_after(Duration::millis(200), range), Verdict::kPass);
  EXPECT_VERDICT(ack_after(Duration::millis(500), range), Verdict::kPass);
  EXPECT_VERDICT(ack_after(Duration::nanos(199'999'999), range), Verdict::kFail);
  EXPECT_VERDICT(ack_after(Duration::nanos(500'000'001), range), Verdict::kFail);
}

TEST(Edges, SlackStretchesUpperBoundsOnly) {
  const Duration slack = Duration::millis(10);
  const std::string at_once = "+0 > . 1:1(0) ack 11\n", one = "+1 > . 1:1(0) ack 11\n";
  EXPECT_VERDICT(ack_after(slack, at_once, slack), Verdict::kPass);
  EXPECT_VERDICT(ack_after(slack + Duration::nanos(1), at_once, slack), Verdict::kFail);
  EXPECT_VERDICT(ack_after(Duration::seconds(1) + slack, one, slack), Verdict::kPass);
  EXPECT_VERDICT(ack_after(Duration::nanos(999'999'999), one, slack), Verdict::kFail);
}

TEST(Edges, SilenceEndsWhereThePacketMayCome) {
  const std::string steps = "+0 silence 1\n+0 > . 1:1(0) ack 11\n";
  EXPECT_VERDICT(ack_after(Duration::seconds(1), steps), Verdict::kPass);
  EXPECT_VERDICT(ack_after(Duration::nanos(999'999'999), steps), Verdict::kFail);
  EXPECT_VERDICT(ack_after(Duration::nanos(1'000'000'001), steps), Verdict::kFail);
}

TEST(Edges, StampsOfSomeWidthGetTheBenefitOfTheDoubt) {
  FakeTarget target;
  target.stamp_width = Duration::millis(1);
  shake_hands(target, [&](int n, const packet::Image&) {
    // [.999, 1.000] after the injection's [0, .001]: it may have been exactly one second.
    if (n == 2) target.send(Duration::millis(1000), kAck, 1, 11);
  });
  EXPECT_VERDICT(
      on_fake(target, a_case(after_handshake("+.1 < P. 1:11(10) ack 1 win 65535\n+1 > . 1:1(0) ack 11\n"))),
      Verdict::kPass);
}

TEST(Stories, AWrongFieldIsNamedAndTheRestIsAsAllowed) {
  FakeTarget target;
  shake_hands(target, [&](int n, const packet::Image&) {
    if (n == 2) target.send(Duration::millis(12), kRst | kAck, 1, 11);
  });
  const Outcome outcome = on_fake(
      target, a_case(after_handshake("+.1 < P. 1:11(10) ack 1 win 65535\n+0~+.5 > . 1:1(0) ack 11\n")));
  EXPECT_VERDICT(outcome, Verdict::kFail);
  const Failure& failure = *outcome.failure;
  EXPECT_EQ(failure.where.file, "test.pkt");
  EXPECT_EQ(failure.where.line, 9);
  EXPECT_THAT(failure.allowed, HasSubstr("ack 11"));
  EXPECT_THAT(failure.allowed, HasSubstr("within 0.5 s"));
  EXPECT_THAT(failure.actual, HasSubstr("+0.012 s"));
  EXPECT_THAT(failure.actual, HasSubstr("R."));
  EXPECT_THAT(failure.differs, HasSubstr("flags"));
  EXPECT_THAT(failure.differs, HasSubstr("everything else as allowed"));
  EXPECT_THAT(failure.differs, Not(HasSubstr("ack 1")));
  EXPECT_THAT(failure.before, HasSubstr("1:11(10)"));
  EXPECT_FALSE(failure.timing);
  EXPECT_EQ(failure.last.size(), 5U);
  ASSERT_GE(failure.script.size(), 2U);
  EXPECT_TRUE(
      std::ranges::any_of(failure.script, [](const SourceLine& l) { return l.failing && l.line == 9; }));
  EXPECT_EQ(std::ranges::count(outcome.trace.events, true, &TraceEvent::failing), 1);
}

TEST(Stories, NothingCame) {
  FakeTarget target;
  shake_hands(target);
  const Outcome outcome = on_fake(
      target, a_case(after_handshake("+.1 < P. 1:11(10) ack 1 win 65535\n+0~+.5 > . 1:1(0) ack 11\n")));
  EXPECT_VERDICT(outcome, Verdict::kFail);
  EXPECT_EQ(outcome.failure->actual, "nothing, for 0.5 s");
  EXPECT_FALSE(outcome.failure->timing);
}

TEST(Stories, UnexpectedPacketIsSeenAtTheEnd) {
  FakeTarget target;
  shake_hands(target, [&](int n, const packet::Image&) {
    if (n == 2) target.send(Duration::millis(50), kAck, 1, 11);
  });
  EXPECT_VERDICT(on_fake(target, a_case(after_handshake("+.1 < P. 1:11(10) ack 1 win 65535\n"))),
                 Verdict::kFail);
}

TEST(Verdicts, CrashTellsHow) {
  FakeTarget target;
  shake_hands(target, [&](int, const packet::Image&) { target.die(Duration::millis(1), "signal 11"); });
  const Outcome outcome = on_fake(
      target, a_case(after_handshake("+.1 < P. 1:11(10) ack 1 win 65535\n+0~+.5 > . 1:1(0) ack 11\n")));
  EXPECT_VERDICT(outcome, Verdict::kCrash);
  EXPECT_EQ(outcome.reasons.at(0), "signal 11");
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->where.line, 9);
}

TEST(Verdicts, StartThatFailsIsOursUnlessItIsAPolicy) {
  FakeTarget target;
  target.start_error = "no such device";
  EXPECT_VERDICT(on_fake(target, a_case(kHandshake)), Verdict::kError);
  target.start_error = "policy sack=on cannot be set";
  EXPECT_VERDICT(on_fake(target, a_case(kHandshake)), Verdict::kNotApplicable);
}

TEST(Verdicts, ACaptureThatWasNeverMadeIsOurs) {
  FakeTarget target;
  shake_hands(target);
  scenario::Scenario scenario = a_case(kHandshake);
  scenario::Assert assertion;
  assertion.left.terms.push_back({false, std::string("NEVER")});
  scenario::Step step;
  step.action = assertion;
  scenario.steps.push_back(step);
  EXPECT_VERDICT(on_fake(target, scenario), Verdict::kError);
}

TEST(Verdicts, LateTesterMakesAMismatchInconclusive) {
  for (const bool answers : {true, false}) {
    FakeTarget target;
    target.late = [](int n) { return n == 2 ? Duration::millis(20) : Duration(); };
    target.profile_.slack.absolute = Duration::millis(10);
    shake_hands(target, [&](int n, const packet::Image&) {
      if (n == 2 && answers) target.send(Duration::millis(1), kAck, 1, 11);
    });
    const Outcome outcome = on_fake(
        target, a_case(after_handshake("+.1 < P. 1:11(10) ack 1 win 65535\n+0~+.5 > . 1:1(0) ack 11\n")));
    EXPECT_VERDICT(outcome, answers ? Verdict::kPass : Verdict::kInconclusive);
    if (!answers) EXPECT_THAT(outcome.reasons.at(0), HasSubstr("tester late by 0.02 s"));
  }
}

TEST(Verdicts, WhatWasNotDeliveredIsInconclusive) {
  FakeTarget target;
  target.delivers = false;
  const Outcome outcome = on_fake(target, a_case(kHandshake));
  EXPECT_VERDICT(outcome, Verdict::kInconclusive);
  EXPECT_THAT(outcome.reasons.at(0), HasSubstr("the link is down"));
}

TEST(Verdicts, ASpoiledMeasurementIsInconclusiveWhetherItWouldPassOrFail) {
  for (const bool answers : {true, false}) {
    FakeTarget target;
    target.disturbed = "the wall clock was set by 3.0 s during the case";
    shake_hands(target, [&](int, const packet::Image&) {
      if (answers) target.send(Duration(), kAck, 1, 11);
    });
    const Outcome outcome = on_fake(
        target, a_case(after_handshake("+.1 < P. 1:11(10) ack 1 win 65535\n+0~+.5 > . 1:1(0) ack 11\n")));
    EXPECT_VERDICT(outcome, Verdict::kInconclusive);
    EXPECT_THAT(outcome.reasons.back(), HasSubstr("clock was set"));
  }
}

TEST(Verdicts, SilenceWithoutProofOfDeliveryIsInconclusive) {
  for (const bool proves : {true, false}) {
    FakeTarget target;
    target.profile_.synchronous_delivery = false;
    shake_hands(target, [&](int, const packet::Image& image) {
      if (proves && image.tcp->destination_port == 9) target.refuse(Duration::millis(1), image);
    });
    const Outcome outcome =
        on_fake(target, a_case(after_handshake("+.1 < R 900:900(0) win 0\n+0 silence .5\n")));
    EXPECT_VERDICT(outcome, proves ? Verdict::kPass : Verdict::kInconclusive);
  }
}

TEST(Verdicts, MonitorTurnsPassIntoFailWithItsRule) {
  FakeTarget target;
  shake_hands(target, [&](int n, const packet::Image&) {
    // An ACK of what was never sent.
    if (n == 2) target.send(Duration(), kAck, 1, 5000);
  });
  const Outcome outcome =
      on_fake(target, a_case(after_handshake("+.1 < P. 1:11(10) ack 1 win 65535\n+0 > . 1:1(0) ack 5000\n")));
  EXPECT_VERDICT(outcome, Verdict::kFail);
  ASSERT_TRUE(outcome.failure);
  EXPECT_FALSE(outcome.failure->rule.empty());
  EXPECT_FALSE(outcome.failure->allowed.empty());
  EXPECT_FALSE(outcome.failure->differs.empty());
  EXPECT_EQ(outcome.failure->where.line, 9);
}

TEST(Verdicts, LettersAndNamesAreDistinct) {
  std::map<char, std::string> seen;
  for (int i = 0; i <= static_cast<int>(Verdict::kUnexpectedPass); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    EXPECT_TRUE(seen.emplace(letter(verdict), to_string(verdict)).second);
  }
  EXPECT_EQ(seen.size(), 10U);
}

}  // namespace
}  // namespace tcpspec::run::testing
