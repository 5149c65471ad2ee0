// What SYNs can make a host hold, and SYN cookies: the bounds of limits.h, RFC 4987.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "stack/net/syn_cookies.h"
#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::net {
namespace {

using wire::Flag;

class ListenLimits : public ::testing::TestWithParam<IpVersion> {
 protected:
  void open(const Limits& limits, int backlog) {
    HostConfig config = host_config(1);
    config.limits = limits;
    lone = std::make_unique<LoneHost>(config);
    listener = lone->listener(GetParam(), backlog);
  }
  [[nodiscard]] wire::Segment segment(std::uint16_t port, wire::Flags flags, std::uint32_t seq,
                                      std::uint32_t ack = 0) const {
    wire::Segment made = LoneHost::segment(GetParam(), flags, seq, ack);
    made.source.port = port;
    return made;
  }
  // The answers to one segment.
  std::vector<wire::Segment> answers(const wire::Segment& to) {
    lone->inject(tcp_packet(to));
    std::vector<wire::Segment> all;
    for (const Bytes& packet : lone->sent()) all.push_back(tcp_of(packet));
    return all;
  }
  // The number of the SYN-ACK that answers a SYN, or none.
  std::optional<std::uint32_t> syn(std::uint16_t port, std::uint32_t seq = 1000) {
    const std::vector<wire::Segment> got = answers(segment(port, Flag::kSyn, seq));
    if (got.size() != 1 || !got[0].syn() || !got[0].has_ack()) return std::nullopt;
    return got[0].seq.raw();
  }
  [[nodiscard]] std::uint64_t dropped() const { return lone->host.dropped(Drop::kListenQueue); }

