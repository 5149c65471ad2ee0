// What a tester can do in a session with the real tcpspec-agent.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "harness/target/posix/agent_fixture.h"

namespace tcpspec::target::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SessionTest : public ::testing::Test {
 protected:
  AgentProcess agent{{"--listen", "tcp:127.0.0.1:0"}};
  std::string where = agent.where();
  Tester tester{where};
};

TEST_F(SessionTest, AHelloSaysWhatTheHostIs) {
  const AgentHello hello = tester.greet();
  EXPECT_EQ(hello.version, kAgentProtocolVersion);
  EXPECT_EQ(hello.link, AgentLink::kNone);
  EXPECT_EQ(hello.profile.clock, ClockKind::kReal);
  EXPECT_EQ(hello.profile.name, "Linux");
  EXPECT_FALSE(hello.profile.version.empty());
  for (const char* word : {"clock", "iss-control", "reboot", "multihomed", "tfo"}) {
    EXPECT_TRUE(hello.profile.lacks.contains(word)) << word;
  }
}

TEST_F(SessionTest, TwoEndsOnOneHostTalk) {
  tester.greet();
  const std::uint16_t port = free_port();
  const int listener = tester.listener(port);
  EXPECT_EQ(listener, 3) << "handles begin as in a fresh program";
  const CallId accept = tester.begin({.kind = CallKind::kAccept, .handle = listener});
  const int client = tester.socket();
  EXPECT_EQ(
      tester.call({.kind = CallKind::kConnect, .handle = client, .address = Tester::loopback(port)}).error,
      "");
  const auto accepted = tester.done(accept);
  ASSERT_TRUE(accepted.has_value());
  EXPECT_NE(accepted->result.value, client);
  EXPECT_EQ(accepted->result.peer.address, IpAddress::v4(127, 0, 0, 1));
  SocketCall write{.kind = CallKind::kWrite, .handle = client};
  write.data = {1, 2, 3};
  EXPECT_EQ(tester.call(write).value, 3);
  const int server = static_cast<int>(accepted->result.value);
  EXPECT_EQ(tester.call({.kind = CallKind::kRead, .handle = server, .count = 100}).data, write.data);
  EXPECT_EQ(tester.call({.kind = CallKind::kClose, .handle = client}).value, 0);
  EXPECT_EQ(tester.call({.kind = CallKind::kRead, .handle = server, .count = 100}).value, 0) << "the end";
}

TEST_F(SessionTest, OneClockStampsStartsAndCalls) {
  tester.greet();
  const auto started = tester.ask<AgentStarted>(any_start());
  ASSERT_TRUE(started.has_value());
  const auto done = tester.done(tester.begin({.kind = CallKind::kSocket}));
  ASSERT_TRUE(done.has_value());
  EXPECT_LE(started->at, done->entered);
  EXPECT_LE(done->entered, done->returned);
  EXPECT_LT(done->returned - started->at, 1'000'000'000);
}

TEST_F(SessionTest, ACancelledAcceptEndsOnceWithEintr) {
  tester.greet();
  const int listener = tester.listener(free_port());
  const CallId accept = tester.begin({.kind = CallKind::kAccept, .handle = listener});
  EXPECT_FALSE(tester.done(accept, milliseconds(100)).has_value()) << "nobody connects";
  tester.cancel(accept);
  const auto done = tester.done(accept);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->result.value, -1);
  EXPECT_EQ(done->result.error, "EINTR");
  tester.cancel(accept);
  EXPECT_FALSE(tester.receive(milliseconds(100)).has_value()) << "a call completes once";
}

