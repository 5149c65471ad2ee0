// "Packet too big" about our own segments: RFC 1191, RFC 8201, RFC 5927 §7.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::net {
namespace {

namespace icmp4 = wire::icmp4;
namespace icmp6 = wire::icmp6;

class HostPathMtu : public ::testing::TestWithParam<IpVersion> {
 protected:
  [[nodiscard]] bool v4() const { return GetParam() == IpVersion::kV4; }
  [[nodiscard]] std::size_t headers() const { return v4() ? 40 : 60; }
  [[nodiscard]] IpAddress peer() const { return address_of(2, GetParam()); }

  // Connects from our side; no options but the MSS, and no congestion window.
  void open(HostConfig config = host_config(1)) {
    config.tcp.timestamps = config.tcp.sack_permitted = config.tcp.window_scaling = false;
    config.tcp.congestion = congestion;
    config.tcp.recovery = tcp::LossRecovery::kNewReno;
    config.tcp.tail_loss_probe = false;
    lone = std::make_unique<LoneHost>(config);
    id = connect(80);
  }
  SocketId connect(std::uint16_t port) {
    const SocketId socket = lone->host.socket(GetParam());
    EXPECT_EQ(lone->host.connect(socket, {peer(), port}, lone->now), tcp::CallError::kNone);
    const std::vector<Bytes> packets = lone->sent();
    EXPECT_EQ(packets.size(), 1U);
    syn = tcp_of(packets.at(0));
    wire::Segment answer;
    answer.source = syn.destination;
    answer.destination = syn.source;
    answer.flags = wire::Flag::kSyn | wire::Flag::kAck;
    answer.ack = syn.seq + 1;
    answer.window = 65535;
    answer.options.mss = v4() ? 1460 : 1440;
    lone->inject(tcp_packet(answer));
    (void)lone->sent();
    return socket;
  }
  std::vector<Bytes> send(SocketId socket, std::size_t octets) {
    (void)lone->host.send(socket, Bytes(octets, 1), true, lone->now);
    return lone->sent();
  }
  void ack(Seq32 number) {
    wire::Segment segment;
    segment.source = syn.destination;
    segment.destination = syn.source;
    segment.flags = wire::Flag::kAck;
    segment.seq = Seq32(1);
    segment.ack = number;
    segment.window = 65535;
    lone->inject(tcp_packet(segment));
  }
  void too_big(std::uint32_t mtu, ByteView quote) {
    const IpAddress router = v4() ? addr("198.51.100.1") : addr("2001:db8:ffff::1");
    const std::uint8_t type = v4() ? icmp4::kUnreachable : icmp6::kPacketTooBig;
    const std::uint8_t code = v4() ? icmp4::kCodeFragmentationNeeded : 0;
    lone->inject(icmp_packet(router, address_of(1, GetParam()), {type, code, mtu, quote}));
  }
  static std::size_t largest(const std::vector<Bytes>& packets) {
    return std::accumulate(packets.begin(), packets.end(), std::size_t{0},
                           [](std::size_t most, const Bytes& p) { return std::max(most, p.size()); });
  }
  void pass(Duration time) {
    const Instant end = lone->now + time;
    while (lone->host.next_deadline() <= end) {
      lone->now = lone->host.next_deadline();
      lone->host.on_deadline(lone->now);
    }
    lone->now = end;
  }

  tcp::Congestion congestion = tcp::Congestion::kNone;
  std::unique_ptr<LoneHost> lone;
  SocketId id = 0;
  wire::Segment syn;
};
INSTANTIATE_TEST_SUITE_P(, HostPathMtu, testing::Values(IpVersion::kV4, IpVersion::kV6),
                         [](const auto& test) { return test.param == IpVersion::kV4 ? "v4" : "v6"; });

// RFC 1191 §6.4: what was refused is sent again at once, one segment, and nothing else changes.
TEST_P(HostPathMtu, WhatWasRefusedGoesOutAgainAtOnce) {
  open();
  const std::vector<Bytes> data = send(id, 6000);
  ASSERT_EQ(largest(data), 1500U);
  const tcp::Tcb before = *lone->host.status(id);
  lone->now = lone->now + Duration::millis(50);
  too_big(1400, data[0]);
  const std::vector<Bytes> again = lone->sent();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].size(), 1400U);
  EXPECT_EQ(tcp_of(again[0]).seq, tcp_of(data[0]).seq);
  const tcp::Tcb& after = *lone->host.status(id);
  EXPECT_EQ(after.rto, before.rto);
  EXPECT_EQ(after.retransmissions, 0);
  EXPECT_EQ(after.send_mss, 1400 - headers());
  EXPECT_EQ(lone->host.path_mtu(peer()), 1400U);
  EXPECT_EQ(lone->host.icmp_counts().path_mtu_lowered, 1U);
}

