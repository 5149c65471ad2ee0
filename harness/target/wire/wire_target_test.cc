#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sys/syscall.h>

#include "harness/target/wire/checksum.h"
#include "harness/target/wire/path_echo.h"
#include "harness/target/wire/wire_bench.h"
#include "harness/target/wire/wire_target.h"

namespace tcpspec::target::wire::test {
namespace {

using ::testing::HasSubstr;

class WireTargetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string why = cannot_have_namespaces();
    if (!why.empty()) GTEST_SKIP() << why;
  }
};

// What the factory says of a box that it cannot use.
std::string refused(const std::string& words) {
  const Result<Factory> factory = find_wire_target(words);
  EXPECT_TRUE(factory.ok()) << factory.error();
  const Result<std::unique_ptr<Target>> made = (*factory)();
  EXPECT_FALSE(made.ok());
  return made.ok() ? std::string() : made.error();
}

void ends_well(const Client& client) {
  const Status ended = client.target->end();
  EXPECT_TRUE(ended.ok());
  EXPECT_EQ(client.target->disturbance(), "");
}

// Opens a connection, speaks, and finds that nobody but the box has answered.
void converse(const std::string& words, IpVersion ip) {
  const Client client(words, ip);
  const std::uint32_t next = client.open();
  // Time for a kernel that knows nothing of the connection to reset it.
  EXPECT_FALSE(client.packet(Duration::millis(200)).has_value());
  bare::Tcp text = client.segment(bare::kAck | bare::kPsh, 1001, next);
  text.data = {'a', 'b', 'c'};
  client.inject(text);
  const std::optional<bare::Tcp> ack = client.packet();
  ASSERT_TRUE(ack.has_value());
  EXPECT_EQ(ack->flags, bare::kAck);
  EXPECT_EQ(ack->ack, 1004U);
  EXPECT_EQ(ack->seq, next);
  ends_well(client);
}

TEST_F(WireTargetTest, AConversationWithTheBoxsKernelInWhichOursHasNoPart) {
  in_namespaces([] {
    const Box box;
    converse("wire0,dut=10.9.0.2,port=80,ask=", IpVersion::kV4);
  });
}

TEST_F(WireTargetTest, OverIpv6) {
  in_namespaces([] {
    const Box box;
    converse("wire0,dut=10.9.0.2,dut6=fd00:9::2,port=80,ask=", IpVersion::kV6);
  });
}

TEST_F(WireTargetTest, InAVlan) {
  in_namespaces([] {
    const Box box({.vlan = 5, .offloads = false});
    converse("wire0,dut=10.9.0.2,dut6=fd00:9::2,port=80,ask=,vlan=5", IpVersion::kV4);
    converse("wire0,dut=10.9.0.2,dut6=fd00:9::2,port=80,ask=,vlan=5", IpVersion::kV6);
    EXPECT_THAT(refused("wire0,dut=10.9.0.2,port=80,ask="), HasSubstr("does not answer ARP on wire0"));
    EXPECT_THAT(refused("wire0,dut=10.9.0.2,port=80,ask=,vlan=6"), HasSubstr("is it in VLAN 6?"));
  });
}

TEST_F(WireTargetTest, ABoxThatHasForgottenUsAsksAndIsAnswered) {
  in_namespaces([] {
    Box box;
    for (const IpVersion ip : {IpVersion::kV4, IpVersion::kV6}) {
      const Client client("wire0,dut=10.9.0.2,dut6=fd00:9::2,port=80,ask=", ip);
      box.link_down();  // takes the neighbours along
      box.link_up();
      // Duplicate address detection may be over a moment later.
      std::optional<bare::Tcp> answer;
      for (int i = 0; i < 20 && !answer; ++i) {
        client.inject(client.segment(bare::kSyn, 1000, 0));
        answer = client.packet(Duration::millis(200));
      }
      ASSERT_TRUE(answer.has_value());
      EXPECT_EQ(answer->flags, bare::kSyn | bare::kAck);
      (void)client.target->end();
      EXPECT_THAT(client.target->disturbance(), HasSubstr("the link was down for a while"));
    }
  });
}

