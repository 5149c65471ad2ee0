// RemoteTarget in both kinds of time: against the reference target directly, and against an agent with a
// clock of its own.
#include "harness/target/remote/remote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/run/testing.h"
#include "harness/target/linux_clock.h"
#include "harness/target/remote/agent_clock.h"
#include "harness/target/remote/hostile_agent.h"

namespace tcpspec::target {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Target> remote(const std::string& mode) {
  AgentAddress address;
  address.where = testing::hostile_command(mode);
  Result<std::unique_ptr<Target>> target = make_remote_target(address);
  if (!target.ok()) ADD_FAILURE() << target.error();
  return target.ok() ? std::move(*target) : nullptr;
}

CaseSetup a_setup(const char* id) {
  CaseSetup setup;
  setup.id = id;
  setup.target = IpAddress::v4(192, 0, 2, 2);
  setup.tester = IpAddress::v4(192, 0, 2, 1);
  return setup;
}

TEST(RemoteVirtual, GivesTheSameTraceAsTheTargetItself) {
  const char* scripts[] = {
      // Our retransmissions, an application that connects: a call that causes a packet and blocks.
      "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0...3.5 connect(3, ..., ...) = 0\n"
      "+0 > S 0:0(0) <...>\n"
      "+1~+1.1 > S 0:0(0) <...>\n"
      "+2.4 < S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
      "+0 > . 1:1(0) ack 1\n"
      "+0 write(3, ..., 100) = 100\n"
      "+0 > P. 1:101(100) ack 1\n"
      "+.2~+3 > P. 1:101(100) ack 1\n"
      "+0 < . 1:1(0) ack 101 win 65535\n",
      // An expectation that fails tells the same, the connection's state included.
      "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
      "+0 bind(3, ..., ...) = 0\n"
      "+0 listen(3, 1) = 0\n"
      "+0 < S 0:0(0) win 65535 <mss 1460>\n"
      "+0 > S. 0:0(0) ack 1 <...>\n"
      "+0 < . 1:1(0) ack 1 win 65535\n"
      "+0 accept(3, ..., ...) = 4\n"
      "+0 read(4, ..., 10) = 10\n"};
  const std::unique_ptr<Target> target = remote("none");
  ASSERT_NE(target, nullptr);
  for (const char* script : scripts) {
    const scenario::Scenario scenario = run::testing::a_case(script);
    const run::Outcome direct = run::testing::on_reference(scenario);
    const run::Outcome through = run::run_case(scenario, *target, {});
    EXPECT_EQ(run::testing::told(through), run::testing::told(direct));
    EXPECT_EQ(through.elapsed, direct.elapsed);
  }
}

TEST(RemoteVirtual, ACallOfThisInstantIsToldBeforeTimeGoesOn) {
  const std::unique_ptr<Target> target = remote("none");
  ASSERT_TRUE(target->start(a_setup("x")).ok());
  (void)target->begin(SocketCall{});
  const std::optional<Event> event = target->next(Instant() + Duration::seconds(3600));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->at, Stamp::at(Instant()));
  EXPECT_EQ(target->now(), Instant());
}

TEST(RemoteVirtual, ACallThatTheAgentDoesNotKnowFailsAsNotSupported) {
  const std::unique_ptr<Target> target = remote("no-calls");
  ASSERT_TRUE(target->start(a_setup("evil")).ok());
  const CallId id = target->begin(SocketCall{});
  const std::optional<Event> event = target->next(target->now());
  ASSERT_TRUE(event.has_value());
  const auto& done = std::get<CallDone>(event->what);
  EXPECT_EQ(done.call, id);
  EXPECT_EQ(done.result.value, -1);
  EXPECT_EQ(done.result.error, "ENOSYS");
}

