#include "harness/run/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "harness/run/worker.h"

namespace tcpspec::run {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

// A target that sends nothing and whose id says how it misbehaves.
class FakeTarget : public target::Target {
 public:
  explicit FakeTarget(target::ClockKind clock) {
    profile_.name = "fake";
    profile_.clock = clock;
    profile_.settle = Duration::millis(1);
  }
  const target::Profile& profile() const override { return profile_; }
  Status start(const target::CaseSetup& setup) override {
    now_ = Instant();
    id_ = setup.id;
    if (id_.find("abort") != std::string::npos) {
      std::fprintf(stderr, "noise\nstack/tcp/x.cc:1: CHECK failed: la la\n");
      std::abort();
    }
    if (id_.find("exit") != std::string::npos) std::exit(3);
    if (id_.find("ours") != std::string::npos) {
      std::fprintf(stderr, "/src/harness/run/runner.cc:7: CHECK failed: never\n");
      std::abort();
    }
    if (id_.find("spin") != std::string::npos) {
      for (volatile bool on = true; on;) {
      }
    }
    return Ok{};
  }
  Instant now() const override { return now_; }
  Result<target::Stamp> inject(ByteView) override {
    if (id_.find("dies-later") != std::string::npos && ++injected_ == 2) std::abort();
    if (id_.find("unsure") != std::string::npos) return Error{"a test says so"};
    return target::Stamp::at(now_);
  }
  target::CallId begin(const target::SocketCall&) override { return 1; }
  void cancel(target::CallId) override {}
  Result<target::Value> query(const target::Query&) override { return Error{"none"}; }
  std::optional<target::Event> next(Instant deadline) override {
    if (id_.find("nap") != std::string::npos) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    now_ = std::max(now_, deadline);
    return std::nullopt;
  }
  Status end() override { return Ok{}; }

 private:
  target::Profile profile_;
  Instant now_;
  std::string id_;
  int injected_ = 0;
};

TargetFactory fake(target::ClockKind clock = target::ClockKind::kVirtual) {
  return
      [clock]() -> Result<std::unique_ptr<target::Target>> { return {std::make_unique<FakeTarget>(clock)}; };
}

scenario::Scenario a_case(const std::string& id, int packets = 0) {
  scenario::Scenario out;
  out.id = id;
  out.where = {"test.pkt", 1, 1};
  for (int i = 0; i < packets; ++i) {
    scenario::Step step;
    step.where = {"test.pkt", i + 2, 1};
    scenario::PacketSpec packet;
    packet.flags = scenario::kSyn;
    step.action = scenario::Inject{packet};
    out.steps.push_back(step);
  }
  scenario::Step silence;
  silence.where = {"test.pkt", packets + 2, 1};
  silence.action = scenario::Silence{Duration::millis(1), {}};
  out.steps.push_back(silence);
  return out;
}

std::vector<scenario::Scenario> cases_named(const std::vector<std::string>& ids) {
  std::vector<scenario::Scenario> out;
  for (const std::string& id : ids) out.push_back(a_case(id));
  return out;
}

struct Ran {
  std::map<std::string, Outcome> outcomes;
  ScheduleStats stats;
  bool whole = false;
};

Ran run(const std::vector<scenario::Scenario>& cases, ScheduleOptions options,
        const TargetFactory& make = fake()) {
  Ran ran;
  options.stats = &ran.stats;
  ran.whole = schedule(cases, make, options, [&](std::size_t i, Outcome outcome) {
    EXPECT_TRUE(ran.outcomes.emplace(cases[i].id, std::move(outcome)).second)
        << "told twice: " << cases[i].id;
  });
  return ran;
}

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

ScheduleOptions quick(int jobs, bool virtual_time) {
  ScheduleOptions options;
  options.jobs = jobs;
  options.virtual_time = virtual_time;
  options.hang_after = Duration::seconds(30);
  return options;
}

class EachWay : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Scheduler, EachWay, ::testing::Bool(),
                         [](const ::testing::TestParamInfo<bool>& way) {
                           return way.param ? "SliceAWorker" : "CaseAWorker";
                         });

TEST_P(EachWay, EveryCaseIsToldOnce) {
  std::vector<std::string> ids;
  for (int i = 0; i < 300; ++i) ids.push_back("case" + std::to_string(i));
  const Ran ran = run(cases_named(ids), quick(8, GetParam()));
  EXPECT_TRUE(ran.whole);
  EXPECT_EQ(ran.outcomes.size(), 300U);
  for (const auto& [id, outcome] : ran.outcomes) EXPECT_EQ(outcome.verdict, Verdict::kPass) << id;
  if (GetParam()) {
    EXPECT_LT(ran.stats.workers, 100U);
  } else {
    EXPECT_EQ(ran.stats.workers, 300U);
  }
  EXPECT_FALSE(has_children());
}