TEST_F(WireTargetTest, WhatTheLookShowsStandsInTheProfile) {
  in_namespaces([] {
    const Box box;
    const Client client;
    const Profile& profile = client.target->profile();
    EXPECT_EQ(profile.isolation, Isolation::kShared);
    EXPECT_FALSE(profile.synchronous_delivery);
    EXPECT_EQ(profile.setting, "wire wire0, 10.9.0.2 port 80, L0, real time");
    EXPECT_THAT(profile.lacks.at("calls"), HasSubstr("agent="));
    EXPECT_TRUE(profile.lacks.contains("active-open") && profile.lacks.contains("errno"));
    EXPECT_EQ(profile.lacks.at("echo"), "port 7 refuses connections");
    EXPECT_THAT(profile.lacks.at("closer"), HasSubstr("ask=REQUEST"));
    EXPECT_FALSE(profile.lacks.contains("open-port") || profile.lacks.contains("closed-port"));
    EXPECT_THAT(profile.lacks.at("ipv6"), HasSubstr("dut6="));
    EXPECT_EQ(profile.choices.at("sack"), "on");
    EXPECT_EQ(profile.choices.at("timestamps"), "on");
    EXPECT_TRUE(profile.choices.contains("ecn"));
    ends_well(client);
  });
}

TEST_F(WireTargetTest, AServerThatSpeaksFirstIsNoOpenPort) {
  in_namespaces([] {
    const Box box;
    const Client client("wire0,dut=10.9.0.2,port=22,ask=,closed=81");
    EXPECT_THAT(client.target->profile().lacks.at("open-port"), HasSubstr("speaks first, \"SSH-2.0-box..\""));
    const Client closed("wire0,dut=10.9.0.2,port=81,ask=,closed=22");
    EXPECT_EQ(closed.target->profile().lacks.at("open-port"), "port 81 refuses connections");
    EXPECT_THAT(closed.target->profile().lacks.at("closed-port"), HasSubstr("port 22 is open"));
  });
}

TEST_F(WireTargetTest, ChecksumsLeftToHardwareAreFoundBeforeTheRunWithTheRemedy) {
  in_namespaces([] {
    Box box({.vlan = {}, .offloads = true});
    EXPECT_THAT(refused("wire0,dut=10.9.0.2,port=80,ask="), HasSubstr("ethtool -K DEV tx off on the target"));
    box.offloads_off();
    converse("wire0,dut=10.9.0.2,port=80,ask=", IpVersion::kV4);
  });
}

TEST_F(WireTargetTest, ChecksumsLeftToHardwareInTheMiddleAreADisturbance) {
  in_namespaces([] {
    Box box;
    const Client client;
    box.offloads_on();
    client.inject(client.segment(bare::kSyn, 1000, 0));
    ASSERT_TRUE(client.packet().has_value());
    (void)client.target->end();
    EXPECT_THAT(client.target->disturbance(), HasSubstr("checksums are left to hardware that is not there"));
  });
}

TEST_F(WireTargetTest, ALostLinkIsADisturbanceAndTheNextCaseCannotInject) {
  in_namespaces([] {
    Box box;
    Client client;
    (void)client.open();
    box.link_down();
    EXPECT_FALSE(client.packet(Duration::millis(50)).has_value());
    (void)client.target->end();
    EXPECT_THAT(client.target->disturbance(), HasSubstr("wire0 has no carrier"));
    client.start();
    const Result<Stamp> stamp = client.target->inject(bare::build(client.segment(bare::kSyn, 1000, 0)));
    ASSERT_FALSE(stamp.ok());
    EXPECT_THAT(stamp.error(), HasSubstr("wire0 has no carrier"));
    (void)client.target->end();
    EXPECT_THAT(client.target->disturbance(), HasSubstr("before the case: "));
    box.link_up();
    client.start();
    (void)client.open();
    ends_well(client);
  });
}

TEST_F(WireTargetTest, AServerThatIsGoneIsADisturbance) {
  in_namespaces([] {
    Box box;
    const Client client;
    (void)client.open();
    box.stop_server();
    (void)client.target->end();
    EXPECT_THAT(client.target->disturbance(), HasSubstr("port 80 of the box no longer accepts connections"));
  });
}

