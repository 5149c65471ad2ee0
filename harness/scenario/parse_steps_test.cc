#include "harness/scenario/testing.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;

TEST(ParseSteps, KnowsWhereAStepStands) {
  const Step step = step_of("  +0   close(4) = 0   ");
  EXPECT_EQ(step.where, (SourceLocation{"t.pkt", kHeadLines + 1, 3}));
  EXPECT_EQ(step.text, "  +0   close(4) = 0");
  EXPECT_FALSE(step.from_fragment);
}

TEST(ParseSteps, CommentsAreBlank) {
  EXPECT_EQ(
      steps_of("// one\n+0 /* two */ close(4) = 0 // three\n/* four\n five */ +0 close(5) = 0\n").size(), 2U);
  EXPECT_EQ(error_of("+0 close(4) = 0\n/* open"), "2:1: this comment has no closing */");
  EXPECT_EQ(error_of("+0 close(4) = 0 //@ strict"), "1:17: a `//@` line stands on a line of its own");
}

TEST(ParseSteps, AnOptionalPacketMayCome) {
  EXPECT_TRUE(action_of<Expect>("+0~+1 >? . 1:1(0) ack 1").optional);
  EXPECT_FALSE(action_of<Expect>("+0~+1 > . 1:1(0) ack 1").optional);
  EXPECT_EQ(error_of("+0 >? . 1:1(0) ack 1\n or silence 1"),
            "2:2: an optional packet (`>?`) has no alternatives");
}

TEST(ParseSteps, AlternativesFollowAnExpectedPacket) {
  const auto expect = action_of<Expect>(
      "+0~+1 [B] > F. 1:1(0) ack 2\n"
      "  or tolerated \"early\" > R. 1:1(0) ack 2\n"
      "  or > . 1:1(0) ack 2 continue\n"
      "  or fail \"data\" > data 1:5\n"
      "  or [main] > R ...\n"
      "  or tolerated \"nothing\" silence .5 continue {\n"
      "    +0 close(4) = 0\n"
      "    +0 > F. 1:1(0) ack 2\n"
      "      or > . 1:1(0) ack 2 { +1 silence 1 }\n"
      "  }\n");
  ASSERT_EQ(expect.alternatives.size(), 5U);
  EXPECT_EQ(expect.alternatives[0].grade, Grade::kTolerated);
  EXPECT_EQ(expect.alternatives[0].why, "early");
  EXPECT_EQ(expect.alternatives[0].packet->connection, "B");
  EXPECT_FALSE(expect.alternatives[0].rejoins);
  EXPECT_EQ(expect.alternatives[1].grade, Grade::kPass);
  EXPECT_TRUE(expect.alternatives[1].rejoins);
  EXPECT_EQ(expect.alternatives[2].grade, Grade::kFail);
  EXPECT_EQ(expect.alternatives[3].packet->connection, "");
  const Alternative& silence = expect.alternatives[4];
  EXPECT_FALSE(silence.packet.has_value());
  EXPECT_EQ(silence.silence, Duration::millis(500));
  EXPECT_TRUE(silence.rejoins);
  ASSERT_EQ(silence.steps.size(), 2U);
  EXPECT_EQ(std::get<Expect>(silence.steps[1].action).alternatives[0].steps.size(), 1U);
}

TEST(ParseSteps, TheBraceMayStandOnItsOwnLine) {
  const auto expect = action_of<Expect>("+0 > . 1:1(0) ack 1\n or > R 1:1(0)\n {\n +0 close(4) = 0\n }\n");
  ASSERT_EQ(expect.alternatives.size(), 1U);
  EXPECT_EQ(expect.alternatives[0].steps.size(), 1U);
}

TEST(ParseSteps, AlternativeErrors) {
  EXPECT_EQ(error_of("+0 close(4) = 0\n or > R 1:1(0)"),
            "2:2: `or` stands directly after an expected packet (`>`)");
  const std::string main = "+0 > . 1:1(0) ack 1\n";
  EXPECT_EQ(error_of(main + " or tolerated > R 1:1(0)"), "2:15: expected a string in quotes, found '>'");
  EXPECT_EQ(error_of(main + " or maybe > R 1:1(0)"),
            "2:5: expected tolerated, fail, > or silence, found 'maybe'");
  EXPECT_EQ(error_of(main + " or fail \"x\" < R 1:1(0)"), "2:14: expected > or silence, found '<'");
  EXPECT_EQ(error_of(main + " or silence .5 then"),
            "2:16: expected continue, { or the end of the line, found 'then'");
  EXPECT_EQ(error_of(main + " or silence .5 {\n +0 close(4) = 0"), "2:16: this block has no closing }");
  EXPECT_EQ(error_of(main + "}"),
            "2:1: expected a time (0, .5, +.1, a~b, *) at the start of a step, found '}'");
}

TEST(ParseSteps, SilenceLastsAndMayBeOfOneConnection) {
  EXPECT_EQ(action_of<Silence>("+0 silence .5"), (Silence{Duration::millis(500), ""}));
  EXPECT_EQ(action_of<Silence>("+0 silence 7200 on B"), (Silence{Duration::seconds(7200), "B"}));
  EXPECT_EQ(action_of<Silence>("+0 silence 1 on main"), (Silence{Duration::seconds(1), ""}));
  EXPECT_EQ(error_of("+0 silence"), "1:11: expected a time in seconds, found the end of the line");
  EXPECT_EQ(error_of("+0 silence 0"), "1:13: a silence of 0 s asserts nothing");
  EXPECT_EQ(error_of("+0 silence 1 on C"), "1:17: no `//@ connection C` declares this connection");
}

