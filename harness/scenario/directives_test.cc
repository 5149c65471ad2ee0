#include "harness/scenario/directives.h"

#include "harness/scenario/testing.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;

constexpr std::string_view kStep = "0~1 > . 1:1(0) ack 1\n";

Scenario case_of(std::string_view directives) {
  const std::string text =
      "//@ covers R\n//@ catches x\n" + std::string(directives) + "\n" + std::string(kStep);
  const Loaded loaded = load_text("t.pkt", text, v4_only());
  for (const Diagnostic& d : loaded.errors) ADD_FAILURE() << to_string(d);
  return loaded.scenarios.empty() ? Scenario{} : loaded.scenarios[0];
}

// "COLUMN: message" of the only error; the directive stands on line 3.
std::string error_in(std::string_view directive) {
  const std::string text =
      "//@ covers R\n//@ catches x\n" + std::string(directive) + "\n" + std::string(kStep);
  LoadOptions options = v4_only();
  options.known_row = [](std::string_view row) { return row == "R"; };
  const Loaded loaded = load_text("t.pkt", text, options);
  if (loaded.errors.size() != 1) return std::to_string(loaded.errors.size()) + " errors";
  EXPECT_EQ(loaded.errors[0].line, 3);
  return std::to_string(loaded.errors[0].column) + ": " + loaded.errors[0].message;
}

TEST(Directives, ReadsEveryLine) {
  const Scenario s = case_of(
      "//@ covers R2 R3\n//@ formerly old/id\n//@ app source 5000\n//@ needs sack clock\n"
      "//@ policy rfc5961=on syn-retries=3\n//@ tag slow\n//@ strict\n//@ ip v4");
  EXPECT_EQ(s.kind, FileKind::kCase);
  EXPECT_EQ(s.covers, (std::vector<std::string>{"R", "R2", "R3"}));
  EXPECT_EQ(s.catches, "x");
  EXPECT_EQ(s.formerly, "old/id");
  EXPECT_EQ(s.app, App::kSource);
  EXPECT_EQ(s.app_count, 5000);
  EXPECT_FALSE(s.app_active);
  EXPECT_EQ(s.needs, (std::vector<std::string>{"sack", "clock"}));
  EXPECT_EQ(s.policies, (std::map<std::string, std::string>{{"rfc5961", "on"}, {"syn-retries", "3"}}));
  EXPECT_EQ(s.tags, std::vector<std::string>{"slow"});
  EXPECT_TRUE(s.strict);
}

TEST(Directives, EveryApplicationHasItsWord) {
  EXPECT_EQ(case_of("//@ app echo").app, App::kEcho);
  EXPECT_EQ(case_of("//@ app sink").app, App::kSink);
  EXPECT_EQ(case_of("//@ app stall").app, App::kStall);
  EXPECT_EQ(case_of("//@ app closer").app, App::kCloser);
  EXPECT_EQ(case_of("//@ app shutwr").app, App::kShutwr);
  EXPECT_EQ(case_of("//@ app hold").app, App::kHold);
  EXPECT_EQ(case_of("").app, App::kNone);
  const Scenario active = case_of("//@ app source 7 active");
  EXPECT_TRUE(active.app_active);
  EXPECT_EQ(active.needs, std::vector<std::string>{"active-open"});
}

TEST(Directives, Connections) {
  const Scenario s = case_of(
      "//@ connection main isn 4294967295\n//@ connection B\n//@ connection old like B isn -5\n"
      "//@ connection new like main isn +64001\n//@ connection none to closed-port isn 7");
  ASSERT_EQ(s.connections.size(), 5U);
  EXPECT_EQ(s.connections[0], (ConnectionSpec{"main", "", 4294967295, false, false}));
  EXPECT_EQ(s.connections[1], (ConnectionSpec{"B", "", {}, false, false}));
  EXPECT_EQ(s.connections[2], (ConnectionSpec{"old", "B", -5, true, false}));
  EXPECT_EQ(s.connections[3], (ConnectionSpec{"new", "main", 64001, true, false}));
  EXPECT_EQ(s.connections[4], (ConnectionSpec{"none", "", 7, false, true}));
}

