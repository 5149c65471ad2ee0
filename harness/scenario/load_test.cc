#include "harness/scenario/testing.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;

constexpr std::string_view kStep = "0~1 > . 1:1(0) ack 1\n";

std::vector<std::string> ids_of(const Loaded& loaded) {
  std::vector<std::string> ids;
  for (const Scenario& s : loaded.scenarios) ids.push_back(full_id(s));
  return ids;
}

std::vector<std::string> errors_of(const Loaded& loaded) {
  std::vector<std::string> out;
  for (const Diagnostic& d : loaded.errors) {
    out.push_back(std::to_string(d.line) + ":" + std::to_string(d.column) + ": " + d.message);
  }
  return out;
}

Loaded load(std::string_view text, LoadOptions options = v4_only()) {
  return load_text("cases/x/half-close.pkt", text, options);
}

TEST(Load, AFileWithoutDirectivesIsAScript) {
  const Loaded loaded = load(
      "// A script of old.\n\n--mss=1000 --ip_version=ipv4 // both\n--quiet\n\n0 socket(..., SOCK_STREAM, "
      "IPPROTO_TCP) = 3\n",
      {});
  ASSERT_EQ(loaded.scenarios.size(), 1U) << loaded.errors.size();
  const Scenario& s = loaded.scenarios[0];
  EXPECT_EQ(s.kind, FileKind::kScript);
  EXPECT_EQ(s.id, "half-close");
  EXPECT_EQ(s.title, "A script of old");
  EXPECT_EQ(s.options,
            (std::map<std::string, std::string>{{"mss", "1000"}, {"ip_version", "ipv4"}, {"quiet", ""}}));
  EXPECT_EQ(s.steps.size(), 1U);
}

TEST(Load, ScriptOptionErrors) {
  EXPECT_THAT(errors_of(load("--=5\n")), ::testing::ElementsAre("1:1: expected --name=value, found '--=5'"));
}

TEST(Load, ACaseHasBothIpVersionsUnlessItSaysOne) {
  const std::string text = "//@ covers R\n//@ catches x\n" + std::string(kStep);
  EXPECT_THAT(ids_of(load(text, {})), ::testing::ElementsAre("half-close [v4]", "half-close [v6]"));
  EXPECT_THAT(ids_of(load("//@ ip v6\n" + text, {})), ::testing::ElementsAre("half-close [v6]"));
  EXPECT_TRUE(load("//@ ip v6\n" + text).scenarios.empty());
}

TEST(Load, TheVersionDecidesMssAndHeaders) {
  const Loaded loaded = load("//@ covers R\n//@ catches x\n0~1 > data 1:${MSS+1}\n0~1 > data 1:${HDR}\n", {});
  ASSERT_EQ(loaded.scenarios.size(), 2U);
  const auto length = [&](std::size_t s, std::size_t step) {
    return std::get<Expect>(loaded.scenarios[s].steps[step].action).packet.length;
  };
  EXPECT_EQ(length(0, 0), 1460);
  EXPECT_EQ(length(1, 0), 1440);
  EXPECT_EQ(length(0, 1), 39);
  EXPECT_EQ(length(1, 1), 59);
}

TEST(Load, CasesOfOneFileShareItsDefaults) {
  const Loaded loaded = load(
      "// The file.\n//@ covers R1\n//@ catches all\n//@ app echo\n\n"
      "// The first. It has more.\n//@ case a/one\n//@ covers R2\n" +
      std::string(kStep) + "//@ case a/two\n//@ catches two\n//@ app sink\n" + std::string(kStep));
  ASSERT_EQ(loaded.scenarios.size(), 2U) << to_string(loaded.errors.at(0));
  const Scenario& one = loaded.scenarios[0];
  const Scenario& two = loaded.scenarios[1];
  EXPECT_EQ(one.id, "a/one");
  EXPECT_EQ(one.title, "The first");
  EXPECT_EQ(one.covers, (std::vector<std::string>{"R1", "R2"}));
  EXPECT_EQ(one.catches, "all");
  EXPECT_EQ(one.app, App::kEcho);
  EXPECT_EQ(one.where.line, 7);
  EXPECT_EQ(two.title, "The file");
  EXPECT_EQ(two.covers, std::vector<std::string>{"R1"});
  EXPECT_EQ(two.catches, "two");
  EXPECT_EQ(two.app, App::kSink);
}