  std::unique_ptr<LoneHost> lone;
  SocketId listener = 0;
};
INSTANTIATE_TEST_SUITE_P(, ListenLimits, testing::Values(IpVersion::kV4, IpVersion::kV6),
                         [](const auto& test) { return test.param == IpVersion::kV4 ? "v4" : "v6"; });

Limits always() {
  Limits limits;
  limits.syn_cookies = SynCookies::kAlways;
  return limits;
}
Limits when_full() {
  Limits limits;
  limits.syn_cookies = SynCookies::kWhenFull;
  return limits;
}

TEST_P(ListenLimits, ASynBeyondTheBacklogIsDroppedAndTakenLater) {
  open({}, 2);
  const auto first = syn(5000);
  ASSERT_TRUE(first);
  ASSERT_TRUE(syn(5001));
  EXPECT_FALSE(syn(5002));
  EXPECT_EQ(dropped(), 1U);
  (void)answers(segment(5000, Flag::kAck, 1001, *first + 1));
  EXPECT_FALSE(syn(5002));  // it waits for accept() and still counts
  ASSERT_TRUE(lone->host.accept(listener));
  EXPECT_TRUE(syn(5002));
}

// The backlog keeps the place of every handshake that was begun.
TEST_P(ListenLimits, TheFinalAckAlwaysFindsRoom) {
  open({}, 3);
  std::vector<std::uint32_t> numbers;
  for (std::uint16_t port = 5000; port < 5003; ++port) numbers.push_back(*syn(port));
  for (std::uint16_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(
        answers(segment(static_cast<std::uint16_t>(5000 + i), Flag::kAck, 1001, numbers[i] + 1)).empty());
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(lone->host.accept(listener));
  EXPECT_FALSE(lone->host.accept(listener));
}

TEST_P(ListenLimits, AFloodIsBoundedByTheHostsHalfOpenConnections) {
  Limits limits;
  limits.most_half_open = 100;
  open(limits, 10'000);
  for (std::uint16_t port = 1; port <= 5000; ++port) {
    (void)syn(port);
    ASSERT_LE(lone->host.connection_count(), 100U);
  }
  EXPECT_EQ(lone->host.half_open_count(), 100U);
  EXPECT_EQ(dropped(), 4900U);
  // Each gives up in its time, and the room is there again.
  while (lone->host.connection_count() > 0) {
    lone->now = lone->host.next_deadline();
    lone->host.on_deadline(lone->now);
    (void)lone->sent();
  }
  EXPECT_EQ(lone->host.half_open_count(), 0U);
  EXPECT_TRUE(syn(6000));
}

TEST_P(ListenLimits, ConnectionsAreBounded) {
  Limits limits;
  limits.most_connections = 3;
  open(limits, 10);
  for (std::uint16_t port = 5000; port < 5003; ++port) ASSERT_TRUE(syn(port));
  EXPECT_FALSE(syn(5003));
  EXPECT_EQ(lone->host.dropped(Drop::kConnections), 1U);
  const SocketId id = lone->host.socket(GetParam());
  EXPECT_EQ(lone->host.connect(id, {address_of(2, GetParam()), 80}, lone->now), tcp::CallError::kNoResources);
  (void)answers(segment(5000, Flag::kRst, 1001));
  EXPECT_TRUE(syn(5003));
}

TEST_P(ListenLimits, TheOldestTimeWaitGoesFirst) {
  Limits limits;
  limits.most_time_wait = 2;
  open(limits, 10);
  for (std::uint16_t port = 5000; port < 5003; ++port) {
    const std::uint32_t iss = *syn(port);
    (void)answers(segment(port, Flag::kAck, 1001, iss + 1));
    const SocketId child = *lone->host.accept(listener);
    lone->host.close(child, lone->now);
    (void)lone->sent();
    (void)answers(segment(port, Flag::kAck | Flag::kFin, 1001, iss + 2));
    lone->now = lone->now + Duration::millis(1);
  }
  EXPECT_EQ(lone->host.time_wait_count(), 2U);
  EXPECT_EQ(lone->host.connection_count(), 2U);
  EXPECT_EQ(lone->host.time_waits_cut(), 1U);
  // The first is gone: its ACK draws a RST. The others answer a repeated FIN.
  EXPECT_TRUE(answers(segment(5000, Flag::kAck, 1002, 1)).at(0).rst());
  EXPECT_FALSE(answers(segment(5001, Flag::kAck | Flag::kFin, 1001, 1)).at(0).rst());
}

TEST_P(ListenLimits, EventsThatNobodyTakesDoNotPileUp) {
  open({}, 1);
  const std::uint32_t iss = *syn(5000);
  (void)answers(segment(5000, Flag::kAck, 1001, iss + 1));
  (void)*lone->host.accept(listener);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    wire::Segment text = segment(5000, Flag::kAck | Flag::kPsh, 1001 + i, iss + 1);
    text.payload = {1};
    (void)answers(text);
  }
  const std::vector<SocketEvent> events = lone->events();
  EXPECT_LE(events.size(), 3U);
  EXPECT_EQ(std::ranges::count_if(events,
                                  [&](const SocketEvent& event) {
                                    return event.socket != listener &&
                                           event.event.kind == tcp::EventKind::kReadable;
                                  }),
            1);
  wire::Segment text = segment(5000, Flag::kAck | Flag::kPsh, 2001, iss + 1);
  text.payload = {1};
  (void)answers(text);
  EXPECT_EQ(lone->events().size(), 1U);
}

TEST_P(ListenLimits, ACookieHoldsNothingAndOpensAConnection) {
  open(always(), 5);
  const auto cookie = syn(5000);
  ASSERT_TRUE(cookie);
  EXPECT_EQ(lone->host.connection_count(), 0U);
  EXPECT_EQ(lone->host.next_deadline(), Instant::never());
  EXPECT_TRUE(answers(segment(5000, Flag::kAck, 1001, *cookie + 1)).empty());
  EXPECT_EQ(lone->host.connection_count(), 1U);
  const SocketId child = *lone->host.accept(listener);
  EXPECT_EQ(lone->host.status(child)->state, tcp::State::kEstablished);
  EXPECT_EQ(lone->host.status(child)->srtt, Duration());  // nobody knows when the SYN-ACK left
  (void)lone->host.send(child, Bytes(10, 7), true, lone->now);
  const std::vector<Bytes> sent = lone->sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(tcp_of(sent[0]).seq.raw(), *cookie + 1);
}

// What a cookie cannot hold is not offered, and the MSS comes back rounded down.
TEST_P(ListenLimits, OptionsOfACookie) {
  open(always(), 5);
  wire::Segment offer = segment(5000, Flag::kSyn, 1000);
  offer.options.mss = 1459;
  offer.options.window_scale = 7;
  offer.options.sack_permitted = true;
  offer.options.timestamps = wire::Timestamps{1, 0};
  const std::vector<wire::Segment> got = answers(offer);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_TRUE(got[0].options.mss.has_value());
  EXPECT_FALSE(got[0].options.window_scale.has_value());
  EXPECT_FALSE(got[0].options.sack_permitted);
  EXPECT_FALSE(got[0].options.timestamps.has_value());
  (void)answers(segment(5000, Flag::kAck, 1001, got[0].seq.raw() + 1));
  const tcp::Tcb& tcb = *lone->host.status(*lone->host.accept(listener));
  EXPECT_EQ(tcb.send_mss, 1440);
  EXPECT_EQ(tcb.snd.shift, 0);
  EXPECT_FALSE(tcb.sack_on);
  EXPECT_FALSE(tcb.timestamps_on);
  EXPECT_EQ(tcb.snd.wnd, 65535U);
}

// The final ACK was lost, and the first text brings it; text and FIN are processed.
TEST_P(ListenLimits, TextMayBringTheCookieBack) {
  open(always(), 5);
  const std::uint32_t cookie = *syn(5000);
  wire::Segment text = segment(5000, Flag::kAck | Flag::kFin, 1001, cookie + 1);
  text.payload = {1, 2, 3};
  const std::vector<wire::Segment> got = answers(text);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].ack.raw(), 1005U);
  const SocketId child = *lone->host.accept(listener);
  EXPECT_EQ(lone->host.receive(child, 10, lone->now).data, (Bytes{1, 2, 3}));
  EXPECT_EQ(lone->host.status(child)->state, tcp::State::kCloseWait);
}

