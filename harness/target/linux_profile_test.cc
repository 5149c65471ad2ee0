#include "harness/target/linux_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/scenario/vocabulary.h"

namespace tcpspec::target {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Result<std::vector<Sysctl>> sysctls(const std::string& policy, const std::string& value) {
  return policy_sysctls({{policy, value}}, linux_profile(WayKind::kTun));
}

TEST(LinuxProfile, SpeaksTheVocabularyAndNothingElse) {
  const Profile profile = linux_profile(WayKind::kTun);
  for (const auto& [key, value] : profile.choices) {
    EXPECT_TRUE(scenario::contains(scenario::policies(), key)) << key;
  }
  for (const auto& [capability, evidence] : profile.lacks) {
    EXPECT_TRUE(scenario::contains(scenario::capabilities(), capability)) << capability;
    EXPECT_FALSE(evidence.empty()) << capability;
  }
  for (const scenario::Word& word : scenario::policies()) {
    EXPECT_TRUE(profile.choices.contains(std::string(word.name))) << word.name;
  }
}

TEST(LinuxProfile, SlackIsTicksPlusAnEighth) {
  const Profile profile = linux_profile(WayKind::kVeth);
  EXPECT_GE(profile.slack.absolute, Duration::millis(6));
  EXPECT_LE(profile.slack.absolute, Duration::millis(24));
  EXPECT_EQ(profile.slack.of(Duration::seconds(8)), profile.slack.absolute + Duration::seconds(1));
}

TEST(LinuxPolicies, TheDefaultChoiceNeedsNoSysctl) {
  for (const auto& [policy, value] : linux_profile(WayKind::kTun).choices) {
    if (policy == "ecn") continue;  // the kernel's own default still accepts ECN when it is offered
    const Result<std::vector<Sysctl>> got = sysctls(policy, value);
    ASSERT_TRUE(got.ok()) << policy;
    EXPECT_THAT(*got, IsEmpty()) << policy;
  }
}

TEST(LinuxPolicies, SwitchesAndCountsBecomeSysctls) {
  EXPECT_THAT(*sysctls("sack", "off"), Contains(Sysctl{"ipv4/tcp_sack", "0", "sack=off"}));
  EXPECT_THAT(*sysctls("ecn", "on"), Contains(Sysctl{"ipv4/tcp_ecn", "1", "ecn=on"}));
  EXPECT_THAT(*sysctls("ecn", "off"), Contains(Sysctl{"ipv4/tcp_ecn", "0", "ecn=off"}));
  EXPECT_THAT(*sysctls("time-wait-rst", "ignore"),
              Contains(Sysctl{"ipv4/tcp_rfc1337", "1", "time-wait-rst=ignore"}));
  EXPECT_THAT(*sysctls("retries2", "3"), Contains(Sysctl{"ipv4/tcp_retries2", "3", "retries2=3"}));
  EXPECT_THAT(*sysctls("syn-retries", "2"), Contains(Sysctl{"ipv4/tcp_syn_linear_timeouts", "0", ""}));
}

TEST(LinuxPolicies, WhatLinuxCannotBeSetToIsAPolicyError) {
  for (const auto& [policy, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"rfc5961", "off"},
                                                                  {"time-wait-reopen", "off"},
                                                                  {"nagle", "off"},
                                                                  {"delayed-ack", "no"},
                                                                  {"challenge-limit", "10"},
                                                                  {"fin-timeout", "none"},
                                                                  {"retries2", "0"},
                                                                  {"retries2", "many"},
                                                                  {"retries2", "3x"},
                                                                  {"sack", "maybe"},
                                                                  {"time-wait-rst", "on"}}) {
    const Result<std::vector<Sysctl>> got = sysctls(policy, value);
    ASSERT_FALSE(got.ok()) << policy << "=" << value;
    EXPECT_THAT(got.error(), StartsWith(std::string("policy ") + policy + "=" + value + ": "));
  }
}

}  // namespace
}  // namespace tcpspec::target
