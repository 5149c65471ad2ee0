#include "harness/scenario/expand.h"

#include "harness/scenario/testing.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;

std::string value_of(std::string_view expression) {
  const Variables variables = {{"N", "7"}, {"FLAGS", "F."}, {"NEG", "-3"}};
  const Result<std::string> value = evaluate(expression, variables);
  return value.ok() ? *value : "error: " + value.error();
}

TEST(Expand, ComputesSums) {
  EXPECT_EQ(value_of("N"), "7");
  EXPECT_EQ(value_of(" FLAGS "), "F.");
  EXPECT_EQ(value_of("N+1"), "8");
  EXPECT_EQ(value_of("1 + 2 * (N - 4)"), "7");
  EXPECT_EQ(value_of("-N*2"), "-14");
  EXPECT_EQ(value_of("NEG+1"), "-2");
  EXPECT_EQ(value_of("10-3-2"), "5");
}

TEST(Expand, SaysWhyAnExpressionHasNoValue) {
  EXPECT_EQ(value_of("M"), "error: unknown variable 'M'");
  EXPECT_EQ(value_of("FLAG"), "error: unknown variable 'FLAG'; did you mean 'FLAGS'?");
  EXPECT_EQ(value_of("FLAGS+1"), "error: 'FLAGS' is not a number: 'F.'");
  EXPECT_EQ(value_of("i"), "error: ${i} is known only between repeat and end");
  EXPECT_EQ(value_of("1+"), "error: expected a number or a variable");
  EXPECT_EQ(value_of("(1"), "error: expected ')'");
  EXPECT_EQ(value_of("1 2"), "error: expected + - * ) or }, found '2'");
  EXPECT_EQ(value_of("5x"), "error: '5x' is not a number");
  EXPECT_EQ(value_of("9223372036854775807+1"), "error: the number is too large");
  EXPECT_EQ(value_of("9223372036854775808"), "error: the number is too large");
  EXPECT_EQ(value_of("4294967296*4294967296"), "error: the number is too large");
  EXPECT_EQ(value_of(std::string(1000, '(') + "1"), "error: the expression nests too deep");
  EXPECT_EQ(value_of(std::string(1000, '-') + "1"), "error: the expression nests too deep");
}

TEST(Expand, ReplacesInCodeAndStringsButNotInComments) {
  const std::vector<Step> steps = steps_of(
      "+0 < P. 1:${1+MSS}(${MSS}) ack 1 // ${UNKNOWN}\n/* ${UNKNOWN} */ +0 write(4, \"${IP}\", 1) = 1\n");
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(std::get<PacketSpec>(std::get<Inject>(steps[0].action).packet).length, 1460);
  EXPECT_EQ(steps[0].text, "+0 < P. 1:1461(1460) ack 1 // ${UNKNOWN}");
  EXPECT_EQ(std::get<std::string>(std::get<Call>(steps[1].action).arguments[1].is), "4");
}

TEST(Expand, ErrorsShowTheLineAsItStands) {
  EXPECT_EQ(error_of("+0 < . ${X}:1(0) ack 1"), "1:8: unknown variable 'X'");
  EXPECT_EQ(error_of("+0 < . ${MSS:1(0) ack 1"), "1:8: this ${ has no closing }");
  EXPECT_EQ(error_of("+0 < . ${i}:1(0) ack 1"), "1:8: ${i} is known only between repeat and end");
}

// A parse error of an expanded line shows what was parsed.
TEST(Expand, ParseErrorsShowTheExpandedLine) {
  const Loaded loaded = load_steps("+0 > . ${MSS}:1461(0) ack 1");
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_EQ(loaded.errors[0].source_line, "+0 > . 1460:1461(0) ack 1");
  EXPECT_EQ(loaded.errors[0].column, 18);
}