TEST_P(ListenLimits, AckTextAndTextBackToBack) {
  open(always(), 5);
  const std::uint32_t cookie = *syn(5000);
  wire::Segment one = segment(5000, Flag::kAck, 1001, cookie + 1);
  one.payload = {1};
  wire::Segment two = segment(5000, Flag::kAck, 1002, cookie + 1);
  two.payload = {2};
  EXPECT_TRUE(answers(segment(5000, Flag::kAck, 1001, cookie + 1)).empty());
  for (const wire::Segment& answer : answers(one)) EXPECT_FALSE(answer.rst());
  for (const wire::Segment& answer : answers(two)) EXPECT_FALSE(answer.rst());
  EXPECT_EQ(lone->host.receive(*lone->host.accept(listener), 10, lone->now).data, (Bytes{1, 2}));
}

// RFC 9293 §3.10.7.2 first: a RST is ignored in LISTEN, whatever it acknowledges. Nor do SYN-ACKs open.
TEST_P(ListenLimits, ARstOrSynDoesNotOpenByCookie) {
  open(always(), 5);
  const std::uint32_t cookie = *syn(5000);
  EXPECT_TRUE(answers(segment(5000, Flag::kRst | Flag::kAck, 1001, cookie + 1)).empty());
  EXPECT_EQ(lone->host.connection_count(), 0U);
  EXPECT_TRUE(answers(segment(5000, Flag::kSyn | Flag::kAck, 1001, cookie + 1)).at(0).rst());
  EXPECT_EQ(lone->host.connection_count(), 0U);
  (void)answers(segment(5000, Flag::kAck, 1001, cookie + 1));
  EXPECT_EQ(lone->host.connection_count(), 1U);
}

