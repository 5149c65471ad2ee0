// Agents over a real socket, good and broken in what only a protocol can get wrong.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "harness/target/linux_fd.h"
#include "harness/target/reference.h"
#include "harness/target/remote/serve.h"
#include "harness/target/remote/smoke.h"

namespace tcpspec::target {
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;

// What is done to a message on its way; false: it is lost.
struct Spoiler {
  std::function<bool(NumberedRequest&)> request = [](NumberedRequest&) { return true; };
  std::function<bool(AgentReport&, std::uint64_t&)> report = [](AgentReport&, std::uint64_t&) {
    return true;
  };
  bool one_case = false;  // closes after Ended
};

void send_all(int fd, const Bytes& frame) { (void)!::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL); }

// The reference stack as an agent for one tester.
void serve(const Fd& fd, const Spoiler& spoiler) {
  const std::unique_ptr<Target> target = make_reference_target();
  bool over = false;
  AgentServer server(*target, {}, [&](const AgentReport& said, std::uint64_t id) {
    AgentReport report = said;
    if (spoiler.report(report, id)) send_all(fd.get(), encode(report, id));
    over = over || (spoiler.one_case && std::holds_alternative<AgentEnded>(report));
  });
  FrameReader frames;
  std::array<std::uint8_t, 4096> buffer{};
  while (!over) {
    const ssize_t n = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (n <= 0) return;
    frames.append(ByteView(buffer).first(static_cast<std::size_t>(n)));
    for (auto message = frames.next(); message.ok() && message->has_value(); message = frames.next()) {
      Result<NumberedRequest> request = decode_request(**message);
      if (!request.ok()) return;
      if (spoiler.request(*request) && !server.obey(*request)) return;
    }
  }
}

// Listens in a process of its own, one tester after the other.
class Agent {
 public:
  explicit Agent(const Spoiler& spoiler) {
    std::string name = (std::filesystem::temp_directory_path() / "tcpspec-smoke-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path().copy(at.sun_path, sizeof at.sun_path - 1);
    EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(listener.get(), 8), 0);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::alarm(60);
    for (;;) {
      const Fd tester(::accept(listener.get(), nullptr, nullptr));
      if (tester) serve(tester, spoiler);
    }
  }
  ~Agent() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  [[nodiscard]] std::string path() const { return (folder_ / "agent").string(); }
  [[nodiscard]] AgentAddress address() const {
    AgentAddress address;
    address.way = AgentWay::kUnix;
    address.where = path();
    return address;
  }

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

SmokeLog smoke(const Spoiler& spoiler) {
  const Agent agent(spoiler);
  SmokeLog log;
  (void)smoke_protocol(agent.address(), log);
  return log;
}

Names wrong_steps(const SmokeLog& log) {
  Names names;
  for (const SmokeStep& step : log.steps()) {
    if (step.mark == SmokeMark::kWrong) names.push_back(step.name);
  }
  return names;
}

std::string came(const SmokeLog& log, const std::string& name) {
  const auto at = std::ranges::find(log.steps(), name, &SmokeStep::name);
  return at == log.steps().end() ? "no such step" : at->came;
}

TEST(SmokeProtocol, AGoodAgentPasses) {
  const Agent agent({});
  SmokeLog log;
  const std::optional<AgentHello> hello = smoke_protocol(agent.address(), log);
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->link, AgentLink::kIp);
  EXPECT_EQ(wrong_steps(log), Names{});
  EXPECT_EQ(std::ranges::count(log.steps(), SmokeMark::kOk, &SmokeStep::mark), 10);
}

TEST(SmokeProtocol, AnAgentOfOneCaseIsReopened) {
  Spoiler spoiler;
  spoiler.one_case = true;
  EXPECT_EQ(wrong_steps(smoke(spoiler)), Names{});
}

TEST(SmokeProtocol, NobodyThereIsUnreachable) {
  AgentAddress nowhere;
  nowhere.way = AgentWay::kUnix;
  nowhere.where = "/nonexistent/agent";
  SmokeLog log;
  EXPECT_FALSE(smoke_protocol(nowhere, log).has_value());
  EXPECT_TRUE(log.unreachable);
}

