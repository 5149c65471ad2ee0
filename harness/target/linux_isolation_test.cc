// What a case leaves behind and what it costs, who may run it, and how its policies are set.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>

#include "harness/target/linux_test_bench.h"
#include "harness/target/netns.h"

namespace tcpspec::target {
namespace {

using test::Bench;
using test::in_child;
using test::make_setup;
using test::Tcp;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Tests carry no instrumentation of their own; what they test may.
#ifdef TCPSPEC_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr std::uint8_t kSackPermitted = 4;

class LinuxIsolation : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status possible = probe_linux({});
    if (!possible) GTEST_SKIP() << possible.error();
  }
};

void become_nobody() {
  ASSERT_EQ(::setgroups(0, nullptr), 0);
  ASSERT_EQ(::setresgid(65534, 65534, 65534), 0);
  ASSERT_EQ(::setresuid(65534, 65534, 65534), 0);
  // As after an exec: otherwise /proc/self still belongs to root.
  ::prctl(PR_SET_DUMPABLE, 1);
}

void serve_one_connection(Bench& b) {
  const int listener = b.listener();
  const CallId accept = b.target().begin({.kind = CallKind::kAccept, .handle = listener});
  const Tcp synack = b.open(77);
  const CallResult accepted = b.done(accept).result;
  ASSERT_GE(accepted.value, 0) << accepted.error;
  const CallId read =
      b.target().begin({.kind = CallKind::kRead, .handle = static_cast<int>(accepted.value), .count = 9});
  Tcp data = b.segment(test::kPsh | test::kAck, 78, synack.seq + 1);
  data.data = {1, 2, 3};
  b.inject(data);
  EXPECT_EQ(b.done(read).result.data, data.data);
  EXPECT_EQ(b.target().disturbance(), "");
}

TEST_F(LinuxIsolation, APlainUserHasEverythingOnAVeth) {
  if (::geteuid() != 0) GTEST_SKIP() << "this is a plain user, so every other test shows it";
  for (const IpVersion ip : {IpVersion::kV4, IpVersion::kV6}) {
    in_child([ip] {
      become_nobody();
      const Status possible = probe_linux({LinuxWay::kVeth});
      ASSERT_TRUE(possible.ok()) << possible.error();
      Bench b(LinuxWay::kVeth, make_setup(ip));
      serve_one_connection(b);
    });
  }
}

TEST_F(LinuxIsolation, AutomaticTakesTunWhereItOpensAndVethElsewhere) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become a plain user";
  in_child([] {
    become_nobody();
    const bool tun = ::access("/dev/net/tun", R_OK | W_OK) == 0;
    const Result<std::unique_ptr<Target>> target = make_linux_target({});
    ASSERT_TRUE(target.ok());
    EXPECT_THAT((*target)->profile().setting, HasSubstr(tun ? "TUN" : "veth"));
    if (!tun) {
      EXPECT_THAT(make_linux_target({LinuxWay::kTun}).error(), HasSubstr("/dev/net/tun"));
    }
  });
}

TEST_F(LinuxIsolation, TheAgentDiesWithAKilledWorker) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t worker = ::fork();
  if (worker == 0) {
    Bench b(LinuxWay::kAuto, make_setup(IpVersion::kV4));
    const pid_t agent = b.target().agent_pid();
    (void)b.target().begin({.kind = CallKind::kAccept, .handle = b.listener()});
    (void)!::write(ends[1], &agent, sizeof agent);
    ::pause();
  }
  pid_t agent = 0;
  ASSERT_EQ(::read(ends[0], &agent, sizeof agent), static_cast<ssize_t>(sizeof agent));
  ::close(ends[0]);
  ::close(ends[1]);
  ASSERT_EQ(::kill(worker, SIGKILL), 0);
  ASSERT_EQ(::waitpid(worker, nullptr, 0), worker);
  int status = 0;
  ::alarm(10);
  EXPECT_EQ(::waitpid(agent, &status, 0), agent);
  ::alarm(0);
  // Whichever it notices first: the worker's death, or the end of the channel.
  EXPECT_TRUE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
              (WIFEXITED(status) && WEXITSTATUS(status) == 0))
      << status;
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_F(LinuxIsolation, WithoutNamespacesTheProbeTellsTheRemedy) {
  in_child([] {
    ASSERT_TRUE(enter_namespaces().ok());
    for (const char* file : {"/proc/sys/user/max_user_namespaces", "/proc/sys/user/max_net_namespaces"}) {
      std::FILE* limit = std::fopen(file, "w");
      ASSERT_NE(limit, nullptr);
      std::fputs("0", limit);
      std::fclose(limit);
    }
    const Status possible = probe_linux({});
    ASSERT_FALSE(possible.ok());
    EXPECT_THAT(possible.error(), StartsWith("cannot make a user and a network namespace: "));
    EXPECT_THAT(possible.error(), HasSubstr("sysctl -w user.max_user_namespaces="));
  });
}

