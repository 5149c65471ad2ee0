// Every socket call over lwIP's raw API, as a POSIX program sees it.
#include "harness/target/lwip/test_bench.h"

namespace tcpspec::target {
namespace {

class LwipSocketsTest : public LwipBench {};

TEST_F(LwipSocketsTest, AcceptBlocksUntilTheHandshakeIsComplete) {
  const int listening = listener();
  const CallId id = target->begin(make(CallKind::kAccept, listening));
  EXPECT_FALSE(done(id, target->now() + Duration::millis(10)));
  shake_hands();
  const auto result = done(id, target->now());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->value, listening + 1);
  EXPECT_EQ(result->peer, tester);
  EXPECT_EQ(state(listening), "LISTEN");
}

TEST_F(LwipSocketsTest, ACancelledCallNeverReturns) {
  const int listening = listener();
  const CallId id = target->begin(make(CallKind::kAccept, listening));
  target->cancel(id);
  shake_hands();
  EXPECT_FALSE(done(id, target->now() + Duration::seconds(1)));
}

TEST_F(LwipSocketsTest, BindRefusesAPortInUseAndASecondTime) {
  const int first = listener();
  static_cast<void>(first);
  const int second = socket();
  EXPECT_EQ(error(bind_call(second, 8080)), "EADDRINUSE");
  EXPECT_EQ(value(bind_call(second, 8081)), 0);
  EXPECT_EQ(error(bind_call(second, 8082)), "EINVAL");
}

// lwIP's own build drops the SYN, Debian's library resets what it has no room for.
TEST_F(LwipSocketsTest, TheBacklogBoundsThoseThatWait) {
  const int listening = listener(1);
  EXPECT_EQ(non_blocking(listening), 0);
  shake_hands();
  tester.port = 50'001;
  sent.clear();
  inject(kSyn, 0, 0);
  drain();
  if (!sent.empty()) {
    isn = last().seq;
    inject(kAck, 1, 1);
  }
  EXPECT_GT(value(make(CallKind::kAccept, listening)), listening);
  EXPECT_EQ(error(make(CallKind::kAccept, listening)), "EAGAIN");
  tester.port = 50'002;
  shake_hands();
  EXPECT_GT(value(make(CallKind::kAccept, listening)), listening);
}

TEST_F(LwipSocketsTest, ConnectReturnsWithTheHandshake) {
  const int handle = socket();
  const CallId id = target->begin(connect_call(handle));
  EXPECT_FALSE(done(id, target->now()));
  EXPECT_EQ(last().flags, kSyn);
  EXPECT_EQ(state(handle), "SYN-SENT");
  remote.port = last().source_port;
  tester.port = 8080;
  isn = last().seq;
  drain(target->now() + Duration::millis(5));
  inject(kSyn | kAck, 0, 1);
  const auto result = done(id, target->now());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->value, 0);
  EXPECT_EQ(returned, Instant::from_nanos(5'000'000));
}

TEST_F(LwipSocketsTest, ConnectSaysThatItIsRefused) {
  const int handle = socket();
  const CallId id = target->begin(connect_call(handle));
  drain();
  remote.port = last().source_port;
  tester.port = 8080;
  isn = last().seq;
  inject(kRst | kAck, 0, 1);
  const auto result = done(id, target->now());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error, "ECONNREFUSED");
}

TEST_F(LwipSocketsTest, ConnectGivesUpAfterTheLastSyn) {
  const int handle = socket();
  const CallId id = target->begin(connect_call(handle));
  const auto result = done(id, target->now() + Duration::seconds(60));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error, "ETIMEDOUT");
  EXPECT_EQ(sent.size(), 7U);
}

TEST_F(LwipSocketsTest, NonBlockingCallsSayThatTheyWouldBlock) {
  const int listening = listener();
  EXPECT_EQ(non_blocking(listening), 0);
  EXPECT_EQ(error(make(CallKind::kAccept, listening)), "EAGAIN");
  const int handle = socket();
  EXPECT_EQ(non_blocking(handle), 0);
  EXPECT_EQ(error(connect_call(handle)), "EINPROGRESS");
  EXPECT_EQ(error(connect_call(handle)), "EALREADY");
  EXPECT_EQ(error(read_call(handle, 1)), "EAGAIN");
}

