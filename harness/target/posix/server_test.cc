// Who may speak to the real tcpspec-agent, and what is left of it.
#include "harness/target/posix/server.h"

#include <gmock/gmock.h>
#include <sched.h>

#include "harness/target/posix/agent_fixture.h"

namespace tcpspec::target::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSecret = "correct horse battery staple";

Bytes octets(const std::string& text) { return Bytes(text.begin(), text.end()); }

milliseconds time_of(const std::function<void()>& what) {
  const auto began = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
}

TEST(ListenAddress, WordsAndTheirMeaning) {
  EXPECT_TRUE(parse_listen_address("unix:/tmp/x")->is_local());
  EXPECT_TRUE(parse_listen_address("tcp:127.0.0.1:7709")->is_local());
  EXPECT_TRUE(parse_listen_address("tcp:localhost:0")->is_local());
  EXPECT_TRUE(parse_listen_address("tcp:[::1]:7709")->is_local());
  EXPECT_EQ(parse_listen_address("tcp:[::1]:7709")->endpoint.port, 7709);
  EXPECT_FALSE(parse_listen_address("tcp:0.0.0.0:7709")->is_local());
  EXPECT_FALSE(parse_listen_address("tcp:[::]:7709")->is_local());
  EXPECT_FALSE(parse_listen_address("tcp:192.0.2.1:7709")->is_local());
  for (const char* wrong : {"", "unix:", "tcp:", "tcp:7709", "tcp::7709", "tcp:127.0.0.1",
                            "tcp:127.0.0.1:", "tcp:127.0.0.1:65536", "tcp:127.0.0.1:1x", "tcp:::1:7709",
                            "tcp:box:7709", "7709"}) {
    EXPECT_FALSE(parse_listen_address(wrong).ok()) << wrong;
  }
}

TEST(TokenFile, OnlyItsOwnerMayKnowIt) {
  const Folder folder;
  EXPECT_EQ(*read_token(folder.write("good", "abc\nmore\n")), octets("abc"));
  EXPECT_EQ(*read_token(folder.write("short", "abc")), octets("abc"));
  EXPECT_THAT(read_token(folder.write("group", "abc\n", 0640)).error(), HasSubstr("chmod 600"));
  EXPECT_THAT(read_token(folder.write("all", "abc\n", 0604)).error(), HasSubstr("chmod 600"));
  EXPECT_THAT(read_token(folder.write("empty", "")).error(), HasSubstr("is empty"));
  EXPECT_THAT(read_token(folder.write("blank", "\nabc\n")).error(), HasSubstr("is empty"));
  EXPECT_THAT(read_token(folder.file("none")).error(), HasSubstr("No such file"));
  EXPECT_FALSE(read_token("/dev/null").ok());
}

TEST(Server, WithoutATokenOnlyThisMachineMayConnect) {
  AgentProcess agent({"--listen", "tcp:0.0.0.0:0"});
  EXPECT_THAT(agent.line(), HasSubstr("--token FILE"));
  EXPECT_EQ(agent.wait(), 2);
}

TEST(Server, WithATokenItListensAnywhere) {
  const Folder folder;
  const std::string token = folder.write("token", kSecret);
  const auto alone = [] {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) ::_exit(125);  // nobody else's network
  };
  AgentProcess agent({"--listen", "tcp:0.0.0.0:0", "--token", token}, alone);
  const std::string said = agent.line();
  if (said.empty() && agent.wait() == 125) GTEST_SKIP() << "no namespaces here";
  EXPECT_THAT(said, HasSubstr("listens on tcp:0.0.0.0:"));
  EXPECT_THAT(said, HasSubstr("asks for a token"));
}

TEST(Server, WrongUsageIsRefused) {
  const Folder folder;
  for (const Words& words : {Words{"--listen", "nowhere"}, Words{"--token", folder.file("none")},
                             Words{"--token", folder.write("open", "x", 0644)}, Words{"--sessions", "0"},
                             Words{"--stdio", "--listen", "tcp:127.0.0.1:0"}, Words{"surprise"},
                             Words{"--listen", "unix:" + folder.write("file", "no socket")}}) {
    AgentProcess agent(words);
    EXPECT_FALSE(agent.line().empty());
    EXPECT_EQ(agent.wait(), 2) << words[0];
  }
}

TEST(Server, TheRightTokenOpensAndOthersDoNot) {
  const Folder folder;
  AgentProcess agent(
      {"--listen", "tcp:127.0.0.1:0", "--token", folder.write("token", std::string(kSecret) + "\n")});
  const std::string where = agent.where();
  Tester right{where};
  EXPECT_EQ(right.greet(octets(kSecret)).version, kAgentProtocolVersion);
  for (const std::string& wrong : {std::string("correct horse battery stapl"), std::string(kSecret) + "s",
                                   std::string("Correct horse battery staple"), std::string()}) {
    Tester tester{where};
    AgentGreeting greeting;
    greeting.token = octets(wrong);
    std::optional<AgentFailed> failed;
    EXPECT_GE(time_of([&] { failed = tester.ask<AgentFailed>(greeting); }), milliseconds(400))
        << "guessing is slow";
    EXPECT_EQ(failed.value_or(AgentFailed{}).why, "token");
    EXPECT_TRUE(tester.is_closed());
  }
  EXPECT_EQ(right.socket(), 3) << "the others went on meanwhile";
}