Bytes kinds_of_synack_options(CaseSetup setup) {
  Bench b(LinuxWay::kAuto, std::move(setup));
  b.listener();
  Tcp syn = b.segment(test::kSyn, 9, 0);
  syn.options = {2, 4, 5, 180, 1, 1, kSackPermitted, 2};
  b.inject(syn);
  const Bytes options = b.packet().options;
  Bytes kinds;
  for (std::size_t i = 0; i < options.size(); i += options[i] <= 1 ? 1 : options[i + 1])
    kinds.push_back(options[i]);
  return kinds;
}

TEST_F(LinuxIsolation, APolicyShowsOnTheWire) {
  in_child(
      [] { EXPECT_THAT(kinds_of_synack_options(make_setup(IpVersion::kV4)), Contains(kSackPermitted)); });
  in_child([] {
    CaseSetup setup = make_setup(IpVersion::kV4);
    setup.policies["sack"] = "off";
    EXPECT_THAT(kinds_of_synack_options(setup), Not(Contains(kSackPermitted)));
  });
}

TEST_F(LinuxIsolation, APolicyThatCannotBeSetIsRefusedByName) {
  in_child([] {
    const std::unique_ptr<Target> target = std::move(*make_linux_target({}));
    CaseSetup setup = make_setup(IpVersion::kV4);
    setup.policies["time-wait-reopen"] = "off";
    EXPECT_THAT(target->start(setup).error(), StartsWith("policy time-wait-reopen=off: "));
    setup.policies = {{"syn-retries", "4000"}};  // the kernel takes 1 to 127
    EXPECT_THAT(target->start(setup).error(), StartsWith("policy syn-retries=4000: "));
  });
}

TEST_F(LinuxIsolation, APacketOfNoIpVersionIsDeliveredAndUnanswered) {
  for (const LinuxWay way : {LinuxWay::kTun, LinuxWay::kVeth}) {
    if (!probe_linux({way})) continue;
    in_child([way] {
      Bench b(way, make_setup(IpVersion::kV4));
      Bytes packet = test::build(b.segment(test::kSyn, 1, 0));
      packet[0] = 0x75;
      EXPECT_TRUE(b.target().inject(packet).ok());
      EXPECT_FALSE(b.next(Duration::millis(20)).has_value());
    });
  }
}

TEST_F(LinuxIsolation, SetUpAndTearDownCostLessThanTenMillisecondsOfCpu) {
  constexpr int kCases = 20;
  const Duration kMostCpu = Duration::millis(kSanitized ? 100 : 10);
  const auto cpu = [] {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    return Duration::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           Duration::micros(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  for (const LinuxWay way : {LinuxWay::kTun, LinuxWay::kVeth}) {
    if (!probe_linux({way})) continue;
    const Duration before = cpu();
    for (int i = 0; i < kCases; ++i) in_child([way] { Bench(way, make_setup(IpVersion::kV6)); });
    const Duration each = (cpu() - before) / kCases;
    std::printf("%s: %s s of CPU for each case\n", way == LinuxWay::kTun ? "tun" : "veth",
                to_string(each).c_str());
    EXPECT_LT(each, kMostCpu);
  }
}

}  // namespace
}  // namespace tcpspec::target