TEST(Directives, ConnectionErrors) {
  EXPECT_EQ(error_in("//@ connection 5"), "16: expected a connection's name, found '5'");
  EXPECT_EQ(error_in("//@ connection B like C"),
            "23: expected the name of a connection declared before, found 'C'");
  EXPECT_EQ(error_in("//@ connection B like B"),
            "23: expected the name of a connection declared before, found 'B'");
  EXPECT_EQ(error_in("//@ connection B isn +5"), "5: a relative isn needs `like OTHER`");
  EXPECT_EQ(error_in("//@ connection B isn"), "21: expected an ISN (N, or +N or -N with like), found ''");
  EXPECT_EQ(error_in("//@ connection B isn 4294967296"),
            "22: expected an ISN (N, or +N or -N with like), found '4294967296'");
  EXPECT_EQ(error_in("//@ connection B to open-port"), "21: expected closed-port, found 'open-port'");
  EXPECT_EQ(error_in("//@ connection B like main to closed-port"),
            "5: `like` takes the port of the other connection; it can't be the closed port too");
  EXPECT_EQ(error_in("//@ connection B near C"),
            "18: expected like OTHER, isn N or to closed-port, found 'near'");
}

TEST(Directives, UnknownWordsHaveNearMisses) {
  EXPECT_EQ(error_in("//@ need sack"), "5: unknown directive 'need'; did you mean 'needs'?");
  EXPECT_EQ(error_in("//@ needs sak"), "11: unknown capability 'sak'; did you mean 'sack'?");
  EXPECT_EQ(error_in("//@ policy rfc5916=on"), "12: unknown policy 'rfc5916'; did you mean 'rfc5961'?");
  EXPECT_EQ(error_in("//@ app ehco"), "9: unknown application 'ehco'; did you mean 'echo'?");
  EXPECT_EQ(error_in("//@ covers Q"), "12: unknown ledger row 'Q'");
  EXPECT_EQ(error_in("//@"), "4: expected a directive after //@ (covers, given, app, …)");
}

TEST(Directives, ValuesOfPoliciesAreChecked) {
  EXPECT_EQ(error_in("//@ policy rfc5961=maybe"), "20: rfc5961 is on | off, not 'maybe'");
  EXPECT_EQ(error_in("//@ policy syn-retries=x"), "24: syn-retries is N, not 'x'");
  EXPECT_EQ(error_in("//@ policy rfc5961"), "12: expected key=value, found 'rfc5961'");
  EXPECT_EQ(case_of("//@ policy fin-timeout=none").policies.at("fin-timeout"), "none");
  EXPECT_EQ(case_of("//@ policy fin-timeout=60").policies.at("fin-timeout"), "60");
}

TEST(Directives, ShapesAreChecked) {
  EXPECT_EQ(error_in("//@ app source"), "15: expected the number of octets: source N");
  EXPECT_EQ(error_in("//@ app source many"), "16: expected the number of octets: source N");
  EXPECT_EQ(error_in("//@ app echo 5"), "14: expected the end of the line, found '5'");
  EXPECT_EQ(error_in("//@ ip v5"), "8: expected v4 or v6, found 'v5'");
  EXPECT_EQ(error_in("//@ strict please"), "12: expected the end of the line, found 'please'");
  EXPECT_EQ(error_in("//@ formerly a b"), "16: expected the end of the line, found 'b'");
  EXPECT_EQ(error_in("//@ covers"), "11: expected something after covers");
  EXPECT_EQ(error_in("//@ catches again"), "5: catches is said twice");
  EXPECT_EQ(error_in("//@ given ../x"),
            "11: expected a fragment's name (letters, digits, - _ . /), found '../x'");
}

TEST(Directives, VariablesInLowerCaseStayOutOfTheId) {
  const Loaded loaded = load_text(
      "t.pkt", "//@ covers ${row}\n//@ catches x\n//@ matrix STATE,row in a,1 b,2\n" + std::string(kStep),
      v4_only());
  ASSERT_EQ(loaded.scenarios.size(), 2U);
  EXPECT_EQ(loaded.scenarios[1].id, "t/b");
  EXPECT_EQ(loaded.scenarios[1].covers, std::vector<std::string>{"2"});
}

TEST(Directives, VariablesAreReplacedInThem) {
  const Loaded loaded = load_text(
      "t.pkt", "//@ covers ${R}\n//@ catches ${R} of IPv${IP}\n//@ matrix R in a b\n" + std::string(kStep),
      v4_only());
  ASSERT_EQ(loaded.scenarios.size(), 2U);
  EXPECT_EQ(loaded.scenarios[1].covers, std::vector<std::string>{"b"});
  EXPECT_EQ(loaded.scenarios[1].catches, "b of IPv4");
}

}  // namespace
}  // namespace tcpspec::scenario