TEST(Server, BeforeAGreetingNothingIsAnswered) {
  const Folder folder;
  AgentProcess agent({"--listen", "unix:" + folder.file("agent"), "--token", folder.write("token", kSecret)});
  const std::string where = agent.where();
  EXPECT_EQ(where, "unix:" + folder.file("agent"));
  const Bytes call = encode(AgentRequest(AgentCall{1, {.kind = CallKind::kSocket}}), 1);
  const Bytes unknown = encode(AgentRequest(AgentUnknown{}), 1);
  Bytes long_one{0, 1, 0, 0};
  long_one.resize(8192, 'x');
  for (const Bytes& first :
       {call, unknown, long_one, Bytes{0xff, 0xff, 0xff, 0xff}, octets("GET / HTTP/1.0\r\n\r\n")}) {
    Tester tester{where};
    ASSERT_TRUE(tester.connected());
    tester.raw(first);
    EXPECT_TRUE(tester.is_closed(milliseconds(1000)));
  }
}

TEST(Server, WhoDoesNotGreetIsClosedAfterFiveSeconds) {
  AgentProcess agent({"--listen", "tcp:127.0.0.1:0"});
  Tester tester{agent.where()};
  tester.raw({0, 0, 0});  // half a frame is no Greeting
  const milliseconds took = time_of([&] { EXPECT_TRUE(tester.is_closed(milliseconds(8000))); });
  EXPECT_GE(took, milliseconds(4900));
  EXPECT_LE(took, milliseconds(7000));
}

TEST(Server, OneSessionTooManyIsToldSo) {
  AgentProcess agent({"--listen", "tcp:127.0.0.1:0", "--sessions", "1"});
  const std::string where = agent.where();
  Tester first{where};
  first.greet();
  Tester second{where};
  const auto report = second.receive();
  ASSERT_TRUE(report.has_value());
  ASSERT_TRUE(std::holds_alternative<AgentFailed>(report->body));
  EXPECT_THAT(std::get<AgentFailed>(report->body).why, HasSubstr("too many sessions"));
  EXPECT_TRUE(second.is_closed());
  first.hang_up();
  EXPECT_TRUE(becomes_true([&] { return agent.children().empty(); }));
  EXPECT_TRUE(becomes_true([&] {
    Tester third{where};
    third.send(AgentGreeting{});
    const auto answer = third.receive();
    return answer && std::holds_alternative<AgentHello>(answer->body);
  }));
}

bool lives(pid_t pid) { return ::kill(pid, 0) == 0; }

// Sessions that greeted, block in a call, or have said nothing yet.
struct Crowd {
  explicit Crowd(const std::string& where) : greeted(where), blocked(where), silent(where) {
    greeted.greet();
    blocked.greet();
    blocked.listener(free_port());
    blocked.begin({.kind = CallKind::kAccept, .handle = 3});
  }
  Tester greeted, blocked, silent;
};

TEST(Server, ATerminatedAgentLeavesNothing) {
  const Folder folder;
  AgentProcess agent({"--listen", "unix:" + folder.file("agent")});
  Crowd crowd(agent.where());
  ASSERT_TRUE(becomes_true([&] { return agent.children().size() == 3; }));
  const std::vector<pid_t> children = agent.children();
  ::kill(agent.pid(), SIGTERM);
  EXPECT_EQ(agent.wait(), 0);
  for (const pid_t child : children) EXPECT_FALSE(lives(child));
  EXPECT_FALSE(std::filesystem::exists(folder.file("agent")));
  EXPECT_TRUE(crowd.greeted.is_closed());
}

TEST(Server, AKilledAgentsSessionsEndThemselves) {
  const Folder folder;
  AgentProcess agent({"--listen", "unix:" + folder.file("agent")});
  Crowd crowd(agent.where());
  ASSERT_TRUE(becomes_true([&] { return agent.children().size() == 3; }));
  ::kill(agent.pid(), SIGKILL);
  EXPECT_EQ(agent.wait(), -SIGKILL);
  EXPECT_TRUE(crowd.greeted.is_closed());
  EXPECT_TRUE(crowd.blocked.is_closed());
  EXPECT_TRUE(crowd.silent.is_closed());
  AgentProcess next({"--listen", "unix:" + folder.file("agent")});
  Tester tester{next.where()};
  EXPECT_EQ(tester.greet().version, kAgentProtocolVersion) << "the socket that was left behind is replaced";
  AgentProcess third({"--listen", "unix:" + folder.file("agent")});
  EXPECT_THAT(third.line(), HasSubstr("another agent listens there"));
  EXPECT_EQ(third.wait(), 2);
}

TEST(Server, NeedsNoRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "the other tests show it";
  const auto nobody = [] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(125);
    if (::access(TCPSPEC_AGENT_BINARY, X_OK) != 0) ::_exit(125);
  };
  AgentProcess agent({"--listen", "tcp:127.0.0.1:0"}, nobody);
  const std::string said = agent.line();
  if (said.empty() && agent.wait() == 125) GTEST_SKIP() << "nobody may not run what is built here";
  Tester tester{said.substr(0, said.find(", ready"))};
  EXPECT_EQ(tester.greet().profile.name, "Linux");
  EXPECT_EQ(tester.listener(free_port()), 3);
}

}  // namespace
}  // namespace tcpspec::target::test
