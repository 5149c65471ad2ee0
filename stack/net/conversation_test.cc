// Whole conversations between two hosts.
#include <gtest/gtest.h>

#include <string>

#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::net {
namespace {

using tcp::CallError;
using tcp::State;

Bytes octets(std::string_view text) { return Bytes(text.begin(), text.end()); }
std::string text_of(const Bytes& bytes) { return std::string(bytes.begin(), bytes.end()); }

class Conversation : public ::testing::TestWithParam<IpVersion> {
 protected:
  // A connection from host 1 to port 80 of host 2.
  void establish() {
    listener = net.server.socket(GetParam());
    ASSERT_EQ(net.server.bind(listener, {IpAddress::any(GetParam()), 80}), CallError::kNone);
    ASSERT_EQ(net.server.listen(listener, 5), CallError::kNone);
    near = net.client.socket(GetParam());
    ASSERT_EQ(net.client.connect(near, {address_of(2, GetParam()), 80}, net.now), CallError::kNone);
    net.run_for(Duration::millis(100));
    const std::optional<SocketId> accepted = net.server.accept(listener);
    ASSERT_TRUE(accepted.has_value());
    far = *accepted;
  }
  std::string read(Host& host, SocketId id) { return text_of(host.receive(id, 100000, net.now).data); }

  TwoHosts net;
  SocketId listener = 0, near = 0, far = 0;
};
INSTANTIATE_TEST_SUITE_P(, Conversation, testing::Values(IpVersion::kV4, IpVersion::kV6),
                         [](const auto& test) { return test.param == IpVersion::kV4 ? "v4" : "v6"; });

TEST_P(Conversation, ConnectAndAccept) {
  establish();
  EXPECT_EQ(net.client.status(near)->state, State::kEstablished);
  EXPECT_EQ(net.server.status(far)->state, State::kEstablished);
  EXPECT_EQ(net.client.local_endpoint(near), net.server.remote_endpoint(far));
  EXPECT_EQ(net.server.local_endpoint(far), net.client.remote_endpoint(near));
  EXPECT_GE(net.client.local_endpoint(near)->port, 1024);
  EXPECT_FALSE(net.server.accept(listener).has_value());
  EXPECT_EQ(net.client.connection_count(), 1U);
  EXPECT_EQ(net.server.connection_count(), 1U);

  const auto event = net.client.take_event();
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->socket, near);
  EXPECT_EQ(event->event.kind, tcp::EventKind::kEstablished);
  const auto at_listener = net.server.take_event();
  ASSERT_TRUE(at_listener.has_value());
  EXPECT_EQ(at_listener->socket, listener);
  EXPECT_EQ(at_listener->event.kind, tcp::EventKind::kReadable);
}

TEST_P(Conversation, EchoBothWays) {
  establish();
  EXPECT_EQ(net.client.send(near, octets("hello"), true, net.now).accepted, 5U);
  net.run_for(Duration::seconds(1));
  EXPECT_EQ(read(net.server, far), "hello");
  EXPECT_EQ(net.server.send(far, octets("world"), true, net.now).accepted, 5U);
  net.run_for(Duration::seconds(1));
  EXPECT_EQ(read(net.client, near), "world");
  EXPECT_EQ(net.client.receive(near, 10, net.now).error, CallError::kWouldBlock);
}

TEST_P(Conversation, AMegabyteArrivesInOrder) {
  establish();
  Bytes data(1 << 20);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * 31 + (i >> 8));
  std::size_t sent = 0;
  Bytes received;
  const Instant limit = net.now + Duration::seconds(600);
  while (received.size() < data.size() && net.now < limit) {
    sent += net.client.send(near, ByteView(data).subspan(sent), true, net.now).accepted;
    net.run_for(Duration::millis(5));
    append(received, net.server.receive(far, 1 << 20, net.now).data);
  }
  ASSERT_EQ(received.size(), data.size());
  EXPECT_TRUE(received == data);
  for (const Bytes& packet : net.log) ASSERT_LE(packet.size(), 1500U);
}

TEST_P(Conversation, SynCarriesTheMssOfTheFamily) {
  establish();
  const wire::Segment syn = tcp_of(net.log.at(0));
  EXPECT_EQ(syn.options.mss, GetParam() == IpVersion::kV4 ? 1460 : 1440);
  const wire::Segment syn_ack = tcp_of(net.log.at(1));
  EXPECT_EQ(syn_ack.options.mss, GetParam() == IpVersion::kV4 ? 1460 : 1440);
}

