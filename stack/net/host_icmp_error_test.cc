// ICMP errors about our own segments: soft, hard, forged.
#include <gtest/gtest.h>

#include "stack/net/icmp.h"
#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::net {
namespace {

using tcp::CallError;
namespace icmp4 = wire::icmp4;
namespace icmp6 = wire::icmp6;

class IcmpError : public ::testing::TestWithParam<IpVersion> {
 protected:
  [[nodiscard]] bool v4() const { return GetParam() == IpVersion::kV4; }
  void SetUp() override {
    id = lone.host.socket(GetParam());
    ASSERT_EQ(lone.host.connect(id, {address_of(2, GetParam()), 80}, lone.now), CallError::kNone);
    const std::vector<Bytes> packets = lone.sent();
    ASSERT_EQ(packets.size(), 1U);
    syn_packet = packets[0];
  }
  void error(std::uint8_t type, std::uint8_t code, ByteView quote) {
    // From a router on the way, not from the peer.
    const IpAddress router = v4() ? addr("198.51.100.1") : addr("2001:db8:ffff::1");
    lone.inject(icmp_packet(router, address_of(1, GetParam()), {type, code, 0, quote}));
  }
  void unreachable(std::uint8_t code) {
    error(v4() ? icmp4::kUnreachable : icmp6::kUnreachable, code, syn_packet);
  }
  [[nodiscard]] std::uint8_t hard_code() const { return v4() ? icmp4::kCodePort : icmp6::kCodePort; }

  LoneHost lone;
  SocketId id = 0;
  Bytes syn_packet;
};
INSTANTIATE_TEST_SUITE_P(, IcmpError, testing::Values(IpVersion::kV4, IpVersion::kV6),
                         [](const auto& test) { return test.param == IpVersion::kV4 ? "v4" : "v6"; });

TEST_P(IcmpError, HardErrorEndsASynSentConnection) {
  unreachable(hard_code());
  EXPECT_EQ(lone.host.connection_count(), 0U);
  const std::vector<SocketEvent> events = lone.events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].event.kind, tcp::EventKind::kUnreachable);
  EXPECT_EQ(lone.host.take_error(id), CallError::kUnreachable);
  EXPECT_TRUE(lone.sent().empty());
}

TEST_P(IcmpError, SoftErrorsAreToldAndEndNothing) {
  unreachable(0);
  error(v4() ? icmp4::kTimeExceeded : icmp6::kTimeExceeded, 0, syn_packet);
  error(v4() ? icmp4::kParameterProblem : icmp6::kParameterProblem, 0, syn_packet);
  EXPECT_EQ(lone.host.status(id)->state, tcp::State::kSynSent);
  EXPECT_EQ(lone.host.soft_errors(id), 3U);
  EXPECT_EQ(lone.host.take_error(id), CallError::kNone);
}

// A SYN is too small for any router, and RFC 9293 §3.9.2.2 [MUST-55] is about Source Quench.
TEST_P(IcmpError, PathMtuMessagesAndSourceQuenchAreIgnored) {
  if (v4()) {
    error(icmp4::kUnreachable, icmp4::kCodeFragmentationNeeded, syn_packet);
    error(icmp4::kSourceQuench, 0, syn_packet);
  } else {
    error(icmp6::kPacketTooBig, 0, syn_packet);
    error(100, 0, syn_packet);
  }
  EXPECT_EQ(lone.host.status(id)->state, tcp::State::kSynSent);
  EXPECT_EQ(lone.host.soft_errors(id), 0U);
  EXPECT_EQ(lone.host.dropped(Drop::kIcmpUnhandled), 1U);
  EXPECT_EQ(lone.host.icmp_counts().path_mtu_ignored, 1U);
}

// The quote must name this connection and a sequence number in flight, which for a SYN is exactly one.
TEST_P(IcmpError, QuoteOfNothingInFlightIsIgnored) {
  wire::Segment syn = tcp_of(syn_packet);
  std::uint64_t expected = 0;
  const auto refused = [&](const wire::Segment& quoted) {
    error(v4() ? icmp4::kUnreachable : icmp6::kUnreachable, hard_code(), tcp_packet(quoted));
    EXPECT_EQ(lone.host.dropped(Drop::kIcmpQuote), ++expected);
    EXPECT_EQ(lone.host.connection_count(), 1U);
  };
  wire::Segment other = syn;
  other.seq = syn.seq + 1;
  refused(other);
  other.seq = syn.seq - 1;
  refused(other);
  other = syn;
  ++other.source.port;
  refused(other);
  other = syn;
  std::swap(other.source, other.destination);
  refused(other);
  unreachable(hard_code());
  EXPECT_EQ(lone.host.connection_count(), 0U);
}

TEST_P(IcmpError, EightOctetsOfTheSegmentAreEnough) {
  const std::size_t header = v4() ? 20 : 40;
  error(v4() ? icmp4::kUnreachable : icmp6::kUnreachable, hard_code(),
        ByteView(syn_packet).first(header + 7));
  EXPECT_EQ(lone.host.connection_count(), 1U);
  error(v4() ? icmp4::kUnreachable : icmp6::kUnreachable, hard_code(),
        ByteView(syn_packet).first(header + 8));
  EXPECT_EQ(lone.host.connection_count(), 0U);
}