TEST_P(ListenLimits, AWrongOrOldCookieDrawsTheListenersReset) {
  open(always(), 5);
  const std::uint32_t cookie = *syn(5000);
  EXPECT_TRUE(answers(segment(5000, Flag::kAck, 1001, cookie + 2)).at(0).rst());
  EXPECT_TRUE(answers(segment(5000, Flag::kAck, 1002, cookie + 1)).at(0).rst());
  EXPECT_TRUE(answers(segment(5001, Flag::kAck, 1001, cookie + 1)).at(0).rst());
  lone->now = lone->now + CookieJar::kSlot * 2;
  EXPECT_TRUE(answers(segment(5000, Flag::kAck, 1001, cookie + 1)).at(0).rst());
  EXPECT_EQ(lone->host.connection_count(), 0U);
}

TEST_P(ListenLimits, CookiesWhenFullOnly) {
  Limits limits = when_full();
  limits.most_half_open = 1;
  open(limits, 4);
  ASSERT_TRUE(syn(5000));
  EXPECT_EQ(lone->host.cookies_sent(), 0U);
  for (std::uint16_t port = 5001; port < 6000; ++port) ASSERT_TRUE(syn(port));
  EXPECT_EQ(lone->host.cookies_sent(), 999U);
  EXPECT_EQ(lone->host.connection_count(), 1U);
}

// The listener's queue is full: a SYN is dropped, and the ACK of a cookie sent before draws nothing. When
// there is room again, the peer's text opens the connection.
TEST_P(ListenLimits, AFullAcceptQueueDelaysTheCookie) {
  open(always(), 1);
  const std::uint32_t first = *syn(5000);
  const std::uint32_t second = *syn(5001);
  (void)answers(segment(5000, Flag::kAck, 1001, first + 1));
  EXPECT_FALSE(syn(5002));
  EXPECT_TRUE(answers(segment(5001, Flag::kAck, 1001, second + 1)).empty());
  EXPECT_EQ(dropped(), 2U);
  ASSERT_TRUE(lone->host.accept(listener));
  wire::Segment text = segment(5001, Flag::kAck, 1001, second + 1);
  text.payload = {9};
  for (const wire::Segment& answer : answers(text)) EXPECT_FALSE(answer.rst());
  EXPECT_EQ(lone->host.receive(*lone->host.accept(listener), 10, lone->now).data, Bytes{9});
}

// The peer repeats its SYN; by then there is room, and it gets a second number. It goes by the first.
TEST_P(ListenLimits, TheCookieStandsBesideALaterHalfOpenConnection) {
  Limits limits = when_full();
  limits.most_half_open = 1;
  open(limits, 4);
  ASSERT_TRUE(syn(5000));
  const std::uint32_t cookie = *syn(5001);
  (void)answers(segment(5000, Flag::kRst, 1001));
  ASSERT_EQ(lone->host.connection_count(), 0U);
  const std::uint32_t number = *syn(5001);
  ASSERT_NE(number, cookie);
  ASSERT_EQ(lone->host.half_open_count(), 1U);
  EXPECT_TRUE(answers(segment(5001, Flag::kAck, 1001, cookie + 1)).empty());
  EXPECT_EQ(lone->host.half_open_count(), 0U);
  EXPECT_EQ(lone->host.connection_count(), 1U);
  EXPECT_EQ(lone->host.status(*lone->host.accept(listener))->state, tcp::State::kEstablished);
}

TEST(LimitsRange, EachBoundHasOne) {
  const auto refused = [](const Limits& limits, const std::string& name) {
    HostConfig config = host_config(1);
    config.limits = limits;
    const Status status = validate(config);
    return !status.ok() && status.error().find(name) != std::string::npos;
  };
  EXPECT_TRUE(validate(host_config(1)).ok());
  Limits limits;
  limits.most_half_open = 0;
  EXPECT_TRUE(refused(limits, "most_half_open"));
  limits = {};
  limits.most_connections = (1U << 20) + 1;
  EXPECT_TRUE(refused(limits, "most_connections"));
  limits = {};
  limits.most_time_wait = 0;
  EXPECT_TRUE(refused(limits, "most_time_wait"));
  limits = {};
  limits.most_paths = 65537;
  EXPECT_TRUE(refused(limits, "most_paths"));
}

}  // namespace
}  // namespace tcpspec::net