TEST(ParseSteps, AssertComparesSums) {
  const auto assertion = action_of<Assert>("+0 assert $A != $B+1");
  EXPECT_EQ(assertion.comparison, Comparison::kNotEqual);
  EXPECT_EQ(assertion.right, (Number{{Term{false, "B"}, Term{false, 1}}}));
  EXPECT_EQ(action_of<Assert>("+0 assert $A == 1").comparison, Comparison::kEqual);
  EXPECT_EQ(action_of<Assert>("+0 assert $A < 1").comparison, Comparison::kLess);
  EXPECT_EQ(action_of<Assert>("+0 assert $A <= 1").comparison, Comparison::kAtMost);
  EXPECT_EQ(action_of<Assert>("+0 assert $A > 1").comparison, Comparison::kGreater);
  EXPECT_EQ(action_of<Assert>("+0 assert $A >= 1").comparison, Comparison::kAtLeast);
  EXPECT_EQ(error_of("+0 assert $A"), "1:13: expected == != < <= > or >=, found the end of the line");
  EXPECT_EQ(error_of("+0 assert $A = 1"), "1:14: expected == != < <= > or >=, found '='");
  EXPECT_EQ(error_of("+0 assert $A == "), "1:16: expected a number or $NAME, found the end of the line");
}

TEST(ParseSteps, PeerActions) {
  EXPECT_EQ(action_of<Peer>("+0 peer connect"), (Peer{PeerAction::kConnect, 0}));
  EXPECT_EQ(action_of<Peer>("+0 peer send 5000"), (Peer{PeerAction::kSend, 5000}));
  EXPECT_EQ(action_of<Peer>("+0~+9 peer received 5000"), (Peer{PeerAction::kExpectReceived, 5000}));
  EXPECT_EQ(action_of<Peer>("+0~+9 peer eof"), (Peer{PeerAction::kExpectEof, 0}));
  EXPECT_EQ(error_of("+0 peer send"), "1:13: expected the number of octets, found the end of the line");
  EXPECT_EQ(error_of("+0 peer dance"),
            "1:9: expected connect, listen, send N, shutdown, close, abort, established, received N, eof, "
            "closed or "
            "reset, found 'dance'");
  EXPECT_EQ(error_of("+0 peer close now"), "1:15: expected the end of the line, found 'now'");
}

TEST(ParseSteps, LinkRules) {
  EXPECT_EQ(action_of<LinkRule>("+0 link lose from-target fin-ack first 1"),
            (LinkRule{LinkFault::kLose, LinkSide::kFromTarget, "fin-ack", 1, {}, {}, {}}));
  EXPECT_EQ(action_of<LinkRule>("+0 link delay to-target data every 3 by .2"),
            (LinkRule{LinkFault::kDelay, LinkSide::kToTarget, "data", {}, 3, {}, Duration::millis(200)}));
  EXPECT_EQ(action_of<LinkRule>("+0 link corrupt percent 5").percent, 5);
  EXPECT_EQ(action_of<LinkRule>("+0 link clear to-target").fault, LinkFault::kClear);
  EXPECT_EQ(error_of("+0 link loose"),
            "1:9: expected lose, delay, duplicate, reorder, corrupt or clear, found 'loose'");
  EXPECT_EQ(error_of("+0 link lose dat"), "1:14: unknown predicate 'dat'; did you mean 'data'?");
  EXPECT_EQ(error_of("+0 link lose first 0"), "1:20: the number of packets must be 1 to 1000000");
  EXPECT_EQ(error_of("+0 link lose percent 101"), "1:22: the share in percent must be 0 to 100");
  EXPECT_EQ(error_of("+0 link delay data"), "1:9: delay needs `by DURATION`");
  EXPECT_EQ(error_of("+0 link lose by 1"), "1:9: `by DURATION` is for delay and reorder, not lose");
  EXPECT_EQ(error_of("+0 link clear syn"),
            "1:9: clear removes every rule of its side; it takes no predicate");
}

TEST(ParseSteps, OtherFormsOfPacketdrillAreNamed) {
  EXPECT_EQ(error_of("`sysctl -q net.ipv4.tcp_sack=0`"), "1:1: a shell command is not supported yet");
  EXPECT_EQ(error_of("+0 `true\ntrue`\n"), "1:4: a shell command is not supported yet");
  EXPECT_EQ(error_of("+0 %{ assert tcpi_state == 1 }%"), "1:4: a Python assertion is not supported yet");
  EXPECT_EQ(error_of("+0 %{ assert tcpi_state == 1"), "1:4: this %{ has no closing }%");
  EXPECT_EQ(error_of("#ifdef X"), "1:1: #ifdef is not supported yet");
  EXPECT_EQ(error_of("--mtu=1500"), "1:1: `--name=value` lines stand at the top of a script");
}

// One error does not hide the next one, nor does it cause others.
TEST(ParseSteps, GoesOnAfterAnErrorAtTheNextTime) {
  const Loaded loaded = load_steps(
      "+0 > X. 1:1(0) ack 1\n"
      "  or silence 1 {\n"
      "    +0 close(4) = 0\n"
      "  }\n"
      "+0 close(4) = 0\n"
      "+0 > F. 1:2(0) ack 1\n"
      "+0 > . 1:1(0) ack 1\n"
      "  or silence 1 {\n"
      "    +0 clse(4) = 0\n"
      "    +0 close(4) = 0\n"
      "  }\n"
      "+0 assert $A\n");
  std::vector<int> lines;
  for (const Diagnostic& d : loaded.errors) lines.push_back(d.line - kHeadLines);
  EXPECT_THAT(lines, ::testing::ElementsAre(1, 6, 9, 12));
}

}  // namespace
}  // namespace tcpspec::scenario
