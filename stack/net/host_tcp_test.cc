// Demultiplexing, listeners, ports and TIME-WAIT of one host whose peer is played by hand.
#include <gtest/gtest.h>

#include <set>

#include "stack/base/random.h"
#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::net {
namespace {

using tcp::CallError;
using tcp::State;
using wire::Flag;
using wire::Segment;

constexpr IpVersion kV4 = IpVersion::kV4;

Segment from_us(LoneHost& lone) {
  const std::vector<Bytes> packets = lone.sent();
  EXPECT_EQ(packets.size(), 1U);
  return packets.empty() ? Segment{} : tcp_of(packets[0]);
}

// Plays the peer's half of a handshake from `port`; the listener has to exist. Returns our ISS.
Seq32 handshake(LoneHost& lone, std::uint16_t port, std::uint32_t irs = 1000) {
  Segment syn = LoneHost::segment(kV4, Flag::kSyn, irs, 0);
  syn.source.port = port;
  lone.inject(tcp_packet(syn));
  const Segment syn_ack = from_us(lone);
  Segment ack = LoneHost::segment(kV4, Flag::kAck, irs + 1, (syn_ack.seq + 1).raw());
  ack.source.port = port;
  lone.inject(tcp_packet(ack));
  return syn_ack.seq;
}

TEST(HostTcp, ClosedPortAnswersByTheBook) {
  LoneHost lone;
  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kSyn, 77, 0)));
  const Segment to_syn = from_us(lone);
  EXPECT_EQ(to_syn.flags, Flag::kRst | Flag::kAck);
  EXPECT_EQ(to_syn.seq, Seq32(0));
  EXPECT_EQ(to_syn.ack, Seq32(78));
  EXPECT_EQ(to_syn.source, (Endpoint{address_of(1, kV4), 80}));

  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kAck, 77, 4242)));
  const Segment to_ack = from_us(lone);
  EXPECT_EQ(to_ack.flags, wire::Flags(Flag::kRst));
  EXPECT_EQ(to_ack.seq, Seq32(4242));

  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kRst, 77, 0)));
  EXPECT_TRUE(lone.sent().empty());
}

TEST(HostTcp, DamagedSegmentsAreCountedByKind) {
  LoneHost lone;
  const Segment syn = LoneHost::segment(kV4, Flag::kSyn, 1, 0);
  const auto inject_tcp = [&](const Bytes& tcp) {
    lone.inject(ip_packet(syn.source.address, syn.destination.address, wire::kProtocolTcp, tcp));
  };
  Bytes tcp = wire::build_segment(syn);
  inject_tcp(Bytes(tcp.begin(), tcp.begin() + 19));
  EXPECT_EQ(lone.host.dropped(Drop::kTcpShort), 1U);
  Bytes bad_offset = tcp;
  bad_offset[12] = 0x40;
  inject_tcp(bad_offset);
  EXPECT_EQ(lone.host.dropped(Drop::kTcpDataOffset), 1U);
  Bytes bad_sum = tcp;
  bad_sum[16] ^= 1;
  inject_tcp(bad_sum);
  EXPECT_EQ(lone.host.dropped(Drop::kTcpChecksum), 1U);
  EXPECT_TRUE(lone.sent().empty());
}

TEST(HostTcp, ListenerPrefersItsOwnAddress) {
  LoneHost lone;
  const SocketId any = lone.host.socket(kV4);
  ASSERT_EQ(lone.host.bind(any, {IpAddress::any(kV4), 80}), CallError::kNone);
  const SocketId specific = lone.host.socket(kV4);
  EXPECT_EQ(lone.host.bind(specific, {address_of(1, kV4), 80}), CallError::kAlreadyExists);
  lone.host.close(any, lone.now);
  EXPECT_EQ(lone.host.bind(specific, {address_of(1, kV4), 80}), CallError::kNone);
  EXPECT_EQ(lone.host.listen(specific, 1), CallError::kNone);
  handshake(lone, 5000);
  EXPECT_TRUE(lone.host.accept(specific).has_value());
}

TEST(HostTcp, ListenerOfOneFamilyIsDeafToTheOther) {
  LoneHost lone;
  lone.listener(kV4, 5);
  lone.inject(tcp_packet(LoneHost::segment(IpVersion::kV6, Flag::kSyn, 1, 0)));
  EXPECT_TRUE(from_us(lone).rst());
}

