#include "harness/run/build_packet.h"

#include <gtest/gtest.h>

#include "harness/packet/stream.h"
#include "harness/run/testing.h"

namespace tcpspec::run::testing {
namespace {

const target::Place kUsual = target::usual_place(IpVersion::kV4);

struct World {
  explicit World(const std::string& steps, const std::string& directives = "",
                 IpVersion version = IpVersion::kV4)
      : scenario(
            load_one("// T.\n//@ covers X:1\n//@ catches c\n" + directives + "\n" + steps + "+0 silence .1\n",
                     version)),
        connections(scenario, target::usual_place(scenario.ip), false, 1, Duration::seconds(1)) {}
  [[nodiscard]] const scenario::PacketSpec& packet(std::size_t i) const {
    return std::get<scenario::PacketSpec>(std::get<scenario::Inject>(scenario.steps[i].action).packet);
  }
  [[nodiscard]] packet::Image build(std::size_t i) {
    const Result<BuiltPacket> built = build_packet(packet(i), connections);
    EXPECT_TRUE(built.ok());
    return packet::decode(built->bytes);
  }
  scenario::Scenario scenario;
  Connections connections;
};

TEST(BuildPacket, NumbersAreRelativeToBothSides) {
  World world("+0 < P. 1:11(10) ack 5 win 77\n", "//@ connection main isn 1000\n");
  world.connections.find("")->target_isn = 0xffffffff;
  const packet::Image image = world.build(0);
  EXPECT_EQ(image.tcp->seq, 1001U);
  EXPECT_EQ(image.tcp->ack, 4U);
  EXPECT_EQ(image.tcp->window, 77);
  EXPECT_EQ(image.tcp->flags, kPsh | kAck);
  EXPECT_EQ(image.payload, packet::stream(0, 10));
  EXPECT_EQ(image.tcp->checksum, packet::right_tcp_checksum(image));
}

TEST(BuildPacket, UntilItIsKnownTheTargetsNumbersAreAbsolute) {
  World world("+0 < . 1:1(0) ack 5 win 77\n");
  EXPECT_EQ(world.build(0).tcp->ack, 5U);
}

TEST(BuildPacket, TextOfASynStartsTheStream) {
  World world("+0 < S 0:10(10) win 77\n+0 < . 11:21(10) ack 1 win 77\n");
  EXPECT_EQ(world.build(0).payload, packet::stream(0, 10));
  EXPECT_EQ(world.build(1).payload, packet::stream(10, 10));
}

TEST(BuildPacket, OptionsInTheirOrderAndSackEdgesAreTheTargets) {
  World world("+0 < . 1:1(0) ack 1 win 77 <nop,nop,TS val 7 ecr 100,nop,nop,sack 11:21>\n");
  Connection& main = *world.connections.find("");
  main.target_isn = 1000;
  main.timestamps[100] = 0xabcd;
  const packet::Image image = world.build(0);
  const Bytes wanted = {1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0xab, 0xcd, 1, 1, 5, 10, 0, 0, 3, 0xf3, 0, 0, 3, 0xfd};
  EXPECT_EQ(image.tcp->options, wanted);
}

TEST(BuildPacket, DamageComesAfterEverything) {
  World world("+0 < S 0:0(0) win 77 damage bad-checksum\n+0 < S 0:0(0) win 77 damage reserved=1\n");
  const Result<BuiltPacket> bad = build_packet(world.packet(0), world.connections);
  ASSERT_TRUE(bad.ok());
  EXPECT_TRUE(bad->damaged);
  const packet::Image image = packet::decode(bad->bytes);
  EXPECT_NE(image.tcp->checksum, packet::right_tcp_checksum(image));
  const Result<BuiltPacket> odd = build_packet(world.packet(1), world.connections);
  ASSERT_TRUE(odd.ok());
  EXPECT_FALSE(odd->damaged);
}

TEST(Connections, NamesTuplesAndRelatedIsns) {
  World world("+0 < S 0:0(0) win 77\n",
              "//@ connection main isn 1000\n//@ connection OLD like main isn -500\n//@ connection B\n"
              "//@ connection C to closed-port\n");
  Connection &main = *world.connections.find("main"), &old = *world.connections.find("OLD");
  Connection &b = *world.connections.find("B"), &c = *world.connections.find("C");
  EXPECT_EQ(world.connections.find("D"), nullptr);
  EXPECT_EQ(old.tester_isn, 500U);
  EXPECT_EQ(old.path, main.path);
  EXPECT_NE(b.path, main.path);
  EXPECT_NE(world.connections.path_of(b).tester, world.connections.path_of(main).tester);
  EXPECT_EQ(world.connections.path_of(b).target.port, kUsual.service_port);
  EXPECT_EQ(world.connections.path_of(c).target.port, kUsual.closed_port);
}

TEST(Connections, TheTargetsSynGivesTheFirstUnusedOneItsTuple) {
  World world(
      "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > S 0:0(0) "
      "<...>\n");
  packet::Image syn = packet::make_tcp({kUsual.target, 3333}, {kUsual.tester, kUsual.service_port});
  syn.tcp->flags = kAck;
  EXPECT_EQ(world.connections.from_target(syn), nullptr);
  syn.tcp->flags = kSyn;
  Path* path = world.connections.from_target(syn);
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(path, &world.connections.path_of(*world.connections.find("")));
  EXPECT_EQ(path->target.port, 3333);
  path->used = true;
  syn.tcp->source_port = 4444;
  EXPECT_EQ(world.connections.from_target(syn), nullptr);
}

TEST(BuildIcmp, QuotesThePacketThatWasSent) {
  for (const IpVersion version : {IpVersion::kV4, IpVersion::kV6}) {
    World world("+0 < icmp destination_unreachable host_unreachable [1:11(10)]\n", "", version);
    Connection& main = *world.connections.find("");
    main.target_isn = 500;
    const Path& path = world.connections.path_of(main);
    packet::Image sent = packet::make_tcp(path.target, path.tester);
    sent.tcp->seq = 501;
    sent.payload = packet::stream(0, 10);
    packet::seal(sent);
    Trace trace;
    trace.events.emplace_back();
    trace.events.back().kind = TraceKind::kPacketOut;
    trace.events.back().packet = packet::encode(sent);
    const auto& spec =
        std::get<scenario::IcmpSpec>(std::get<scenario::Inject>(world.scenario.steps[0].action).packet);
    const Result<BuiltPacket> built = build_icmp(spec, world.connections, trace);
    ASSERT_TRUE(built.ok());
    const packet::Image image = packet::decode(built->bytes);
    const bool v4 = version == IpVersion::kV4;
    EXPECT_EQ(image.protocol(), v4 ? 1 : 58);
    ASSERT_GE(image.payload.size(), 8U);
    EXPECT_EQ(image.payload[0], v4 ? 3 : 1);
    EXPECT_EQ(image.payload[1], v4 ? 1 : 3);
    EXPECT_EQ(Bytes(image.payload.begin() + 8, image.payload.end()), packet::encode(sent));
  }
}

}  // namespace
}  // namespace tcpspec::run::testing
