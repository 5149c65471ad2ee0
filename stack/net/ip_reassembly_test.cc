#include "stack/net/ip_reassembly.h"

#include <gtest/gtest.h>

#include <numeric>

#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::net {
namespace {

using Outcome = IpReassembly::Outcome;

// A datagram of 40 octets over UDP's number, cut wherever a test likes.
class Reassembly : public ::testing::TestWithParam<IpVersion> {
 protected:
  void SetUp() override { std::iota(data.begin(), data.end(), std::uint8_t{0}); }
  [[nodiscard]] bool v4() const { return GetParam() == IpVersion::kV4; }
  IpReassembly::Arrival put(std::uint32_t offset, std::size_t size, bool more, std::uint32_t id = 1,
                            int from = 2, std::uint8_t ecn = 0) {
    return put_octets(offset, ByteView(data).subspan(offset, size), more, id, from, ecn);
  }
  IpReassembly::Arrival put_octets(std::uint32_t offset, ByteView octets, bool more, std::uint32_t id = 1,
                                   int from = 2, std::uint8_t ecn = 0) {
    const IpAddress source = address_of(from, GetParam());
    const IpAddress destination = address_of(1, GetParam());
    Bytes head = ip_packet(source, destination, v4() ? wire::kProtocolUdp : wire::kProtocolFragment, {});
    Fragment fragment;
    fragment.key = {source, destination, v4() ? wire::kProtocolUdp : std::uint8_t{0}, id};
    fragment.offset = offset;
    fragment.more = more;
    fragment.traffic_class = ecn;
    fragment.upper_protocol = wire::kProtocolUdp;
    fragment.head = head;
    fragment.next_header_at = 6;
    fragment.data = octets;
    fragment.whole = head;
    return store.arrives(fragment, now);
  }
  [[nodiscard]] std::string payload_of(const Bytes& packet) const { return to_hex(ip_parts(packet).payload); }

