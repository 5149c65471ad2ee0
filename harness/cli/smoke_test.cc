// tcpspec smoke from outside: exit status, and what a person reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace tcpspec::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Ended {
  int status = -1;
  std::string out;
};

Ended smoke(const std::string& target, const std::string& more = "") {
  const std::string command =
      std::string(TCPSPEC_BINARY) + " smoke " + more + " --target '" + target + "' 2>&1";
  Ended ended;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return ended;
  std::array<char, 4096> part{};
  while (const std::size_t n = std::fread(part.data(), 1, part.size(), pipe))
    ended.out.append(part.data(), n);
  const int status = ::pclose(pipe);
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ended;
}

TEST(SmokeCommand, AGoodTargetEndsWithZero) {
  const Ended ended = smoke("reference");
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.out, HasSubstr("  ok     close sends a FIN\n"));
  EXPECT_THAT(ended.out, HasSubstr("22 ok, 0 noted, 0 wrong, 0 not tried\n"));
}

TEST(SmokeCommand, AnAgentIsAskedAboutItsProtocolToo) {
  const Ended ended = smoke("exec:" TCPSPEC_BINARY " serve --target reference");
  EXPECT_EQ(ended.status, 0) << ended.out;
  EXPECT_THAT(ended.out, HasSubstr("  ok     the agent says Hello: reference"));
  EXPECT_THAT(ended.out, HasSubstr("  ok     close sends a FIN\n"));
}

TEST(SmokeCommand, WhatSpeaksNonsenseIsWrong) {
  const Ended ended = smoke("exec:/bin/cat");
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.out, HasSubstr("  WRONG  the agent says Hello\n           expected  "));
  EXPECT_THAT(ended.out, HasSubstr("PROTOCOL.md, "));
  EXPECT_THAT(ended.out, Not(HasSubstr("close sends a FIN"))) << "later steps have nobody to ask";
}

TEST(SmokeCommand, WhatIsNotThereIsUnreachable) {
  EXPECT_EQ(smoke("exec:/nonexistent/agent").status, 4);
  EXPECT_EQ(smoke("unix:/nonexistent/agent").status, 4);
}

TEST(SmokeCommand, WrongUsageIsTold) {
  const Ended ended = smoke("no-such-target");
  EXPECT_EQ(ended.status, 2);
  EXPECT_THAT(ended.out, HasSubstr("reference"));
  EXPECT_EQ(smoke("tcp:nowhere").status, 2);
}

TEST(SmokeCommand, AnAgentThatSaysNothingIsNotWaitedForForever) {
  const Ended ended = smoke("exec:/bin/sleep 100", "--hang-after 1");
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.out, HasSubstr("nothing for 1 s: it hangs"));
}

}  // namespace
}  // namespace tcpspec::cli
