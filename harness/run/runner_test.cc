// Cases against the reference stack, in virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/run/testing.h"

namespace tcpspec::run::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kListen =
    "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
    "+0 bind(3, ..., ...) = 0\n"
    "+0 listen(3, 1) = 0\n";
constexpr const char* kAccepted =
    "+0 < S 0:0(0) win 65535 <mss 1460>\n"
    "+0 > S. 0:0(0) ack 1 <...>\n"
    "+.1 < . 1:1(0) ack 1 win 65535\n"
    "+0 accept(3, ..., ...) = 4\n";

#define EXPECT_VERDICT(outcome, wanted) EXPECT_EQ((outcome).verdict, wanted) << told(outcome)

TEST(RunnerOnReference, PassiveOpenReadWriteClose) {
  const Outcome outcome = on_reference(a_case(std::string(kListen) + kAccepted +
                                              "+.1 < P. 1:101(100) ack 1 win 65535\n"
                                              "+0 read(4, ..., 1000) = 100\n"
                                              "+0~+.5 > ack 101\n"
                                              "+0 write(4, ..., 2000) = 2000\n"
                                              "+0 > data 1:1461 ack 101\n"
                                              "+.01 < . 101:101(0) ack 1461 win 65535\n"
                                              "+0 > data 1461:2001 ack 101\n"
                                              "+.01 < . 101:101(0) ack 2001 win 65535\n"
                                              "+0 close(4) = 0\n"
                                              "+0 > F. 2001:2001(0) ack 101\n"
                                              "+.01 < F. 101:101(0) ack 2002 win 65535\n"
                                              "+0~+.5 > . 2002:2002(0) ack 102\n"));
  EXPECT_VERDICT(outcome, Verdict::kPass);
  EXPECT_FALSE(outcome.failure);
  EXPECT_FALSE(outcome.choices.empty());
}

TEST(RunnerOnReference, EchoApplicationBothVersions) {
  const std::string text = std::string("// T.\n//@ covers X:1\n//@ catches c\n//@ app echo\n") + kHandshake +
                           "+.1 < P. 1:501(500) ack 1 win 65535\n"
                           "+0~+.5 > data 1:501 ack 501\n"
                           "+.01 < F. 501:501(0) ack 501 win 65535\n"
                           "+0 > . 501:501(0) ack 502\n"
                           "+0 > F. 501:501(0) ack 502\n"
                           "+.01 < . 502:502(0) ack 502 win 65535\n";
  for (const IpVersion version : {IpVersion::kV4, IpVersion::kV6}) {
    const Outcome outcome = on_reference(load_one(text, version));
    EXPECT_VERDICT(outcome, Verdict::kPass);
  }
}

TEST(RunnerOnReference, SourceApplicationAnySegmentation) {
  const Outcome outcome =
      on_reference(a_case(std::string(kHandshake) + "+0~+.5 > data 1:4381 ack 1\n"
                                                    "+.01 < . 1:1(0) ack 4381 win 65535\n"
                                                    "+0~+.5 > data 4381:5001 ack 1\n"
                                                    "+.01 < . 1:1(0) ack 5001 win 65535\n",
                          "//@ app source 5000\n"));
  EXPECT_VERDICT(outcome, Verdict::kPass);
}

TEST(RunnerOnReference, CloserAndShutwrApplications) {
  EXPECT_VERDICT(on_reference(a_case(std::string(kHandshake) + "+0 > F. 1:1(0) ack 1\n", "//@ app closer\n")),
                 Verdict::kPass);
  EXPECT_VERDICT(on_reference(a_case(std::string(kHandshake) + "+0 > F. 1:1(0) ack 1\n"
                                                               "+.01 < F. 1:1(0) ack 2 win 65535\n"
                                                               "+0 > . 2:2(0) ack 2\n",
                                     "//@ app shutwr\n")),
                 Verdict::kPass);
}