  Bytes data = Bytes(40);
  ReassemblyConfig config;
  IpReassembly store{config};
  Instant now = Instant::from_nanos(5);
};
INSTANTIATE_TEST_SUITE_P(, Reassembly, testing::Values(IpVersion::kV4, IpVersion::kV6),
                         [](const auto& test) { return test.param == IpVersion::kV4 ? "v4" : "v6"; });

TEST_P(Reassembly, AnyOrderGivesTheDatagram) {
  std::vector<int> order{0, 1, 2, 3, 4};
  do {
    IpReassembly::Arrival last;
    for (const int i : order) {
      if (store.datagrams() != 0) EXPECT_EQ(last.outcome, Outcome::kHeld);
      last = put(static_cast<std::uint32_t>(i) * 8, 8, i != 4);
    }
    ASSERT_EQ(last.outcome, Outcome::kComplete);
    EXPECT_EQ(payload_of(last.packet), to_hex(data));
    EXPECT_EQ(ip_parts(last.packet).protocol, wire::kProtocolUdp);
    EXPECT_EQ(store.datagrams(), 0U);
    EXPECT_EQ(store.octets(), 0U);
  } while (std::ranges::next_permutation(order).found);
}

TEST_P(Reassembly, PiecesOfDifferentDatagramsDoNotMix) {
  EXPECT_EQ(put(0, 16, true, 1).outcome, Outcome::kHeld);
  EXPECT_EQ(put(16, 8, false, 2).outcome, Outcome::kHeld);
  EXPECT_EQ(put(16, 8, false, 1, 3).outcome, Outcome::kHeld);
  EXPECT_EQ(store.datagrams(), 3U);
  EXPECT_EQ(put(16, 8, false, 1).outcome, Outcome::kComplete);
  EXPECT_EQ(store.datagrams(), 2U);
}

TEST_P(Reassembly, ExactDuplicateIsIgnored) {
  EXPECT_EQ(put(0, 16, true).outcome, Outcome::kHeld);
  EXPECT_EQ(put(0, 16, true).outcome, Outcome::kDuplicate);
  EXPECT_EQ(put(24, 8, false).outcome, Outcome::kHeld);
  EXPECT_EQ(put(24, 8, false).outcome, Outcome::kDuplicate);
  const auto last = put(16, 8, true);
  ASSERT_EQ(last.outcome, Outcome::kComplete);
  EXPECT_EQ(payload_of(last.packet), to_hex(ByteView(data).first(32)));
}

// Each of these collides with what is there: octets 8 to 24, and the end at 40.
TEST_P(Reassembly, AnyOverlapDestroysTheDatagramAndSilencesTheRest) {
  struct Case {
    std::uint32_t offset;
    std::size_t size;
    bool more;
    bool other_octets;
  };
  const std::vector<Case> overlaps{{0, 16, true, false},   {16, 16, true, false}, {8, 8, true, false},
                                   {0, 32, true, false},   {8, 16, true, true},   {8, 16, false, false},
                                   {32, 16, false, false}, {24, 8, false, false}, {32, 8, true, false},
                                   {24, 24, true, false}};
  data.resize(64);
  for (const Case& overlap : overlaps) {
    IpReassembly fresh(config);
    std::swap(store, fresh);
    ASSERT_EQ(put(8, 16, true).outcome, Outcome::kHeld);
    ASSERT_EQ(put(32, 8, false).outcome, Outcome::kHeld);
    Bytes octets(data.begin() + overlap.offset,
                 data.begin() + overlap.offset + static_cast<std::ptrdiff_t>(overlap.size));
    if (overlap.other_octets) octets[3] ^= 1;
    EXPECT_EQ(put_octets(overlap.offset, octets, overlap.more).outcome, Outcome::kOverlap) << overlap.offset;
    EXPECT_EQ(store.octets(), 0U);
    EXPECT_EQ(put(0, 8, true).outcome, Outcome::kDestroyed);
    EXPECT_EQ(put(24, 8, true).outcome, Outcome::kDestroyed);
    // Its time over, it leaves without a word.
    EXPECT_TRUE(store.expire(now + Duration::seconds(60)).empty());
    EXPECT_EQ(store.datagrams(), 0U);
  }
}

TEST_P(Reassembly, TimeIsSixtySecondsFromTheFirstToCome) {
  ASSERT_EQ(put(8, 8, true).outcome, Outcome::kHeld);
  const Instant due = now + Duration::seconds(60);
  now = now + Duration::seconds(50);
  ASSERT_EQ(put(0, 8, true).outcome, Outcome::kHeld);
  EXPECT_EQ(store.next_deadline(), due);
  EXPECT_TRUE(store.expire(due - Duration::nanos(1)).empty());
  EXPECT_EQ(store.datagrams(), 1U);
  const auto expired = store.expire(due);
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_FALSE(expired[0].first_packet.empty());
  EXPECT_EQ(store.octets(), 0U);
  EXPECT_EQ(store.next_deadline(), Instant::never());
  EXPECT_TRUE(store.expire(due).empty());
}

TEST_P(Reassembly, NothingToQuoteWithoutTheFirstFragment) {
  ASSERT_EQ(put(8, 8, true).outcome, Outcome::kHeld);
  const auto expired = store.expire(now + Duration::seconds(60));
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_TRUE(expired[0].first_packet.empty());
}

TEST_P(Reassembly, LengthsAreChecked) {
  EXPECT_EQ(put(0, 0, true).outcome, Outcome::kEmpty);
  EXPECT_EQ(put(8, 0, false).outcome, Outcome::kEmpty);
  EXPECT_EQ(put(0, 9, true).outcome, Outcome::kBadLength);
  EXPECT_EQ(put(0, 15, true).outcome, Outcome::kBadLength);
  EXPECT_EQ(store.datagrams(), 0U);
  EXPECT_EQ(put(8, 9, false).outcome, Outcome::kHeld);
  // The most that the length field can say: IPv4 counts its header.
  const std::size_t room = 65535 - 65528 - (v4() ? 20 : 0);
  if (v4()) {
    EXPECT_EQ(put_octets(65512, Bytes(3), false, 7).outcome, Outcome::kHeld);
    EXPECT_EQ(put_octets(65512, Bytes(4), false, 8).outcome, Outcome::kTooLong);
  } else {
    EXPECT_EQ(put_octets(65528, Bytes(room), false, 7).outcome, Outcome::kHeld);
    EXPECT_EQ(put_octets(65528, Bytes(room + 1), false, 8).outcome, Outcome::kTooLong);
  }
}

TEST_P(Reassembly, OldestGivesWayWhenThereAreTooMany) {
  for (std::uint32_t id = 0; id < config.most_datagrams; ++id) {
    EXPECT_TRUE(put(0, 8, true, id).sacrificed.empty());
  }
  const auto arrival = put(0, 8, true, 1000, 3);
  ASSERT_EQ(arrival.sacrificed.size(), 1U);
  EXPECT_EQ(arrival.sacrificed[0].identification, 0U);
  EXPECT_EQ(store.datagrams(), config.most_datagrams);
}

TEST_P(Reassembly, SourceBeyondItsShareLosesItsOwnOldest) {
  const Bytes big(32'768, 1);
  ASSERT_EQ(put_octets(0, Bytes(8), true, 99, 3).outcome, Outcome::kHeld);
  for (std::uint32_t id = 0; id < 7; ++id) EXPECT_TRUE(put_octets(0, big, true, id).sacrificed.empty());
  const auto arrival = put_octets(0, big, true, 7);
  ASSERT_EQ(arrival.sacrificed.size(), 1U);
  EXPECT_EQ(arrival.sacrificed[0].identification, 0U);
  EXPECT_EQ(arrival.sacrificed[0].source, address_of(2, GetParam()));
  EXPECT_LE(store.octets(), config.most_octets_per_source + 1024);
}

TEST_P(Reassembly, AllTogetherStayWithinTheBound) {
  const Bytes big(32'768, 1);
  for (std::uint32_t id = 0; id < 60; ++id) {
    (void)put_octets(0, big, true, id, static_cast<int>(2 + id % 10));
    EXPECT_LE(store.octets(), config.most_octets);
  }
  EXPECT_GT(store.octets(), config.most_octets - 2 * big.size());
}

// 8 octets a piece cost more than they carry; a source cannot spend more than its share on one datagram.
TEST_P(Reassembly, DatagramThatAloneNeedsMoreThanTheShareIsDestroyed) {
  std::uint32_t offset = 0;
  Outcome outcome = Outcome::kHeld;
  while (outcome == Outcome::kHeld && offset < 65000) {
    outcome = put_octets(offset, Bytes(8), true).outcome;
    EXPECT_LE(store.octets(), config.most_octets_per_source);
    offset += 8;
  }
  EXPECT_EQ(outcome, Outcome::kNoRoom);
  EXPECT_EQ(store.octets(), 0U);
  EXPECT_EQ(put_octets(offset, Bytes(8), false).outcome, Outcome::kDestroyed);
}

TEST_P(Reassembly, CongestionMarkOfOneFragmentIsTheDatagrams) {
  ASSERT_EQ(put(0, 8, true, 1, 2, 2).outcome, Outcome::kHeld);
  const auto last = put(8, 8, false, 1, 2, 3);
  ASSERT_EQ(last.outcome, Outcome::kComplete);
  if (v4()) {
    EXPECT_EQ(wire::parse_ipv4(last.packet)->header.type_of_service & 3, 3);
  } else {
    EXPECT_EQ(wire::parse_ipv6(last.packet)->header.traffic_class & 3, 3);
  }
  ASSERT_EQ(put(0, 8, true, 2, 2, 0).outcome, Outcome::kHeld);
  EXPECT_EQ(put(8, 8, false, 2, 2, 3).outcome, Outcome::kMixedEcn);
  EXPECT_EQ(store.octets(), 0U);
}

TEST(ReassemblyV4, TimeoutIsConfigurable) {
  ReassemblyConfig config;
  config.ipv4_timeout = Duration::seconds(120);
  IpReassembly store(config);
  Fragment fragment;
  fragment.key = {address_of(2, IpVersion::kV4), address_of(1, IpVersion::kV4), wire::kProtocolUdp, 1};
  const Bytes head = ip_packet(fragment.key.source, fragment.key.destination, wire::kProtocolUdp, {});
  const Bytes data(8);
  fragment.head = head;
  fragment.data = data;
  fragment.more = true;
  ASSERT_EQ(store.arrives(fragment, Instant()).outcome, Outcome::kHeld);
  EXPECT_EQ(store.next_deadline(), Instant() + Duration::seconds(120));
}

TEST(ReassemblyV4, FragmentsThatCutTheTcpHeaderAreRefusedIfSoConfigured) {
  for (const bool refuse : {true, false}) {
    ReassemblyConfig config;
    config.refuse_tiny_fragments = refuse;
    IpReassembly store(config);
    Fragment fragment;
    fragment.key = {address_of(2, IpVersion::kV4), address_of(1, IpVersion::kV4), wire::kProtocolTcp, 1};
    const Bytes head = ip_packet(fragment.key.source, fragment.key.destination, wire::kProtocolTcp, {});
    const Bytes data(24);
    fragment.head = head;
    fragment.more = true;
    const auto put = [&](std::uint32_t offset, std::size_t size) {
      fragment.offset = offset;
      fragment.data = ByteView(data).first(size);
      return store.arrives(fragment, Instant()).outcome;
    };
    const Outcome tiny = refuse ? Outcome::kTiny : Outcome::kHeld;
    EXPECT_EQ(put(0, 16), tiny);
    EXPECT_EQ(put(16, 8), tiny);
    EXPECT_EQ(put(24, 8), Outcome::kHeld);
    ++fragment.key.identification;
    EXPECT_EQ(put(0, 24), Outcome::kHeld);
  }
}

TEST(ReassemblyV6, FirstFragmentWithoutTheHeaderChainIsRefused) {
  IpReassembly store{ReassemblyConfig()};
  Fragment fragment;
  fragment.key = {address_of(2, IpVersion::kV6), address_of(1, IpVersion::kV6), 0, 1};
  const Bytes head = ip_packet(fragment.key.source, fragment.key.destination, wire::kProtocolFragment, {});
  Bytes data(24);
  data[12] = 0x50;
  fragment.head = head;
  fragment.upper_protocol = wire::kProtocolTcp;
  fragment.more = true;
  fragment.data = ByteView(data).first(16);
  EXPECT_EQ(store.arrives(fragment, Instant()).outcome, Outcome::kHeadless);
  fragment.data = data;
  EXPECT_EQ(store.arrives(fragment, Instant()).outcome, Outcome::kHeld);
}

}  // namespace
}  // namespace tcpspec::net
