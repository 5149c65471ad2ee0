#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/scenario/vocabulary.h"
#include "harness/target/wire/agent_side.h"
#include "harness/target/wire/findings.h"
#include "harness/target/wire/wire_profile.h"

namespace tcpspec::target::wire {
namespace {

using ::testing::HasSubstr;

Options options_for(const std::string& more = "") {
  return parse_options("eth1,dut=10.9.0.2,port=80" + more).value();
}

Findings some_findings() {
  Findings findings;
  findings.v4.open_port = 80;
  findings.v4.answers_echo = true;
  findings.v4.lacks = {{"echo", "port 7 refuses connections"}, {"discard", "\x01\xff\n\t\"quoted\""}};
  findings.v4.choices = {{"sack", "on"}};
  findings.v6.remarks = {"NAT?"};
  findings.taken = {IpAddress::v4(10, 9, 0, 160), IpAddress::parse("fd00::1").value()};
  return findings;
}

TEST(WireFindings, TheirTextTellsAllOfThem) {
  Findings findings = some_findings();
  const Result<Findings> back = findings_of(to_text(findings));
  ASSERT_TRUE(back.ok()) << back.error();
  findings.v4.lacks["discard"] = back->v4.lacks.at("discard");  // what is no UTF-8 comes back as a mark
  EXPECT_THAT(findings.v4.lacks["discard"], HasSubstr("\n\t\"quoted\""));
  EXPECT_EQ(*back, findings);
  EXPECT_EQ(findings_of(to_text(Findings())).value(), Findings());
  for (const char* text : {"", "{}", "[]", "{\"v4\":{},\"v6\":{},\"taken\":[]}"})
    EXPECT_FALSE(findings_of(text).ok()) << text;
}

TEST(WireProfile, WithoutAnAgentAllThatNeedsCallsIsLacking) {
  const Profile profile = wire_profile(options_for(), some_findings(), nullptr, IpVersion::kV4);
  for (const char* word :
       {"calls", "active-open", "api-abort", "api-urgent", "errno", "keepalive", "sockopt", "uto"}) {
    ASSERT_TRUE(profile.lacks.contains(word)) << word;
    EXPECT_THAT(profile.lacks.at(word), HasSubstr("tcpspec-agent")) << word;
  }
  for (const scenario::Word& word : scenario::capabilities()) {
    const bool by_calls = word.name.starts_with("api-");
    EXPECT_TRUE(!by_calls || profile.lacks.contains(std::string(word.name))) << word.name;
  }
  for (const char* word :
       {"icmp", "ipv4", "ts", "sack", "wscale", "open-port", "closed-port", "many-conns"}) {
    EXPECT_FALSE(profile.lacks.contains(word)) << word;
  }
  EXPECT_EQ(profile.lacks.at("echo"), "port 7 refuses connections");
  EXPECT_EQ(profile.setting, "wire eth1, 10.9.0.2 port 80, L1 (chargen), real time");
}

TEST(WireProfile, AVersionOfIpWithoutAnAddressHasNoServiceAtAll) {
  const Profile profile = wire_profile(options_for(), some_findings(), nullptr, IpVersion::kV6);
  for (const char* word :
       {"calls", "open-port", "closed-port", "closer", "echo", "discard", "chargen", "ipv6"}) {
    EXPECT_THAT(profile.lacks.at(word), HasSubstr("dut6=")) << word;
  }
}

TEST(WireProfile, WhatTheUserSaysStandsBeforeWhatWasSeen) {
  const Options options =
      options_for(",choice=sack:off,lack=icmp,slack=5ms,min-rto=1s,msl=60s,delayed-ack=200ms");
  const Profile profile = wire_profile(options, some_findings(), nullptr, IpVersion::kV4);
  EXPECT_EQ(profile.choices.at("sack"), "off");
  EXPECT_THAT(profile.lacks.at("icmp"), HasSubstr("lack=icmp"));
  EXPECT_EQ(profile.slack.absolute, Duration::millis(5));
  EXPECT_EQ(profile.slack.divisor, 8);
  EXPECT_EQ(profile.min_rto, Duration::seconds(1));
  EXPECT_EQ(profile.msl, Duration::seconds(60));
  EXPECT_EQ(profile.delayed_ack, Duration::millis(200));
}

TEST(WireProfile, AnAgentTellsItsOwnTimesAndCallsArePossible) {
  AgentHello hello;
  hello.profile.name = "Linux";
  hello.profile.slack = TimerSlack{Duration::millis(12), 8};
  hello.profile.choices = {{"rfc5961", "on"}};
  hello.profile.lacks = {{"clock", "real time"}};
  const Profile profile = wire_profile(options_for(), some_findings(), &hello, IpVersion::kV4);
  EXPECT_EQ(profile.name, "Linux");
  EXPECT_EQ(profile.slack.absolute, Duration::millis(12));
  EXPECT_EQ(profile.choices, (std::map<std::string, std::string>{{"rfc5961", "on"}, {"sack", "on"}}));
  EXPECT_EQ(profile.lacks.at("clock"), "real time");
  EXPECT_FALSE(profile.lacks.contains("calls") || profile.lacks.contains("api-close"));
  EXPECT_EQ(profile.isolation, Isolation::kShared);
  EXPECT_FALSE(profile.synchronous_delivery);
  EXPECT_EQ(profile.setting, "wire eth1, 10.9.0.2, L2 (agent), real time");
}

Instant ms(std::int64_t n) { return Instant::from_nanos(n * 1'000'000); }

TEST(WireClockMap, AnAgentsStampIsAsWideAsTheExchange) {
  constexpr std::int64_t kTheirs = 7'000'000'000;
  const ClockMap map(ms(10), ms(14), kTheirs);
  EXPECT_EQ(map.stamp(kTheirs), (Stamp{ms(10), ms(14)}));
  // 100 ms later, and a ten-thousandth of that for drift.
  const Stamp later = map.stamp(kTheirs + 100'000'000);
  EXPECT_EQ(later.earliest, ms(110) - Duration::micros(10));
  EXPECT_EQ(later.latest, ms(114) + Duration::micros(10));
}

TEST(WireClockMap, CallsNarrowIt) {
  constexpr std::int64_t kTheirs = 7'000'000'000;
  ClockMap map(ms(10), ms(14), kTheirs);
  map.not_before(ms(12), kTheirs);
  map.not_after(ms(13), kTheirs);
  EXPECT_EQ(map.stamp(kTheirs), (Stamp{ms(12), ms(13)}));
  map.not_before(ms(11), kTheirs);
  map.not_after(ms(14), kTheirs);
  EXPECT_EQ(map.stamp(kTheirs), (Stamp{ms(12), ms(13)})) << "never wider";
  map.not_before(ms(20), kTheirs);
  map.not_after(ms(5), kTheirs);
  EXPECT_EQ(map.stamp(kTheirs), (Stamp{ms(12), ms(13)})) << "what contradicts says nothing";
}

}  // namespace
}  // namespace tcpspec::target::wire
