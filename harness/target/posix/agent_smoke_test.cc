// The real tcpspec-agent keeps the contract that smoke tests ask for.
#include <algorithm>

#include "harness/target/posix/agent_fixture.h"
#include "harness/target/remote/smoke.h"

namespace tcpspec::target::test {
namespace {

void expect_all_well(const SmokeLog& log) {
  for (const SmokeStep& step : log.steps()) {
    EXPECT_EQ(step.mark, SmokeMark::kOk) << step.name << ": " << step.expected << "; " << step.came;
  }
  EXPECT_EQ(log.steps().size(), 13U);
}

TEST(AgentSmoke, OverTcpWithAToken) {
  const Folder folder;
  const std::string token = folder.write("token", "secret\n");
  AgentProcess agent({"--listen", "tcp:127.0.0.1:0", "--token", token});
  const std::string where = agent.where();
  const Result<AgentAddress> address = parse_agent_address(where + ",token=" + token);
  ASSERT_TRUE(address.ok()) << address.error();
  SmokeLog log;
  const std::optional<AgentHello> hello = smoke_protocol(*address, log);
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->link, AgentLink::kNone);
  expect_all_well(log);

  SmokeLog without;
  EXPECT_FALSE(smoke_protocol(*parse_agent_address(where), without).has_value());
  EXPECT_FALSE(without.unreachable);
  ASSERT_EQ(without.steps().size(), 1U);
  EXPECT_EQ(without.steps()[0].mark, SmokeMark::kWrong);
  EXPECT_NE(without.steps()[0].came.find("token"), std::string::npos) << without.steps()[0].came;
}

TEST(AgentSmoke, StartedByTheTester) {
  const Result<AgentAddress> address = parse_agent_address("exec:" TCPSPEC_AGENT_BINARY " --stdio");
  ASSERT_TRUE(address.ok()) << address.error();
  SmokeLog log;
  EXPECT_TRUE(smoke_protocol(*address, log).has_value());
  expect_all_well(log);
}

}  // namespace
}  // namespace tcpspec::target::test