TEST_F(LwipSocketsTest, ReadGivesWhatArrivedThenTheEnd) {
  const int handle = accepted();
  const CallId id = target->begin(read_call(handle, 100));
  EXPECT_FALSE(done(id, target->now()));
  inject(kAck, 1, 1, 30);
  EXPECT_EQ(done(id, target->now())->value, 30);
  inject(kAck, 31, 1, 30);
  SocketCall peek = read_call(handle, 10);
  peek.peek = true;
  EXPECT_EQ(call(peek)->data, packet::stream(30, 10));
  EXPECT_EQ(call(read_call(handle, 10))->data, packet::stream(30, 10));
  inject(kFin | kAck, 61, 1);
  EXPECT_EQ(value(read_call(handle, 100)), 20);
  EXPECT_EQ(value(read_call(handle, 100)), 0);
  EXPECT_EQ(state(handle), "CLOSE-WAIT");
}

TEST_F(LwipSocketsTest, AReaderThatStallsClosesTheWindow) {
  const int handle = accepted();
  const std::uint32_t offered = sent.front().tcp->window;
  for (std::uint32_t seq = 1; seq + 1000 <= offered; seq += 1000) inject(kAck, seq, 1, 1000);
  wait(Duration::millis(300));
  EXPECT_LT(last().window, 1000);
  sent.clear();
  EXPECT_EQ(value(read_call(handle, 8000)), 8000);
  ASSERT_FALSE(sent.empty());
  EXPECT_GT(last().window, 7000);
}

