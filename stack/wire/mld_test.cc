#include "stack/wire/mld.h"

#include <gtest/gtest.h>

#include "stack/base/random.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"

namespace tcpspec::wire {
namespace {

IpAddress addr(const char* text) { return *IpAddress::parse(text); }
const IpAddress kNone = IpAddress::any(IpVersion::kV6);

// The message behind the first eight octets.
Bytes query_body(const IpAddress& group, std::size_t sources, bool version_2) {
  Bytes body(group.bytes().begin(), group.bytes().end());
  if (version_2) append(body, Bytes{2, 125, 0, static_cast<std::uint8_t>(sources)});
  for (std::size_t i = 0; i < sources; ++i) append(body, addr("2001:db8::7").bytes());
  return body;
}
Parsed<MldQuery> parse(ByteView body, std::uint16_t code = 1000) {
  IcmpMessage message;
  message.type = icmp6::kListenerQuery;
  message.rest_of_header = std::uint32_t{code} << 16;
  message.body = body;
  return parse_mld_query(message);
}

TEST(Mld, LengthTellsTheVersionOfAQuery) {
  EXPECT_EQ(parse(query_body(kNone, 0, false))->version, 1);
  EXPECT_EQ(parse(query_body(kNone, 0, true))->version, 2);
  for (std::size_t size = 0; size < 20; ++size) {
    Bytes body = query_body(kNone, 0, true);
    body.resize(size);
    if (size == 16) continue;
    EXPECT_EQ(parse(body).fault(), Fault::kMldShort) << size;
  }
}

TEST(Mld, ResponseCodeBecomesAnExponentAt32768) {
  const Bytes body = query_body(kNone, 0, true);
  EXPECT_EQ(parse(body, 32767)->most_response_delay, Duration::millis(32767));
  EXPECT_EQ(parse(body, 32768)->most_response_delay, Duration::millis(32768));
  EXPECT_EQ(parse(body, 65535)->most_response_delay, Duration::millis(8'387'584));
  // Version 1 knows no exponent.
  EXPECT_EQ(parse(query_body(kNone, 0, false), 65535)->most_response_delay, Duration::millis(65535));
}

TEST(Mld, SourcesMustBeThere) {
  Bytes body = query_body(addr("ff02::1:ff00:1"), 2, true);
  ASSERT_TRUE(parse(body).ok());
  EXPECT_EQ(parse(body)->sources.size(), 2U);
  body.pop_back();
  EXPECT_EQ(parse(body).fault(), Fault::kMldShort);
}

TEST(Mld, QueriedGroupIsAGroup) {
  EXPECT_EQ(parse(query_body(addr("2001:db8::1"), 0, true)).fault(), Fault::kMldGroup);
  EXPECT_EQ(parse(query_body(addr("fe80::1"), 0, false)).fault(), Fault::kMldGroup);
}

TEST(Mld, ReportIsAWholePacketWithRouterAlertAndHopLimitOne) {
  const Bytes packet = build_mld_v2_report(
      addr("fe80::1"), {{MldRecordType::kChangeToExclude, addr("ff02::1:ff00:1"), {}},
                        {MldRecordType::kModeIsInclude, addr("ff02::1:ff00:2"), {addr("2001:db8::7")}}});
  EXPECT_TRUE(is_from_this_link(packet));
  const auto ip = parse_ipv6(packet);
  ASSERT_TRUE(ip.ok());
  EXPECT_EQ(ip->header.destination, addr("ff02::16"));
  EXPECT_EQ(ip->header.hop_limit, 1);
  EXPECT_EQ(ip->header.next_header, kProtocolHopByHop);
  EXPECT_EQ(to_hex(ip->payload.first(8)), "3a00050200000100");
  const ByteView icmp = ip->payload.subspan(8);
  const auto message = parse_icmp(ip->header.source, ip->header.destination, icmp);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->type, icmp6::kListenerReportV2);
  EXPECT_EQ(message->rest_of_header, 2U);
  EXPECT_EQ(to_hex(message->body),
            "04000000ff0200000000000000000001ff00000101000001ff0200000000000000000001ff000002"
            "20010db8000000000000000000000007");
}

TEST(Mld, VersionOneReportGoesToItsGroup) {
  const Bytes packet = build_mld_v1_report(addr("fe80::1"), addr("ff02::1:ff00:1"));
  const auto ip = parse_ipv6(packet);
  EXPECT_EQ(ip->header.destination, addr("ff02::1:ff00:1"));
  const auto message = parse_icmp(ip->header.source, ip->header.destination, ip->payload.subspan(8));
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->type, icmp6::kListenerReportV1);
  EXPECT_EQ(*parse_mld_v1_report(*message), addr("ff02::1:ff00:1"));
}

TEST(Mld, OnlyThisLinksMessagesCount) {
  const Bytes good = build_mld_v1_report(addr("fe80::1"), addr("ff02::1:ff00:1"));
  const auto with = [&](std::size_t at, std::uint8_t value) {
    Bytes bytes = good;
    bytes[at] = value;
    return is_from_this_link(bytes);
  };
  EXPECT_TRUE(is_from_this_link(good));
  EXPECT_FALSE(with(7, 2));  // hop limit
  EXPECT_FALSE(with(7, 255));
  EXPECT_FALSE(with(6, 58));    // no hop-by-hop header
  EXPECT_FALSE(with(8, 0x20));  // a global source
  EXPECT_FALSE(with(41, 9));    // a header past the packet
  EXPECT_FALSE(with(42, 6));    // another option in the place of the alert
  EXPECT_FALSE(with(43, 1));    // an alert of another length
  EXPECT_FALSE(with(43, 9));
  EXPECT_FALSE(with(45, 1));  // an alert about something else
  EXPECT_FALSE(is_from_this_link(ByteView(good).first(40)));
  EXPECT_FALSE(is_from_this_link(ByteView(good).first(47)));
  EXPECT_FALSE(is_from_this_link(build_mld_v1_report(kNone, addr("ff02::1:ff00:1"))));
}

TEST(Mld, AnyBytesGiveAQueryOrAFault) {
  Random random(7);
  for (int round = 0; round < 20000; ++round) {
    Bytes body = query_body(random.chance(1, 2) ? kNone : addr("ff02::1:ff00:1"), random.below(3), true);
    body[random.below(body.size())] = static_cast<std::uint8_t>(random.next32());
    body.resize(random.below(81));
    const auto parsed = parse(body, static_cast<std::uint16_t>(random.next32()));
    if (parsed.ok()) {
      EXPECT_LE(parsed->sources.size() * 16 + 16, body.size());
    }
    Bytes packet = build_mld_v1_report(addr("fe80::1"), addr("ff02::1:ff00:1"));
    packet[40 + random.below(8)] = static_cast<std::uint8_t>(random.next32());
    packet.resize(40 + random.below(40));
    (void)is_from_this_link(packet);
  }
}

}  // namespace
}  // namespace tcpspec::wire