TEST(SmokeProtocol, AnAgentThatDiesOfWhatItDoesNotKnow) {
  Spoiler spoiler;
  spoiler.request = [](NumberedRequest& request) {
    if (std::holds_alternative<AgentUnknown>(request.body)) request.body = AgentShutdown{};
    return true;
  };
  const SmokeLog log = smoke(spoiler);
  EXPECT_EQ(wrong_steps(log), Names{"the agent says Hello"});
  EXPECT_FALSE(log.unreachable) << "it is there, and wrong";
}

TEST(SmokeProtocol, AnotherVersion) {
  Spoiler spoiler;
  spoiler.report = [](AgentReport& report, std::uint64_t&) {
    if (auto* hello = std::get_if<AgentHello>(&report)) hello->version = 99;
    return true;
  };
  EXPECT_EQ(wrong_steps(smoke(spoiler)), Names{"the agent says Hello"});
}

TEST(SmokeProtocol, AVirtualClockThatRuns) {
  Spoiler spoiler;
  spoiler.report = [now = std::int64_t{0}](AgentReport& report, std::uint64_t&) mutable {
    if (auto* done = std::get_if<AgentCompletion>(&report)) done->entered = done->returned = ++now;
    return true;
  };
  EXPECT_EQ(wrong_steps(smoke(spoiler)), Names{"the clock stands still without Advance"});
}

TEST(SmokeProtocol, ACancelThatIsLost) {
  Spoiler spoiler;
  spoiler.request = [](NumberedRequest& request) {
    return !std::holds_alternative<AgentCancel>(request.body);
  };
  const SmokeLog log = smoke(spoiler);
  EXPECT_EQ(wrong_steps(log), Names{"Cancel ends the accept with EINTR, once"});
  EXPECT_THAT(came(log, "Cancel ends the accept with EINTR, once"), HasSubstr("no Completion"));
}

TEST(SmokeProtocol, ACancelThatGivesAnotherError) {
  Spoiler spoiler;
  spoiler.report = [](AgentReport& report, std::uint64_t&) {
    auto* done = std::get_if<AgentCompletion>(&report);
    if (done != nullptr && done->result.error == "EINTR") done->result.error = "ECANCELED";
    return true;
  };
  const SmokeLog log = smoke(spoiler);
  EXPECT_EQ(wrong_steps(log), Names{"Cancel ends the accept with EINTR, once"});
  EXPECT_EQ(came(log, "Cancel ends the accept with EINTR, once"), "-1 ECANCELED");
}

TEST(SmokeProtocol, AStateThatIsNotAsPrinted) {
  Spoiler spoiler;
  spoiler.report = [](AgentReport& report, std::uint64_t&) {
    if (auto* value = std::get_if<AgentValue>(&report)) value->text = "listening";
    return true;
  };
  EXPECT_EQ(wrong_steps(smoke(spoiler)), Names{"Query is answered by Value, Failed or Unsupported"});
}

TEST(SmokeProtocol, APolicyThatIsIgnored) {
  Spoiler spoiler;
  spoiler.request = [](NumberedRequest& request) {
    if (auto* start = std::get_if<AgentStart>(&request.body)) start->policies.clear();
    return true;
  };
  const Names wrong = wrong_steps(smoke(spoiler));
  ASSERT_FALSE(wrong.empty());
  EXPECT_EQ(wrong.front(), "a policy that nobody knows is answered by Failed, and no more");
}

TEST(SmokeProtocol, APolicyThatKills) {
  Spoiler spoiler;
  spoiler.request = [](NumberedRequest& request) {
    const auto* start = std::get_if<AgentStart>(&request.body);
    if (start != nullptr && !start->policies.empty()) request.body = AgentShutdown{};
    return true;
  };
  EXPECT_EQ(wrong_steps(smoke(spoiler)),
            Names{"a policy that nobody knows is answered by Failed, and no more"});
}

}  // namespace
}  // namespace tcpspec::target
