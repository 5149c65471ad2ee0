// The reference target as a POSIX program sees it, at exact instants.
#include "harness/target/reference.h"

#include <gtest/gtest.h>

#include "harness/packet/image.h"
#include "harness/packet/stream.h"

namespace tcpspec::target {
namespace {

constexpr std::uint16_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kAck = 0x10;
constexpr std::uint32_t kIsn = 1'000;
const IpAddress kTesterAddress = IpAddress::v4(192, 0, 2, 1), kTargetAddress = IpAddress::v4(192, 168, 0, 1);

class ReferenceTest : public ::testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(const std::map<std::string, std::string>& policies) {
    CaseSetup setup;
    setup.target = kTargetAddress;
    setup.tester = kTesterAddress;
    setup.policies = policies;
    const Status started = target->start(setup);
    ASSERT_TRUE(started.ok()) << started.error();
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
          returned = event->at;
          return finished->result;
        }
      } else if (auto* packet = std::get_if<PacketOut>(&event->what)) {
        last = packet::decode(packet->packet);
        ++packets;
      }
    }
    return std::nullopt;
  }
  void drain(Instant deadline) { static_cast<void>(done(0, deadline)); }

  int value(const SocketCall& what) {
    const auto result = call(what);
    return result ? static_cast<int>(result->value) : -99;
  }
  std::string error(const SocketCall& what) {
    const auto result = call(what);
    return result ? result->error : "blocks";
  }
  SocketCall bind_call(int handle, std::uint16_t port) {
    SocketCall what = make(CallKind::kBind, handle);
    what.address = {kTargetAddress, port};
    return what;
  }
  SocketCall connect_call(int handle) {
    SocketCall what = make(CallKind::kConnect, handle);
    what.address = {kTesterAddress, 8080};
    return what;
  }
  SocketCall read_call(int handle, std::int64_t count) {
    SocketCall what = make(CallKind::kRead, handle);
    what.count = count;
    return what;
  }
  SocketCall write_call(int handle, std::size_t count) {
    SocketCall what = make(CallKind::kWrite, handle);
    what.data = packet::stream(0, count);
    return what;
  }
  SocketCall set(int handle, SocketOption option, std::int64_t v, std::int64_t v2 = 0) {
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
    return result ? result->option : -1;
  }
  int non_blocking(int handle) {
    SocketCall what = make(CallKind::kFcntl, handle);
    what.value = 1;
    return value(what);
  }

  void inject(std::uint16_t flags, std::uint32_t seq, std::uint32_t ack, std::size_t length = 0,
              std::uint16_t window = 65535) {
    packet::Image image = packet::make_tcp(tester, remote);
    image.tcp->flags = flags;
    image.tcp->seq = kIsn + seq;
    image.tcp->ack = (flags & kAck) != 0 ? isn + ack : 0;
    image.tcp->window = window;
    image.payload = packet::stream(seq - 1, length);
    packet::seal(image);
    ASSERT_TRUE(target->inject(packet::encode(image)).ok());
  }
  int listener() {
    const int handle = value(make(CallKind::kSocket));
    EXPECT_EQ(value(bind_call(handle, 8080)), 0);
    SocketCall what = make(CallKind::kListen, handle);
    what.backlog = 4;
    EXPECT_EQ(value(what), 0);
    return handle;
  }
  // An accepted connection.
  int accepted() {
    const int listening = listener();
    inject(kSyn, 0, 0);
    drain(target->now());
    isn = last.tcp->seq;
    inject(kAck, 1, 1);
    return value(make(CallKind::kAccept, listening));
  }

  std::unique_ptr<Target> target = make_reference_target();
  Endpoint tester{kTesterAddress, 50'000}, remote{kTargetAddress, 8080};
  std::uint32_t isn = 0;
  packet::Image last;
  int packets = 0;
  Stamp returned;
};

TEST_F(ReferenceTest, AcceptBlocksUntilTheHandshakeIsComplete) {
  const int listening = listener();
  const CallId accept = target->begin(make(CallKind::kAccept, listening));
  EXPECT_FALSE(done(accept, Instant() + Duration::seconds(1)));
  inject(kSyn, 0, 0);
  EXPECT_FALSE(done(accept, Instant() + Duration::seconds(1)));
  isn = last.tcp->seq;
  EXPECT_FALSE(done(accept, Instant() + Duration::millis(1500)));
  inject(kAck, 1, 1);
  const auto result = done(accept, Instant() + Duration::seconds(9));
  ASSERT_TRUE(result);
  EXPECT_GE(result->value, 0);
  EXPECT_EQ(result->peer, tester);
  EXPECT_EQ(returned, Stamp::at(Instant() + Duration::millis(1500)));
}

TEST_F(ReferenceTest, NonBlockingAcceptWouldBlock) {
  const int listening = listener();
  EXPECT_EQ(non_blocking(listening), 0);
  EXPECT_EQ(error(make(CallKind::kAccept, listening)), "EAGAIN");
}