TEST_P(Conversation, HalfCloseLetsTheOtherSideGoOn) {
  establish();
  (void)net.client.send(near, octets("ask"), true, net.now);
  net.client.shutdown_write(near, net.now);
  net.run_for(Duration::seconds(1));
  EXPECT_EQ(net.client.status(near)->state, State::kFinWait2);
  EXPECT_EQ(net.server.status(far)->state, State::kCloseWait);
  EXPECT_EQ(net.client.send(near, octets("more"), true, net.now).error, CallError::kClosing);
  EXPECT_EQ(read(net.server, far), "ask");
  EXPECT_TRUE(net.server.receive(far, 10, net.now).end_of_stream);
  (void)net.server.send(far, octets("answer"), true, net.now);
  net.run_for(Duration::seconds(1));
  EXPECT_EQ(read(net.client, near), "answer");
  net.server.close(far, net.now);
  net.run_for(Duration::seconds(1));
  EXPECT_TRUE(net.client.receive(near, 10, net.now).end_of_stream);
  EXPECT_EQ(net.server.connection_count(), 0U);
  EXPECT_EQ(net.client.status(near)->state, State::kTimeWait);
}

// What was received before the end can be read after it, then the end, again and again.
TEST_P(Conversation, UnreadDataOutlivesTheConnection) {
  establish();
  (void)net.client.send(near, octets("last words"), true, net.now);
  net.client.shutdown_write(near, net.now);
  net.run_for(Duration::seconds(1));
  net.server.shutdown_write(far, net.now);
  net.run_for(Duration::seconds(1));
  EXPECT_EQ(net.server.status(far), nullptr);
  EXPECT_EQ(read(net.server, far), "last words");
  for (int i = 0; i < 2; ++i) {
    const auto end = net.server.receive(far, 10, net.now);
    EXPECT_TRUE(end.end_of_stream);
    EXPECT_EQ(end.error, CallError::kNone);
  }
  EXPECT_EQ(net.server.take_error(far), CallError::kNone);
}

TEST_P(Conversation, AbortResetsTheOtherSideOnce) {
  establish();
  net.client.abort(near, net.now);
  EXPECT_EQ(net.client.connection_count(), 0U);
  EXPECT_EQ(net.client.status(near), nullptr);
  net.run_for(Duration::millis(10));
  EXPECT_TRUE(tcp_of(net.log.back()).rst());
  EXPECT_EQ(net.server.connection_count(), 0U);
  EXPECT_EQ(net.server.receive(far, 10, net.now).error, CallError::kReset);
  EXPECT_EQ(net.server.take_error(far), CallError::kNone);
  EXPECT_EQ(net.server.send(far, octets("x"), true, net.now).error, CallError::kClosing);
}

TEST_P(Conversation, TakeErrorReadsAndClears) {
  establish();
  net.client.abort(near, net.now);
  net.run_for(Duration::millis(10));
  EXPECT_EQ(net.server.take_error(far), CallError::kReset);
  EXPECT_EQ(net.server.take_error(far), CallError::kNone);
  EXPECT_TRUE(net.server.receive(far, 10, net.now).end_of_stream);
}

TEST_P(Conversation, CloseWithUnreadDataResets) {
  establish();
  (void)net.client.send(near, octets("unread"), true, net.now);
  net.run_for(Duration::seconds(1));
  const std::size_t before = net.log.size();
  net.server.close(far, net.now);
  net.run_for(Duration::seconds(1));
  ASSERT_EQ(net.log.size(), before + 1);
  EXPECT_TRUE(tcp_of(net.log.back()).rst());
  EXPECT_EQ(net.client.take_error(near), CallError::kReset);
  EXPECT_EQ(net.server.connection_count(), 0U);
}

// The active closer stays in TIME-WAIT for 2 MSL to the nanosecond; then nothing of it is left.
TEST_P(Conversation, TimeWaitEndsAfterTwoMslExactly) {
  establish();
  net.client.close(near, net.now);
  net.run_for(Duration::millis(50));
  net.server.close(far, net.now);
  const Instant fin_arrives = net.now + net.delay;
  net.run_until(fin_arrives);
  EXPECT_EQ(net.client.connection_count(), 1U);
  net.run_until(fin_arrives + net.delay);
  EXPECT_EQ(net.server.connection_count(), 0U);
  const Instant end = fin_arrives + Duration::seconds(240);
  EXPECT_EQ(net.client.next_deadline(), end);
  const std::size_t packets = net.log.size();
  net.run_until(end - Duration::nanos(1));
  EXPECT_EQ(net.client.connection_count(), 1U);
  net.run_until(end);
  EXPECT_EQ(net.client.connection_count(), 0U);
  EXPECT_EQ(net.client.next_deadline(), Instant::never());
  EXPECT_EQ(net.log.size(), packets);
}

