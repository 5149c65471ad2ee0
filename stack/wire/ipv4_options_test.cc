#include "stack/wire/ipv4_options.h"

#include <gtest/gtest.h>

#include "stack/wire/ipv4.h"

namespace tcpspec::wire {
namespace {

const IpAddress kPeer = IpAddress::v4(198, 51, 100, 9);
const IpAddress kOwn = IpAddress::v4(192, 0, 2, 1);

Ipv4Options good(const Bytes& options) {
  const auto parsed = parse_ipv4_options(options);
  EXPECT_TRUE(std::holds_alternative<Ipv4Options>(parsed));
  return std::holds_alternative<Ipv4Options>(parsed) ? std::get<Ipv4Options>(parsed) : Ipv4Options{};
}
// Where the fault is, as an offset behind the fixed header; none if all is well.
std::optional<int> fault(const Bytes& options) {
  const auto parsed = parse_ipv4_options(options);
  const auto* problem = std::get_if<Ipv4OptionProblem>(&parsed);
  return problem != nullptr ? std::optional(problem->pointer - 20) : std::nullopt;
}

TEST(Ipv4Options, NothingPaddingAndUnknownOptionsAreFine) {
  EXPECT_EQ(fault({}), std::nullopt);
  EXPECT_EQ(fault({1, 1, 1, 0}), std::nullopt);
  EXPECT_EQ(fault({0, 7, 0, 0}), std::nullopt);                  // what follows the end is not looked at
  EXPECT_EQ(fault({136, 4, 1, 2}), std::nullopt);                // stream identifier, obsolete
  EXPECT_EQ(fault({148, 4, 0, 0, 222, 2, 1, 0}), std::nullopt);  // router alert, and one of nobody's
}

TEST(Ipv4Options, LengthsThatCannotBePointAtTheLength) {
  EXPECT_EQ(fault({1, 1, 1, 222}), 3);  // no length octet at all
  EXPECT_EQ(fault({222, 0, 0, 0}), 1);
  EXPECT_EQ(fault({222, 1, 0, 0}), 1);
  EXPECT_EQ(fault({222, 4, 0, 0}), std::nullopt);
  EXPECT_EQ(fault({222, 5, 0, 0}), 1);
  EXPECT_EQ(fault({1, 7, 2, 0}), 2);              // no room for a pointer
  EXPECT_EQ(fault({7, 6, 4, 0, 0, 0, 0, 0}), 1);  // three octets of an address
  EXPECT_EQ(fault({68, 3, 5, 0}), 1);
}

TEST(Ipv4Options, PointersOutsideTheirOptionPointAtThePointer) {
  EXPECT_EQ(fault({7, 7, 3, 0, 0, 0, 0, 0}), 2);
  EXPECT_EQ(fault({7, 7, 4, 0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(fault({7, 7, 5, 0, 0, 0, 0, 0}), 2);  // room for three octets only
  EXPECT_EQ(fault({7, 7, 8, 0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(fault({7, 11, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0}), 2);  // room, but in the middle of an address
  EXPECT_EQ(fault({7, 11, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(fault({68, 16, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), 2);
  EXPECT_EQ(fault({68, 8, 4, 0, 0, 0, 0, 0}), 2);
  EXPECT_EQ(fault({68, 8, 5, 0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(fault({68, 8, 6, 0, 0, 0, 0, 0}), 2);
  EXPECT_EQ(fault({68, 8, 5, 1, 0, 0, 0, 0}), 2);  // an address and a stamp need eight
}

TEST(Ipv4Options, TimestampFlagAndOverflowAreChecked) {
  EXPECT_EQ(fault({68, 8, 5, 2, 0, 0, 0, 0}), 3);
  EXPECT_EQ(fault({68, 8, 9, 0xe0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(fault({68, 8, 9, 0xf0, 0, 0, 0, 0}), 3);
}

TEST(Ipv4Options, EachListComesOnce) {
  const Bytes route{131, 3, 4, 1};
  Bytes twice = route;
  append(twice, Bytes{137, 3, 4, 0});
  EXPECT_EQ(fault(twice), 4);
  EXPECT_EQ(fault({7, 3, 4, 7, 3, 4, 0, 0}), 3);
  EXPECT_EQ(fault({68, 4, 5, 0, 68, 4, 5, 0}), 4);
}

TEST(Ipv4Options, CompletedRouteIsReturnedInReverse) {
  const Ipv4Options options = good({131, 11, 12, 10, 0, 0, 1, 10, 0, 0, 2, 0});
  ASSERT_TRUE(options.recorded.has_value());
  EXPECT_FALSE(options.route_unfinished);
  const SourceRoute back = return_route(*options.recorded, kPeer);
  ASSERT_EQ(back.hops.size(), 2U);
  EXPECT_EQ(back.hops[0], IpAddress::v4(10, 0, 0, 2));
  // The header goes to 10.0.0.2; the option leads over 10.0.0.1 to the peer.
  EXPECT_EQ(to_hex(build_source_route(back, kPeer)), "830b040a000001c6336409");
}

TEST(Ipv4Options, PeerThatRecordedItselfIsNoHop) {
  const Ipv4Options options = good({137, 11, 12, 198, 51, 100, 9, 10, 0, 0, 2, 0});
  const SourceRoute back = return_route(*options.recorded, kPeer);
  EXPECT_TRUE(back.strict);
  ASSERT_EQ(back.hops.size(), 1U);
  EXPECT_EQ(to_hex(build_source_route(back, kPeer)), "890704c6336409");
}

TEST(Ipv4Options, RouteWithHopsToComeIsUnfinished) {
  EXPECT_TRUE(good({131, 7, 4, 10, 0, 0, 1, 0}).route_unfinished);
  EXPECT_FALSE(good({131, 7, 8, 10, 0, 0, 1, 0}).route_unfinished);
  EXPECT_TRUE(build_source_route({}, kPeer).empty());
}

TEST(Ipv4Options, RecordRouteTakesOurAddressWhereThereIsRoom) {
  const Bytes room{7, 7, 4, 0, 0, 0, 0};
  EXPECT_EQ(to_hex(recorded_route_through(room, kOwn)), "070708c0000201");
  const Bytes full{7, 7, 8, 1, 2, 3, 4};
  EXPECT_EQ(to_hex(recorded_route_through(full, kOwn)), to_hex(full));
}

TEST(Ipv4Options, TimestampIsAddedInEachForm) {
  EXPECT_EQ(to_hex(timestamped(Bytes{68, 8, 5, 0, 0, 0, 0, 0}, kOwn, 0x80000102)), "4408090080000102");
  EXPECT_EQ(to_hex(timestamped(Bytes{68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0}, kOwn, 7)),
            "440c0d01c000020100000007");
  EXPECT_EQ(to_hex(timestamped(Bytes{68, 12, 5, 3, 192, 0, 2, 1, 0, 0, 0, 0}, kOwn, 7)),
            "440c0d03c000020100000007");
  // Another host is to stamp next.
  EXPECT_EQ(to_hex(timestamped(Bytes{68, 12, 5, 3, 192, 0, 2, 2, 0, 0, 0, 0}, kOwn, 7)),
            "440c0503c000020200000000");
  // No room: one more that could not.
  EXPECT_EQ(to_hex(timestamped(Bytes{68, 8, 9, 0x10, 1, 1, 1, 1}, kOwn, 7)), "4408092001010101");
}

TEST(Ipv4Options, HeaderCarriesThemPaddedToTheWord) {
  Ipv4Header header;
  header.source = kOwn;
  header.destination = kPeer;
  const Bytes bytes = build_ipv4(header, Bytes{9}, Bytes{7, 3, 4, 1, 1});
  const auto packet = parse_ipv4(bytes);
  ASSERT_TRUE(packet.ok());
  EXPECT_EQ(to_hex(packet->options), "0703040101000000");
  EXPECT_EQ(packet->payload.size(), 1U);
}

}  // namespace
}  // namespace tcpspec::wire
