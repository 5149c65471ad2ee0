#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/target/linux_test_bench.h"

namespace tcpspec::target {
namespace {

using test::Bench;
using test::in_child;
using test::kAck;
using test::kPsh;
using test::kRst;
using test::kSyn;
using test::make_setup;
using test::Tcp;
using ::testing::HasSubstr;

struct Param {
  LinuxWay way;
  IpVersion ip;
};

class LinuxTargetTest : public ::testing::TestWithParam<Param> {
 protected:
  void SetUp() override {
    const Status possible = probe_linux({GetParam().way});
    if (!possible) GTEST_SKIP() << possible.error();
  }
  static Bench bench() { return Bench(GetParam().way, make_setup(GetParam().ip)); }
};

void expect_reset_of_closed_port(Bench& b) {
  const Stamp in = b.inject(b.segment(kSyn, 1000, 0, 81));
  EXPECT_LE(in.latest - in.earliest, Duration::millis(1));
  const Tcp rst = b.packet();
  EXPECT_EQ(rst.flags, kRst | kAck);
  EXPECT_EQ(rst.seq, 0U);
  EXPECT_EQ(rst.ack, 1001U);
  EXPECT_EQ(rst.from, (Endpoint{b.setup.target, 81}));
  EXPECT_EQ(b.at.earliest, b.at.latest) << "the kernel's stamp has no width";
  EXPECT_GE(b.at.earliest, in.earliest);
  EXPECT_LE(b.at.latest - in.earliest, Duration::millis(100));
  EXPECT_FALSE(b.next(Duration::millis(50)).has_value()) << "one answer and no other noise";
  EXPECT_EQ(b.target().disturbance(), "");
  EXPECT_TRUE(b.target().end().ok());
}

TEST_P(LinuxTargetTest, ASynToAClosedPortIsReset) {
  in_child([] {
    Bench b = bench();
    expect_reset_of_closed_port(b);
  });
}

TEST_P(LinuxTargetTest, AcceptReadAndCancelBlockWhileOtherCallsGoOn) {
  in_child([] {
    Bench b = bench();
    const int listener = b.listener();
    EXPECT_EQ(listener, 3) << "handles begin where those of a fresh program do";
    const CallId accept = b.target().begin({.kind = CallKind::kAccept, .handle = listener});
    EXPECT_FALSE(b.next(Duration::millis(20)).has_value());
    const Tcp synack = b.open(1000);
    const CallDone accepted = b.done(accept);
    ASSERT_GE(accepted.result.value, 0) << accepted.result.error;
    EXPECT_EQ(accepted.result.peer, (Endpoint{b.setup.tester, test::kTesterPort}));
    EXPECT_LE(accepted.began.latest, b.at.earliest);
    const int handle = static_cast<int>(accepted.result.value);

    const CallId read = b.target().begin({.kind = CallKind::kRead, .handle = handle, .count = 100});
    const CallId again = b.target().begin({.kind = CallKind::kAccept, .handle = listener});
    const Result<Value> state = b.target().query({.handle = handle});
    ASSERT_TRUE(state.ok()) << state.error();
    EXPECT_EQ(std::get<std::string>(*state), "ESTABLISHED");
    EXPECT_FALSE(b.next(Duration::millis(20)).has_value()) << "both block";
    Tcp data = b.segment(kPsh | kAck, 1001, synack.seq + 1);
    data.data = {'h', 'e', 'l', 'l', 'o'};
    const Stamp in = b.inject(data);
    const CallDone got = b.done(read);
    EXPECT_EQ(got.result.value, 5);
    EXPECT_EQ(got.result.data, data.data);
    EXPECT_GE(b.at.earliest, in.earliest);

    b.target().cancel(again);
    const CallDone cancelled = b.done(again);
    EXPECT_EQ(cancelled.result.value, -1);
    EXPECT_EQ(cancelled.result.error, "EINTR");
    EXPECT_EQ(b.call({.kind = CallKind::kClose, .handle = handle}).value, 0);
  });
}

TEST_P(LinuxTargetTest, ASynWithABadChecksumHasNoAnswer) {
  in_child([] {
    Bench b = bench();
    Tcp bad = b.segment(kSyn, 1000, 0, 81);
    bad.checksums_good = false;
    b.inject(bad);
    EXPECT_FALSE(b.next(Duration::millis(50)).has_value());
    expect_reset_of_closed_port(b);
  });
}

TEST_P(LinuxTargetTest, WhatTheTargetSendsIsCutToTheMtuWithFullChecksums) {
  in_child([] {
    Bench b = bench();
    const int listener = b.listener();
    const Tcp synack = b.open(5);
    const CallResult accepted = b.call({.kind = CallKind::kAccept, .handle = listener});
    SocketCall write{.kind = CallKind::kWrite, .handle = static_cast<int>(accepted.value)};
    write.data.assign(9000, 'x');
    const CallId writing = b.target().begin(write);
    std::size_t sent = 0;
    while (sent < write.data.size()) {
      const Tcp packet = b.packet();
      if (packet.data.empty()) break;
      EXPECT_EQ(packet.seq, synack.seq + 1 + sent);
      EXPECT_LE(packet.data.size(), b.setup.ip == IpVersion::kV4 ? 1460U : 1440U);
      sent += packet.data.size();
      b.inject(b.segment(kAck, 6, packet.seq + static_cast<std::uint32_t>(packet.data.size())));
    }
    EXPECT_EQ(sent, write.data.size());
    EXPECT_EQ(b.done(writing).result.value, 9000);
  });
}

TEST_P(LinuxTargetTest, ARefusedConnectReturnsItsErrno) {
  in_child([] {
    Bench b = bench();
    const auto handle = static_cast<int>(b.call({.kind = CallKind::kSocket, .ip = b.setup.ip}).value);
    const SocketCall connect{.kind = CallKind::kConnect, .handle = handle, .address = {b.setup.tester, 99}};
    const CallId connecting = b.target().begin(connect);
    const Tcp syn = b.packet();
    EXPECT_EQ(syn.flags, kSyn);
    EXPECT_EQ(syn.to, (Endpoint{b.setup.tester, 99}));
    EXPECT_EQ(syn.from.address, b.setup.target);
    Tcp rst = b.segment(kRst | kAck, 0, syn.seq + 1, syn.from.port);
    rst.from.port = 99;
    b.inject(rst);
    EXPECT_EQ(b.done(connecting).result.error, "ECONNREFUSED");
  });
}

TEST_P(LinuxTargetTest, TimeNeverPassesTheDeadlineAndNeverStopsBefore) {
  in_child([] {
    Bench b = bench();
    for (const Duration wait : {Duration::micros(100), Duration::millis(3), Duration::millis(40)}) {
      const Instant deadline = b.target().now() + wait;
      EXPECT_FALSE(b.target().next(deadline).has_value());
      EXPECT_GE(b.target().now(), deadline);
      EXPECT_LE(b.target().now() - deadline, Duration::millis(50)) << "scheduling noise";
    }
  });
}

TEST_P(LinuxTargetTest, AnEventAfterTheDeadlineWaitsForALaterCall) {
  in_child([] {
    Bench b = bench();
    const Instant before = b.target().now();
    b.inject(b.segment(kSyn, 1, 0, 81));
    EXPECT_FALSE(b.target().next(before).has_value());
    EXPECT_EQ(b.packet().flags, kRst | kAck);
  });
}

TEST_P(LinuxTargetTest, AKilledAgentIsADeadTarget) {
  in_child([] {
    Bench b = bench();
    ::kill(b.target().agent_pid(), SIGKILL);
    const std::optional<Event> event = b.next(Duration::seconds(2));
    ASSERT_TRUE(event.has_value());
    ASSERT_TRUE(std::holds_alternative<TargetDied>(event->what));
    EXPECT_THAT(std::get<TargetDied>(event->what).how, HasSubstr("signal 9"));
    EXPECT_FALSE(b.next(Duration::millis(10)).has_value()) << "it dies once";
    EXPECT_TRUE(b.target().end().ok());
  });
}

INSTANTIATE_TEST_SUITE_P(Ways, LinuxTargetTest,
                         ::testing::Values(Param{LinuxWay::kTun, IpVersion::kV4},
                                           Param{LinuxWay::kTun, IpVersion::kV6},
                                           Param{LinuxWay::kVeth, IpVersion::kV4},
                                           Param{LinuxWay::kVeth, IpVersion::kV6}),
                         [](const auto& tested) {
                           return std::string(tested.param.way == LinuxWay::kTun ? "tun" : "veth") +
                                  (tested.param.ip == IpVersion::kV4 ? "_v4" : "_v6");
                         });

}  // namespace
}  // namespace tcpspec::target
