// A target, and the tester's end of one connection to it, for the unit tests of this folder.
#ifndef HARNESS_TARGET_LWIP_TEST_BENCH_H_
#define HARNESS_TARGET_LWIP_TEST_BENCH_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/packet/image.h"
#include "harness/packet/stream.h"
#include "harness/target/lwip/lwip.h"

namespace tcpspec::target {

inline constexpr std::uint16_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kAck = 0x10;
inline constexpr std::uint32_t kIsn = 1'000;

class LwipBench : public ::testing::Test {
 protected:
  void SetUp() override { start(IpVersion::kV4); }
  void start(IpVersion ip, const std::map<std::string, std::string>& policies = {}, std::uint64_t seed = 1) {
    const Place place = usual_place(ip);
    CaseSetup setup;
    setup.ip = ip;
    setup.target = place.target;
    setup.tester = place.tester;
    setup.seed = seed;
    setup.policies = policies;
    const Status started = target->start(setup);
    ASSERT_TRUE(started.ok()) << started.error();
    version = ip;
    tester = {place.tester, 50'000};
    remote = {place.target, 8080};
    sent.clear();
    bytes.clear();
    isn = 0;
  }

  static SocketCall make(CallKind kind, int handle = -1) {
    SocketCall call;
    call.kind = kind;
    call.handle = handle;
    return call;
  }
  // Begins a call and gives its result if it is there at once.
  std::optional<CallResult> call(const SocketCall& what) {
    const CallId id = target->begin(what);
    return done(id, target->now());
  }
  std::optional<CallResult> done(CallId id, Instant deadline) {
    while (auto event = target->next(deadline)) {
      if (auto* finished = std::get_if<CallDone>(&event->what)) {
        if (finished->call == id) {
          returned = event->at.earliest;
          return finished->result;
        }
      } else if (auto* packet = std::get_if<PacketOut>(&event->what)) {
        sent.push_back(packet::decode(packet->packet));
        sent_at.push_back(event->at.earliest);
        bytes.push_back(packet->packet);
      }
    }
    return std::nullopt;
  }
  void drain(Instant deadline) { static_cast<void>(done(0, deadline)); }
  void drain() { drain(target->now()); }
  void wait(Duration duration) { drain(target->now() + duration); }
  [[nodiscard]] const packet::TcpHeader& last() const { return *sent.back().tcp; }

  int value(const SocketCall& what) {
    const auto result = call(what);
    return result ? static_cast<int>(result->value) : -99;
  }
  std::string error(const SocketCall& what) {
    const auto result = call(what);
    return result ? result->error : "blocks";
  }
  int socket() {
    SocketCall what = make(CallKind::kSocket);
    what.ip = version;
    return value(what);
  }
  SocketCall bind_call(int handle, std::uint16_t port) const {
    SocketCall what = make(CallKind::kBind, handle);
    what.address = {remote.address, port};
    return what;
  }
  SocketCall connect_call(int handle) const {
    SocketCall what = make(CallKind::kConnect, handle);
    what.address = {tester.address, 8080};
    return what;
  }
  static SocketCall read_call(int handle, std::int64_t count) {
    SocketCall what = make(CallKind::kRead, handle);
    what.count = count;
    return what;
  }
  static SocketCall write_call(int handle, std::size_t count) {
    SocketCall what = make(CallKind::kWrite, handle);
    what.data = packet::stream(0, count);
    return what;
  }
  static SocketCall shutdown_call(int handle, ShutdownHow how) {
    SocketCall what = make(CallKind::kShutdown, handle);
    what.how = how;
    return what;
  }
  static SocketCall close_call(int handle) { return make(CallKind::kClose, handle); }
  static SocketCall set(int handle, SocketOption option, std::int64_t v, std::int64_t v2 = 0) {
    SocketCall what = make(CallKind::kSetOption, handle);
    what.option = option;
    what.value = v;
    what.value2 = v2;
    return what;
  }
  std::int64_t get(int handle, SocketOption option) {
    SocketCall what = make(CallKind::kGetOption, handle);
    what.option = option;
    const auto result = call(what);
    return result && result->value == 0 ? result->option : -1;
  }
  int non_blocking(int handle) {
    SocketCall what = make(CallKind::kFcntl, handle);
    what.value = 1;
    return value(what);
  }
  std::string state(int handle) {
    const auto answer = target->query({QueryKind::kState, handle});
    return answer.ok() ? std::get<std::string>(*answer) : answer.error();
  }

  [[nodiscard]] packet::Image segment(std::uint16_t flags, std::uint32_t seq, std::uint32_t ack,
                                      std::size_t length = 0, std::uint16_t window = 65535) const {
    packet::Image image = packet::make_tcp(tester, remote);
    image.tcp->flags = flags;
    image.tcp->seq = kIsn + seq;
    image.tcp->ack = (flags & kAck) != 0 ? isn + ack : 0;
    image.tcp->window = window;
    image.payload = packet::stream(seq - 1, length);
    return image;
  }
  void inject(packet::Image image) {
    packet::seal(image);
    ASSERT_TRUE(target->inject(packet::encode(image)).ok());
  }
  void inject(std::uint16_t flags, std::uint32_t seq, std::uint32_t ack, std::size_t length = 0,
              std::uint16_t window = 65535) {
    inject(segment(flags, seq, ack, length, window));
  }
  int listener(int backlog = 4) {
    const int handle = socket();
    EXPECT_EQ(value(bind_call(handle, 8080)), 0);
    SocketCall what = make(CallKind::kListen, handle);
    what.backlog = backlog;
    EXPECT_EQ(value(what), 0);
    return handle;
  }
  void shake_hands() {
    inject(kSyn, 0, 0);
    drain();
    ASSERT_FALSE(sent.empty());
    ASSERT_EQ(last().flags, kSyn | kAck);
    isn = last().seq;
    inject(kAck, 1, 1);
  }
  // An accepted connection.
  int accepted() {
    const int listening = listener();
    shake_hands();
    return value(make(CallKind::kAccept, listening));
  }
  // A connection that the target opens.
  int connecting() {
    const int handle = socket();
    EXPECT_EQ(error(connect_call(handle)), "blocks");
    if (sent.empty()) return handle;
    remote.port = last().source_port;
    tester.port = 8080;
    isn = last().seq;
    return handle;
  }
  int connected() {
    const int handle = connecting();
    inject(kSyn | kAck, 0, 1);
    drain();
    return handle;
  }

  std::unique_ptr<Target> target = make_lwip_target();
  IpVersion version = IpVersion::kV4;
  Endpoint tester, remote;
  std::uint32_t isn = 0;
  std::vector<packet::Image> sent;
  std::vector<Instant> sent_at;
  std::vector<Bytes> bytes;
  Instant returned;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_LWIP_TEST_BENCH_H_