TEST_F(LwipSocketsTest, WriteBlocksUntilThereIsRoom) {
  const int handle = accepted();
  const CallId id = target->begin(write_call(handle, 200'000));
  EXPECT_FALSE(done(id, target->now()));
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t next = last().seq + static_cast<std::uint32_t>(sent.back().payload.size());
    inject(kAck, 1, next - isn);
    if (const auto result = done(id, target->now() + Duration::millis(1))) {
      EXPECT_EQ(result->value, 200'000);
      return;
    }
  }
  FAIL() << "the write never returned";
}

TEST_F(LwipSocketsTest, ShutdownSendsAFinAndGoesOnReading) {
  const int handle = accepted();
  EXPECT_EQ(value(shutdown_call(handle, ShutdownHow::kWrite)), 0);
  EXPECT_EQ(last().flags & kFin, kFin);
  EXPECT_EQ(error(write_call(handle, 1)), "EPIPE");
  EXPECT_EQ(state(handle), "FIN-WAIT-1");
  inject(kAck, 1, 2);
  EXPECT_EQ(state(handle), "FIN-WAIT-2");
  inject(kAck, 1, 2, 5);
  EXPECT_EQ(value(read_call(handle, 100)), 5);
  inject(kFin | kAck, 6, 2);
  EXPECT_EQ(value(read_call(handle, 100)), 0);
  EXPECT_EQ(state(handle), "TIME-WAIT");
  wait(Duration::seconds(121));
  EXPECT_EQ(state(handle), "CLOSED");
  EXPECT_EQ(value(read_call(handle, 100)), 0);
  EXPECT_EQ(value(close_call(handle)), 0);
}

TEST_F(LwipSocketsTest, ShutdownOfBothWaysEndsReadingToo) {
  const int handle = accepted();
  EXPECT_EQ(value(shutdown_call(handle, ShutdownHow::kBoth)), 0);
  EXPECT_EQ(state(handle), "FIN-WAIT-1");
  EXPECT_EQ(value(read_call(handle, 1)), 0);
  EXPECT_EQ(error(write_call(handle, 1)), "EPIPE");
  EXPECT_EQ(value(close_call(handle)), 0);
}

TEST_F(LwipSocketsTest, AResetIsReportedOnce) {
  const int handle = accepted();
  inject(kRst, 1, 0);
  EXPECT_EQ(get(handle, SocketOption::kError), 104);
  EXPECT_EQ(get(handle, SocketOption::kError), 0);
  EXPECT_EQ(error(write_call(handle, 1)), "EPIPE");
  EXPECT_EQ(error(shutdown_call(handle, ShutdownHow::kWrite)), "ENOTCONN");
  EXPECT_EQ(state(handle), "CLOSED");
}

TEST_F(LwipSocketsTest, CloseWithLingerZeroResets) {
  const int handle = accepted();
  EXPECT_EQ(value(set(handle, SocketOption::kLinger, 1, 0)), 0);
  EXPECT_EQ(value(close_call(handle)), 0);
  EXPECT_EQ(last().flags & kRst, kRst);
  EXPECT_EQ(error(close_call(handle)), "EBADF");
}

TEST_F(LwipSocketsTest, CloseWithLingerWaitsForTheAck) {
  for (const bool answered : {true, false}) {
    start(IpVersion::kV4);
    const int handle = accepted();
    EXPECT_EQ(value(set(handle, SocketOption::kLinger, 1, 2)), 0);
    const CallId id = target->begin(close_call(handle));
    EXPECT_FALSE(done(id, target->now() + Duration::seconds(1)));
    if (answered) inject(kAck, 1, 2);
    ASSERT_TRUE(done(id, target->now() + Duration::seconds(10)));
    EXPECT_EQ(returned, Instant() + Duration::seconds(answered ? 1 : 2));
  }
}

TEST_F(LwipSocketsTest, CloseWithUnreadTextResets) {
  const int handle = accepted();
  inject(kAck, 1, 1, 10);
  EXPECT_EQ(value(close_call(handle)), 0);
  EXPECT_EQ(last().flags & kRst, kRst);
}

TEST_F(LwipSocketsTest, ClosingAListenerResetsThoseThatWait) {
  const int listening = listener();
  shake_hands();
  drain();
  EXPECT_EQ(value(close_call(listening)), 0);
  EXPECT_EQ(last().flags & kRst, kRst);
}

TEST_F(LwipSocketsTest, OptionsAreKeptAndHandedOn) {
  const int listening = listener();
  EXPECT_EQ(value(set(listening, SocketOption::kKeepAlive, 1)), 0);
  EXPECT_EQ(value(set(listening, SocketOption::kKeepIdle, 10)), 0);
  EXPECT_EQ(value(set(listening, SocketOption::kKeepInterval, 2)), 0);
  EXPECT_EQ(value(set(listening, SocketOption::kKeepCount, 3)), 0);
  EXPECT_EQ(value(set(listening, SocketOption::kNoDelay, 1)), 0);
  EXPECT_EQ(value(set(listening, SocketOption::kReuseAddr, 1)), 0);
  shake_hands();
  const int handle = value(make(CallKind::kAccept, listening));
  for (const SocketOption option :
       {SocketOption::kKeepAlive, SocketOption::kNoDelay, SocketOption::kReuseAddr}) {
    EXPECT_EQ(get(handle, option), 1);
  }
  EXPECT_EQ(get(handle, SocketOption::kKeepIdle), 10);
  EXPECT_EQ(get(handle, SocketOption::kTcpInfoState), 1);
  sent.clear();
  sent_at.clear();
  wait(Duration::seconds(30));
  ASSERT_EQ(sent.size(), 4U);  // three probes and a reset
  EXPECT_EQ(sent_at[2] - sent_at[1], Duration::seconds(2));
}

TEST_F(LwipSocketsTest, WhatLwipHasNotIsRefused) {
  const int handle = socket();
  for (const SocketOption option :
       {SocketOption::kSendBuffer, SocketOption::kMaxSegment, SocketOption::kUserTimeout,
        SocketOption::kQuickAck, SocketOption::kCork}) {
    EXPECT_EQ(error(set(handle, option, 5000)), "ENOPROTOOPT");
  }
  EXPECT_EQ(error(set(handle, SocketOption::kKeepIdle, 0)), "EINVAL");
}

TEST_F(LwipSocketsTest, AReceiveBufferIsGrantedWhereTheWindowFits) {
  const int handle = socket();
  const std::int64_t window = get(handle, SocketOption::kReceiveBuffer);
  EXPECT_EQ(value(set(handle, SocketOption::kReceiveBuffer, window)), 0);
  EXPECT_EQ(value(set(handle, SocketOption::kReceiveBuffer, (window + 1) / 2)), 0);
  EXPECT_EQ(error(set(handle, SocketOption::kReceiveBuffer, window / 2 - 1)), "ENOPROTOOPT");
  EXPECT_EQ(error(set(handle, SocketOption::kReceiveBuffer, window + 1)), "ENOPROTOOPT");
}

TEST_F(LwipSocketsTest, CallsOnTheWrongSocketSaySo) {
  const int handle = socket();
  EXPECT_EQ(error(read_call(handle, 1)), "ENOTCONN");
  EXPECT_EQ(error(write_call(handle, 1)), "ENOTCONN");
  EXPECT_EQ(error(shutdown_call(handle, ShutdownHow::kWrite)), "ENOTCONN");
  EXPECT_EQ(error(make(CallKind::kAccept, handle)), "EINVAL");
  EXPECT_EQ(error(read_call(99, 1)), "EBADF");
  EXPECT_FALSE(target->query({QueryKind::kState, 99}).ok());
  EXPECT_EQ(value(close_call(handle)), 0);
  const int listening = listener();
  EXPECT_EQ(error(connect_call(listening)), "EISCONN");
}

TEST_F(LwipSocketsTest, AnUnboundSocketMayListen) {
  const int handle = socket();
  EXPECT_EQ(value(make(CallKind::kListen, handle)), 0);
  EXPECT_EQ(state(handle), "LISTEN");
}

}  // namespace
}  // namespace tcpspec::target