TEST(HostTcp, SynBeyondTheBacklogIsDroppedAndCounted) {
  LoneHost lone;
  const SocketId listener = lone.listener(kV4, 2);
  handshake(lone, 5000);
  handshake(lone, 5001);
  (void)lone.sent();
  Segment syn = LoneHost::segment(kV4, Flag::kSyn, 1, 0);
  syn.source.port = 5002;
  lone.inject(tcp_packet(syn));
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kListenQueue), 1U);
  EXPECT_EQ(lone.host.connection_count(), 2U);

  ASSERT_TRUE(lone.host.accept(listener).has_value());
  lone.inject(tcp_packet(syn));
  EXPECT_EQ(from_us(lone).flags, Flag::kSyn | Flag::kAck);
}

TEST(HostTcp, HalfOpenChildrenFillTheBacklogToo) {
  LoneHost lone;
  lone.listener(kV4, 1);
  Segment syn = LoneHost::segment(kV4, Flag::kSyn, 1, 0);
  lone.inject(tcp_packet(syn));
  const Segment syn_ack = from_us(lone);
  Segment other = syn;
  other.source.port = 5001;
  lone.inject(tcp_packet(other));
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.dropped(Drop::kListenQueue), 1U);

  // RFC 9293 §3.10.7.4 second: the RST returns the passive open to LISTEN, silently; there is room again.
  Segment rst = LoneHost::segment(kV4, Flag::kRst, 2, 0);
  lone.inject(tcp_packet(rst));
  EXPECT_EQ(lone.host.connection_count(), 0U);
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_TRUE(lone.events().empty());
  lone.inject(tcp_packet(other));
  EXPECT_EQ(from_us(lone).flags, Flag::kSyn | Flag::kAck);
  EXPECT_NE(syn_ack.seq, Seq32());
}

TEST(HostTcp, AcceptIsFirstComeFirstServed) {
  LoneHost lone;
  const SocketId listener = lone.listener(kV4, 5);
  handshake(lone, 5001);
  handshake(lone, 5000);
  EXPECT_EQ(lone.host.remote_endpoint(lone.host.accept(listener).value())->port, 5001);
  EXPECT_EQ(lone.host.remote_endpoint(lone.host.accept(listener).value())->port, 5000);
  EXPECT_FALSE(lone.host.accept(listener).has_value());
}

TEST(HostTcp, ChildResetInTheQueueIsAcceptedWithItsError) {
  LoneHost lone;
  const SocketId listener = lone.listener(kV4, 5);
  handshake(lone, 5000);
  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kRst, 1001, 0)));
  EXPECT_EQ(lone.host.connection_count(), 0U);
  const SocketId child = lone.host.accept(listener).value();
  EXPECT_EQ(lone.host.take_error(child), CallError::kReset);
  EXPECT_EQ(lone.host.remote_endpoint(child)->port, 5000);
}

TEST(HostTcp, BadCallsHaveTheirErrors) {
  LoneHost lone;
  const SocketId id = lone.host.socket(kV4);
  EXPECT_EQ(lone.host.bind(999, {address_of(1, kV4), 1}), CallError::kNotConnected);
  EXPECT_EQ(lone.host.bind(id, {address_of(9, kV4), 1}), CallError::kUnreachable);
  EXPECT_EQ(lone.host.bind(id, {address_of(1, IpVersion::kV6), 1}), CallError::kUnreachable);
  EXPECT_EQ(lone.host.connect(id, {address_of(2, kV4), 0}, lone.now), CallError::kNotConnected);
  EXPECT_EQ(lone.host.connect(id, {addr("0.0.0.0"), 80}, lone.now), CallError::kNotConnected);
  EXPECT_EQ(lone.host.connect(id, {addr("224.0.0.1"), 80}, lone.now), CallError::kUnreachable);
  EXPECT_EQ(lone.host.connect(id, {addr("255.255.255.255"), 80}, lone.now), CallError::kUnreachable);
  EXPECT_EQ(lone.host.connect(id, {address_of(2, IpVersion::kV6), 80}, lone.now), CallError::kUnreachable);
  EXPECT_TRUE(lone.sent().empty());
  EXPECT_EQ(lone.host.send(id, Bytes{1}, true, lone.now).error, CallError::kNotConnected);
  EXPECT_EQ(lone.host.receive(id, 1, lone.now).error, CallError::kNotConnected);
  EXPECT_FALSE(lone.host.accept(id).has_value());
  EXPECT_EQ(lone.host.status(id), nullptr);
  lone.host.shutdown_write(id, lone.now);
  lone.host.close(id, lone.now);
  lone.host.close(id, lone.now);
  lone.host.abort(id, lone.now);
  EXPECT_EQ(lone.host.next_deadline(), Instant::never());
}