TEST(RunnerOnReference, ActiveOpenNonBlockingConnect) {
  const Outcome outcome =
      on_reference(a_case("+0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3\n"
                          "+0 fcntl(3, F_GETFL) = 0x802\n"
                          "+0 connect(3, ..., ...) = -1 EINPROGRESS (in progress)\n"
                          "+0 > S 0:0(0) <...>\n"
                          "+.1 < S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                          "+0 > . 1:1(0) ack 1\n"
                          "+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0\n"
                          "+0 read(3, ..., 10) = -1 EAGAIN\n"
                          "+0 write(3, ..., 10) = 10\n"
                          "+0 > P. 1:11(10) ack 1\n"));
  EXPECT_VERDICT(outcome, Verdict::kPass);
}

TEST(RunnerOnReference, BlockingConnectReturnsByItsEnd) {
  const std::string steps =
      "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0...+.2 connect(3, ..., ...) = 0\n"
      "+0 > S 0:0(0) <...>\n"
      "+.1 < S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
      "+0 > . 1:1(0) ack 1\n";
  EXPECT_VERDICT(on_reference(a_case(steps)), Verdict::kPass);
}

TEST(RunnerOnReference, ConnectRefused) {
  EXPECT_VERDICT(on_reference(a_case("+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
                                     "+0...+.2 connect(3, ..., ...) = -1 ECONNREFUSED (refused)\n"
                                     "+0 > S 0:0(0) <...>\n"
                                     "+.1 < R. 0:0(0) ack 1 win 0\n")),
                 Verdict::kPass);
}

TEST(RunnerOnReference, ActiveApplicationConnects) {
  scenario::Scenario scenario = a_case(
      "+0 > S 0:0(0) <...>\n"
      "+.1 < S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
      "+0 > . 1:1(0) ack 1\n",
      "//@ app sink\n");
  scenario.app_active = true;
  EXPECT_VERDICT(on_reference(scenario), Verdict::kPass);
}

TEST(RunnerOnReference, ResetIsTheReadersError) {
  EXPECT_VERDICT(on_reference(a_case(std::string(kListen) + kAccepted +
                                     "+0...+.2 read(4, ..., 1000) = -1 ECONNRESET (reset)\n"
                                     "+.1 < R. 1:1(0) ack 1 win 0\n")),
                 Verdict::kPass);
}

TEST(RunnerOnReference, LingerZeroAborts) {
  EXPECT_VERDICT(on_reference(a_case(std::string(kListen) + kAccepted +
                                     "+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0\n"
                                     "+0 close(4) = 0\n"
                                     "+0 > R 1:1(0)\n")),
                 Verdict::kPass);
}

TEST(RunnerOnReference, ReadChecksOctetsOfOverlappingSegmentsOutOfOrder) {
  EXPECT_VERDICT(on_reference(a_case(std::string(kListen) + kAccepted +
                                     "+.1 < P. 6:11(5) ack 1 win 65535 payload \"WORLD\"\n"
                                     "+0 > . 1:1(0) ack 1 <...>\n"
                                     "+.1 < P. 1:8(7) ack 1 win 65535 payload \"HELLOxx\"\n"
                                     "+0~+.5 > ack 11\n"
                                     "+0 read(4, ..., 1000) = 10\n")),
                 Verdict::kPass);
}

TEST(RunnerOnReference, ClosedPortAnswersWithAReset) {
  EXPECT_VERDICT(on_reference(a_case("+0 [C] < S 0:0(0) win 65535\n"
                                     "+0 [C] > R. 0:0(0) ack 1\n",
                                     "//@ connection C to closed-port\n")),
                 Verdict::kPass);
}

TEST(RunnerOnReference, RetransmissionsAreExactToTheNanosecond) {
  const char* steps =
      "+0 > F. 1:1(0) ack 1\n"
      "%s > F. 1:1(0) ack 1\n";
  const auto with = [&](const std::string& time) {
    std::string text = steps;
    text.replace(text.find("%s"), 2, time);
    return on_reference(a_case(std::string(kHandshake) + text, "//@ app closer\n"));
  };
  EXPECT_VERDICT(with("+1"), Verdict::kPass);
  const Outcome early = with("+1.000000001");
  EXPECT_VERDICT(early, Verdict::kFail);
  EXPECT_TRUE(early.failure->timing);
  EXPECT_THAT(early.failure->differs, HasSubstr("0.000000001 s too early"));
  const Outcome late = with("+.999999999");
  EXPECT_VERDICT(late, Verdict::kFail);
  EXPECT_TRUE(late.failure->timing);
  EXPECT_THAT(late.failure->differs, HasSubstr("0.000000001 s too late"));
}