TEST(Expand, RepeatsCountFromZeroAndNest) {
  const std::vector<Step> steps = steps_of(
      "repeat 2   // outer\n"
      "  +${i} close(${i}) = 0\n"
      "  repeat ${1+1}\n"
      "    +.${i} close(5) = 0\n"
      "  end\n"
      "  +${i} close(6) = 0\n"
      "end // of all\n");
  ASSERT_EQ(steps.size(), 8U);
  EXPECT_EQ(steps[4].time.from, Duration::seconds(1));
  EXPECT_EQ(steps[6].time.from, Duration::millis(100));
  EXPECT_EQ(steps[7].time.from, Duration::seconds(1));
  EXPECT_EQ(steps[4].where.line, kHeadLines + 2);
  EXPECT_TRUE(steps_of("repeat 0\n+0 close(5) = 0\nend\n").empty());
}

TEST(Expand, RepeatErrors) {
  EXPECT_EQ(error_of("repeat 2\n+0 close(5) = 0\n"), "1:1: this `repeat` has no `end`");
  EXPECT_EQ(error_of(" end"), "1:2: `end` without `repeat`");
  EXPECT_EQ(error_of("repeat\nend"), "1:1: expected `repeat N` with N from 0 to 999999 on a line of its own");
  EXPECT_EQ(error_of("repeat 1000000\nend"),
            "1:1: expected `repeat N` with N from 0 to 999999 on a line of its own");
  EXPECT_EQ(error_of("repeat x\nend"),
            "1:1: expected `repeat N` with N from 0 to 999999 on a line of its own");
  std::string deep, close;
  for (int i = 0; i < 17; ++i) deep += "repeat 1\n", close += "end\n";
  EXPECT_EQ(error_of(deep + close), "17:1: repeats nest too deep");
}

TEST(Expand, ACaseIsBoundedToTheLine) {
  LoadOptions options = v4_only();
  options.limits.lines_per_case = 10;
  // The head has one line with a step and three blanked ones; the repeat counts one line per round.
  const auto errors = [&](int rounds) {
    const std::string text =
        std::string(kHead) + "repeat " + std::to_string(rounds) + "\n+0 close(4) = 0\nend";
    return load_text("t.pkt", text, options).errors;
  };
  EXPECT_TRUE(errors(3).empty());
  ASSERT_EQ(errors(4).size(), 1U);
  EXPECT_EQ(errors(4)[0].message, "the case expands to too many lines");
}

TEST(Expand, MatrixAxes) {
  Diagnostics diagnostics;
  const Origin origin{"t.pkt", "", false};
  const auto axis = [&](const std::string& text) { return parse_matrix({&origin, 1, text}, diagnostics); };
  const auto one = axis("//@ matrix STATE in a b-c F./FP.");
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->names, std::vector<std::string>{"STATE"});
  EXPECT_EQ(one->values, (std::vector<std::vector<std::string>>{{"a"}, {"b-c"}, {"F./FP."}}));
  const auto two = axis("//@ matrix A,B in x,1 y,2");
  ASSERT_TRUE(two.has_value());
  EXPECT_EQ(two->values, (std::vector<std::vector<std::string>>{{"x", "1"}, {"y", "2"}}));
  EXPECT_EQ(diagnostics.count(), 0U);
}

TEST(Expand, MatrixErrors) {
  const auto error = [](const std::string& text) {
    Diagnostics diagnostics;
    const Origin origin{"t.pkt", "", false};
    EXPECT_FALSE(parse_matrix({&origin, 1, text}, diagnostics).has_value());
    const std::vector<Diagnostic> errors = diagnostics.take();
    return errors.empty() ? "" : std::to_string(errors[0].column) + ": " + errors[0].message;
  };
  EXPECT_EQ(error("//@ matrix"), "11: expected `matrix NAME in VALUE…`");
  EXPECT_EQ(error("//@ matrix A on b"), "14: expected `matrix NAME in VALUE…`");
  EXPECT_EQ(error("//@ matrix 5 in b"), "12: expected a variable's name, found '5'");
  EXPECT_EQ(error("//@ matrix MSS in 1"), "12: MSS has a meaning of its own; choose another name");
  EXPECT_EQ(error("//@ matrix A,B in x,1 y"), "23: expected 2 values joined by commas, found 'y'");
  EXPECT_EQ(error("//@ matrix A in ${MSS}"),
            "17: a matrix value is plain text without $ { } \" ` or comments");
  EXPECT_EQ(error("//@ matrix A in x//y"), "17: a matrix value is plain text without $ { } \" ` or comments");
}

}  // namespace
}  // namespace tcpspec::scenario
