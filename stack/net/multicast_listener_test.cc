#include "stack/net/multicast_listener.h"

#include <gtest/gtest.h>

#include "stack/wire/ipv6.h"

namespace tcpspec::net {
namespace {

using wire::MldRecordType;

IpAddress addr(std::string_view text) { return *IpAddress::parse(text); }
const IpAddress kLocal = addr("fe80::1");
const IpAddress kFirst = addr("ff02::1:ff00:1");
const IpAddress kSecond = addr("ff02::1:ff00:2");
const IpAddress kAll = IpAddress::any(IpVersion::kV6);
constexpr Duration kTick = Duration::nanos(1);
constexpr Duration kDelay = Duration::seconds(10);

class Listener : public ::testing::Test {
 protected:
  // The unsolicited reports are over.
  void SetUp() override {
    while (listener.next_deadline() != Instant::never()) run();
    (void)reports();
  }
  void run() {
    now = std::max(now, listener.next_deadline());
    listener.on_deadline(kLocal, now - kTick);
    listener.on_deadline(kLocal, now);
  }
  struct Report {
    IpAddress destination;
    std::uint8_t type = 0;
    std::string body;  // in hex
  };
  std::vector<Report> reports() {
    std::vector<Report> all;
    while (const auto bytes = output.take()) {
      const auto frame = wire::parse_ethernet(*bytes);
      const auto ip = wire::parse_ipv6(frame->payload);
      EXPECT_EQ(frame->destination, wire::group_mac(ip->header.destination));
      EXPECT_EQ(ip->header.hop_limit, 1);
      const auto icmp = wire::parse_icmp(ip->header.source, ip->header.destination, ip->payload.subspan(8));
      all.push_back({ip->header.destination, icmp->type, to_hex(icmp->body)});
    }
    return all;
  }
  static std::string record(MldRecordType type, const IpAddress& group,
                            const std::vector<IpAddress>& sources = {}) {
    Bytes bytes{static_cast<std::uint8_t>(type), 0, 0, static_cast<std::uint8_t>(sources.size())};
    append(bytes, group.bytes());
    for (const IpAddress& source : sources) append(bytes, source.bytes());
    return to_hex(bytes);
  }
  void query(const IpAddress& group, const std::vector<IpAddress>& sources = {},
             std::uint16_t code = 10'000) {
    Bytes body(group.bytes().begin(), group.bytes().end());
    append(body, Bytes{2, 125, 0, static_cast<std::uint8_t>(sources.size())});
    for (const IpAddress& source : sources) append(body, source.bytes());
    hear(body, wire::icmp6::kListenerQuery, code);
  }
  void query_v1(const IpAddress& group) {
    hear(Bytes(group.bytes().begin(), group.bytes().end()), wire::icmp6::kListenerQuery, 10'000);
  }
  void hear(const Bytes& body, std::uint8_t type, std::uint16_t code) {
    wire::IcmpMessage message;
    message.type = type;
    message.rest_of_header = std::uint32_t{code} << 16;
    message.body = body;
    listener.arrives(envelope, message, now);
  }

  DropCounters drops;
  LinkOutput output{wire::MacAddress::of(2, 0, 0, 0, 0, 1), drops};
  MulticastListener listener{{kFirst, kSecond}, 2, Random(1), output};
  Bytes envelope = wire::build_mld_v1_report(addr("fe80::a"), kFirst);  // sender, hop limit, router alert
  Instant now;
};

TEST_F(Listener, JoinsAreReportedAsOftenAsRobustnessSays) {
  MulticastListener fresh({kFirst, kSecond}, 2, Random(2), output);
  EXPECT_EQ(fresh.next_deadline(), Instant());
  fresh.on_deadline(kAll, Instant());
  auto sent = reports();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].destination, addr("ff02::16"));
  EXPECT_EQ(sent[0].body, record(MldRecordType::kChangeToExclude, kFirst) +
                              record(MldRecordType::kChangeToExclude, kSecond));
  const Instant again = fresh.next_deadline();
  EXPECT_GT(again, Instant());
  EXPECT_LE(again, Instant() + Duration::seconds(1));
  fresh.on_deadline(kLocal, again - kTick);
  EXPECT_TRUE(reports().empty());
  fresh.on_deadline(kLocal, again);
  EXPECT_EQ(reports().size(), 1U);
  EXPECT_EQ(fresh.next_deadline(), Instant::never());
}

TEST_F(Listener, GeneralQueryIsAnsweredOnceWithinItsDelay) {
  query(kAll);
  const Instant first = listener.next_deadline();
  EXPECT_GT(first, now);
  EXPECT_LE(first, now + kDelay);
  EXPECT_TRUE(reports().empty());
  run();
  EXPECT_EQ(now, first);
  const auto sent = reports();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].type, wire::icmp6::kListenerReportV2);
  EXPECT_EQ(sent[0].body,
            record(MldRecordType::kModeIsExclude, kFirst) + record(MldRecordType::kModeIsExclude, kSecond));
  EXPECT_EQ(listener.next_deadline(), Instant::never());
}