TEST(RemoteVirtual, ACancelledCallIsHeardOfNoMore) {
  const std::unique_ptr<Target> target = remote("none");
  ASSERT_TRUE(target->start(a_setup("x")).ok());
  (void)target->begin(SocketCall{});
  ASSERT_TRUE(target->next(target->now()).has_value());
  SocketCall listen;
  listen.kind = CallKind::kListen;
  listen.handle = 3;
  listen.backlog = 1;
  (void)target->begin(listen);
  ASSERT_TRUE(target->next(target->now()).has_value());
  SocketCall accept;
  accept.kind = CallKind::kAccept;
  accept.handle = 3;
  const CallId blocked = target->begin(accept);
  EXPECT_FALSE(target->next(Instant() + Duration::seconds(1)).has_value());
  target->cancel(blocked);
  EXPECT_FALSE(target->next(Instant() + Duration::seconds(2)).has_value());
  EXPECT_EQ(target->now(), Instant() + Duration::seconds(2));
  EXPECT_TRUE(target->end().ok());
}

TEST(RemoteVirtual, AQueryThatCannotBeAnsweredIsAnError) {
  const std::unique_ptr<Target> target = remote("none");
  ASSERT_TRUE(target->start(a_setup("x")).ok());
  const Result<Value> value = target->query({QueryKind::kState, 77});
  ASSERT_FALSE(value.ok());
  EXPECT_THAT(value.error(), HasSubstr("no open socket"));
}

// ---- Clock REAL: the agent's clock began long before ours, and answers every packet with itself after 20
// ms.
TEST(RemoteReal, EventsCarryTheAgentsTime) {
  const std::unique_ptr<Target> target = remote("real");
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(target->profile().clock, ClockKind::kReal);
  for (const char* id : {"one", "two"}) {
    ASSERT_TRUE(target->start(a_setup(id)).ok());
    EXPECT_LT(target->now(), Instant() + Duration::seconds(2));
    const Bytes packet{1, 2, 3};
    const Result<Stamp> in = target->inject(packet);
    ASSERT_TRUE(in.ok()) << in.error();
    const std::optional<Event> out = target->next(target->now() + Duration::seconds(5));
    ASSERT_TRUE(out.has_value());
    EXPECT_EQ(std::get<PacketOut>(out->what).packet, packet);
    EXPECT_GE(out->at.latest - in->earliest, Duration::millis(20)) << "the agent's clock says so exactly";
    EXPECT_LE(out->at.latest, target->now() + Duration::millis(5));
    EXPECT_TRUE(target->end().ok());
  }
}

TEST(RemoteReal, TimePassesByItselfAndNotBeyondTheDeadline) {
  const std::unique_ptr<Target> target = remote("real");
  ASSERT_TRUE(target->start(a_setup("x")).ok());
  const Instant deadline = target->now() + Duration::millis(30);
  EXPECT_FALSE(target->next(deadline).has_value());
  EXPECT_GE(target->now() + Duration::millis(1), deadline);
}

TEST(RemoteReal, CallsAreStampedByTheAgent) {
  const std::unique_ptr<Target> target = remote("real");
  ASSERT_TRUE(target->start(a_setup("x")).ok());
  const Instant before = target->now();
  const CallId id = target->begin(SocketCall{});
  const std::optional<Event> event = target->next(target->now() + Duration::seconds(5));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(std::get<CallDone>(event->what).call, id);
  EXPECT_GE(event->at.latest + Duration::millis(5), before);
}

TEST(RemoteReal, AStampAheadOfTimeIsNoTimeToBelieve) {
  const std::unique_ptr<Target> target = remote("real-ahead");
  ASSERT_TRUE(target->start(a_setup("x")).ok());
  ASSERT_TRUE(target->inject(Bytes{1}).ok());
  const std::optional<Event> event = target->next(target->now() + Duration::seconds(5));
  ASSERT_TRUE(event.has_value());
  const auto* died = std::get_if<TargetDied>(&event->what);
  ASSERT_NE(died, nullptr);
  EXPECT_EQ(died->kind, Death::kBroken);
  EXPECT_THAT(died->how, HasSubstr("ahead of time"));
}

}  // namespace
}  // namespace tcpspec::target