TEST(Load, AMatrixGivesOneNamedCasePerSetOfValues) {
  const Loaded loaded = load(
      "//@ covers R\n//@ catches x\n//@ matrix V in a b\n//@ case c\n//@ matrix N,M in 1,5 2,6\n"
      "0~1 > . ${N}:${N}(0) ack ${M}\n");
  EXPECT_THAT(ids_of(loaded),
              ::testing::ElementsAre("c/a/1/5 [v4]", "c/a/2/6 [v4]", "c/b/1/5 [v4]", "c/b/2/6 [v4]"));
  EXPECT_EQ(std::get<Expect>(loaded.scenarios[3].steps[0].action).packet.ack, exactly(6));
}

TEST(Load, TitlesUseVariablesWhereTheyAreKnown) {
  const Loaded loaded = load(
      "// An old ${F} in ${STATE}\n// over two lines.\n//@ covers R\n//@ catches x\n//@ matrix F in SYN\n" +
      std::string(kStep));
  ASSERT_EQ(loaded.scenarios.size(), 1U);
  EXPECT_EQ(loaded.scenarios[0].title, "An old SYN in ${STATE} over two lines");
}

TEST(Load, ARegressionNamesItsRule) {
  const Loaded loaded = load("//@ finding monitor/right-edge\n0 < S 0:0(0)\n");
  ASSERT_EQ(loaded.scenarios.size(), 1U);
  EXPECT_EQ(loaded.scenarios[0].kind, FileKind::kRegression);
  EXPECT_EQ(loaded.scenarios[0].finding, "monitor/right-edge");
}

TEST(Load, WhatACaseMustHave) {
  EXPECT_THAT(errors_of(load("//@ catches x\n" + std::string(kStep))),
              ::testing::ElementsAre("1:1: a case needs `//@ covers ROW…`, a regression `//@ finding RULE`"));
  EXPECT_THAT(errors_of(load("\n//@ covers R\n" + std::string(kStep))),
              ::testing::ElementsAre("2:1: a case needs `//@ catches TEXT`: the wrong behaviour it finds"));
  EXPECT_THAT(
      errors_of(load(
          "//@ covers R\n//@ catches x\n0 < S 0:0(0)\n0 >? S. 0:0(0) ack 1\n0 close(4)\n0 peer connect\n")),
      ::testing::ElementsAre("1:1: a case that can't fail: it expects no packet, silence, result or state"));
  EXPECT_THAT(errors_of(load("//@ covers R\n//@ finding x\n//@ catches x\n" + std::string(kStep))),
              ::testing::ElementsAre(
                  "1:1: a case `covers` ledger rows or is the `finding` of a monitor rule, not both"));
  EXPECT_THAT(
      errors_of(
          load("//@ covers R\n//@ catches x\n" + std::string(kStep) + "//@ case a\n" + std::string(kStep))),
      ::testing::ElementsAre(
          "3:1: a step before the first `//@ case`; what all cases share is a fragment (`//@ given`)"));
  const std::string one = "//@ case a\n//@ covers R\n//@ catches x\n" + std::string(kStep);
  EXPECT_THAT(errors_of(load(one + one)),
              ::testing::ElementsAre("5:1: the case id 'a' is there twice in this file"));
  EXPECT_THAT(errors_of(load("//@ covers R\n//@ case\n")),
              ::testing::ElementsAre("2:9: expected the case's name"));
  EXPECT_THAT(errors_of(load("//@ covers R\n//@ case a b\n")),
              ::testing::ElementsAre("2:12: a case's name is one word"));
}