TEST_F(SessionTest, AnEndCancelsCallsResetsConnectionsAndFreesPorts) {
  tester.greet();
  const std::uint16_t port = free_port();
  tester.listener(port);
  const CallId accept = tester.begin({.kind = CallKind::kAccept, .handle = 3});
  Tester peer{where};
  peer.greet();
  const int client = peer.socket();
  EXPECT_EQ(
      peer.call({.kind = CallKind::kConnect, .handle = client, .address = Tester::loopback(port)}).error, "");
  ASSERT_TRUE(tester.done(accept).has_value());
  const CallId blocked = tester.begin({.kind = CallKind::kAccept, .handle = 3});
  tester.kept.clear();
  EXPECT_TRUE(tester.ask<AgentEnded>(AgentEnd{}).has_value());
  ASSERT_EQ(tester.kept.size(), 1U) << "its completion comes before Ended";
  EXPECT_EQ(tester.kept[0].id, blocked);
  EXPECT_EQ(tester.kept[0].result.error, "EINTR");
  EXPECT_EQ(peer.call({.kind = CallKind::kRead, .handle = client, .count = 1}).error, "ECONNRESET");
  EXPECT_TRUE(tester.ask<AgentStarted>(any_start()).has_value());
  EXPECT_EQ(tester.listener(port), 3) << "the port and the number are free again";
}

TEST_F(SessionTest, AStartAloneEndsWhatWasThere) {
  tester.greet();
  const std::uint16_t port = free_port();
  tester.listener(port);
  EXPECT_TRUE(tester.ask<AgentStarted>(any_start()).has_value());
  EXPECT_EQ(tester.listener(port), 3);
}

TEST_F(SessionTest, WhatItCannotDoIsSaidAndTheSessionGoesOn) {
  tester.greet();
  EXPECT_TRUE(tester.ask<AgentUnsupported>(AgentUnknown{}).has_value());
  EXPECT_TRUE(tester.ask<AgentUnsupported>(AgentInject{{0x45}}).has_value());
  EXPECT_TRUE(tester.ask<AgentUnsupported>(AgentAdvance{1}).has_value());
  EXPECT_TRUE(tester.ask<AgentFailed>(AgentGreeting{}).has_value()) << "a second one";
  AgentStart start = any_start();
  start.policies = {{"nagle", "never"}};
  const auto failed = tester.ask<AgentFailed>(start);
  EXPECT_THAT(failed.value_or(AgentFailed{}).why, StartsWith("policy nagle=never"));
  start.policies = {{"nagle", "on"}};
  EXPECT_TRUE(tester.ask<AgentStarted>(start).has_value()) << "what the host does anyway is no wish";
}

TEST_F(SessionTest, AQueryTellsTheState) {
  tester.greet();
  const int listener = tester.listener(free_port());
  EXPECT_EQ(tester.ask<AgentValue>(AgentQuery{listener}).value_or(AgentValue{}).text, "LISTEN");
  EXPECT_EQ(tester.ask<AgentFailed>(AgentQuery{99}).value_or(AgentFailed{}).why, "EBADF");
  EXPECT_EQ(tester.ask<AgentFailed>(AgentQuery{INT64_MIN}).value_or(AgentFailed{}).why, "EBADF");
}

TEST_F(SessionTest, ATakenPortIsAResult) {
  tester.greet();
  const std::uint16_t port = free_port();
  tester.listener(port);
  const int second = tester.socket();
  EXPECT_EQ(tester.call({.kind = CallKind::kBind, .handle = second, .address = Tester::loopback(port)}).error,
            "EADDRINUSE");
  EXPECT_EQ(
      tester.call({.kind = CallKind::kConnect, .handle = second, .address = Tester::loopback(free_port())})
          .error,
      "ECONNREFUSED");
}

TEST_F(SessionTest, TheSessionsOwnDescriptorsAreNobodysHandles) {
  tester.greet();
  for (int number = 995; number < 1010; ++number) {
    EXPECT_EQ(tester.call({.kind = CallKind::kClose, .handle = number}).error, "EBADF");
  }
  for (int number = -1; number < 3; ++number) {
    EXPECT_EQ(tester.call({.kind = CallKind::kClose, .handle = number}).error, "EBADF");
  }
  EXPECT_EQ(tester.socket(), 3);
}