TEST_P(Conversation, ConnectToAClosedPortIsRefused) {
  near = net.client.socket(GetParam());
  ASSERT_EQ(net.client.connect(near, {address_of(2, GetParam()), 81}, net.now), CallError::kNone);
  net.run_for(Duration::millis(20));
  const auto event = net.client.take_event();
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->event.kind, tcp::EventKind::kRefused);
  EXPECT_EQ(net.client.connection_count(), 0U);
  EXPECT_EQ(net.client.take_error(near), CallError::kRefused);
  EXPECT_EQ(net.log.size(), 2U);
}

// A listener that closes resets who waits in its queue, and who has not finished the handshake.
TEST_P(Conversation, ClosingAListenerResetsItsUnacceptedChildren) {
  listener = net.server.socket(GetParam());
  ASSERT_EQ(net.server.bind(listener, {IpAddress::any(GetParam()), 80}), CallError::kNone);
  ASSERT_EQ(net.server.listen(listener, 5), CallError::kNone);
  near = net.client.socket(GetParam());
  ASSERT_EQ(net.client.connect(near, {address_of(2, GetParam()), 80}, net.now), CallError::kNone);
  net.run_for(Duration::millis(100));
  const SocketId late = net.client.socket(GetParam());
  ASSERT_EQ(net.client.connect(late, {address_of(2, GetParam()), 80}, net.now), CallError::kNone);
  net.run_for(Duration::millis(15));  // its SYN has arrived, its ACK has not
  EXPECT_EQ(net.server.connection_count(), 2U);
  net.server.close(listener, net.now);
  EXPECT_EQ(net.server.connection_count(), 0U);
  net.run_for(Duration::millis(100));
  EXPECT_EQ(net.client.take_error(near), CallError::kReset);
  EXPECT_EQ(net.client.take_error(late), CallError::kReset);
  EXPECT_EQ(net.client.connection_count(), 0U);
  EXPECT_FALSE(net.server.take_event().has_value());
}

TEST_P(Conversation, DataBeforeAcceptIsTold) {
  listener = net.server.socket(GetParam());
  ASSERT_EQ(net.server.bind(listener, {IpAddress::any(GetParam()), 80}), CallError::kNone);
  ASSERT_EQ(net.server.listen(listener, 1), CallError::kNone);
  near = net.client.socket(GetParam());
  ASSERT_EQ(net.client.connect(near, {address_of(2, GetParam()), 80}, net.now), CallError::kNone);
  net.run_for(Duration::millis(100));
  (void)net.client.send(near, octets("early"), true, net.now);
  net.run_for(Duration::millis(100));
  while (const auto event = net.server.take_event()) EXPECT_EQ(event->socket, listener);
  far = net.server.accept(listener).value();
  std::vector<tcp::EventKind> kinds;
  while (const auto event = net.server.take_event()) {
    EXPECT_EQ(event->socket, far);
    kinds.push_back(event->event.kind);
  }
  EXPECT_EQ(kinds, (std::vector{tcp::EventKind::kEstablished, tcp::EventKind::kReadable}));
  EXPECT_EQ(read(net.server, far), "early");
}

std::vector<Bytes> packets_of_a_run(IpVersion version, std::uint64_t seed) {
  HostConfig client = host_config(1);
  client.seed = seed;
  TwoHosts net(client, host_config(2));
  const SocketId listener = net.server.socket(version);
  (void)net.server.bind(listener, {IpAddress::any(version), 80});
  (void)net.server.listen(listener, 5);
  for (int i = 0; i < 5; ++i) {
    const SocketId id = net.client.socket(version);
    (void)net.client.connect(id, {address_of(2, version), 80}, net.now);
    net.run_for(Duration::millis(30));
    (void)net.client.send(id, Bytes(5000, 'x'), true, net.now);
    net.run_for(Duration::millis(30));
    net.client.close(id, net.now);
    net.server.close(net.server.accept(listener).value(), net.now);
  }
  net.run_for(Duration::seconds(300));
  return net.log;
}

TEST_P(Conversation, SameSeedSameBytes) {
  const std::vector<Bytes> first = packets_of_a_run(GetParam(), 7);
  EXPECT_GT(first.size(), 40U);
  EXPECT_TRUE(first == packets_of_a_run(GetParam(), 7));
  EXPECT_FALSE(first == packets_of_a_run(GetParam(), 8));
}

}  // namespace
}  // namespace tcpspec::net