TEST(HostTcp, ConnectTwiceAlreadyExists) {
  LoneHost lone;
  const SocketId id = lone.host.socket(kV4);
  ASSERT_EQ(lone.host.connect(id, {address_of(2, kV4), 80}, lone.now), CallError::kNone);
  EXPECT_EQ(lone.host.connect(id, {address_of(2, kV4), 81}, lone.now), CallError::kAlreadyExists);
  EXPECT_EQ(lone.host.listen(id, 1), CallError::kAlreadyExists);
  EXPECT_EQ(lone.host.bind(id, {address_of(1, kV4), 9}), CallError::kAlreadyExists);
}

TEST(HostTcp, EphemeralPortsDifferAndFollowTheSeed) {
  std::set<std::uint16_t> ports;
  for (const std::uint64_t seed : {1, 1, 2}) {
    HostConfig config = host_config(1);
    config.seed = seed;
    LoneHost lone(config);
    for (int i = 0; i < 50; ++i) {
      const SocketId id = lone.host.socket(kV4);
      ASSERT_EQ(lone.host.connect(id, {address_of(2, kV4), 80}, lone.now), CallError::kNone);
      const std::uint16_t port = lone.host.local_endpoint(id)->port;
      EXPECT_GE(port, 1024);
      ports.insert(port);
    }
  }
  EXPECT_GT(ports.size(), 95U);
  EXPECT_LE(ports.size(), 100U);
}

// A host that booted earlier has further clocks; its deadlines are on the caller's clock all the same.
TEST(HostTcp, ClocksCountFromBoot) {
  HostConfig config = host_config(1);
  LoneHost late(config);
  config.boot = Instant() - Duration::seconds(1000);
  LoneHost early(config);
  for (LoneHost* lone : {&late, &early}) {
    ASSERT_EQ(lone->host.connect(lone->host.socket(kV4), {address_of(2, kV4), 80}, lone->now),
              CallError::kNone);
  }
  EXPECT_EQ(late.host.next_deadline(), late.now + Duration::seconds(1));
  EXPECT_EQ(early.host.next_deadline(), early.now + Duration::seconds(1));
  const Segment late_syn = from_us(late);
  const Segment early_syn = from_us(early);
  EXPECT_EQ(early_syn.seq - late_syn.seq, 250'000'000);
  EXPECT_EQ(early_syn.options.timestamps->value - late_syn.options.timestamps->value, 1'000'000U);
}

TEST(HostTcp, PortIsFreeAgainOnceItsSocketIsClosed) {
  LoneHost lone;
  const SocketId first = lone.listener(kV4, 1);
  const SocketId second = lone.host.socket(kV4);
  EXPECT_EQ(lone.host.bind(second, {IpAddress::any(kV4), 80}), CallError::kAlreadyExists);
  lone.host.close(first, lone.now);
  EXPECT_EQ(lone.host.bind(second, {IpAddress::any(kV4), 80}), CallError::kNone);
}

TEST(HostTcp, SmallMtuGivesASmallMss) {
  HostConfig config = host_config(1);
  config.mtu = 576;
  LoneHost lone(config);
  lone.listener(kV4, 1);
  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kSyn, 1, 0)));
  EXPECT_EQ(from_us(lone).options.mss, 536);
}

TEST(HostTcp, ChosenMssStandsOnABiggerLink) {
  HostConfig config = host_config(1);
  config.tcp.mss = 1000;
  LoneHost lone(config);
  lone.listener(kV4, 1);
  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kSyn, 1, 0)));
  EXPECT_EQ(from_us(lone).options.mss, 1000);
}

// Handshake, then both FINs, ours first: TIME-WAIT with nobody's socket. Returns our last sequence number.
Seq32 into_time_wait(LoneHost& lone, SocketId listener) {
  const Seq32 iss = handshake(lone, 5000);
  (void)lone.sent();
  const SocketId child = lone.host.accept(listener).value();
  lone.host.close(child, lone.now);
  (void)lone.sent();
  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kFin | Flag::kAck, 1001, (iss + 2).raw())));
  (void)lone.sent();
  (void)lone.events();
  EXPECT_EQ(lone.host.connection_count(), 1U);
  return iss + 2;
}