TEST_F(WireTargetTest, ABoxThatIsGoneIsADisturbance) {
  in_namespaces([] {
    Box box;
    const Client client;
    (void)client.open();
    box.vanish();
    for (int i = 0; i < 100 && ::if_nametoindex(kOurEnd) != 0; ++i) ::usleep(20'000);
    (void)client.packet(Duration::millis(50));
    (void)client.target->end();
    EXPECT_THAT(client.target->disturbance(), HasSubstr("the link is gone: there is no interface 'wire0'"));
  });
}

TEST_F(WireTargetTest, AnAddressOfOurKernelIsNotUsed) {
  in_namespaces([] {
    Box box;
    EXPECT_THAT(refused("wire0,dut=10.9.0.2,port=80,ask=,self=10.9.0.1"),
                HasSubstr("this machine's own kernel"));
    EXPECT_THAT(refused("wire0,dut=10.9.0.1,port=80"), HasSubstr("this machine's own address"));
    // An address that our kernel takes later: it answers for it, and is seen.
    const Client client("wire0,dut=10.9.0.2,port=80,ask=,self=10.9.0.77");
    give_our_kernel(IpAddress::v4(10, 9, 0, 77));
    box.link_down();  // the box forgets us, and asks
    box.link_up();
    std::optional<bare::Tcp> answer;
    for (int i = 0; i < 20 && !answer; ++i) {
      client.inject(client.segment(bare::kSyn, 1000, 0));
      answer = client.packet(Duration::millis(200));
    }
    (void)client.target->end();
    EXPECT_THAT(client.target->disturbance(),
                HasSubstr("(this machine's own kernel) says that 10.9.0.77 is its own"));
  });
}

TEST_F(WireTargetTest, PacketsOfOlderTuplesAreDroppedAndCounted) {
  in_namespaces([] {
    const Box box;
    const Client client;
    auto& target = static_cast<WireTarget&>(*client.target);
    bare::Tcp stale = client.segment(bare::kSyn, 5000, 0);
    stale.from.port = static_cast<std::uint16_t>(client.place.first_port ^ 0x100);
    client.inject(stale);
    EXPECT_FALSE(client.packet(Duration::millis(100)).has_value());
    EXPECT_EQ(target.dropped(), 1U);
    (void)client.open();
    ends_well(client);
  });
}

TEST_F(WireTargetTest, ASecondCaseHasOtherPortsAndNothingOfTheFirstIsLeft) {
  in_namespaces([] {
    const Box box;
    Client client;
    const Place first = client.place;
    const std::uint32_t next = client.open();
    ends_well(client);
    client.start();
    EXPECT_NE(std::pair(client.place.tester, client.place.first_port),
              std::pair(first.tester, first.first_port));
    (void)client.open();
    // The connection of the first case was reset: a segment of it is nobody's now.
    bare::Tcp late = client.segment(bare::kAck, 1001, next);
    late.from = {client.place.tester, static_cast<std::uint16_t>(client.place.first_port + 1)};
    client.inject(late);
    const std::optional<bare::Tcp> answer = client.packet();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->flags, bare::kRst);
    ends_well(client);
  });
}

TEST_F(WireTargetTest, APacketAboveTheMtuIsNotSent) {
  in_namespaces([] {
    const Box box;
    const Client client;
    bare::Tcp big = client.segment(bare::kAck, 1, 1);
    big.data = Bytes(1461);
    const Result<Stamp> stamp = client.target->inject(bare::build(big));
    ASSERT_FALSE(stamp.ok());
    EXPECT_THAT(stamp.error(), HasSubstr("1501 octets is above the link's MTU of 1500"));
    ends_well(client);
  });
}

TEST_F(WireTargetTest, APacketThatPaddingWouldMendIsNotSent) {
  in_namespaces([] {
    const Box box;
    const Client client;
    const Bytes syn = bare::build(client.segment(bare::kSyn, 1000, 0));
    ASSERT_EQ(syn.size(), 40U);
    const Result<Stamp> cut = client.target->inject(ByteView(syn).first(39));
    ASSERT_FALSE(cut.ok());
    EXPECT_THAT(cut.error(), HasSubstr("Ethernet pads packets to 46 octets"));
    EXPECT_FALSE(client.packet(Duration::millis(100)).has_value());
    EXPECT_TRUE(client.target->inject(syn).ok());
    EXPECT_TRUE(client.packet().has_value());
    ends_well(client);
  });
}