// RFC 8201 §5.4, RFC 1191 §6.4: what a router refused is no sign of congestion.
TEST_P(HostPathMtu, TheCongestionWindowStays) {
  congestion = tcp::Congestion::kReno;
  open();
  const std::vector<Bytes> data = send(id, 20'000);
  ASSERT_GE(data.size(), 2U);
  const tcp::Tcb before = *lone->host.status(id);
  for (const Bytes& packet : data) too_big(1400, packet);
  EXPECT_EQ(lone->sent().size(), 1U);
  const tcp::Tcb& after = *lone->host.status(id);
  EXPECT_EQ(after.cwnd, before.cwnd);
  EXPECT_EQ(after.ssthresh, before.ssthresh);
  EXPECT_FALSE(after.in_recovery);
}

TEST_P(HostPathMtu, AllOfItArrivesInSmallerPackets) {
  open();
  const Seq32 first = syn.seq + 1;
  const std::vector<Bytes> data = send(id, 6000);
  too_big(1300, data[0]);
  Seq32 arrived = first;
  for (int i = 0; i < 50 && arrived != first + 6000; ++i) {
    const std::vector<Bytes> packets = lone->sent();
    ASSERT_FALSE(packets.empty());
    EXPECT_LE(largest(packets), 1300U);
    for (const Bytes& packet : packets) {
      const wire::Segment segment = tcp_of(packet);
      if (segment.seq.at_or_before(arrived)) arrived = later(arrived, segment.end());
    }
    ack(arrived);
  }
  EXPECT_EQ(arrived, first + 6000);
  EXPECT_LE(largest(send(id, 6000)), 1300U);
}

// RFC 1191 §6.4: a burst draws a message for each of its segments, and one retransmission.
TEST_P(HostPathMtu, TheOtherMessagesOfABurstAreIgnored) {
  open();
  const std::vector<Bytes> data = send(id, 6000);
  ASSERT_GE(data.size(), 4U);
  too_big(1400, data[0]);
  EXPECT_EQ(lone->sent().size(), 1U);
  for (const Bytes& packet : data) too_big(1400, packet);
  EXPECT_TRUE(lone->sent().empty());
  EXPECT_EQ(lone->host.icmp_counts().path_mtu_ignored, data.size());
}

TEST_P(HostPathMtu, NoMessageRaisesOrGoesBelowTheMinimum) {
  open();
  const std::vector<Bytes> data = send(id, 3000);
  const std::uint32_t minimum = v4() ? 68 : 1280;
  for (const std::uint32_t mtu : {std::uint32_t{1}, minimum - 1, std::uint32_t{1500}, std::uint32_t{9000}}) {
    too_big(mtu, data[0]);
    EXPECT_TRUE(lone->sent().empty()) << mtu;
    EXPECT_EQ(lone->host.path_mtu(peer()), 1500U) << mtu;
  }
  if (!v4()) too_big(0, data[0]);
  EXPECT_TRUE(lone->sent().empty());
}

// RFC 5927 §4.1.
TEST_P(HostPathMtu, AMessageAboutNothingInFlightIsIgnored) {
  open();
  const std::vector<Bytes> data = send(id, 3000);
  wire::Segment quoted = tcp_of(data[0]);
  quoted.seq = syn.seq;  // acknowledged
  too_big(1400, tcp_packet(quoted));
  quoted.seq = tcp_of(data.back()).end();  // not sent
  too_big(1400, tcp_packet(quoted));
  EXPECT_EQ(lone->host.dropped(Drop::kIcmpQuote), 2U);
  EXPECT_TRUE(lone->sent().empty());
  quoted.seq = tcp_of(data.back()).end() - 1;  // the last octet in flight
  too_big(1400, tcp_packet(quoted));
  EXPECT_EQ(lone->host.path_mtu(peer()), 1400U);
}

// RFC 5927 §7.2: full packets have arrived, so the claim waits for a timeout.
TEST_P(HostPathMtu, AClaimAgainstTheEvidenceWaitsForATimeout) {
  open();
  (void)send(id, 1500 - headers());
  ack(syn.seq + 1 + static_cast<std::uint32_t>(1500 - headers()));
  const std::vector<Bytes> data = send(id, 1500 - headers());
  ASSERT_EQ(largest(data), 1500U);
  too_big(1400, data[0]);
  EXPECT_TRUE(lone->sent().empty());
  EXPECT_EQ(lone->host.icmp_counts().path_mtu_pending, 1U);
  EXPECT_EQ(lone->host.path_mtu(peer()), 1500U);
  const Duration rto = lone->host.status(id)->rto;
  pass(rto - Duration::nanos(1));
  EXPECT_TRUE(lone->sent().empty());
  pass(Duration::nanos(1));
  EXPECT_EQ(largest(lone->sent()), 1400U);
  EXPECT_EQ(lone->host.path_mtu(peer()), 1400U);
}

TEST_P(HostPathMtu, ProgressRefutesAClaim) {
  open();
  (void)send(id, 1500 - headers());
  const auto size = static_cast<std::uint32_t>(1500 - headers());
  ack(syn.seq + 1 + size);
  too_big(1400, send(id, size)[0]);
  ack(syn.seq + 1 + size * 2);
  ASSERT_EQ(largest(send(id, size)), 1500U);
  pass(lone->host.status(id)->rto);
  EXPECT_EQ(largest(lone->sent()), 1500U);
  EXPECT_EQ(lone->host.path_mtu(peer()), 1500U);
}

// RFC 1191 §6.4: the MSS option tells what we take, not what the path takes. §6.2: what is known is used.
TEST_P(HostPathMtu, ANewConnectionKnowsThePathAndAnnouncesTheLink) {
  open();
  too_big(1400, send(id, 3000)[0]);
  (void)lone->sent();
  const SocketId second = connect(81);
  EXPECT_EQ(syn.options.mss, 1500 - headers());
  EXPECT_EQ(largest(send(second, 3000)), 1400U);
}

// RFC 8201 §5.4: others use the smaller size, and only the quoted connection sends again at once.
TEST_P(HostPathMtu, AnotherConnectionHearsOfItAndSendsNothing) {
  open();
  const SocketId second = connect(81);
  const std::vector<Bytes> first_data = send(id, 3000);
  const std::vector<Bytes> second_data = send(second, 3000);
  too_big(1400, first_data[0]);
  for (const Bytes& packet : lone->sent()) EXPECT_EQ(tcp_of(packet).destination.port, 80);
  EXPECT_EQ(largest(send(second, 3000)), 1400U);
}

// RFC 1191 §6.3, RFC 8201 §4: ten minutes after the last message, and not a nanosecond before. Nothing is
// sent again because of it.
TEST_P(HostPathMtu, TheEstimateAges) {
  open();
  const auto size = static_cast<std::uint32_t>(1500 - headers());
  too_big(1400, send(id, size)[0]);
  Seq32 sent = syn.seq + 1 + size;
  ack(sent);
  (void)lone->sent();
  pass(Duration::seconds(600) - Duration::nanos(1));
  EXPECT_EQ(lone->host.path_mtu(peer()), 1400U);
  EXPECT_EQ(largest(send(id, 100)), 100 + headers());
  ack(sent += 100);
  EXPECT_EQ(lone->host.next_deadline(), lone->now + Duration::nanos(1));
  pass(Duration::nanos(1));
  EXPECT_TRUE(lone->sent().empty());
  EXPECT_EQ(lone->host.path_mtu(peer()), 1500U);
  EXPECT_EQ(largest(send(id, 3000)), 1500U);
}

TEST_P(HostPathMtu, NothingIsSentAgainBecauseTheEstimateRose) {
  HostConfig config = host_config(1);
  config.tcp.path_mtu_raise_after = Duration::seconds(300);
  config.tcp.initial_rto = config.tcp.min_rto = Duration::seconds(400);
  config.tcp.max_rto = Duration::seconds(1000);
  config.tcp.r2_data = config.tcp.user_timeout = Duration::seconds(5000);
  open(config);
  too_big(1400, send(id, 1500 - headers())[0]);
  EXPECT_EQ(lone->sent().size(), 1U);
  pass(Duration::seconds(300));
  EXPECT_EQ(lone->host.path_mtu(peer()), 1500U);
  EXPECT_TRUE(lone->sent().empty());
}

// A quote may end anywhere: nothing is read behind it, and eight octets of TCP are enough.
TEST_P(HostPathMtu, QuotesAreCutAnywhere) {
  open();
  const Bytes packet = send(id, 1500 - headers())[0];
  const std::size_t enough = headers() - 20 + 8;
  for (std::size_t size = 0; size < enough; ++size) {
    const Bytes quote(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
    too_big(1400, quote);
    EXPECT_EQ(lone->host.path_mtu(peer()), 1500U) << size;
  }
  too_big(1400, ByteView(packet).first(enough));
  EXPECT_EQ(lone->host.path_mtu(peer()), 1400U);
}

TEST_P(HostPathMtu, AWrongChecksumCountsAsSuch) {
  open();
  const Bytes packet = send(id, 1500 - headers())[0];
  const IpAddress router = v4() ? addr("198.51.100.1") : addr("2001:db8:ffff::1");
  const std::uint8_t type = v4() ? icmp4::kUnreachable : icmp6::kPacketTooBig;
  Bytes message = icmp_packet(router, address_of(1, GetParam()),
                              {type, v4() ? icmp4::kCodeFragmentationNeeded : std::uint8_t{0}, 1400, packet});
  message.back() ^= 1;
  lone->inject(message);
  EXPECT_EQ(lone->host.dropped(Drop::kIcmpChecksum), 1U);
  EXPECT_EQ(lone->host.path_mtu(peer()), 1500U);
}

TEST_P(HostPathMtu, WithoutDiscoveryMessagesAreIgnoredAndDfIsClear) {
  HostConfig config = host_config(1);
  config.tcp.path_mtu_discovery = false;
  open(config);
  const std::vector<Bytes> data = send(id, 3000);
  if (v4()) EXPECT_FALSE(wire::parse_ipv4(data[0])->header.dont_fragment);
  too_big(1400, data[0]);
  EXPECT_TRUE(lone->sent().empty());
  EXPECT_EQ(largest(send(id, 3000)), 1500U);
}

class HostPathMtuV4 : public HostPathMtu {};
INSTANTIATE_TEST_SUITE_P(, HostPathMtuV4, testing::Values(IpVersion::kV4), [](const auto&) { return "v4"; });

TEST_P(HostPathMtuV4, DfIsOnEveryPacket) {
  open();
  for (const Bytes& packet : send(id, 6000)) EXPECT_TRUE(wire::parse_ipv4(packet)->header.dont_fragment);
}

// RFC 1191 §5: a router that names no MTU; the plateaus lie below the size of what it refused.
TEST_P(HostPathMtuV4, AnOldRouterBringsTheNextPlateau) {
  open();
  std::vector<Bytes> data = send(id, 1400);
  too_big(0, data[0]);
  data = lone->sent();
  ASSERT_EQ(largest(data), 1006U);
  too_big(0, data[0]);
  EXPECT_EQ(lone->host.path_mtu(peer()), 508U);
}

// RFC 5927 §7.1: a path of 68 octets is more likely an attack. Segments stay at least 512 octets, and routers
// may fragment them, if the path is really like this.
TEST_P(HostPathMtuV4, ATinyMtuLeavesTheLeastSegmentAndClearsDf) {
  open();
  const std::vector<Bytes> data = send(id, 3000);
  too_big(68, data[0]);
  const std::vector<Bytes> again = lone->sent();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].size(), 552U);
  EXPECT_FALSE(wire::parse_ipv4(again[0])->header.dont_fragment);
}

TEST_P(HostPathMtuV4, TheLeastSegmentItselfStillCarriesDf) {
  open();
  const std::vector<Bytes> data = send(id, 3000);
  too_big(552, data[0]);
  const std::vector<Bytes> again = lone->sent();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].size(), 552U);
  EXPECT_TRUE(wire::parse_ipv4(again[0])->header.dont_fragment);
}

}  // namespace
}  // namespace tcpspec::net