TEST_P(EachWay, AWorkerThatDiesIsTheCrashOfItsCaseOnly) {
  const Ran ran = run(cases_named({"a", "b-abort", "c", "d-exit", "e", "f-ours", "g"}), quick(1, GetParam()));
  EXPECT_TRUE(ran.whole);
  ASSERT_EQ(ran.outcomes.size(), 7U);
  const Outcome& crash = ran.outcomes.at("b-abort");
  EXPECT_EQ(crash.verdict, Verdict::kCrash);
  EXPECT_THAT(crash.reasons, Contains(HasSubstr("signal 6")));
  EXPECT_THAT(crash.reasons, Contains("stack/tcp/x.cc:1: CHECK failed: la la"));
  EXPECT_THAT(crash.reasons, ::testing::Not(Contains("noise")));
  EXPECT_EQ(ran.outcomes.at("d-exit").verdict, Verdict::kCrash);
  EXPECT_THAT(ran.outcomes.at("d-exit").reasons, Contains(HasSubstr("exit status 3")));
  EXPECT_EQ(ran.outcomes.at("f-ours").verdict, Verdict::kError);
  for (const char* fine : {"a", "c", "e", "g"})
    EXPECT_EQ(ran.outcomes.at(fine).verdict, Verdict::kPass) << fine;
}

TEST_P(EachWay, AWorkerThatDoesNotEndIsAHang) {
  ScheduleOptions options = quick(2, GetParam());
  options.hang_after = Duration::millis(300);
  const auto began = Clock::now();
  const Ran ran = run(cases_named({"a", "b-spin", "c"}), options);
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(10));
  EXPECT_EQ(ran.outcomes.at("b-spin").verdict, Verdict::kHang);
  EXPECT_THAT(ran.outcomes.at("b-spin").reasons, Contains(HasSubstr("did not end within 0.3")));
  EXPECT_EQ(ran.outcomes.at("a").verdict, Verdict::kPass);
  EXPECT_EQ(ran.outcomes.at("c").verdict, Verdict::kPass);
  EXPECT_FALSE(has_children());
}

TEST_P(EachWay, OnlyInconclusiveIsTriedAgain) {
  ScheduleOptions options = quick(1, GetParam());
  options.inconclusive_retries = 2;
  const Ran ran = run({a_case("a-unsure", 1), a_case("b"), a_case("c-abort")}, options);
  EXPECT_EQ(ran.outcomes.at("a-unsure").verdict, Verdict::kInconclusive);
  EXPECT_EQ(ran.outcomes.at("a-unsure").attempts, 3);
  EXPECT_EQ(ran.outcomes.at("b").attempts, 1);
  EXPECT_EQ(ran.outcomes.at("c-abort").attempts, 1);
}

TEST(Scheduler, TheTraceSoFarSurvivesACrash) {
  const Ran ran = run({a_case("dies-later", 3)}, quick(1, true));
  const Outcome& crash = ran.outcomes.at("dies-later");
  EXPECT_EQ(crash.verdict, Verdict::kCrash);
  const auto packets =
      std::count_if(crash.trace.events.begin(), crash.trace.events.end(),
                    [](const TraceEvent& event) { return event.kind == TraceKind::kPacketIn; });
  EXPECT_GE(packets, 1);
  EXPECT_LE(packets, 2);
}

TEST(Scheduler, ManyWaitAtOnce) {
  std::vector<std::string> ids;
  for (int i = 0; i < 200; ++i) ids.push_back("nap" + std::to_string(i));
  const auto began = Clock::now();
  const Ran ran = run(cases_named(ids), quick(200, false), fake(target::ClockKind::kReal));
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(8));  // one after the other: 40
  EXPECT_EQ(ran.outcomes.size(), 200U);
  EXPECT_FALSE(ran.stats.lateness.empty());
}

TEST(Scheduler, ATargetThatCannotBeMadeIsAnErrorOfEveryCase) {
  const Ran ran = run(cases_named({"a", "b"}), quick(1, true),
                      []() -> Result<std::unique_ptr<target::Target>> { return Error{"no such luck"}; });
  ASSERT_EQ(ran.outcomes.size(), 2U);
  for (const auto& [id, outcome] : ran.outcomes) {
    EXPECT_EQ(outcome.verdict, Verdict::kError);
    EXPECT_THAT(outcome.reasons, Contains("the target cannot be made: no such luck"));
  }
}