TEST_P(IcmpError, HardErrorOnASynchronizedConnectionIsSoft) {
  const wire::Segment syn = tcp_of(syn_packet);
  wire::Segment syn_ack;
  syn_ack.source = syn.destination;
  syn_ack.destination = syn.source;
  syn_ack.flags = wire::Flag::kSyn | wire::Flag::kAck;
  syn_ack.ack = syn.seq + 1;
  syn_ack.window = 1000;
  lone.inject(tcp_packet(syn_ack));
  ASSERT_EQ(lone.host.status(id)->state, tcp::State::kEstablished);
  (void)lone.sent();
  (void)lone.host.send(id, Bytes{1}, true, lone.now);
  const std::vector<Bytes> data = lone.sent();
  ASSERT_EQ(data.size(), 1U);
  error(v4() ? icmp4::kUnreachable : icmp6::kUnreachable, hard_code(), data[0]);
  EXPECT_EQ(lone.host.status(id)->state, tcp::State::kEstablished);
  EXPECT_EQ(lone.host.soft_errors(id), 1U);
  unreachable(hard_code());  // the SYN is acknowledged, and no longer in flight
  EXPECT_EQ(lone.host.soft_errors(id), 1U);
  EXPECT_EQ(lone.host.dropped(Drop::kIcmpQuote), 1U);
}

// RFC 5461 §2.2, RFC 1122 §4.2.3.9: the attempt goes on, and its end tells why.
TEST_P(IcmpError, ASoftErrorIsWhatTheUserIsToldAtTheEnd) {
  unreachable(0);
  const Instant end = lone.now + tcp::Config().r2_syn;
  int repeated = 0;
  while (lone.host.connection_count() > 0 && lone.host.next_deadline() <= end) {
    lone.now = lone.host.next_deadline();
    lone.host.on_deadline(lone.now);
    repeated += static_cast<int>(lone.sent().size());
  }
  EXPECT_GT(repeated, 3);
  EXPECT_EQ(lone.host.connection_count(), 0U);
  const std::vector<SocketEvent> events = lone.events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].event.kind, tcp::EventKind::kUnreachable);
  EXPECT_EQ(lone.host.take_error(id), CallError::kUnreachable);
}

TEST_P(IcmpError, WithoutOneATimeoutIsATimeout) {
  while (lone.host.connection_count() > 0) {
    lone.now = lone.host.next_deadline();
    lone.host.on_deadline(lone.now);
  }
  EXPECT_EQ(lone.host.take_error(id), CallError::kTimedOut);
}

TEST_P(IcmpError, ProgressForgetsASoftError) {
  unreachable(0);
  const wire::Segment syn = tcp_of(syn_packet);
  wire::Segment syn_ack;
  syn_ack.source = syn.destination;
  syn_ack.destination = syn.source;
  syn_ack.flags = wire::Flag::kSyn | wire::Flag::kAck;
  syn_ack.ack = syn.seq + 1;
  syn_ack.window = 1000;
  lone.inject(tcp_packet(syn_ack));
  (void)lone.host.send(id, Bytes{1}, true, lone.now);
  while (lone.host.connection_count() > 0) {
    lone.now = lone.host.next_deadline();
    lone.host.on_deadline(lone.now);
  }
  EXPECT_EQ(lone.host.take_error(id), CallError::kTimedOut);
}

// RFC 9293 §3.9.2.2 [SHLD-26] by configuration: a hard error aborts a synchronized connection too.
TEST_P(IcmpError, HardErrorAbortsWhereTheConfigurationSaysSo) {
  tcp::Config config = lone.host.configuration(id);
  config.hard_errors = tcp::HardErrors::kAbort;
  lone.host.configure(id, config, lone.now);
  const wire::Segment syn = tcp_of(syn_packet);
  wire::Segment syn_ack;
  syn_ack.source = syn.destination;
  syn_ack.destination = syn.source;
  syn_ack.flags = wire::Flag::kSyn | wire::Flag::kAck;
  syn_ack.ack = syn.seq + 1;
  syn_ack.window = 1000;
  lone.inject(tcp_packet(syn_ack));
  (void)lone.sent();
  (void)lone.host.send(id, Bytes{1}, true, lone.now);
  const std::vector<Bytes> data = lone.sent();
  ASSERT_EQ(data.size(), 1U);
  error(v4() ? icmp4::kUnreachable : icmp6::kUnreachable, hard_code(), data[0]);
  EXPECT_EQ(lone.host.connection_count(), 0U);
  EXPECT_EQ(lone.host.icmp_counts().hard_aborts, 1U);
  EXPECT_EQ(lone.host.take_error(id), CallError::kUnreachable);
  const std::vector<Bytes> last = lone.sent();
  ASSERT_EQ(last.size(), 1U);
  EXPECT_TRUE(tcp_of(last[0]).rst());
}

TEST(IcmpSeverityTable, IsThatOfRfc9293) {
  using enum IcmpSeverity;
  const std::vector<IcmpSeverity> unreachable_v4{kSoft, kSoft, kHard, kHard, kIgnored, kSoft};
  for (std::uint8_t code = 0; code < 6; ++code) {
    EXPECT_EQ(severity_of(IpVersion::kV4, icmp4::kUnreachable, code), unreachable_v4[code]) << int{code};
  }
  const std::vector<IcmpSeverity> unreachable_v6{kSoft, kHard, kSoft, kSoft, kHard, kHard, kHard};
  for (std::uint8_t code = 0; code < 7; ++code) {
    EXPECT_EQ(severity_of(IpVersion::kV6, icmp6::kUnreachable, code), unreachable_v6[code]) << int{code};
  }
  EXPECT_EQ(severity_of(IpVersion::kV4, icmp4::kSourceQuench, 0), kIgnored);
  EXPECT_EQ(severity_of(IpVersion::kV4, 5, 0), kIgnored);
}

}  // namespace
}  // namespace tcpspec::net