TEST(RunnerOnReference, IcmpQuotesTheTargetsPacket) {
  EXPECT_VERDICT(on_reference(a_case("+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
                                     "+0...+.1 connect(3, ..., ...) = -1\n"
                                     "+0 > S 0:0(0) <...>\n"
                                     "+.1 < icmp destination_unreachable port_unreachable [0:0(0)]\n")),
                 Verdict::kPass);
}

TEST(RunnerOnReference, TwoHoursOfKeepAliveAreOneJump) {
  const Outcome outcome = on_reference(a_case(std::string(kListen) + kAccepted +
                                              "+0 setsockopt(4, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0\n"
                                              "+0 silence 7199.999999999\n"
                                              "+.000000001 > . 0:0(0) ack 1\n"
                                              "+.1 < . 1:1(0) ack 1 win 65535\n"));
  EXPECT_VERDICT(outcome, Verdict::kPass);
  EXPECT_GT(outcome.elapsed, Duration::seconds(7200));
}

TEST(RunnerOnReference, PolicyThatCannotBeSetIsNotApplicable) {
  const Outcome outcome = on_reference(a_case(kHandshake, "//@ app sink\n//@ policy orphan-retries=3\n"));
  EXPECT_VERDICT(outcome, Verdict::kNotApplicable);
  ASSERT_FALSE(outcome.reasons.empty());
  EXPECT_THAT(outcome.reasons[0], HasSubstr("orphan-retries"));
}

TEST(RunnerOnReference, MissingCapabilityIsNotApplicableWithEvidence) {
  const Outcome outcome = on_reference(a_case(kHandshake, "//@ app sink\n//@ needs tfo\n"));
  EXPECT_VERDICT(outcome, Verdict::kNotApplicable);
  EXPECT_THAT(outcome.reasons[0], HasSubstr("Fast Open"));
}

TEST(RunnerOnReference, PeerTalksThroughAFaultyLink) {
  const Outcome outcome =
      on_reference(a_case("+0 link lose from-target synack first 1\n"
                          "+0 link lose data every 3\n"
                          "+0 peer connect\n"
                          "+0~+10 peer established\n"
                          "+0 peer send 20000\n"
                          "+0~+300 peer received 20000\n"
                          "+0 peer close\n"
                          "+0~+60 peer eof\n"
                          "+0~+60 peer closed\n",
                          "//@ app echo\n"));
  EXPECT_VERDICT(outcome, Verdict::kPass);
}

TEST(RunnerOnReference, AHundredRunsAreByteIdentical) {
  const scenario::Scenario scenario = a_case(
      "+0 link lose percent 10\n"
      "+0 peer connect\n"
      "+0~+200 peer established\n"
      "+0 peer send 9000\n"
      "+0~+600 peer received 9000\n",
      "//@ app echo\n");
  const std::string first = to_text(on_reference(scenario, 7).trace);
  EXPECT_GT(first.size(), 1000U);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(to_text(on_reference(scenario, 7).trace), first);
  EXPECT_NE(to_text(on_reference(scenario, 8).trace), first);
}

TEST(RunnerOnReference, ScriptsHaveToleranceAndNoTrailingSilence) {
  const std::string script = std::string(
      "--tolerance_usecs=5000\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n"
      "+0 < S 0:0(0) win 32792 <mss 1000>\n"
      "+.005 > S. 0:0(0) ack 1 <...>\n"
      "+.1 < . 1:1(0) ack 1 win 257\n"
      "+0 accept(3, ..., ...) = 4\n"
      "+0 < P. 1:11(10) ack 1 win 257\n");
  EXPECT_VERDICT(on_reference(load_one(script)), Verdict::kPass);
  std::string tighter = script;
  tighter.replace(tighter.find("5000"), 4, "4999");
  EXPECT_VERDICT(on_reference(load_one(tighter)), Verdict::kFail);
}

}  // namespace
}  // namespace tcpspec::run::testing