TEST(Scheduler, InterruptedItEndsItsWorkersAndTellsWhatIsFinished) {
  // In a child, so that the signal is nobody else's; its own child sends it, and is a stranger to the
  // scheduler.
  const pid_t child = ::fork();
  if (child == 0) {
    const pid_t killer = ::fork();
    if (killer == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(3000));
      ::kill(::getppid(), SIGTERM);
      ::_exit(0);
    }
    const Ran ran = run(cases_named({"a", "b-spin", "c-spin", "d"}), quick(4, false));
    ::waitpid(killer, nullptr, 0);
    const bool right =
        !ran.whole && ran.stats.signal == SIGTERM && ran.outcomes.size() == 2 && !has_children();
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Scheduler, WithoutForkingItPlaysInOrder) {
  ScheduleOptions options = quick(4, false);
  options.fork_workers = false;
  std::vector<std::size_t> order;
  EXPECT_TRUE(schedule(cases_named({"a", "b", "c"}), fake(), options, [&](std::size_t i, Outcome outcome) {
    EXPECT_EQ(outcome.verdict, Verdict::kPass);
    order.push_back(i);
  }));
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(ProbeProfile, TellsTheProfileOrWhyThereIsNone) {
  std::vector<Duration> lateness;
  const auto real = probe_profile(fake(target::ClockKind::kReal), Duration::seconds(10), &lateness);
  ASSERT_TRUE(real.ok()) << real.error();
  EXPECT_EQ(real->name, "fake");
  EXPECT_EQ(lateness.size(), 40U);
  const auto refused = probe_profile([]() -> Result<std::unique_ptr<target::Target>> { return Error{"no"}; },
                                     Duration::seconds(10), nullptr);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error(), "no");
  const auto died = probe_profile(
      []() -> Result<std::unique_ptr<target::Target>> {
        std::fprintf(stderr, "x.cc:1: CHECK failed: y\n");
        std::abort();
      },
      Duration::seconds(10), nullptr);
  ASSERT_FALSE(died.ok());
  EXPECT_THAT(died.error(), HasSubstr("signal 6"));
  EXPECT_THAT(died.error(), HasSubstr("CHECK failed: y"));
  const auto late = probe_profile(
      []() -> Result<std::unique_ptr<target::Target>> {
        std::this_thread::sleep_for(std::chrono::seconds(60));
        return Error{"never"};
      },
      Duration::millis(200), nullptr);
  ASSERT_FALSE(late.ok());
  EXPECT_THAT(late.error(), HasSubstr("did not come up within 0.2 s"));
  EXPECT_FALSE(has_children());
}

TEST(ScriptedTime, AddsTheUpperEndsOfAllWaits) {
  scenario::Scenario one = a_case("x", 3);
  one.steps[0].time = {scenario::TimeKind::kAbsolute, Duration::seconds(2), Duration::seconds(3), {}};
  one.steps[1].time = {scenario::TimeKind::kRelative, Duration(), Duration::seconds(5), {}};
  one.steps[2].time = {scenario::TimeKind::kRelative, Duration(), Duration(), Duration::seconds(1)};
  scenario::Step silence;
  silence.action = scenario::Silence{Duration::seconds(10), {}};
  one.steps.push_back(silence);
  scenario::Step expect;
  scenario::Alternative other;
  other.silence = Duration::seconds(1);
  other.steps = {silence, silence};
  scenario::Expect expected;
  expected.alternatives = {other};
  expect.action = expected;
  one.steps.push_back(expect);
  EXPECT_EQ(scripted_time(one), Duration::seconds(3 + 5 + 1 + 10 + 21) + Duration::millis(1));
  EXPECT_EQ(scripted_time(scenario::Scenario()), Duration());
}

TEST(TellingLines, AreThoseThatSayWhyOrTheLastFew) {
  EXPECT_EQ(telling_lines("a\nb\nx.cc:3: CHECK failed: p\nc\n"),
            (std::vector<std::string>{"x.cc:3: CHECK failed: p"}));
  EXPECT_EQ(telling_lines("1\n2\n3\n4\n5\n6\n"), (std::vector<std::string>{"2", "3", "4", "5", "6"}));
  EXPECT_TRUE(telling_lines("\n\n").empty());
}

TEST(OurOwnCheck, IsOneOfTheHarnessButNotOfATarget) {
  EXPECT_TRUE(our_own_check("/a/harness/run/runner.cc:3: CHECK failed: p\n"));
  EXPECT_TRUE(our_own_check("noise\nharness/packet/image.cc:3: CHECK failed: p\n"));
  EXPECT_FALSE(our_own_check("/a/harness/target/reference.cc:3: CHECK failed: p\n"));
  EXPECT_FALSE(our_own_check("/a/stack/tcp/tcb.cc:3: CHECK failed: p\n"));
  EXPECT_FALSE(our_own_check("/a/harness/run/runner.cc:3: something else\n"));
}

}  // namespace
}  // namespace tcpspec::run