TEST_F(SessionTest, EachSessionHasHandlesOfItsOwnAndTheyDieWithIt) {
  tester.greet();
  Tester second{where};
  second.greet();
  const std::uint16_t port = free_port();
  EXPECT_EQ(tester.listener(port), 3);
  EXPECT_EQ(second.socket(), 3);
  EXPECT_EQ(second.call({.kind = CallKind::kConnect, .handle = 3, .address = Tester::loopback(port)}).error,
            "");
  const CallResult accepted = tester.call({.kind = CallKind::kAccept, .handle = 3});
  EXPECT_GT(accepted.value, 3);
  const CallId read = second.begin({.kind = CallKind::kRead, .handle = 3, .count = 1});
  tester.hang_up();
  const auto done = second.done(read);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->result.error, "ECONNRESET") << "reset, not closed";
}

TEST_F(SessionTest, AHangUpInTheMiddleOfABlockingCallLeavesNoProcess) {
  tester.greet();
  tester.listener(free_port());
  tester.begin({.kind = CallKind::kAccept, .handle = 3});
  ASSERT_EQ(agent.children().size(), 1U);
  tester.hang_up();
  EXPECT_TRUE(becomes_true([&] { return agent.children().empty(); }));
}

TEST_F(SessionTest, GarbageEndsThatSessionOnly) {
  tester.greet();
  Tester other{where};
  other.greet();
  other.raw({0xff, 0xff, 0xff, 0xff, 1, 2, 3});
  EXPECT_TRUE(other.is_closed());
  EXPECT_THAT(agent.line(), HasSubstr("a session ended: a frame longer"));
  Tester another{where};
  another.greet();
  another.raw({0, 0, 0, 3, 0xff, 0xff, 0xff});
  EXPECT_TRUE(another.is_closed());
  EXPECT_THAT(agent.line(), HasSubstr("a session ended: not a Request"));
  EXPECT_EQ(tester.socket(), 3);
}

TEST(Session, ExhaustedDescriptorsAreAResult) {
  const auto few = [] {
    const rlimit limit{.rlim_cur = 40, .rlim_max = 40};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  };
  AgentProcess agent({"--listen", "tcp:127.0.0.1:0"}, few);
  Tester tester{agent.where()};
  tester.greet();
  CallResult last;
  for (int i = 0; i < 60 && last.error.empty(); ++i) last = tester.call({.kind = CallKind::kSocket});
  EXPECT_EQ(last.error, "EMFILE");
  EXPECT_EQ(tester.call({.kind = CallKind::kClose, .handle = 3}).value, 0);
  EXPECT_EQ(tester.socket(), 3);
}

TEST(Session, StandardInputAndOutputAreAChannel) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  Fd theirs(ends[1]);
  AgentProcess agent({"--stdio"}, {}, &theirs);
  theirs.reset();
  Tester tester{Fd(ends[0])};
  EXPECT_EQ(tester.greet().version, kAgentProtocolVersion);
  EXPECT_EQ(tester.listener(free_port()), 3);
  tester.begin({.kind = CallKind::kAccept, .handle = 3});
  tester.send(AgentShutdown{});
  EXPECT_TRUE(tester.is_closed());
  EXPECT_EQ(agent.wait(), 0);
}

TEST(Session, ManySessionsAtOnce) {
  AgentProcess agent({"--listen", "tcp:127.0.0.1:0"});
  const std::string where = agent.where();
  std::vector<std::unique_ptr<Tester>> testers;
  for (int i = 0; i < 100; ++i) testers.push_back(std::make_unique<Tester>(where));
  for (const auto& tester : testers) tester->greet();
  for (const auto& tester : testers) EXPECT_EQ(tester->socket(), 3);
  EXPECT_EQ(agent.children().size(), 100U);
}

}  // namespace
}  // namespace tcpspec::target::test
