// What a host sends to itself: 127/8, ::1 and its own addresses, never seen by the link.
#include <gtest/gtest.h>

#include "stack/net/ip_output.h"
#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::net {
namespace {

using tcp::CallError;

struct Place {
  const char* name;
  IpVersion version;
  IpAddress address;
};

class Loopback : public ::testing::TestWithParam<Place> {
 protected:
  // Time goes on until nothing is due within `limit`; the link stays silent.
  void run(Duration limit) {
    const Instant end = lone.now + limit;
    while (lone.host.next_deadline() <= end) {
      lone.now = std::max(lone.now, lone.host.next_deadline());
      lone.host.on_deadline(lone.now);
    }
    lone.now = end;
    EXPECT_TRUE(lone.sent().empty());
  }
  LoneHost lone;
  IpVersion version = GetParam().version;
  IpAddress there = GetParam().address;
};
INSTANTIATE_TEST_SUITE_P(, Loopback,
                         testing::Values(Place{"Loopback4", IpVersion::kV4, IpAddress::v4(127, 0, 0, 1)},
                                         Place{"Loopback4Other", IpVersion::kV4, IpAddress::v4(127, 9, 9, 9)},
                                         Place{"Own4", IpVersion::kV4, address_of(1, IpVersion::kV4)},
                                         Place{"Loopback6", IpVersion::kV6, addr("::1")},
                                         Place{"Own6", IpVersion::kV6, address_of(1, IpVersion::kV6)}),
                         [](const auto& test) { return test.param.name; });

TEST_P(Loopback, ConnectionToAListenerCarriesDataAndCloses) {
  const SocketId listener = lone.listener(version, 5);
  const SocketId near = lone.host.socket(version);
  ASSERT_EQ(lone.host.connect(near, {there, 80}, lone.now), CallError::kNone);
  const auto far = lone.host.accept(listener);
  ASSERT_TRUE(far.has_value());
  EXPECT_EQ(lone.host.status(near)->state, tcp::State::kEstablished);
  const Bytes data(100'000, 7);
  std::size_t sent = 0;
  Bytes received;
  for (int i = 0; i < 100 && received.size() < data.size(); ++i) {
    if (sent < data.size())
      sent += lone.host.send(near, ByteView(data).subspan(sent), true, lone.now).accepted;
    run(Duration::millis(500));
    append(received, lone.host.receive(*far, 1'000'000, lone.now).data);
  }
  EXPECT_EQ(received, data);
  lone.host.close(near, lone.now);
  run(Duration::millis(500));
  EXPECT_TRUE(lone.host.receive(*far, 10, lone.now).end_of_stream);
  lone.host.close(*far, lone.now);
  run(Duration::seconds(600));
  EXPECT_EQ(lone.host.connection_count(), 0U);
}

TEST_P(Loopback, ClosedPortRefuses) {
  const SocketId near = lone.host.socket(version);
  ASSERT_EQ(lone.host.connect(near, {there, 80}, lone.now), CallError::kNone);
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.take_error(near), CallError::kRefused);
}

// RFC 9293 §3.5: a socket that connects to itself is a simultaneous open of one end with itself.
TEST_P(Loopback, SocketCanConnectToItself) {
  const SocketId id = lone.host.socket(version);
  ASSERT_EQ(lone.host.bind(id, {there, 4000}), CallError::kNone);
  ASSERT_EQ(lone.host.connect(id, {there, 4000}, lone.now), CallError::kNone);
  run(Duration::millis(10));
  ASSERT_NE(lone.host.status(id), nullptr);
  EXPECT_EQ(lone.host.status(id)->state, tcp::State::kEstablished);
  (void)lone.host.send(id, Bytes{1, 2, 3}, true, lone.now);
  run(Duration::millis(500));
  EXPECT_EQ(to_hex(lone.host.receive(id, 10, lone.now).data), "010203");
  lone.host.close(id, lone.now);
  run(Duration::seconds(600));
  EXPECT_EQ(lone.host.connection_count(), 0U);
}

TEST_P(Loopback, UdpAndItsErrorsStayInside) {
  const SocketId near = lone.host.open_udp(version);
  const SocketId far = lone.host.open_udp(version);
  ASSERT_EQ(lone.host.bind_udp(far, {there, 53}), UdpStatus::kOk);
  ASSERT_EQ(lone.host.send_udp(near, {there, 53}, Bytes(40'000, 1), lone.now), UdpStatus::kOk);
  const auto message = lone.host.receive_udp(far);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->data.size(), 40'000U);
  ASSERT_EQ(lone.host.send_udp(near, {there, 54}, Bytes{1}, lone.now), UdpStatus::kOk);
  EXPECT_TRUE(lone.host.take_udp_error(near).has_value());
  EXPECT_TRUE(lone.sent().empty());
}

TEST(LoopbackRules, SegmentsUseTheLoopbackMtu) {
  LoneHost lone;
  const SocketId listener = lone.listener(IpVersion::kV4, 5);
  const SocketId near = lone.host.socket(IpVersion::kV4);
  ASSERT_EQ(lone.host.connect(near, {IpAddress::v4(127, 0, 0, 1), 80}, lone.now), CallError::kNone);
  ASSERT_TRUE(lone.host.accept(listener).has_value());
  EXPECT_EQ(lone.host.status(near)->send_mss, 16'384 - 40);
}

TEST(LoopbackRules, NothingLeavesFromALoopbackAddress) {
  LoneHost lone;
  const SocketId id = lone.host.socket(IpVersion::kV4);
  ASSERT_EQ(lone.host.bind(id, {IpAddress::v4(127, 0, 0, 1), 0}), CallError::kNone);
  EXPECT_EQ(lone.host.connect(id, {address_of(2, IpVersion::kV4), 80}, lone.now), CallError::kUnreachable);
  const SocketId udp = lone.host.open_udp(IpVersion::kV4);
  ASSERT_EQ(lone.host.bind_udp(udp, {IpAddress::v4(127, 0, 0, 1), 53}), UdpStatus::kOk);
  EXPECT_EQ(lone.host.send_udp(udp, {address_of(2, IpVersion::kV4), 80}, {}, lone.now),
            UdpStatus::kUnreachable);
  EXPECT_TRUE(lone.sent().empty());
}

TEST(LoopbackRules, QueueIsBounded) {
  IpOutputConfig config;
  config.most_loopback_packets = 2;
  IpOutput output(config);
  const IpAddress self = IpAddress::v4(127, 0, 0, 1);
  EXPECT_TRUE(output.send(self, self, 200, {}));
  EXPECT_TRUE(output.send(self, self, 200, {}));
  EXPECT_FALSE(output.send(self, self, 200, {}));
  EXPECT_TRUE(output.take_loopback().has_value());
  EXPECT_TRUE(output.send(self, self, 200, {}));
  EXPECT_FALSE(output.take().has_value());
}

}  // namespace
}  // namespace tcpspec::net