TEST(HostTcp, NewerSynReopensTimeWaitAboveTheOldNumbers) {
  LoneHost lone;
  const SocketId listener = lone.listener(kV4, 5);
  // No time goes by, so that the clock of RFC 6528 alone would give the old number again.
  const Seq32 last = into_time_wait(lone, listener);
  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kSyn, 50000, 0)));
  const Segment syn_ack = from_us(lone);
  EXPECT_EQ(syn_ack.flags, Flag::kSyn | Flag::kAck);
  EXPECT_EQ(syn_ack.ack, Seq32(50001));
  EXPECT_TRUE(syn_ack.seq.at_or_after(last)) << syn_ack.seq.raw() << " " << last.raw();
  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kAck, 50001, (syn_ack.seq + 1).raw())));
  const SocketId child = lone.host.accept(listener).value();
  EXPECT_EQ(lone.host.status(child)->state, State::kEstablished);
  EXPECT_EQ(lone.host.connection_count(), 1U);
}

// The peer answers the SYN-ACK of an old duplicate SYN with RST: the old TIME-WAIT is still there, and ends
// when it would have.
TEST(HostTcp, OldDuplicateSynFallsBackToTimeWait) {
  LoneHost lone;
  const SocketId listener = lone.listener(kV4, 5);
  into_time_wait(lone, listener);
  const Instant end = lone.now + Duration::seconds(240);
  EXPECT_EQ(lone.host.next_deadline(), end);
  lone.now = lone.now + Duration::seconds(1);
  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kSyn, 50000, 0)));
  EXPECT_EQ(from_us(lone).flags, Flag::kSyn | Flag::kAck);
  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kRst, 50001, 0)));
  EXPECT_EQ(lone.host.connection_count(), 1U);
  EXPECT_EQ(lone.host.next_deadline(), end);
  lone.host.on_deadline(end);
  EXPECT_EQ(lone.host.connection_count(), 0U);
}

// The 2 MSL of the old incarnation run out while the new one's handshake hangs: nothing to fall back to.
TEST(HostTcp, TimeWaitRunsOutBehindAReopeningHandshake) {
  for (const Duration extra : {-Duration::nanos(1), Duration::nanos(0)}) {
    LoneHost lone;
    const SocketId listener = lone.listener(kV4, 5);
    into_time_wait(lone, listener);
    const Instant end = lone.now + Duration::seconds(240);
    lone.now = end - Duration::millis(500);
    lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kSyn, 50000, 0)));
    EXPECT_EQ(from_us(lone).flags, Flag::kSyn | Flag::kAck);
    EXPECT_EQ(lone.host.next_deadline(), end);
    lone.now = end + extra;
    lone.host.on_deadline(lone.now);
    EXPECT_EQ(lone.host.connection_count(), 1U);
    lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kRst, 50001, 0)));
    EXPECT_EQ(lone.host.connection_count(), extra < Duration::nanos(0) ? 1U : 0U);
  }
}

TEST(HostTcp, WithoutAListenerTimeWaitIsNotReopened) {
  LoneHost lone;
  const SocketId listener = lone.listener(kV4, 5);
  into_time_wait(lone, listener);
  lone.host.close(listener, lone.now);
  lone.inject(tcp_packet(LoneHost::segment(kV4, Flag::kSyn, 50000, 0)));
  for (const Bytes& packet : lone.sent()) EXPECT_FALSE(tcp_of(packet).syn());
  EXPECT_EQ(lone.host.connection_count(), 1U);
}

// Any bytes at all, most of them nearly right: the host counts and answers, and never falls over.
TEST(HostTcp, RandomDamageNeverBreaksAHost) {
  for (const IpVersion version : {IpVersion::kV4, IpVersion::kV6}) {
    LoneHost lone;
    const SocketId listener = lone.listener(version, 50);
    Random random(9);
    for (int round = 0; round < 20000; ++round) {
      Segment segment =
          LoneHost::segment(version, wire::Flags::from_bits(static_cast<std::uint8_t>(random.next32())),
                            random.next32() % 4000, random.next32());
      segment.source.port = static_cast<std::uint16_t>(5000 + random.below(4));
      segment.payload.resize(random.below(40));
      if (random.chance(1, 2)) segment.options.mss = static_cast<std::uint16_t>(random.next32());
      Bytes packet = tcp_packet(segment);
      if (random.chance(1, 2))
        packet[random.below(packet.size())] ^= static_cast<std::uint8_t>(random.next32());
      if (random.chance(1, 8)) packet.resize(random.below(packet.size() + 1));
      lone.inject(packet);
      lone.now = lone.now + Duration::millis(static_cast<std::int64_t>(random.below(100)));
      lone.host.on_deadline(lone.now);
      if (const auto child = lone.host.accept(listener)) lone.host.close(*child, lone.now);
      (void)lone.sent();
      (void)lone.events();
    }
    lone.host.close(listener, lone.now);
    EXPECT_GT(lone.host.dropped(Drop::kTcpChecksum), 100U);
  }
}

}  // namespace
}  // namespace tcpspec::net