TEST_F(Listener, GroupQueryIsAnsweredForThatGroup) {
  query(kSecond);
  run();
  const auto sent = reports();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].body, record(MldRecordType::kModeIsExclude, kSecond));
  query(addr("ff02::1:ff00:9"));
  EXPECT_EQ(listener.next_deadline(), Instant::never());
}

TEST_F(Listener, SourcesOfQueriesAddUp) {
  query(kFirst, {addr("2001:db8::7")});
  query(kFirst, {addr("2001:db8::7"), addr("2001:db8::8")});
  run();
  const auto sent = reports();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].body,
            record(MldRecordType::kModeIsInclude, kFirst, {addr("2001:db8::7"), addr("2001:db8::8")}));
  // About the whole group: the sources are included in that.
  query(kFirst, {addr("2001:db8::7")});
  query(kFirst);
  run();
  EXPECT_EQ(reports().at(0).body, record(MldRecordType::kModeIsExclude, kFirst));
}

TEST_F(Listener, MoreSourcesThanFitMeanTheWholeGroup) {
  std::vector<IpAddress> sources;
  for (std::size_t i = 0; i <= MulticastListener::kMostSources; ++i) {
    sources.push_back(addr("2001:db8::" + std::to_string(i + 1)));
  }
  query(kFirst, sources);
  run();
  EXPECT_EQ(reports().at(0).body, record(MldRecordType::kModeIsExclude, kFirst));
}

TEST_F(Listener, SoonerGeneralAnswerCoversAGroup) {
  query(kAll, {}, 1);
  query(kFirst, {}, 32767);
  run();
  EXPECT_EQ(reports().size(), 1U);
  EXPECT_EQ(listener.next_deadline(), Instant::never());
}

TEST_F(Listener, VersionOneQuerierGetsVersionOneReports) {
  query_v1(kAll);
  while (listener.next_deadline() != Instant::never()) run();
  const auto sent = reports();
  ASSERT_EQ(sent.size(), 2U);
  for (const Report& report : sent) EXPECT_EQ(report.type, wire::icmp6::kListenerReportV1);
  EXPECT_NE(sent[0].destination, sent[1].destination);
}

TEST_F(Listener, VersionOneEndsAfterTheQuerierIsGone) {
  query_v1(kAll);
  const Instant end = now + Duration::seconds(260);
  EXPECT_TRUE(listener.version_1(end - kTick));
  EXPECT_FALSE(listener.version_1(end));
  while (listener.next_deadline() != Instant::never()) run();
  (void)reports();
  now = end;
  query(kAll);
  run();
  EXPECT_EQ(reports().at(0).type, wire::icmp6::kListenerReportV2);
}

TEST_F(Listener, AnothersVersionOneReportIsEnough) {
  query_v1(kAll);
  hear(Bytes(kFirst.bytes().begin(), kFirst.bytes().end()), wire::icmp6::kListenerReportV1, 0);
  while (listener.next_deadline() != Instant::never()) run();
  const auto sent = reports();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].destination, kSecond);
}

TEST_F(Listener, QueriesFromElsewhereAreDropped) {
  envelope[7] = 2;
  query(kAll);
  EXPECT_EQ(listener.next_deadline(), Instant::never());
  EXPECT_EQ(drops.of(Drop::kMldSource), 1U);
}

}  // namespace
}  // namespace tcpspec::net
