// What a step accepts: optional packets, alternatives, segmentation, captures, permitted classes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/run/testing.h"

namespace tcpspec::run::testing {
namespace {

using ::testing::HasSubstr;

#define EXPECT_VERDICT(outcome, wanted) EXPECT_EQ((outcome).verdict, wanted) << told(outcome)

using Reaction = std::function<void(FakeTarget&)>;

// After the handshake 10 octets are injected; the target reacts, and `steps` follow.
Outcome react(const Reaction& reaction, const std::string& steps, const std::string& directives = "") {
  FakeTarget target;
  shake_hands(target, [&](int n, const packet::Image&) {
    if (n == 2) reaction(target);
  });
  return on_fake(target,
                 a_case(std::string(kHandshake) + "+.1 < P. 1:11(10) ack 1 win 65535\n" + steps, directives));
}

void ack(FakeTarget& target) { target.send(Duration(), kAck, 1, 11); }

TEST(Optional, MayComeOrNot) {
  const std::string steps = "+0~+.2 >? . 1:1(0) ack 11\n+0~+1 > P. 1:6(5) ack 11\n";
  const auto data = [](FakeTarget& t) { t.send(Duration::millis(300), kAck | kPsh, 1, 11, 5); };
  EXPECT_VERDICT(react([&](FakeTarget& t) { ack(t), data(t); }, steps), Verdict::kPass);
  EXPECT_VERDICT(react(data, steps), Verdict::kPass);
  EXPECT_VERDICT(react([&](FakeTarget& t) { t.send(Duration(), kAck, 1, 5), data(t); }, steps),
                 Verdict::kFail);
}

TEST(Optional, ThatDoesNotComeCountsAsTheEventBefore) {
  const std::string steps = "+0~+.2 >? . 1:1(0) ack 11\n+.1 > P. 1:6(5) ack 11\n";
  EXPECT_VERDICT(react([](FakeTarget& t) { t.send(Duration::millis(300), kAck | kPsh, 1, 11, 5); }, steps),
                 Verdict::kPass);
}

TEST(Alternatives, GradeAndContinuation) {
  const std::string steps =
      "+0 > . 1:1(0) ack 11\n"
      "  or tolerated \"a reset is odd\" > R. 1:1(0) ack 11\n"
      "  or > . 1:1(0) ack 6 {\n"
      "    +0 > . 1:1(0) ack 11\n"
      "  }\n"
      "  or fail \"never this\" > F. 1:1(0) ack 11\n"
      "+.1 > P. 1:6(5) ack 11\n";
  const auto data = [](FakeTarget& t) { t.send(Duration::millis(100), kAck | kPsh, 1, 11, 5); };
  EXPECT_VERDICT(react([&](FakeTarget& t) { ack(t), data(t); }, steps), Verdict::kPass);
  EXPECT_VERDICT(react(ack, steps), Verdict::kFail);
  const Outcome odd = react([](FakeTarget& t) { t.send(Duration(), kRst | kAck, 1, 11); }, steps);
  EXPECT_VERDICT(odd, Verdict::kTolerated);
  EXPECT_EQ(odd.reasons.at(0), "a reset is odd");
  EXPECT_VERDICT(react([](FakeTarget& t) { t.send(Duration(), kAck, 1, 6), ack(t); }, steps), Verdict::kPass);
  EXPECT_VERDICT(react([](FakeTarget& t) { t.send(Duration(), kAck, 1, 6); }, steps), Verdict::kFail);
  const Outcome never = react([](FakeTarget& t) { t.send(Duration(), kFin | kAck, 1, 11); }, steps);
  EXPECT_VERDICT(never, Verdict::kFail);
  EXPECT_EQ(never.failure->differs, "never this");
}

TEST(Alternatives, ContinueRejoinsTheMainLine) {
  const std::string steps =
      "+0 > . 1:1(0) ack 11\n"
      "  or tolerated \"two\" > . 1:1(0) ack 6 continue\n"
      "+.1 > P. 1:6(5) ack 11\n";
  const auto odd = [](FakeTarget& t) { t.send(Duration(), kAck, 1, 6); };
  const auto data = [](FakeTarget& t) { t.send(Duration::millis(100), kAck | kPsh, 1, 11, 5); };
  EXPECT_VERDICT(react([&](FakeTarget& t) { odd(t), data(t); }, steps), Verdict::kTolerated);
  EXPECT_VERDICT(react(odd, steps), Verdict::kFail);
}

TEST(Alternatives, SilenceIsOne) {
  const std::string steps = "+0 > . 1:1(0) ack 11\n  or tolerated \"quiet\" silence .5\n";
  EXPECT_VERDICT(react(ack, steps), Verdict::kPass);
  EXPECT_VERDICT(react([](FakeTarget&) {}, steps), Verdict::kTolerated);
  EXPECT_VERDICT(react([](FakeTarget& t) { t.send(Duration::millis(400), kAck | kFin, 1, 11); }, steps),
                 Verdict::kFail);
}

TEST(Data, AnyLegalSegmentation) {
  const std::string steps = "+0~+2 > data 1:3001 ack 11\n";
  const auto pieces = [](std::vector<std::pair<std::uint32_t, std::size_t>> list) {
    return [list](FakeTarget& t) {
      int i = 0;
      for (const auto& [start, length] : list) t.send(Duration::millis(i++), kAck, start, 11, length);
    };
  };
  EXPECT_VERDICT(react(pieces({{1, 1460}, {1461, 1460}, {2921, 80}}), steps), Verdict::kPass);
  EXPECT_VERDICT(react(pieces({{1, 1000}, {1001, 1000}, {2001, 1000}}), steps), Verdict::kPass);
  EXPECT_VERDICT(react(pieces({{1, 1000}, {1, 1000}, {1001, 1000}, {2001, 1000}}), steps), Verdict::kPass);
  EXPECT_VERDICT(react(pieces({{1, 1000}, {2001, 1000}}), steps), Verdict::kFail);
  EXPECT_VERDICT(react(pieces({{1, 1461}, {1462, 1400}, {2862, 139}}), steps), Verdict::kFail);
  EXPECT_VERDICT(react(pieces({{1, 1000}, {1001, 1000}}), steps), Verdict::kFail);
  EXPECT_VERDICT(react(pieces({{1, 1460}, {1461, 1460}, {2921, 81}}), steps), Verdict::kFail);
}

TEST(Data, OctetsAreThoseOfTheStream) {
  const auto wrong = [](FakeTarget& t) {
    t.send(Duration(), kAck, 1, 11, 100, [](packet::Image& image) { image.payload[50] ^= 1; });
  };
  const Outcome outcome = react(wrong, "+0 > data 1:101 ack 11\n");
  EXPECT_VERDICT(outcome, Verdict::kFail);
  EXPECT_THAT(outcome.failure->differs, HasSubstr("payload"));
  EXPECT_THAT(outcome.failure->differs, HasSubstr("51"));
}

TEST(Data, FinComesWithTheLastOctetOrAlone) {
  const std::string steps = "+0~+1 > data 1:11 fin ack 11\n";
  EXPECT_VERDICT(react([](FakeTarget& t) { t.send(Duration(), kAck | kFin, 1, 11, 10); }, steps),
                 Verdict::kPass);
  EXPECT_VERDICT(react(
                     [](FakeTarget& t) {
                       t.send(Duration(), kAck | kPsh, 1, 11, 10);
                       t.send(Duration(), kAck | kFin, 11, 11);
                     },
                     steps),
                 Verdict::kPass);
  EXPECT_VERDICT(react([](FakeTarget& t) { t.send(Duration(), kAck | kPsh, 1, 11, 10); }, steps),
                 Verdict::kFail);
  EXPECT_VERDICT(react([](FakeTarget& t) { t.send(Duration(), kAck | kFin, 1, 11, 5); }, steps),
                 Verdict::kFail);
}

TEST(Ack, LowerOnesMayComeFirst) {
  const auto two = [](FakeTarget& t) { t.send(Duration(), kAck, 1, 5), ack(t); };
  EXPECT_VERDICT(react(two, "+0 > ack >= 11\n"), Verdict::kPass);
  EXPECT_VERDICT(react(two, "+0 > ack 11\n"), Verdict::kFail);
  EXPECT_VERDICT(react([](FakeTarget& t) { t.send(Duration(), kAck, 1, 5); }, "+0 > ack >= 11\n"),
                 Verdict::kFail);
  EXPECT_VERDICT(react([](FakeTarget& t) { t.send(Duration(), kAck, 1, 11, 4); }, "+0 > ack 11\n"),
                 Verdict::kFail);
}

TEST(Ack, LowerOnesMayBeFromBeforeTheLastInjection) {
  FakeTarget target;
  shake_hands(target, [&](int n, const packet::Image&) {
    if (n == 2) target.send(Duration::millis(1), kAck, 1, 6);
    if (n == 3) target.send(Duration(), kAck, 1, 11);
  });
  EXPECT_VERDICT(on_fake(target, a_case(std::string(kHandshake) + "+.1 < P. 1:6(5) ack 1 win 65535\n"
                                                                  "+.01 < P. 6:11(5) ack 1 win 65535\n"
                                                                  "+0 > ack >= 11\n")),
                 Verdict::kPass);
}

TEST(Captures, AreReadOffTheWireAndUsed) {
  const std::string steps =
      "+0 > . 1:1(0) ack let A win let W\n"
      "+0 assert $A == 11\n"
      "+0 assert $W == 65535\n";
  EXPECT_VERDICT(react(ack, steps), Verdict::kPass);
  const Outcome outcome = react(ack, "+0 > . 1:1(0) ack let A\n+0 assert $A > 11\n");
  EXPECT_VERDICT(outcome, Verdict::kFail);
  EXPECT_THAT(outcome.failure->actual, HasSubstr("left is 11"));
}

TEST(Options, NoListMeansNone) {
  const auto with_nops = [](FakeTarget& t) {
    t.send(Duration(), kAck, 1, 11, 0, [](packet::Image& image) { image.tcp->options = {1, 1, 1, 1}; });
  };
  EXPECT_VERDICT(react(with_nops, "+0 > . 1:1(0) ack 11\n"), Verdict::kFail);
  EXPECT_VERDICT(react(with_nops, "+0 > . 1:1(0) ack 11 <...>\n"), Verdict::kPass);
  EXPECT_VERDICT(react(with_nops, "+0 > . 1:1(0) ack 11 <nop,nop,nop,nop>\n"), Verdict::kPass);
}

TEST(Permitted, RepeatedAcksAndWindowUpdates) {
  const std::string steps = "+0 > . 1:1(0) ack 11\n+.05 > P. 1:6(5) ack 11\n";
  const auto with = [](std::uint16_t window, std::uint32_t ack_number) {
    return [=](FakeTarget& t) {
      ack(t);
      t.send(Duration::millis(20), kAck, 1, ack_number, 0,
             [=](packet::Image& image) { image.tcp->window = window; });
      t.send(Duration::millis(50), kAck | kPsh, 1, 11, 5);
    };
  };
  EXPECT_VERDICT(react(with(65535, 11), steps), Verdict::kPass);
  EXPECT_VERDICT(react(with(65535, 11), steps, "//@ strict\n"), Verdict::kFail);
  // A smaller window is neither.
  EXPECT_VERDICT(react(with(100, 11), steps), Verdict::kFail);
  EXPECT_VERDICT(react(with(65535, 6), steps), Verdict::kFail);
}

TEST(Permitted, RetransmissionsNoEarlierThanTheRto) {
  const std::string steps = "+0 > P. 1:6(5) ack 11\n+3 < . 11:11(0) ack 6 win 65535\n";
  const auto again_after = [](Duration delay) {
    return [=](FakeTarget& t) {
      t.send(Duration(), kAck | kPsh, 1, 11, 5);
      t.send(delay, kAck | kPsh, 1, 11, 5);
    };
  };
  EXPECT_VERDICT(react(again_after(Duration::seconds(1)), steps), Verdict::kPass);
  EXPECT_VERDICT(react(again_after(Duration::nanos(999'999'999)), steps), Verdict::kFail);
  EXPECT_VERDICT(react(again_after(Duration::seconds(1)), steps, "//@ strict\n"), Verdict::kFail);
  // What was acknowledged is no longer repeated.
  EXPECT_VERDICT(react(again_after(Duration::millis(3050)), steps), Verdict::kFail);
}

TEST(Permitted, NothingDuringAnExplicitSilence) {
  EXPECT_VERDICT(react(
                     [](FakeTarget& t) {
                       ack(t);
                       t.send(Duration::millis(20), kAck, 1, 11);
                     },
                     "+0 > . 1:1(0) ack 11\n+0 silence .1\n"),
                 Verdict::kFail);
}

TEST(Scripts, PermitNothing) {
  FakeTarget target;
  shake_hands(target, [&](int n, const packet::Image&) {
    if (n != 2) return;
    ack(target);
    target.send(Duration::millis(1), kAck, 1, 11);
    target.send(Duration::millis(2), kAck | kPsh, 1, 11, 5);
  });
  const Outcome outcome =
      on_fake(target, load_one(std::string(kHandshake) + "+.1 < P. 1:11(10) ack 1 win 65535\n"
                                                         "+0 > . 1:1(0) ack 11\n"
                                                         "+0 > P. 1:6(5) ack 11\n"));
  EXPECT_VERDICT(outcome, Verdict::kFail);
}

}  // namespace
}  // namespace tcpspec::run::testing
