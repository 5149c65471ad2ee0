#include "harness/target/remote/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "harness/target/linux_clock.h"
#include "harness/target/linux_fd.h"
#include "harness/target/reference.h"
#include "harness/target/remote/hostile_agent.h"
#include "harness/target/remote/process.h"
#include "harness/target/remote/remote.h"
#include "harness/target/remote/serve.h"

namespace tcpspec::target {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SplitCommand, TakesQuotesAndBackslashesAndNothingElse) {
  EXPECT_THAT(*split_command("a  b\tc"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*split_command("sh -c 'exec x; \"y\"' \"a 'b' \\\" c\" d\\ e ''"),
              ElementsAre("sh", "-c", "exec x; \"y\"", "a 'b' \" c", "d e", ""));
  EXPECT_THAT(*split_command("$HOME *"), ElementsAre("$HOME", "*"));
  EXPECT_FALSE(split_command("a 'b").ok());
  EXPECT_FALSE(split_command("  ").ok());
  EXPECT_FALSE(split_command("''").ok());
}

TEST(ParseAgentAddress, KnowsThreeWays) {
  const Result<AgentAddress> exec = parse_agent_address("exec:./agent -v");
  ASSERT_TRUE(exec.ok());
  EXPECT_EQ(exec->way, AgentWay::kExec);
  EXPECT_EQ(exec->where, "./agent -v");
  const Result<AgentAddress> path = parse_agent_address("unix:/run/a,b");
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(path->way, AgentWay::kUnix);
  EXPECT_EQ(path->where, "/run/a,b");
  const Result<AgentAddress> host = parse_agent_address("tcp:box.example:4000");
  ASSERT_TRUE(host.ok());
  EXPECT_EQ(host->where, "box.example");
  EXPECT_EQ(host->port, 4000);
  EXPECT_EQ(parse_agent_address("tcp:[2001:db8::1]:65535")->where, "2001:db8::1");
}

TEST(ParseAgentAddress, SaysWhatIsWrong) {
  for (const char* text :
       {"tcp:host", "tcp::1", "tcp:h:0", "tcp:h:65536", "tcp:h:4x", "tcp:[]:1", "tcp:[::1:1"}) {
    const Result<AgentAddress> address = parse_agent_address(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_THAT(address.error(), HasSubstr("tcp:HOST:PORT")) << text;
  }
  EXPECT_THAT(parse_agent_address("tcp:::1:4000").error(), HasSubstr("brackets"));
  EXPECT_THAT(parse_agent_address("unix:").error(), HasSubstr("unix:PATH"));
  EXPECT_THAT(parse_agent_address("exec: ").error(), HasSubstr("exec:COMMAND"));
  EXPECT_THAT(parse_agent_address("http://x").error(), HasSubstr("exec:COMMAND, unix:PATH or tcp:HOST:PORT"));
  EXPECT_THAT(parse_agent_address("unix:/x,token=/nonesuch").error(), HasSubstr("/nonesuch"));
}

// A server of the reference target at a Unix or a TCP socket; it takes `testers` connections, each in a
// process.
class Server {
 public:
  Server(Fd listener, const Bytes& token) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    for (;;) {
      const Fd tester(::accept(listener.get(), nullptr, nullptr));
      if (::fork() != 0) continue;
      const std::unique_ptr<Target> target = make_reference_target();
      std::string why;
      ::_exit(serve_agent(*target, token, tester.get(), tester.get(), why));
    }
  }
  ~Server() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  pid_t pid_ = -1;
};

class Listening : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "tcpspec-remote-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    ::unlink(path().c_str());
    ::unlink((folder_ + "/token").c_str());
    ::rmdir(folder_.c_str());
  }
  [[nodiscard]] std::string path() const { return folder_ + "/socket"; }
  [[nodiscard]] Fd listen_unix() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 8), 0);
    return fd;
  }
  std::string folder_;
};

void expect_a_case(Target& target) {
  CaseSetup setup;
  setup.target = IpAddress::v4(192, 0, 2, 2);
  setup.tester = IpAddress::v4(192, 0, 2, 1);
  ASSERT_TRUE(target.start(setup).ok());
  const CallId socket = target.begin(SocketCall{});
  const std::optional<Event> event = target.next(target.now());
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(std::get<CallDone>(event->what).call, socket);
  EXPECT_EQ(std::get<CallDone>(event->what).result.value, 3);
  EXPECT_FALSE(target.next(Instant::from_nanos(5)).has_value());
  EXPECT_EQ(target.now(), Instant::from_nanos(5));
  EXPECT_TRUE(target.end().ok());
}

