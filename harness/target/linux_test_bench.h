// A started Linux target and the tester's side of one connection, for tests. Waits are bounded by two
// seconds.
#ifndef HARNESS_TARGET_LINUX_TEST_BENCH_H_
#define HARNESS_TARGET_LINUX_TEST_BENCH_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "harness/target/linux.h"
#include "harness/target/linux_test_wire.h"

namespace tcpspec::target::test {

inline constexpr std::uint16_t kServerPort = 8080;
inline constexpr std::uint16_t kTesterPort = 40000;

inline CaseSetup make_setup(IpVersion ip) {
  CaseSetup setup;
  setup.id = "test";
  setup.ip = ip;
  setup.target = ip == IpVersion::kV4 ? IpAddress::v4(192, 0, 2, 2) : IpAddress::parse("2001:db8::2").value();
  setup.tester = ip == IpVersion::kV4 ? IpAddress::v4(192, 0, 2, 1) : IpAddress::parse("2001:db8::1").value();
  return setup;
}

struct Bench {
  Bench(LinuxWay way, CaseSetup s) : setup(std::move(s)), owned(std::move(*make_linux_target({way}))) {
    const Status started = target().start(setup);
    EXPECT_TRUE(started.ok()) << started.error();
    if (!started.ok()) ::_exit(1);
  }
  LinuxTarget& target() { return static_cast<LinuxTarget&>(*owned); }

  Tcp segment(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack,
              std::uint16_t port = kServerPort) const {
    Tcp tcp;
    tcp.from = {setup.tester, kTesterPort};
    tcp.to = {setup.target, port};
    tcp.flags = flags;
    tcp.seq = seq;
    tcp.ack = ack;
    return tcp;
  }
  Stamp inject(const Tcp& tcp) {
    const Result<Stamp> stamp = target().inject(build(tcp));
    EXPECT_TRUE(stamp.ok()) << stamp.error();
    return stamp.ok() ? *stamp : Stamp{};
  }
  std::optional<Event> next(Duration within) { return target().next(target().now() + within); }
  Tcp packet() {
    for (;;) {
      const std::optional<Event> event = next(Duration::seconds(2));
      EXPECT_TRUE(event.has_value()) << "no packet within two seconds";
      if (!event) return {};
      if (const auto* out = std::get_if<PacketOut>(&event->what)) {
        at = event->at;
        const Tcp tcp = read(out->packet);
        EXPECT_TRUE(tcp.checksums_good) << to_hex(out->packet);
        return tcp;
      }
      kept.push_back(*event);
    }
  }
  CallDone done(CallId id) {
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (const auto* call = std::get_if<CallDone>(&kept[i].what); call != nullptr && call->call == id)
        return *call;
    }
    while (const std::optional<Event> event = next(Duration::seconds(2))) {
      at = event->at;
      if (const auto* call = std::get_if<CallDone>(&event->what); call != nullptr && call->call == id)
        return *call;
    }
    ADD_FAILURE() << "call " << id << " did not return";
    return {};
  }
  CallResult call(SocketCall call) { return done(target().begin(call)).result; }

  int listener() {
    const int handle = static_cast<int>(call({.kind = CallKind::kSocket, .ip = setup.ip}).value);
    const SocketCall bind{.kind = CallKind::kBind, .handle = handle, .address = {setup.target, kServerPort}};
    EXPECT_EQ(call(bind).value, 0);
    EXPECT_EQ(call({.kind = CallKind::kListen, .handle = handle, .backlog = 4}).value, 0);
    return handle;
  }
  // The target's SYN-ACK, after which the connection is open.
  Tcp open(std::uint32_t isn) {
    Tcp syn = segment(kSyn, isn, 0);
    syn.options = {2, 4, 1460 >> 8, 1460 & 0xff};  // MSS
    inject(syn);
    const Tcp synack = packet();
    EXPECT_EQ(synack.flags, kSyn | kAck);
    EXPECT_EQ(synack.ack, isn + 1);
    inject(segment(kAck, isn + 1, synack.seq + 1));
    return synack;
  }

  CaseSetup setup;
  std::unique_ptr<Target> owned;
  std::vector<Event> kept;
  Stamp at;
};

}  // namespace tcpspec::target::test

#endif  // HARNESS_TARGET_LINUX_TEST_BENCH_H_