TEST(Load, EachThingThatCanFailMakesACase) {
  const auto loads = [](std::string_view step) {
    return load("//@ covers R\n//@ catches x\n" + std::string(step) + "\n").ok();
  };
  EXPECT_TRUE(loads("0 > S 0:0(0)"));
  EXPECT_TRUE(loads("0 silence 1"));
  EXPECT_TRUE(loads("0 assert 1 == 1"));
  EXPECT_TRUE(loads("0 close(4) = 0"));
  EXPECT_TRUE(loads("0 peer reset"));
  EXPECT_FALSE(loads("0 close(4) = ..."));
  EXPECT_FALSE(loads("0 link lose syn"));
}

TEST(Load, OneErrorOfOneCaseLeavesTheOthers) {
  const std::string head = "//@ covers R\n//@ catches x\n";
  const Loaded loaded = load(head + "//@ case a\n0 > X 1:1(0)\n//@ case b\n" + std::string(kStep) +
                                 "//@ case c\n0 > Y 1:1(0)\n//@ case d\n0 > . 1:1(0) ack 1\n",
                             {});
  EXPECT_THAT(errors_of(loaded),
              ::testing::ElementsAre("4:5: expected a flag (S F R P . U E W A or -), found 'X'",
                                     "8:5: expected a flag (S F R P . U E W A or -), found 'Y'"));
  EXPECT_THAT(ids_of(loaded), ::testing::ElementsAre("b [v4]", "b [v6]", "d [v4]", "d [v6]"));
}

// ---- Fragments
// ------------------------------------------------------------------------------------------------

class LoadFragments : public ::testing::Test {
 protected:
  LoadFragments() {
    options_ = v4_only();
    options_.fragments = &fragments_;
    fragments_.add("open",
                   "// Leaves one connection.\n//@ needs sack\n//@ policy rfc5961=on\n//@ connection B\n"
                   "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
                   "+.1 connect(3, ..., ...) = 0\n"
                   "+.2~+.3 > S 0:0(0) isn let I <mss ${MSS}>\n");
    fragments_.add("bad", "+0 > X 1:1(0)\n");
    fragments_.add("wide", "//@ covers R\n+0 > R 1:1(0)\n");
  }
  Loaded load_with(std::string_view directives, std::string_view steps = "+0 [B] > R $I:$I(0)\n") {
    return load("//@ covers R\n//@ catches x\n" + std::string(directives) + "\n" + std::string(steps),
                options_);
  }
  MemoryReader fragments_;
  LoadOptions options_;
};

TEST_F(LoadFragments, StandBeforeTheSteps) {
  const Loaded loaded = load_with("//@ given open\n//@ policy rfc5961=off");
  ASSERT_EQ(loaded.scenarios.size(), 1U) << to_string(loaded.errors.at(0));
  const Scenario& s = loaded.scenarios[0];
  EXPECT_EQ(s.given, std::vector<std::string>{"open"});
  EXPECT_EQ(s.needs, std::vector<std::string>{"sack"});
  EXPECT_EQ(s.policies.at("rfc5961"), "off");
  ASSERT_EQ(s.connections.size(), 1U);
  ASSERT_EQ(s.steps.size(), 4U);
  EXPECT_TRUE(s.steps[0].from_fragment);
  EXPECT_EQ(s.steps[2].where, (SourceLocation{"cases/given/open.pkt", 7, 1}));
  EXPECT_EQ(s.steps[2].text, "+.2~+.3 > S 0:0(0) isn let I <mss 1460>");
  EXPECT_FALSE(s.steps[3].from_fragment);
  EXPECT_FALSE(s.app_active);
}

// The application makes the calls; what time they took goes to the next step.
TEST_F(LoadFragments, UnderAnAppTheirCallsAreDropped) {
  const Loaded loaded = load_with("//@ given open\n//@ app echo");
  ASSERT_EQ(loaded.scenarios.size(), 1U) << to_string(loaded.errors.at(0));
  const Scenario& s = loaded.scenarios[0];
  ASSERT_EQ(s.steps.size(), 2U);
  EXPECT_EQ(s.steps[0].time.from, Duration::millis(300));
  EXPECT_EQ(s.steps[0].time.to, Duration::millis(400));
  EXPECT_TRUE(s.app_active);
  EXPECT_EQ(s.needs, (std::vector<std::string>{"sack", "active-open"}));
}

