// Agents that do not keep to the protocol: the case ends, with a verdict that says whose fault it is and the
// last messages; the next case runs on a fresh agent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "harness/run/scheduler.h"
#include "harness/run/testing.h"
#include "harness/target/remote/hostile_agent.h"
#include "harness/target/remote/remote.h"

namespace tcpspec::target {
namespace {

using run::Outcome;
using run::Verdict;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::hostile_command;
using ::testing::StartsWith;

AgentAddress address_of(const std::string& mode) {
  AgentAddress address;
  address.where = hostile_command(mode);
  return address;
}

scenario::Scenario named(const std::string& id) {
  scenario::Scenario scenario = run::testing::a_case(
      "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0 bind(3, ..., ...) = 0\n"
      "+0 listen(3, 1) = 0\n"
      "+0 < S 0:0(0) win 65535 <mss 1460>\n"
      "+0 > S. 0:0(0) ack 1 <...>\n"
      "+.5 < . 1:1(0) ack 1 win 65535\n"
      "+0 accept(3, ..., ...) = 4\n"
      "+.5 < P. 1:11(10) ack 1 win 65535\n"
      "+0~+.5 > . 1:1(0) ack 11\n");
  scenario.id = id;
  return scenario;
}

struct Row {
  const char* mode;
  Verdict verdict;
  const char* says;  // in a reason
};

class Hostile : public ::testing::TestWithParam<Row> {
 protected:
  static std::unique_ptr<Target> make(const char* mode) {
    const std::string name = mode;
    const bool silent =
        name == "late" || name == "never" || name == "half-frame-silence" || name == "deaf-at-end";
    RemoteOptions options;
    if (silent) options.patience = Duration::millis(500);
    Result<std::unique_ptr<Target>> target = make_remote_target(address_of(name), options);
    if (!target.ok()) ADD_FAILURE() << target.error();
    return target.ok() ? std::move(*target) : nullptr;
  }
};

TEST_P(Hostile, EndsItsOwnCaseAndNoOther) {
  const std::unique_ptr<Target> target = make(GetParam().mode);
  ASSERT_NE(target, nullptr);
  ::testing::internal::CaptureStderr();  // what agents say there, they say here
  for (const char* id : {"good", "evil", "good-again", "evil-again", "good-at-last"}) {
    const Outcome outcome = run::run_case(named(id), *target, {});
    if (std::string(id).starts_with("good")) {
      EXPECT_EQ(outcome.verdict, Verdict::kPass) << id << "\n" << run::testing::told(outcome);
      continue;
    }
    EXPECT_EQ(outcome.verdict, GetParam().verdict) << id << "\n" << run::testing::told(outcome);
    if (*GetParam().says != 0) {
      EXPECT_THAT(outcome.reasons, Contains(HasSubstr(GetParam().says)));
    }
    const bool died = outcome.verdict == Verdict::kCrash || outcome.verdict == Verdict::kHang;
    if (died) {
      EXPECT_THAT(outcome.reasons, Contains(StartsWith("to the agent: #")));
      EXPECT_THAT(outcome.reasons, Contains(StartsWith("from the agent: ")));
    }
  }
  (void)::testing::internal::GetCapturedStderr();
}

constexpr Row kRows[] = {
    {"garbage", Verdict::kError, "sent a frame longer than"},
    {"nonsense", Verdict::kError, "sent 3 octets that are not a Report of the agent protocol: ffffff"},
    {"four-gib", Verdict::kError, "sent a frame longer than"},
    {"half-frame-silence", Verdict::kHang, "did not answer '#"},
    {"half-frame-exit", Verdict::kError, "octets into a message"},
    {"answers-twice", Verdict::kError, "answered a second time"},
    {"answers-nothing", Verdict::kError, "answered a request that was never made: #9999"},
    {"answers-unnumbered", Verdict::kError, "without the number of what it answers"},
    {"answers-otherwise", Verdict::kError, "with '#"},
    {"hello-again", Verdict::kError, "said Hello a second time"},
    {"late", Verdict::kHang, "within 0.5 s"},
    {"never", Verdict::kHang, "within 0.5 s"},
    {"talker", Verdict::kError, "and did not answer"},
    {"dies-at-start", Verdict::kError, "ended with exit status 3"},
    {"started-impossible", Verdict::kError, "which is no time"},
    {"refuses-start", Verdict::kError, "could not start: no memory"},
    {"refuses-policy", Verdict::kNotApplicable, "policy nagle=off: always on"},
    {"dies-at-inject", Verdict::kCrash, "the agent ended with exit status 3"},
    {"dies-in-the-middle", Verdict::kCrash, "on its standard error: out of cheese"},
    {"signal", Verdict::kCrash, "the agent ended with signal 6"},
    {"closes", Verdict::kCrash, "the agent closed the channel"},
    {"refuses-packets", Verdict::kInconclusive, "does not take packets: packets"},
    {"time-back", Verdict::kError, "let time go back by 1.5"},
    {"time-ahead", Verdict::kError, "let time go beyond what it was told, by 0.000000001 s"},
    {"time-impossible", Verdict::kError, "let time go back by 9223372036"},
    {"clock-stands-still", Verdict::kError, "did not let time go on"},
    {"unknown-completion", Verdict::kError, "completed a call that was never made: call 4242"},
    {"completion-twice", Verdict::kError, "completed a second time call"},
    {"completion-never", Verdict::kFail, ""},
    {"no-calls", Verdict::kFail, ""},
    {"loud", Verdict::kPass, ""},
    {"deaf-at-end", Verdict::kPass, ""},
    {"cannot-end", Verdict::kPass, ""},
    {"dies-at-end", Verdict::kError, "the agent ended with signal 6"},
};

INSTANTIATE_TEST_SUITE_P(Agents, Hostile, ::testing::ValuesIn(kRows),
                         [](const ::testing::TestParamInfo<Row>& row) {
                           std::string name = row.param.mode;
                           std::erase(name, '-');
                           return name;
                         });

TEST(HostileHello, IsToldWithWhatWasWrong) {
  const std::pair<const char*, const char*> rows[] = {
      {"packet-before-hello", "said 'packet of 40 octets at 0 ns' before its Hello"},
      {"version-2", "speaks version 2 of the agent protocol; this tcpspec speaks version 1"},
      {"knows-everything", "must answer Unsupported to a request that it does not know"},
      {"link-none", "wire:IFACE,agent="},
      {"link-ethernet", "link ETHERNET, which is not supported"},
  };
  for (const auto& [mode, says] : rows) {
    const Result<std::unique_ptr<Target>> target = make_remote_target(address_of(mode));
    ASSERT_FALSE(target.ok()) << mode;
    EXPECT_THAT(target.error(), HasSubstr(says));
  }
}

TEST(HostileHello, ThatNeverComesIsNotWaitedForLongerThanPatience) {
  RemoteOptions options;
  options.readiness = Duration::millis(300);
  const Result<std::unique_ptr<Target>> target = make_remote_target(address_of("hello-late"), options);
  ASSERT_FALSE(target.ok());
  EXPECT_THAT(target.error(), HasSubstr("did not say Hello within 0.3 s"));
}

TEST(HostileHello, MayListAThousandLacks) {
  const Result<std::unique_ptr<Target>> target = make_remote_target(address_of("thousand-lacks"));
  ASSERT_TRUE(target.ok());
  EXPECT_GE((*target)->profile().lacks.size(), 1000U);
  EXPECT_LE((*target)->profile().lacks.at("lack-7").size(), 310U) << "texts are cut";
  EXPECT_EQ(run::run_case(named("good"), **target, {}).verdict, Verdict::kPass);
}

TEST(HostileHello, MaySayTimesThatNobodyHas) {
  const Result<std::unique_ptr<Target>> target = make_remote_target(address_of("hello-times"));
  ASSERT_TRUE(target.ok());
  EXPECT_EQ((*target)->profile().slack.absolute, Duration());
  EXPECT_EQ((*target)->profile().slack.divisor, 0);
  EXPECT_EQ((*target)->profile().msl, Duration::seconds(3600));
  EXPECT_EQ(run::run_case(named("good"), **target, {}).verdict, Verdict::kPass);
}

TEST(HostileHello, CannotWriteOnTheTerminal) {
  const Result<std::unique_ptr<Target>> target = make_remote_target(address_of("hello-escape"));
  ASSERT_TRUE(target.ok());
  EXPECT_EQ((*target)->profile().name, "name?[2J");
}

// The same by way of worker processes, as tcpspec run does it.
TEST(HostileInTheScheduler, TheOtherCasesGoOn) {
  const std::pair<const char*, Verdict> rows[] = {{"signal", Verdict::kCrash},
                                                  {"never", Verdict::kHang},
                                                  {"half-frame-exit", Verdict::kError},
                                                  {"dies-at-start", Verdict::kError},
                                                  {"dies-in-the-middle", Verdict::kCrash}};
  for (const auto& [mode, verdict] : rows) {
    std::vector<scenario::Scenario> cases;
    for (const char* id : {"a", "b", "evil", "c", "d"}) cases.push_back(named(id));
    RemoteOptions remote;
    if (verdict == Verdict::kHang) remote.patience = Duration::millis(500);
    run::ScheduleOptions options;
    options.jobs = 2;
    options.virtual_time = true;
    std::map<std::string, Verdict> verdicts;
    run::schedule(
        cases, [&, name = std::string(mode)] { return make_remote_target(address_of(name), remote); },
        options, [&](std::size_t index, Outcome outcome) { verdicts[cases[index].id] = outcome.verdict; });
    const std::map<std::string, Verdict> wanted{{"a", Verdict::kPass},
                                                {"b", Verdict::kPass},
                                                {"evil", verdict},
                                                {"c", Verdict::kPass},
                                                {"d", Verdict::kPass}};
    EXPECT_EQ(verdicts, wanted) << mode;
  }
}

}  // namespace
}  // namespace tcpspec::target

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--hostile-agent")
    return tcpspec::target::testing::run_hostile_agent(argv[2]);
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
