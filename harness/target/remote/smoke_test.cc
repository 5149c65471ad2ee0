// Good targets pass; each broken one is named by the right step.
#include "harness/target/remote/smoke.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "harness/packet/image.h"
#include "harness/target/linux.h"
#include "harness/target/reference.h"

namespace tcpspec::target {
namespace {

using ::testing::HasSubstr;

// The reference stack, with one thing wrong.
class Spoiled : public Target {
 public:
  [[nodiscard]] const Profile& profile() const override { return inner_->profile(); }
  Status start(const CaseSetup& setup) override { return inner_->start(setup); }
  [[nodiscard]] Instant now() const override { return inner_->now(); }
  Result<Stamp> inject(ByteView packet) override { return inner_->inject(packet); }
  CallId begin(const SocketCall& call) override { return inner_->begin(call); }
  void cancel(CallId call) override { inner_->cancel(call); }
  Result<Value> query(const Query& query) override { return inner_->query(query); }
  [[nodiscard]] std::optional<Event> next(Instant deadline) override { return inner_->next(deadline); }
  Status end() override { return inner_->end(); }

 protected:
  std::unique_ptr<Target> inner_ = make_reference_target();
};

template <typename T>
Result<std::unique_ptr<Target>> make() {
  return std::unique_ptr<Target>(std::make_unique<T>());
}

template <typename T>
SmokeLog smoke() {
  SmokeLog log;
  smoke_target(make<T>, log);
  return log;
}

std::string manual() {
  std::ifstream in(TCPSPEC_SOURCE_DIR "/harness/target/remote/PROTOCOL.md");
  return {std::istreambuf_iterator<char>(in), {}};
}

// "Rules, Real time", "Messages, Start", "Order".
bool is_in_the_manual(const std::string& look_at) {
  const std::size_t comma = look_at.find(", ");
  if (manual().find("\n## " + look_at.substr(0, comma) + "\n") == std::string::npos) return false;
  if (comma == std::string::npos) return true;
  const std::string entry = look_at.substr(comma + 2);
  const bool message = look_at.starts_with("Messages");
  return manual().find(message ? "\n| `" + entry + "` |" : "\n**" + entry) != std::string::npos;
}

std::vector<std::string> wrong_steps(const SmokeLog& log) {
  std::vector<std::string> names;
  for (const SmokeStep& step : log.steps()) {
    if (step.mark != SmokeMark::kWrong) continue;
    EXPECT_FALSE(step.expected.empty() || step.came.empty() || step.look_at.empty()) << step.name;
    EXPECT_TRUE(is_in_the_manual(step.look_at)) << step.look_at;
    names.push_back(step.name);
  }
  return names;
}

SmokeStep step_of(const SmokeLog& log, const std::string& name) {
  const auto at = std::ranges::find(log.steps(), name, &SmokeStep::name);
  EXPECT_NE(at, log.steps().end()) << name;
  return at == log.steps().end() ? SmokeStep{} : *at;
}

using Names = std::vector<std::string>;

TEST(Smoke, TheReferencePasses) {
  SmokeLog log;
  smoke_target([]() -> Result<std::unique_ptr<Target>> { return make_reference_target(); }, log);
  EXPECT_EQ(wrong_steps(log), Names{});
  EXPECT_TRUE(log.all_well());
  EXPECT_FALSE(log.unreachable);
  EXPECT_EQ(std::ranges::count(log.steps(), SmokeMark::kOk, &SmokeStep::mark), 22);
}

// A process has its namespaces for good.
TEST(Smoke, LinuxPasses) {
  if (!probe_linux({}).ok()) GTEST_SKIP() << "no namespaces here";
  const pid_t pid = ::fork();
  if (pid == 0) {
    SmokeLog log;
    smoke_target([] { return make_linux_target({}); }, log);
    EXPECT_EQ(wrong_steps(log), Names{});
    EXPECT_GE(std::ranges::count(log.steps(), SmokeMark::kOk, &SmokeStep::mark), 18);
    std::fflush(nullptr);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

struct LosesTheFin : Spoiled {
  std::optional<Event> next(Instant deadline) override {
    for (;;) {
      std::optional<Event> event = inner_->next(deadline);
      const auto* out = event ? std::get_if<PacketOut>(&event->what) : nullptr;
      const packet::Image image = out != nullptr ? packet::decode(out->packet) : packet::Image{};
      if (!image.tcp || (image.tcp->flags & 1) == 0) return event;
    }
  }
};
TEST(Smoke, AFinThatIsLost) {
  const SmokeLog log = smoke<LosesTheFin>();
  EXPECT_EQ(wrong_steps(log), Names{"close sends a FIN"});
  EXPECT_EQ(step_of(log, "close sends a FIN").came, "nothing");
}

struct NeverAccepts : Spoiled {
  CallId begin(const SocketCall& call) override {
    const CallId id = inner_->begin(call);
    if (call.kind == CallKind::kAccept) accept = id;
    return id;
  }
  std::optional<Event> next(Instant deadline) override {
    for (;;) {
      std::optional<Event> event = inner_->next(deadline);
      const auto* done = event ? std::get_if<CallDone>(&event->what) : nullptr;
      if (done == nullptr || done->call != accept) return event;
    }
  }
  CallId accept = 0;
};
TEST(Smoke, AnAcceptThatNeverCompletes) {
  const SmokeLog log = smoke<NeverAccepts>();
  EXPECT_EQ(wrong_steps(log), Names{"the ACK of it completes the accept"});
  EXPECT_EQ(step_of(log, "octets that arrive are read").mark, SmokeMark::kNotTried);
  EXPECT_EQ(step_of(log, "close sends a FIN").mark, SmokeMark::kNotTried);
  EXPECT_THAT(step_of(log, "close sends a FIN").came, HasSubstr("the ACK of it completes the accept"));
}

struct GoesPastTheDeadline : Spoiled {
  std::optional<Event> next(Instant deadline) override { return inner_->next(deadline + Duration::nanos(1)); }
};
TEST(Smoke, TimeThatPassesTheDeadline) {
  const Names wrong = wrong_steps(smoke<GoesPastTheDeadline>());
  EXPECT_THAT(wrong, ::testing::Contains("time never passes the deadline"));
}

struct SleepsThroughRetransmissions : Spoiled {
  std::optional<Event> next(Instant deadline) override {
    std::optional<Event> event = inner_->next(deadline);
    if (event) event->at = Stamp::at(event->at.latest - late);
    late = event && deadline > now() + Duration::seconds(1000) ? Duration::seconds(2) : Duration();
    return event;
  }
  [[nodiscard]] Instant now() const override { return inner_->now() + late; }
  Duration late;
};
TEST(Smoke, TimeThatGoesOnPastARetransmission) {
  const SmokeLog log = smoke<SleepsThroughRetransmissions>();
  EXPECT_EQ(wrong_steps(log).front(), "time stops where the stack sends again");
}

struct RunningClock : Spoiled {
  [[nodiscard]] Instant now() const override { return inner_->now() + Duration::nanos(++asked); }
  mutable std::int64_t asked = 0;
};
TEST(Smoke, AVirtualClockThatRuns) {
  EXPECT_EQ(wrong_steps(smoke<RunningClock>()).front(),
            "the clock stands still while nobody lets time go on");
}

struct LeavesChecksums : Spoiled {
  std::optional<Event> next(Instant deadline) override {
    std::optional<Event> event = inner_->next(deadline);
    auto* out = event ? std::get_if<PacketOut>(&event->what) : nullptr;
    if (out != nullptr && out->packet.size() > 37 && spoils(packet::decode(out->packet)))
      out->packet[37] ^= 1;
    return event;
  }
  virtual bool spoils(const packet::Image&) { return true; }
};
struct LeavesChecksumsOfText : LeavesChecksums {
  bool spoils(const packet::Image& image) override { return !image.payload.empty(); }
};
TEST(Smoke, AChecksumThatIsLeftToHardware) {
  const SmokeLog log = smoke<LeavesChecksums>();
  EXPECT_EQ(wrong_steps(log), Names{"its checksums are right"});
  EXPECT_THAT(step_of(log, "its checksums are right").came, HasSubstr("TCP checksum 0x"));
  EXPECT_EQ(wrong_steps(smoke<LeavesChecksumsOfText>()), Names{"all its checksums were right"});
}

struct KeepsTheOldConnection : Spoiled {
  Status start(const CaseSetup& setup) override {
    if (started) return Ok{};
    started = true;
    return inner_->start(setup);
  }
  Status end() override { return Ok{}; }
  bool started = false;
};
TEST(Smoke, AnOldConnectionThatOutlivesStart) {
  const SmokeLog log = smoke<KeepsTheOldConnection>();
  EXPECT_EQ(wrong_steps(log).front(), "a second start() knows nothing of the first case");
}

struct KeepsTheClock : Spoiled {
  Status start(const CaseSetup& setup) override {
    zero = before + (inner_->now() - Instant());
    before = zero;
    return inner_->start(setup);
  }
  [[nodiscard]] Instant now() const override { return inner_->now() + (zero - Instant()); }
  std::optional<Event> next(Instant deadline) override {
    std::optional<Event> event = inner_->next(deadline - (zero - Instant()));
    if (event) event->at = Stamp::at(event->at.latest + (zero - Instant()));
    return event;
  }
  Instant zero, before;
};
TEST(Smoke, AClockThatDoesNotBeginAnew) {
  EXPECT_EQ(wrong_steps(smoke<KeepsTheClock>()).front(), "a second start() knows nothing of the first case");
}

struct IgnoresPolicies : Spoiled {
  Status start(const CaseSetup& setup) override {
    CaseSetup without = setup;
    without.policies.clear();
    return inner_->start(without);
  }
};
TEST(Smoke, APolicyThatIsIgnored) {
  EXPECT_EQ(wrong_steps(smoke<IgnoresPolicies>()),
            Names{"a policy that nobody knows is refused, and no more"});
}

struct CutsReads : Spoiled {
  std::optional<Event> next(Instant deadline) override {
    std::optional<Event> event = inner_->next(deadline);
    auto* done = event ? std::get_if<CallDone>(&event->what) : nullptr;
    if (done != nullptr && done->result.data.size() > 1) done->result.data.pop_back();
    return event;
  }
};
TEST(Smoke, AReadThatLosesAnOctet) {
  EXPECT_EQ(wrong_steps(smoke<CutsReads>()), Names{"octets that arrive are read"});
}

struct LosesInjections : Spoiled {
  Result<Stamp> inject(ByteView) override { return Stamp::at(now()); }
};
TEST(Smoke, APacketThatDoesNotReachTheStack) {
  const SmokeLog log = smoke<LosesInjections>();
  EXPECT_EQ(wrong_steps(log), Names{"a SYN is answered by a SYN-ACK"});
  EXPECT_EQ(step_of(log, "a SYN is answered by a SYN-ACK").came, "nothing");
}

struct DrawsOtherNumbers : Spoiled {
  Status start(const CaseSetup& setup) override {
    CaseSetup other = setup;
    other.seed = ++seeds;
    return inner_->start(other);
  }
  std::uint64_t seeds = 0;
};
TEST(Smoke, OtherPacketsForTheSameSeedAreNoted) {
  const SmokeLog log = smoke<DrawsOtherNumbers>();
  EXPECT_EQ(wrong_steps(log), Names{});
  EXPECT_EQ(step_of(log, "the same seed gives the same packets").mark, SmokeMark::kNote);
}

struct CompletesCancelledCallsTwice : Spoiled {
  void cancel(CallId call) override { cancelled = {call, call}; }
  std::optional<Event> next(Instant deadline) override {
    if (cancelled.empty()) return inner_->next(deadline);
    CallDone done;
    done.call = cancelled.back();
    done.result = {.value = -1, .error = "EINTR", .data = {}, .peer = {}, .option = 0};
    cancelled.pop_back();
    return Event{Stamp::at(now()), done};
  }
  std::vector<CallId> cancelled;
};
TEST(Smoke, ACancelledCallThatCompletesTwice) {
  const SmokeLog log = smoke<CompletesCancelledCallsTwice>();
  EXPECT_EQ(wrong_steps(log), Names{"a cancelled accept is over"});
  EXPECT_EQ(step_of(log, "a cancelled accept is over").came, "2");
}

struct DiesOfASyn : Spoiled {
  Result<Stamp> inject(ByteView) override {
    dead = true;
    return Stamp::at(now());
  }
  std::optional<Event> next(Instant deadline) override {
    if (dead) return Event{Stamp::at(now()), TargetDied{"segmentation fault"}};
    return inner_->next(deadline);
  }
  bool dead = false;
};
TEST(Smoke, ATargetThatDies) {
  const SmokeLog log = smoke<DiesOfASyn>();
  EXPECT_EQ(wrong_steps(log).front(), "a SYN is answered by a SYN-ACK");
  EXPECT_THAT(step_of(log, "a SYN is answered by a SYN-ACK").came, HasSubstr("segmentation fault"));
}

struct NotThere : Spoiled {
  Status start(const CaseSetup&) override { return Error{"no such device"}; }
};
TEST(Smoke, WhatDoesNotStartIsUnreachable) {
  const SmokeLog log = smoke<NotThere>();
  EXPECT_TRUE(log.unreachable);
  EXPECT_EQ(wrong_steps(log), Names{"start() brings a stack up"});
  EXPECT_EQ(log.steps().size(), 1U);
}

TEST(Smoke, TheWatcherHearsOfEachStepBeforeAndAfter) {
  Names told;
  SmokeLog log({[&](const std::string& name) { told.push_back("begins " + name); },
                [&](const SmokeStep& step) { told.push_back("done " + step.name); }});
  smoke_target(make<NotThere>, log);
  EXPECT_EQ(told, (Names{"begins start() brings a stack up", "done start() brings a stack up"}));
}

}  // namespace
}  // namespace tcpspec::target
