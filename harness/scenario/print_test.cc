#include "harness/scenario/print.h"

#include "harness/scenario/testing.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;

// Each line in the form in which it is printed.
class PrintedAsRead : public ::testing::TestWithParam<const char*> {};

TEST_P(PrintedAsRead, OneStep) {
  const Step step = step_of(GetParam());
  EXPECT_EQ(print_step(step), GetParam());
  expect_round_trip(load_steps(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Times, PrintedAsRead,
                         ::testing::Values("0 close(4)", "0.5 close(4)", "+1.25 close(4)",
                                           "+0.000000001 close(4)", "1~2 > R 1:1(0)", "+0~+0.5 > R 1:1(0)",
                                           "* > R 1:1(0)", "0.1...0.2 close(4)", "+0.1...+0.2 close(4)",
                                           "7200 close(4)"));

INSTANTIATE_TEST_SUITE_P(
    Injected, PrintedAsRead,
    ::testing::Values("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>",
                      "+0 < P. 1:11(10) ack 2 win 65535 urg 3", "+0 < - 0:0(0)",
                      "+0 < FSRP.UEWA 0:0(0) ack 1", "+0 [B] < S 0:0(0)", "+0 < [ect0] . 1:1(0) ack 1",
                      "+0 < [ect1] . 1:1(0) ack 1", "+0 < [ce] [tos 0x10] [ttl 5] . 1:1(0) ack 1",
                      "+0 < [noecn] . 1:1(0) ack 1", "+0 < S 100!:100!(0)", "+0 < . -10:0(10) ack $A+1-$B",
                      "+0 < P. $A:$A+10(10) ack 1", "+0 < P. 1:6(5) ack 1 payload \"hello\"",
                      "+0 < P. 1:4(3) ack 1 payload hex 00ffa0", "+0 < P. 1:4(3) ack 1 payload hex 247b22",
                      "+0 < P. 1:1(0) ack 1 payload \"\"",
                      "+0 < . 1:1(0) ack 1 damage bad-checksum data-offset=4 truncate=30",
                      "+0 < . 1:1(0) ack 1 <sack 1001:2001 3001:4001,eol> damage flip=3",
                      "+0 < . 1:1(0) ack 1 <kind 253 abcd,kind 2 length 0 05b4,kind 8 length 10,kind 7>"));

INSTANTIATE_TEST_SUITE_P(
    Icmp, PrintedAsRead,
    ::testing::Values("+0 < icmp destination_unreachable host_unreachable [1:1(0)]",
                      "+0 [B] < icmp destination_unreachable frag_needed mtu 1200 [$A+1:$A+1(0)]",
                      "+0 < icmp packet_too_big mtu 1280"));

INSTANTIATE_TEST_SUITE_P(
    Expected, PrintedAsRead,
    ::testing::Values(
        "+0 > F./FP./- 1:1(0) ack 2", "+0 >? . 1:1(0) ack 2", "+0 > R ...", "+0 > . ... ack 5",
        "+0 > S. 0:0(0) ack >= 1 let K win != 0 let W urg ... isn let I <mss <= 1460 let M>",
        "+0 > S. 0:0(0) ack let K win let W", "+0 > S. 0:0(0) ack 1 <...>",
        "+0 > S. 0:0(0) ack 1 <mss ...,TS val let T ecr 100>",
        "+0 > S. 0:0(0) ack 1 <opts contain mss ...,sackOK,TS val ... ecr ...,sack lack wscale, eol>",
        "+0 > S. 0:0(0) ack 1 <opts lack TS>", "+0 > P. 1:3(2) ack 1 payload \"ab\"", "+0 > data 1:11",
        "+0 > data 1:3001 fin ack >= 5 win 0", "+0 > data 1:1 fin <opts lack TS>",
        "+0 > data 1:2 <TS val ... ecr 5>", "+0 > ack 11", "+0 > ack >= 11 let K win let W",
        "+0 [B] > ack != 11 urg 0", "+0 > [ce] . 1:1(0) ack 1"));

INSTANTIATE_TEST_SUITE_P(Others, PrintedAsRead,
                         ::testing::Values("+0 silence 0.5", "+0 silence 7200 on B", "+0 assert $A == 1",
                                           "+0 assert $A != $B+1", "+0 assert $A < 1", "+0 assert $A <= 1",
                                           "+0 assert $A > 1", "+0 assert -1 >= $A", "+0 peer connect",
                                           "+0 peer listen", "+0 peer send 5000", "+0 peer shutdown",
                                           "+0 peer close", "+0 peer abort", "+0~+3 peer established",
                                           "+0~+3 peer received 5000", "+0~+3 peer eof", "* peer closed",
                                           "+0~+3 peer reset", "+0 link lose from-target fin-ack first 1",
                                           "+0 link delay to-target data every 3 by 0.2",
                                           "+0 link duplicate percent 5",
                                           "+0 link reorder synack first 2 every 3 percent 50 by 1",
                                           "+0 link corrupt", "+0 link clear", "+0 link clear to-target"));

INSTANTIATE_TEST_SUITE_P(
    Calls, PrintedAsRead,
    ::testing::Values("+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", "+0 close(4) = ...", "+0 close() = 0",
                      "+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now (really) in progress)",
                      "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0",
                      "+0 fcntl(3, F_SETFL, 0x2|O_NONBLOCK) = 0", "+0 fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)",
                      "+0 fcntl(3, F_GETFL) = 0x10",
                      "+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0",
                      "+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]) = 0",
                      "+0 bind(3, {sa_family=AF_INET, sin_port=8080, sin_addr=\"192.0.2.1\"}, ...) = 0",
                      "+0 read(4, {..., 5, A|B, msg_iov(1)=[{..., 10}]}, 10) = 10",
                      "+0 write(4, \"a\\\"\\\\b\\x00\\x24{X}\", 7) = 7", "+0 read(4, {}, $A+1) = 1"));

TEST(Print, OtherSpellingsOfTheSameRoundTrip) {
  expect_round_trip(
      load_steps("+.1...0.3 read(4, ..., 10) = 10\n"
                 "+0 < 5. 1:1(0) ack 1 <FO abcd,FOEXP>\n"));
  expect_round_trip(load_steps("+0 [main] > S. 0:0(0) ack 1 <opts contain mss, TS lack wscale sackOK>\n"));
  expect_round_trip(load_steps("+0 < icmp unreachable port_unreachable [1:11(10)]\n"));
}

TEST(Print, AlternativesAndTheirBlocks) {
  const std::string text =
      "+0~+1 [B] > F. 1:1(0) ack 2\n"
      "  or tolerated \"so \\\"early\\\"\" > R. 1:1(0) ack 2\n"
      "  or > . 1:1(0) ack 2 continue\n"
      "  or [main] > R ... continue {\n"
      "    +0 close(4) = 0\n"
      "    +0 > F. 1:1(0) ack 2\n"
      "      or silence 1 {\n"
      "        +1 silence 1\n"
      "      }\n"
      "  }\n"
      "  or fail \"nothing\" silence 0.5\n"
      "+0 close(5) = 0\n";
  const Loaded loaded = load_steps(text);
  ASSERT_EQ(loaded.scenarios.size(), 1U);
  EXPECT_TRUE(print(loaded.scenarios[0]).ends_with(text)) << print(loaded.scenarios[0]);
  expect_round_trip(loaded);
}

TEST(Print, DirectivesComeInOneOrder) {
  const std::string text =
      "// What it is about\n"
      "//@ case a/b\n"
      "//@ covers R1 R2\n"
      "//@ catches a stack that // does it\n"
      "//@ formerly c\n"
      "//@ inlined open\n"
      "//@ app source 5000 active\n"
      "//@ needs active-open sack\n"
      "//@ policy delayed-ack=no\n"
      "//@ policy rfc5961=on\n"
      "//@ connection main isn 5\n"
      "//@ connection B like main isn +0\n"
      "//@ connection C like B isn -7\n"
      "//@ connection D to closed-port\n"
      "//@ tag slow loud\n"
      "//@ ip v6\n"
      "//@ strict\n"
      "\n"
      "+0 > S. 0:0(0) ack 1\n";
  LoadOptions options;
  const Loaded loaded = load_text("x.pkt", text, options);
  ASSERT_EQ(loaded.scenarios.size(), 1U);
  EXPECT_EQ(print(loaded.scenarios[0]), text);
  expect_round_trip(loaded);
}

TEST(Print, FragmentsMatrixAndRepeatComeOutExpanded) {
  MemoryReader fragments;
  fragments.add(
      "open",
      "//@ connection B\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+.1 connect(3, ..., ...) = 0\n"
      "+.1 > S 0:0(0) isn let I <mss ${MSS}>\n");
  LoadOptions options;
  options.fragments = &fragments;
  for (const char* app : {"", "//@ app echo\n"}) {
    const Loaded loaded = load_text("x.pkt",
                                    "//@ covers R\n//@ catches x\n//@ given open\n//@ matrix N in 1 2\n" +
                                        std::string(app) + "repeat ${N}\n+0 [B] > R $I:$I(0)\nend\n",
                                    options);
    EXPECT_EQ(loaded.scenarios.size(), 4U);
    expect_round_trip(loaded);
  }
}

TEST(Print, ScriptsAndRegressions) {
  LoadOptions options = v4_only();
  const std::string script = "// Old\n\n--mss=1000\n--quiet\n0 > S. 0:0(0) ack 1\n";
  const Loaded one = load_text("s.pkt", script, options);
  ASSERT_EQ(one.scenarios.size(), 1U);
  EXPECT_EQ(print(one.scenarios[0]), script);
  expect_round_trip(one);
  expect_round_trip(load_text("r.pkt", "//@ finding monitor/x\n0 < S 0:0(0)\n", options));
}

TEST(Print, PartsForMessages) {
  EXPECT_EQ(print_flags(0), "-");
  EXPECT_EQ(print_flags(kSyn | kAck), "S.");
  EXPECT_EQ(print_flags(kFin | kPsh | kAck), "FP.");
  EXPECT_EQ(print_number(Number{}), "0");
  EXPECT_EQ(print_number(Number{{Term{false, 1}, Term{false, "W"}, Term{true, 10}}}), "1+$W-10");
  EXPECT_EQ(print_pattern(NumberPattern{}), "...");
  EXPECT_EQ(print_duration(Duration::millis(1500)), "1.5");
  EXPECT_EQ(print_duration(Duration::seconds(2)), "2");
  EXPECT_EQ(option_word(OptionKind::kSackPermitted), "sackOK");
}

}  // namespace
}  // namespace tcpspec::scenario