TEST_F(ReferenceTest, ErrorsOfCallsThatMakeNoSense) {
  EXPECT_EQ(error(read_call(77, 1)), "EBADF");
  EXPECT_EQ(error(make(CallKind::kClose, 77)), "EBADF");
  const int fresh = value(make(CallKind::kSocket));
  EXPECT_EQ(error(read_call(fresh, 1)), "ENOTCONN");
  EXPECT_EQ(error(write_call(fresh, 1)), "ENOTCONN");
  EXPECT_EQ(error(make(CallKind::kShutdown, fresh)), "ENOTCONN");
  EXPECT_EQ(error(make(CallKind::kAccept, fresh)), "EINVAL");
  listener();
  EXPECT_EQ(error(bind_call(fresh, 8080)), "EADDRINUSE");
  EXPECT_EQ(value(bind_call(fresh, 8081)), 0);
  EXPECT_EQ(error(bind_call(fresh, 8082)), "EINVAL");
}

TEST_F(ReferenceTest, NonBlockingConnectInProgressThenDone) {
  const int handle = value(make(CallKind::kSocket));
  EXPECT_EQ(non_blocking(handle), 0);
  EXPECT_EQ(error(connect_call(handle)), "EINPROGRESS");
  EXPECT_EQ(error(connect_call(handle)), "EALREADY");
  EXPECT_EQ(error(read_call(handle, 1)), "EAGAIN");
  drain(target->now());
  tester.port = 8080;
  remote.port = last.tcp->source_port;
  isn = last.tcp->seq;
  inject(kSyn | kAck, 0, 1);
  EXPECT_EQ(get(handle, SocketOption::kError), 0);
  EXPECT_EQ(get(handle, SocketOption::kTcpInfoState), 1);
  EXPECT_EQ(value(connect_call(handle)), 0);
  EXPECT_EQ(error(connect_call(handle)), "EISCONN");
}

TEST_F(ReferenceTest, RefusedConnectIsToldOnceThroughSoError) {
  const int handle = value(make(CallKind::kSocket));
  EXPECT_EQ(non_blocking(handle), 0);
  EXPECT_EQ(error(connect_call(handle)), "EINPROGRESS");
  drain(target->now());
  tester.port = 8080;
  remote.port = last.tcp->source_port;
  isn = last.tcp->seq;
  inject(kRst | kAck, 0, 1);
  EXPECT_EQ(get(handle, SocketOption::kError), 111);
  EXPECT_EQ(get(handle, SocketOption::kError), 0);
}

TEST_F(ReferenceTest, BlockingConnectTimesOutAtAnExactInstant) {
  start({{"syn-retries", "1"}});
  const int handle = value(make(CallKind::kSocket));
  const CallId connect = target->begin(connect_call(handle));
  const auto result = done(connect, Instant() + Duration::seconds(1000));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error, "ETIMEDOUT");
  EXPECT_EQ(packets, 2);
  EXPECT_EQ(returned, Stamp::at(Instant() + Duration::seconds(3)));
}

TEST_F(ReferenceTest, ReadsWaitPeekAndReachTheEnd) {
  const int handle = accepted();
  SocketCall now = read_call(handle, 10);
  now.dont_wait = true;
  EXPECT_EQ(error(now), "EAGAIN");
  const CallId waiting = target->begin(read_call(handle, 10));
  EXPECT_FALSE(done(waiting, target->now() + Duration::seconds(5)));
  inject(kAck, 1, 1, 30);
  const auto first = done(waiting, target->now());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->data, packet::stream(0, 10));
  SocketCall peek = read_call(handle, 15);
  peek.peek = true;
  for (int i = 0; i < 2; ++i) {
    const auto seen = call(peek);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->data, packet::stream(10, 15));
  }
  const auto rest = call(read_call(handle, 100));
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->data, packet::stream(10, 20));
  inject(kAck | kFin, 31, 1);
  EXPECT_EQ(value(read_call(handle, 100)), 0);
  EXPECT_EQ(value(read_call(handle, 100)), 0);
}

TEST_F(ReferenceTest, ResetIsToldOnceThenTheEnd) {
  const int handle = accepted();
  const CallId waiting = target->begin(read_call(handle, 10));
  inject(kRst, 1, 0);
  const auto result = done(waiting, target->now());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error, "ECONNRESET");
  EXPECT_EQ(value(read_call(handle, 10)), 0);
  EXPECT_EQ(error(write_call(handle, 10)), "EPIPE");
}