TEST_F(Listening, ServesSeveralTestersAtOnceOverAUnixSocket) {
  const Server server(listen_unix(), {});
  const Result<AgentAddress> address = parse_agent_address("unix:" + path());
  ASSERT_TRUE(address.ok());
  const auto one = make_remote_target(*address), two = make_remote_target(*address);
  ASSERT_TRUE(one.ok() && two.ok()) << one.error() << two.error();
  for (int i = 0; i < 3; ++i) {
    expect_a_case(**one);
    expect_a_case(**two);
  }
}

TEST_F(Listening, ServesOverTcp) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd.get(), 8), 0);
  socklen_t size = sizeof address;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  const std::string text = "tcp:127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  {
    const Server server(std::move(fd), {});
    const auto target = make_remote_target(*parse_agent_address(text));
    ASSERT_TRUE(target.ok()) << target.error();
    EXPECT_THAT((*target)->profile().setting, HasSubstr(text));
    expect_a_case(**target);
  }
}

TEST_F(Listening, LetsInWhoBringsTheTokenAlong) {
  std::ofstream(folder_ + "/token") << "open sesame\n";
  const std::string word = "open sesame";
  const Server server(listen_unix(), Bytes(word.begin(), word.end()));
  const auto without = make_remote_target(*parse_agent_address("unix:" + path()));
  ASSERT_FALSE(without.ok());
  EXPECT_THAT(without.error(), HasSubstr("the token is missing or wrong"));
  const auto with =
      make_remote_target(*parse_agent_address("unix:" + path() + ",token=" + folder_ + "/token"));
  ASSERT_TRUE(with.ok()) << with.error();
  expect_a_case(**with);
}

TEST_F(Listening, NobodyThereIsToldWithTheRemedy) {
  const auto nobody = make_remote_target(*parse_agent_address("unix:" + path()));
  ASSERT_FALSE(nobody.ok());
  EXPECT_THAT(nobody.error(), HasSubstr("start the agent first"));
  AgentAddress long_path;
  long_path.way = AgentWay::kUnix;
  long_path.where = std::string(200, 'x');
  EXPECT_FALSE(make_remote_target(long_path).ok());
}

TEST(Exec, ACommandThatDoesNotExistIsToldWithTheRemedy) {
  const auto target = make_remote_target(*parse_agent_address("exec:/nonesuch/agent --x"));
  ASSERT_FALSE(target.ok());
  EXPECT_THAT(target.error(), HasSubstr("cannot start '/nonesuch/agent': No such file or directory"));
}

TEST(Exec, AProgramThatPrintsIsToldWhatStandardOutputIsFor) {
  const auto target = make_remote_target(*parse_agent_address("exec:echo hello world"));
  ASSERT_FALSE(target.ok());
  EXPECT_THAT(target.error(), HasSubstr("it began with the text 'hello world"));
  EXPECT_THAT(target.error(), HasSubstr("standard output is the channel"));
}

TEST(Exec, WhatItSaidOnStandardErrorIsPartOfTheMessage) {
  ::testing::internal::CaptureStderr();
  const auto target = make_remote_target(*parse_agent_address("exec:sh -c 'echo no licence >&2; exit 7'"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "no licence\n") << "and passed on";
  ASSERT_FALSE(target.ok());
  EXPECT_THAT(target.error(), HasSubstr("ended with exit status 7"));
  EXPECT_THAT(target.error(), HasSubstr("no licence"));
}

// After its Unsupported the agent reads nothing any more.
TEST(Exec, AnAgentThatTakesNoOctetsIsNotWaitedForLongerThanPatience) {
  const auto connection = Connection::open(
      *parse_agent_address("exec:" + testing::hostile_command("half-frame-silence")), Duration::millis(400));
  ASSERT_TRUE(connection.ok()) << connection.error();
  Connection& agent = **connection;
  AgentStart start;
  start.case_id = "evil";
  ASSERT_TRUE(agent.ask(start, Duration::seconds(5), [](const NumberedReport&) {}).ok());
  (void)agent.send(AgentInject{Bytes(20)});
  const Timeout limit(Duration::seconds(5));
  (void)agent.send(AgentInject{Bytes(8 << 20)});
  EXPECT_FALSE(agent.receive(Duration::millis(1)).has_value());
  ASSERT_TRUE(agent.ended().has_value());
  EXPECT_EQ(agent.ended()->kind, Death::kHang);
  EXPECT_THAT(agent.ended()->how, HasSubstr("took no octets for 0.4 s"));
  EXPECT_GT(limit.left(), Duration());
}

TEST(Exec, TheProcessIsGoneAfterClose) {
  const auto connection = Connection::open(*parse_agent_address("exec:" + testing::hostile_command("none")),
                                           Duration::seconds(10));
  ASSERT_TRUE(connection.ok()) << connection.error();
  (*connection)->close();
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
  EXPECT_EQ(errno, ECHILD);
  EXPECT_TRUE((*connection)->ended().has_value());
  EXPECT_FALSE((*connection)->receive(Duration()).has_value());
  (*connection)->close();
}

}  // namespace
}  // namespace tcpspec::target