TEST_F(LoadFragments, UnderAnAppACaseMakesNoCalls) {
  EXPECT_THAT(
      errors_of(load_with("//@ given open\n//@ app echo", "+0 close(3) = 0\n")),
      ::testing::ElementsAre("5:4: the application of `//@ app` makes the calls; a case with it has none"));
}

TEST_F(LoadFragments, ErrorsNameTheFragmentAndWhoGaveIt) {
  const Loaded loaded = load_with("//@ given bad", std::string(kStep));
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_EQ(to_string(loaded.errors[0]),
            "cases/given/bad.pkt:1:6: error: expected a flag (S F R P . U E W A or -), found 'X'\n"
            "    1 | +0 > X 1:1(0)\n"
            "      |      ^\n"
            "      in fragment bad, given by cases/x/half-close.pkt:3");
}

TEST_F(LoadFragments, UnknownOnesHaveNearMisses) {
  EXPECT_THAT(errors_of(load_with("//@ given opne", std::string(kStep))),
              ::testing::ElementsAre("3:11: unknown fragment 'opne'; did you mean 'open'?"));
  options_.fragments = nullptr;
  EXPECT_THAT(errors_of(load_with("//@ given open", std::string(kStep))),
              ::testing::ElementsAre("3:11: unknown fragment 'open'"));
}

TEST_F(LoadFragments, HaveFewDirectives) {
  EXPECT_THAT(
      errors_of(load_with("//@ given wide", std::string(kStep))),
      ::testing::ElementsAre("1:5: a fragment has only policy, connection and needs lines, not covers"));
  EXPECT_THAT(errors_of(load_with("//@ given open\n//@ connection B", std::string(kStep))),
              ::testing::ElementsAre("1:1: the connection B is declared twice"));
}

TEST_F(LoadFragments, NamesMayHoldVariables) {
  const Loaded loaded = load_with("//@ matrix F in open\n//@ given ${F}");
  EXPECT_TRUE(loaded.ok());
  EXPECT_THAT(ids_of(loaded), ::testing::ElementsAre("half-close/open [v4]"));
}

// ---- How errors look
// ------------------------------------------------------------------------------------------

TEST(Diagnostic, ShowsPlaceLineAndCaret) {
  const Diagnostic d{"cases/close/mine.pkt", 9, 10, "expected a flag", "+0   >  FX 1:1(0) ack 2", ""};
  EXPECT_EQ(to_string(d),
            "cases/close/mine.pkt:9:10: error: expected a flag\n"
            "    9 | +0   >  FX 1:1(0) ack 2\n"
            "      |          ^");
}

TEST(Diagnostic, TheCaretStandsBelowItsCharacter) {
  EXPECT_EQ(to_string(Diagnostic{"f", 1, 3, "m", "\t\tx", ""}),
            "f:1:3: error: m\n    1 | \t\tx\n      | \t\t^");
  EXPECT_EQ(column_of("\"ä\" x", 5), 5);  // characters, not octets
  EXPECT_EQ(to_string(Diagnostic{"f", 1, 5, "m", "\"ä\" x", ""}),
            "f:1:5: error: m\n    1 | \"ä\" x\n      |     ^");
  EXPECT_EQ(to_string(Diagnostic{"f", 1, 2, "m", std::string("\x1b\0", 2), ""}),
            "f:1:2: error: m\n    1 | ??\n      |  ^");
}

TEST(Diagnostic, NearMissesAreNear) {
  EXPECT_EQ(near_miss("needz", {"needs", "given"}), "; did you mean 'needs'?");
  EXPECT_EQ(near_miss("gievn", {"needs", "given"}), "; did you mean 'given'?");
  EXPECT_EQ(near_miss("zzzzz", {"needs", "given"}), "");
  EXPECT_EQ(near_miss("a", {"b"}), "");
}

}  // namespace
}  // namespace tcpspec::scenario