// "Fragmentation needed" about an echo reply, from the box's own neighbourhood.
Bytes too_big(const IpAddress& own, const IpAddress& box, std::uint16_t mtu) {
  Bytes packet{0x45, 0, 0, 56, 0, 1, 0, 0, 64, 1, 0, 0};
  append(packet, own.bytes());
  append(packet, box.bytes());
  append(packet, Bytes{3, 4, 0, 0, 0, 0});
  append_be16(packet, mtu);
  append(packet, Bytes{0x45, 0, 5, 0xdc, 0, 1, 0x40, 0, 64, 1, 0, 0});
  append(packet, box.bytes());
  append(packet, own.bytes());
  append(packet, Bytes{0, 0, 0, 0, 0x54, 0x53, 0, 0});
  store_be16(packet, 10, static_cast<std::uint16_t>(~fold(add_words(ByteView(packet).first(20), 0))));
  store_be16(packet, 22, static_cast<std::uint16_t>(~fold(add_words(ByteView(packet).subspan(20), 0))));
  return packet;
}

TEST_F(WireTargetTest, AnAddressForWhichTheBoxKnowsASmallerPathShows) {
  in_namespaces([] {
    const Box box;
    Result<Cable> cable = Cable::open(parse_options("wire0,dut=10.9.0.2").value());
    ASSERT_TRUE(cable.ok()) << cable.error();
    const IpAddress dut = IpAddress::v4(10, 9, 0, 2), spoiled = IpAddress::v4(10, 9, 0, 70);
    ASSERT_TRUE(cable->become(spoiled, dut).ok());
    ASSERT_TRUE(cable->resolve(Duration::seconds(2)));
    EXPECT_EQ(full_size_comes_back(*cable, Duration::seconds(1)), true);
    ASSERT_TRUE(cable->send(too_big(spoiled, dut, 600)).ok());
    EXPECT_EQ(full_size_comes_back(*cable, Duration::seconds(1)), false);
    ASSERT_TRUE(cable->become(IpAddress::v4(10, 9, 0, 71), dut).ok());
    ASSERT_TRUE(cable->resolve(Duration::seconds(2)));
    EXPECT_EQ(full_size_comes_back(*cable, Duration::seconds(1)), true);
    ASSERT_TRUE(
        cable->become(IpAddress::parse("fd00:9::70").value(), IpAddress::parse("fd00:9::2").value()).ok());
    ASSERT_TRUE(cable->resolve(Duration::seconds(2)));
    EXPECT_EQ(full_size_comes_back(*cable, Duration::seconds(1)), true);
    const Client client("wire0,dut=10.9.0.2,port=80,ask=,self=10.9.0.70-10.9.0.71");
    EXPECT_EQ(client.place.tester, IpAddress::v4(10, 9, 0, 71));
  });
}

TEST_F(WireTargetTest, PoliciesAreComparedWithWhatTheBoxIsKnownToDo) {
  in_namespaces([] {
    const Box box;
    const Client client("wire0,dut=10.9.0.2,port=80,ask=,choice=rfc5961:on");
    ends_well(client);
    CaseSetup setup;
    setup.policies = {{"rfc5961", "on"}, {"sack", "on"}};
    EXPECT_TRUE(client.target->start(setup).ok());
    (void)client.target->end();
    setup.policies = {{"fin-timeout", "none"}};
    const Status unknown = client.target->start(setup);
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error(),
              "policy fin-timeout=none: a box on a cable cannot be set; say choice=fin-timeout:none if it "
              "does so by itself");
    setup.policies = {{"rfc5961", "off"}};
    const Status other = client.target->start(setup);
    ASSERT_FALSE(other.ok());
    EXPECT_THAT(other.error(), HasSubstr("policy rfc5961=off: the box does on"));
  });
}

TEST_F(WireTargetTest, AnInterfaceThatCannotBeUsedIsNamedWithTheRemedy) {
  in_namespaces([] {
    const Box box;
    EXPECT_THAT(refused("eth77,dut=10.9.0.2"),
                HasSubstr("there is no interface 'eth77'; there are: lo, wire0"));
    EXPECT_THAT(refused("lo,dut=10.9.0.2"), HasSubstr("lo is no Ethernet interface"));
    EXPECT_THAT(refused("wire0,dut=10.9.0.2,mtu=1501"), HasSubstr("ip link set wire0 mtu 1501"));
    EXPECT_THAT(refused("wire0,dut=10.9.0.3,port=80"), HasSubstr("10.9.0.3 does not answer ARP on wire0"));
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct nothing[2] = {};
    ASSERT_EQ(::syscall(SYS_capset, &header, nothing), 0);
    EXPECT_THAT(refused("wire0,dut=10.9.0.2,port=80,ask="), HasSubstr("setcap cap_net_raw+ep"));
  });
}

}  // namespace
}  // namespace tcpspec::target::wire::test
