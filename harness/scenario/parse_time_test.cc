#include "harness/scenario/testing.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;

TimeSpec time_of(std::string_view time) { return step_of(std::string(time) + " > . 1:1(0) ack 1").time; }

TEST(ParseTime, KnowsEveryForm) {
  EXPECT_EQ(time_of("0"), (TimeSpec{TimeKind::kAbsolute, {}, {}, {}}));
  EXPECT_EQ(time_of(".5"), (TimeSpec{TimeKind::kAbsolute, Duration::millis(500), Duration::millis(500), {}}));
  EXPECT_EQ(time_of("1.25"),
            (TimeSpec{TimeKind::kAbsolute, Duration::millis(1250), Duration::millis(1250), {}}));
  EXPECT_EQ(time_of("+.1"),
            (TimeSpec{TimeKind::kRelative, Duration::millis(100), Duration::millis(100), {}}));
  EXPECT_EQ(time_of("1~2"), (TimeSpec{TimeKind::kAbsolute, Duration::seconds(1), Duration::seconds(2), {}}));
  EXPECT_EQ(time_of("+0~+.5"), (TimeSpec{TimeKind::kRelative, {}, Duration::millis(500), {}}));
  EXPECT_EQ(time_of("*"), (TimeSpec{TimeKind::kAny, {}, {}, {}}));
  EXPECT_EQ(time_of("+0.000000001"),
            (TimeSpec{TimeKind::kRelative, Duration::nanos(1), Duration::nanos(1), {}}));
}

TEST(ParseTime, BlockingCallsHaveABeginningAndAnEnd) {
  const TimeSpec relative = step_of("+.1...+.3 read(4, ..., 10) = 10").time;
  EXPECT_EQ(relative, (TimeSpec{TimeKind::kRelative, Duration::millis(100), Duration::millis(100),
                                Duration::millis(300)}));
  EXPECT_EQ(step_of("+.1...0.3 read(4, ..., 10) = 10").time, relative);
  EXPECT_EQ(step_of("0...0.3 read(4, ..., 10) = 10").time,
            (TimeSpec{TimeKind::kAbsolute, {}, {}, Duration::millis(300)}));
}

TEST(ParseTime, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(error_of("+x > . 1:1(0) ack 1"), "1:2: expected a time in seconds, found 'x'");
  EXPECT_EQ(error_of("+0~.5 > . 1:1(0) ack 1"), "1:4: expected '+' and the end of the range, found '.5'");
  EXPECT_EQ(error_of("0~+.5 > . 1:1(0) ack 1"),
            "1:3: a range is absolute (a~b) or relative (+a~+b), not both");
  EXPECT_EQ(error_of("+.5~+.4 > . 1:1(0) ack 1"), "1:6: the range ends before it begins");
  EXPECT_EQ(error_of("+.0000000001 > . 1:1(0) ack 1"), "1:2: a time has at most nine decimals");
  EXPECT_EQ(error_of("+1000000001 > . 1:1(0) ack 1"), "1:2: a time of more than 1000000000 s");
  EXPECT_EQ(error_of("+99999999999999999999999 > . 1:1(0) ack 1"), "1:2: a time of more than 1000000000 s");
  EXPECT_EQ(error_of("x > . 1:1(0) ack 1"),
            "1:1: expected a time (0, .5, +.1, a~b, *) at the start of a step, found 'x'");
  EXPECT_EQ(error_of("+0...+1 > . 1:1(0) ack 1"), "1:1: only a call has a time a...b");
  EXPECT_EQ(error_of("+0~+1 < . 1:1(0) ack 1"),
            "1:1: a range or * is for what the target does; this step has one time");
  EXPECT_EQ(error_of("* silence 1"), "1:1: a range or * is for what the target does; this step has one time");
}

TEST(ParseTime, ThePeersStatesMayHaveARange) {
  EXPECT_EQ(step_of("+0~+3 peer established").time.to, Duration::seconds(3));
  EXPECT_NE(error_of("+0~+3 peer connect"), "");
}

}  // namespace
}  // namespace tcpspec::scenario