TEST_F(ReferenceTest, WriteBlocksWhileTheQueueIsFullAndTellsHowMuchItTookOtherwise) {
  const int handle = accepted();
  const CallId big = target->begin(write_call(handle, 300'000));
  EXPECT_FALSE(done(big, target->now()));
  std::uint32_t acked = 1;
  std::optional<CallResult> result;
  for (int i = 0; i < 200 && !result; ++i) {
    acked = last.tcp->seq + static_cast<std::uint32_t>(last.payload.size()) - isn;
    inject(kAck, 1, acked);
    result = done(big, target->now());
  }
  ASSERT_TRUE(result);
  EXPECT_EQ(result->value, 300'000);
  EXPECT_EQ(non_blocking(handle), 0);
  const auto some = call(write_call(handle, 300'000));
  ASSERT_TRUE(some);
  EXPECT_GT(some->value, 0);
  EXPECT_LT(some->value, 300'000);
  EXPECT_EQ(error(write_call(handle, 10)), "EAGAIN");
}

TEST_F(ReferenceTest, ShutdownEndsWritingOnly) {
  const int handle = accepted();
  EXPECT_EQ(value(make(CallKind::kShutdown, handle)), 0);
  drain(target->now());
  EXPECT_EQ(last.tcp->flags & kFin, kFin);
  EXPECT_EQ(error(write_call(handle, 1)), "EPIPE");
  inject(kAck, 1, 2, 5);
  EXPECT_EQ(value(read_call(handle, 100)), 5);
}

TEST_F(ReferenceTest, LingeringCloseWaitsForTheAckOfTheFinOrItsTime) {
  for (const bool acknowledged : {true, false}) {
    start({});
    const int handle = accepted();
    EXPECT_EQ(value(set(handle, SocketOption::kLinger, 1, 2)), 0);
    const Instant begun = target->now();
    const CallId closing = target->begin(make(CallKind::kClose, handle));
    EXPECT_FALSE(done(closing, begun + Duration::millis(500)));
    if (acknowledged) inject(kAck, 1, 2);
    ASSERT_TRUE(done(closing, begun + Duration::seconds(60)));
    EXPECT_EQ(returned, Stamp::at(begun + (acknowledged ? Duration::millis(500) : Duration::seconds(2))));
  }
}

TEST_F(ReferenceTest, LingerOfZeroAborts) {
  const int handle = accepted();
  EXPECT_EQ(value(set(handle, SocketOption::kLinger, 1, 0)), 0);
  EXPECT_EQ(value(make(CallKind::kClose, handle)), 0);
  drain(target->now());
  EXPECT_EQ(last.tcp->flags & kRst, kRst);
}

TEST_F(ReferenceTest, OptionsAreWhatTheyWereSetTo) {
  const int handle = accepted();
  EXPECT_EQ(value(set(handle, SocketOption::kKeepAlive, 1)), 0);
  EXPECT_EQ(value(set(handle, SocketOption::kKeepIdle, 60)), 0);
  EXPECT_EQ(value(set(handle, SocketOption::kNoDelay, 1)), 0);
  EXPECT_EQ(get(handle, SocketOption::kKeepAlive), 1);
  EXPECT_EQ(get(handle, SocketOption::kKeepIdle), 60);
  EXPECT_EQ(get(handle, SocketOption::kNoDelay), 1);
  EXPECT_EQ(error(set(handle, SocketOption::kKeepIdle, 0)), "EINVAL");
  EXPECT_EQ(error(set(handle, SocketOption::kCork, 1)), "ENOPROTOOPT");
  // The probe comes to the nanosecond.
  packets = 0;
  const Instant idle = target->now() + Duration::seconds(60);
  drain(idle - Duration::nanos(1));
  EXPECT_EQ(packets, 0);
  drain(idle);
  EXPECT_EQ(packets, 1);
}

TEST_F(ReferenceTest, StateCanBeAsked) {
  const int handle = accepted();
  const auto established = target->query({QueryKind::kState, handle});
  ASSERT_TRUE(established.ok());
  EXPECT_EQ(std::get<std::string>(*established), "ESTABLISHED");
  EXPECT_FALSE(target->query({QueryKind::kState, 77}).ok());
}

TEST_F(ReferenceTest, TimeStopsAtTheDeadline) {
  EXPECT_FALSE(target->next(Instant() + Duration::seconds(7200)));
  EXPECT_EQ(target->now(), Instant() + Duration::seconds(7200));
  EXPECT_FALSE(target->next(Instant()));
  EXPECT_EQ(target->now(), Instant() + Duration::seconds(7200));
}

TEST(ReferencePolicies, UnknownOnesAndOthersThanItsChoiceAreRefused) {
  const auto target = make_reference_target();
  CaseSetup setup;
  setup.target = kTargetAddress;
  setup.policies = {{"ecn", "off"}};
  EXPECT_TRUE(target->start(setup).ok());
  for (const auto& [key, value] : std::map<std::string, std::string>{
           {"ecn", "perhaps"}, {"simultaneous-open", "no"}, {"orphan-retries", "3"}, {"sack", "perhaps"}}) {
    setup.policies = {{key, value}};
    const Status refused = target->start(setup);
    ASSERT_FALSE(refused.ok()) << key;
    EXPECT_TRUE(refused.error().starts_with("policy ")) << refused.error();
  }
}

}  // namespace
}  // namespace tcpspec::target
