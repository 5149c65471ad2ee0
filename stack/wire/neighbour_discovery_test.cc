#include "stack/wire/neighbour_discovery.h"

#include <gtest/gtest.h>

#include "stack/base/random.h"

namespace tcpspec::wire {
namespace {

IpAddress addr(const char* text) { return *IpAddress::parse(text); }

const MacAddress kMac = MacAddress::of(2, 0, 0, 0, 0, 1);

struct Envelope {
  IpAddress source = addr("fe80::1");
  IpAddress destination = addr("fe80::2");
  std::uint8_t hop_limit = 255;
};

NeighbourSolicitation solicitation() { return {addr("2001:db8::2"), kMac}; }
NeighbourAdvertisement advertisement() { return {addr("2001:db8::2"), true, true, true, kMac}; }
Redirect redirect() { return {addr("fe80::9"), addr("2001:db8:5::1"), kMac}; }
RouterAdvertisement router() {
  RouterAdvertisement message;
  message.hop_limit = 64;
  message.other_configuration = true;
  message.router_seconds = 1800;
  message.reachable_time = Duration::seconds(20);
  message.retransmit_timer = Duration::millis(500);
  message.source_mac = kMac;
  message.mtu = 1400;
  message.prefixes = {{addr("2001:db8::"), 64, true, false, 86400, 3600}};
  return message;
}

// Parses the message after `change` has had its way with the octets behind type, code and checksum.
template <typename Change>
Parsed<NeighbourMessage> parse_changed(const NeighbourMessage& message, const Envelope& envelope,
                                       Change change) {
  Bytes bytes = build_neighbour(envelope.source, envelope.destination, message);
  change(bytes);
  IcmpMessage icmp{bytes[0], bytes[1], load_be32(bytes, 4), ByteView(bytes).subspan(8)};
  return parse_neighbour(envelope.source, envelope.destination, envelope.hop_limit, icmp);
}
Parsed<NeighbourMessage> parse(const NeighbourMessage& message, const Envelope& envelope = {}) {
  return parse_changed(message, envelope, [](Bytes&) {});
}

const std::vector<NeighbourMessage> kAll{RouterSolicitation{kMac}, router(), solicitation(), advertisement(),
                                         redirect()};

TEST(NeighbourMessages, ReadBackWhatWasBuilt) {
  for (const NeighbourMessage& message : kAll) {
    const Bytes bytes = build_neighbour(addr("fe80::1"), addr("fe80::2"), message);
    EXPECT_TRUE(parse_icmp(addr("fe80::1"), addr("fe80::2"), bytes).ok());
    ASSERT_TRUE(parse(message).ok()) << message.index();
    EXPECT_EQ(*parse(message), message) << message.index();
  }
}

TEST(NeighbourMessages, HopLimitBelow255CameThroughARouter) {
  Envelope envelope;
  for (const NeighbourMessage& message : kAll) {
    envelope.hop_limit = 254;
    EXPECT_EQ(parse(message, envelope).fault(), Fault::kNdHopLimit) << message.index();
    envelope.hop_limit = 255;
    EXPECT_TRUE(parse(message, envelope).ok()) << message.index();
  }
}

TEST(NeighbourMessages, CodeIsZero) {
  for (const NeighbourMessage& message : kAll) {
    EXPECT_EQ(parse_changed(message, {}, [](Bytes& bytes) { bytes[1] = 1; }).fault(), Fault::kNdCode);
  }
}

TEST(NeighbourMessages, LeastLengths) {
  const std::size_t least[] = {8, 16, 24, 24, 40};
  for (const NeighbourMessage& message : kAll) {
    const std::size_t size = least[message.index()];
    EXPECT_TRUE(parse_changed(message, {}, [&](Bytes& bytes) { bytes.resize(size); }).ok());
    if (size == 8) continue;
    EXPECT_EQ(parse_changed(message, {}, [&](Bytes& bytes) { bytes.resize(size - 1); }).fault(),
              Fault::kNdShort)
        << message.index();
  }
}

TEST(NeighbourMessages, OptionLengthsThatCannotBe) {
  // The link-layer option of a solicitation stands at octet 24.
  const auto with_length = [](std::uint8_t length) {
    return parse_changed(solicitation(), {}, [length](Bytes& bytes) { bytes[25] = length; });
  };
  EXPECT_EQ(with_length(0).fault(), Fault::kNdOption);
  EXPECT_TRUE(with_length(1).ok());
  EXPECT_EQ(with_length(2).fault(), Fault::kNdOption);
  for (std::size_t size = 25; size < 32; ++size) {
    EXPECT_EQ(parse_changed(solicitation(), {}, [size](Bytes& bytes) { bytes.resize(size); }).fault(),
              Fault::kNdOption)
        << size;
  }
}

TEST(NeighbourMessages, UnknownOptionsAreSkippedButMustHaveALength) {
  const auto with_unknown = [](std::uint8_t length) {
    return parse_changed(solicitation(), {}, [length](Bytes& bytes) {
      append(bytes, Bytes{200, length, 1, 2, 3, 4, 5, 6});
    });
  };
  ASSERT_TRUE(with_unknown(1).ok());
  EXPECT_EQ(*with_unknown(1), NeighbourMessage(solicitation()));
  EXPECT_EQ(with_unknown(0).fault(), Fault::kNdOption);
  EXPECT_EQ(with_unknown(2).fault(), Fault::kNdOption);
}

TEST(NeighbourMessages, LinkLayerAddressIsOneStations) {
  NeighbourSolicitation group = solicitation();
  group.source_mac = MacAddress::broadcast();
  EXPECT_EQ(parse(group).fault(), Fault::kNdOption);
}

TEST(NeighbourMessages, PrefixesBeyondTheMostAreNotRead) {
  RouterAdvertisement message = router();
  message.prefixes.resize(RouterAdvertisement::kMostPrefixes + 5, message.prefixes.front());
  const auto parsed = parse(message);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(std::get<RouterAdvertisement>(*parsed).prefixes.size(), RouterAdvertisement::kMostPrefixes);
  RouterAdvertisement bad = router();
  bad.prefixes.front().length = 129;
  EXPECT_EQ(parse(bad).fault(), Fault::kNdOption);
}

TEST(NeighbourMessages, SolicitationRules) {
  NeighbourSolicitation message = solicitation();
  message.target = addr("ff02::1");
  EXPECT_EQ(parse(message).fault(), Fault::kNdAddress);
  // Duplicate address detection: to the solicited-node group and without a link-layer address.
  Envelope detecting;
  detecting.source = IpAddress::any(IpVersion::kV6);
  detecting.destination = addr("ff02::1:ff00:2");
  NeighbourSolicitation bare = solicitation();
  bare.source_mac.reset();
  EXPECT_TRUE(parse(bare, detecting).ok());
  EXPECT_EQ(parse(solicitation(), detecting).fault(), Fault::kNdAddress);
  detecting.destination = addr("2001:db8::2");
  EXPECT_EQ(parse(bare, detecting).fault(), Fault::kNdAddress);
}

TEST(NeighbourMessages, AdvertisementRules) {
  NeighbourAdvertisement message = advertisement();
  message.target = addr("ff02::1");
  EXPECT_EQ(parse(message).fault(), Fault::kNdAddress);
  Envelope to_all;
  to_all.destination = addr("ff02::1");
  message = advertisement();
  EXPECT_EQ(parse(message, to_all).fault(), Fault::kNdAddress);
  message.solicited = false;
  EXPECT_TRUE(parse(message, to_all).ok());
}

TEST(NeighbourMessages, RoutersSpeakWithLinkLocalAddresses) {
  Envelope global;
  global.source = addr("2001:db8::1");
  EXPECT_EQ(parse(router(), global).fault(), Fault::kNdAddress);
  EXPECT_EQ(parse(redirect(), global).fault(), Fault::kNdAddress);
  EXPECT_TRUE(parse(solicitation(), global).ok());
}

TEST(NeighbourMessages, RouterSolicitationFromNobodyNamesNoStation) {
  Envelope nobody;
  nobody.source = IpAddress::any(IpVersion::kV6);
  EXPECT_EQ(parse(RouterSolicitation{kMac}, nobody).fault(), Fault::kNdAddress);
  EXPECT_TRUE(parse(RouterSolicitation{}, nobody).ok());
}

TEST(NeighbourMessages, RedirectRules) {
  Redirect message = redirect();
  message.destination = addr("ff02::5");
  EXPECT_EQ(parse(message).fault(), Fault::kNdAddress);
  message = redirect();
  message.target = addr("2001:db8::7");
  EXPECT_EQ(parse(message).fault(), Fault::kNdAddress);
  message.destination = message.target;
  EXPECT_TRUE(parse(message).ok());
}

TEST(NeighbourMessages, AnyBytesGiveAMessageOrAFault) {
  Random random(5);
  for (int round = 0; round < 40000; ++round) {
    const auto parsed = parse_changed(kAll[random.below(kAll.size())], {}, [&](Bytes& bytes) {
      const std::uint64_t changes = random.below(4);
      for (std::uint64_t i = 0; i < changes; ++i) {
        bytes[4 + random.below(bytes.size() - 4)] = static_cast<std::uint8_t>(random.next32());
      }
      bytes.resize(8 + random.below(81));
    });
    if (!parsed.ok()) {
      EXPECT_STRNE(to_string(parsed.fault()), "unknown fault");
    }
  }
}

}  // namespace
}  // namespace tcpspec::wire
