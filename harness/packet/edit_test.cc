#include "harness/packet/edit.h"

#include <gtest/gtest.h>

#include "harness/packet/image.h"

namespace tcpspec::packet {
namespace {

Image sample(bool v6 = false) {
  const auto address = [&](const char* four, const char* six) {
    return IpAddress::parse(v6 ? six : four).value();
  };
  Image image = make_tcp({address("10.0.0.1", "fd00::1"), 1000}, {address("10.0.0.2", "fd00::2"), 80});
  image.tcp->flags = 0x10;
  image.tcp->options = {1, 1, 1, 1};
  image.payload = {1, 2, 3, 4, 5, 6};
  seal(image);
  return image;
}

// The packet after one damage that must succeed.
Bytes damaged(const Image& image, std::string_view kind, std::optional<std::int64_t> value = std::nullopt) {
  Bytes bytes = encode(image);
  const Status status = damage(bytes, kind, value);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error());
  return bytes;
}

bool tcp_right(const Image& image) { return image.tcp->checksum == right_tcp_checksum(image); }
bool ip_right(const Image& image) { return !image.v4 || image.v4->checksum == right_ipv4_checksum(image); }

TEST(Damage, BadChecksumIsWrongByOneAndNothingElse) {
  const Image before = sample();
  const Image after = decode(damaged(before, "bad-checksum"));
  EXPECT_EQ(after.tcp->checksum, before.tcp->checksum + 1);
  EXPECT_FALSE(tcp_right(after));
  Image same = after;
  same.tcp->checksum = before.tcp->checksum;
  EXPECT_EQ(same, before);
}

TEST(Damage, BadChecksumIsNeverTheOtherZero) {
  Image image = sample();
  image.tcp->checksum = 0xffff;
  EXPECT_EQ(decode(damaged(image, "bad-checksum")).tcp->checksum, 1);
}

TEST(Damage, NoChecksumIsZero) { EXPECT_EQ(decode(damaged(sample(), "no-checksum")).tcp->checksum, 0); }

TEST(Damage, BadIpChecksum) {
  const Image after = decode(damaged(sample(), "bad-ip-checksum"));
  EXPECT_FALSE(ip_right(after));
  EXPECT_TRUE(tcp_right(after));
  Bytes v6 = encode(sample(true));
  EXPECT_FALSE(damage(v6, "bad-ip-checksum", std::nullopt).ok());
  EXPECT_EQ(v6, encode(sample(true)));
}

TEST(Damage, TcpFieldsChangeWithARightChecksum) {
  const Image offset = decode(damaged(sample(), "data-offset", 4));
  EXPECT_EQ(offset.tcp->data_offset, 4);
  EXPECT_TRUE(tcp_right(offset) && ip_right(offset));
  const Image reserved = decode(damaged(sample(), "reserved", 7));
  EXPECT_EQ(reserved.tcp->reserved, 7);
  EXPECT_EQ(reserved.tcp->flags, 0x10);
  EXPECT_TRUE(tcp_right(reserved));
  const Image source = decode(damaged(sample(true), "source-port", 65535));
  EXPECT_EQ(source.tcp->source_port, 65535);
  EXPECT_TRUE(tcp_right(source));
  const Image destination = decode(damaged(sample(), "destination-port", 0));
  EXPECT_EQ(destination.tcp->destination_port, 0);
  EXPECT_TRUE(tcp_right(destination));
}

TEST(Damage, ShorterIpLengthCutsTheTextAndKeepsTheOctets) {
  for (const bool v6 : {false, true}) {
    const Image before = sample(v6);
    const int whole = v6 ? before.v6->payload_length : before.v4->total_length;
    const Bytes bytes = damaged(before, "ip-length", whole - 2);
    const Image after = decode(bytes);
    EXPECT_EQ(bytes.size(), encode(before).size());
    EXPECT_EQ(after.payload.size(), 4u);
    EXPECT_EQ(after.rest.size(), 2u);
    EXPECT_TRUE(tcp_right(after) && ip_right(after));
  }
}

TEST(Damage, LongerIpLengthClaimsWhatIsNotThere) {
  const Image after = decode(damaged(sample(), "ip-length", 1000));
  EXPECT_EQ(after.v4->total_length, 1000);
  EXPECT_TRUE(ip_right(after));
}

TEST(Damage, TruncateKeepsTheFirstOctets) {
  const Bytes whole = encode(sample());
  EXPECT_EQ(damaged(sample(), "truncate", 7), Bytes(whole.begin(), whole.begin() + 7));
  EXPECT_TRUE(damaged(sample(), "truncate", 0).empty());
}

TEST(Damage, TtlAndProtocolKeepTheIpChecksumRight) {
  const Image ttl = decode(damaged(sample(), "ttl", 1));
  EXPECT_EQ(ttl.v4->ttl, 1);
  EXPECT_TRUE(ip_right(ttl));
  EXPECT_EQ(decode(damaged(sample(true), "ttl", 0)).v6->hop_limit, 0);
  const Image protocol = decode(damaged(sample(), "protocol", 253));
  EXPECT_EQ(protocol.v4->protocol, 253);
  EXPECT_TRUE(ip_right(protocol));
  EXPECT_EQ(decode(damaged(sample(true), "protocol", 59)).v6->next_header, 59);
}

TEST(Damage, FlipTurnsTheLowestBitOfOneHeaderOctet) {
  const Bytes before = encode(sample());
  for (const std::int64_t n : {0, 13, 23}) {
    Bytes want = before;
    want[20 + static_cast<std::size_t>(n)] ^= 1;
    EXPECT_EQ(damaged(sample(), "flip", n), want);
  }
}

TEST(Damage, ImpossibleOnesAreErrorsAndChangeNothing) {
  struct Case {
    const char* kind;
    std::optional<std::int64_t> value;
  };
  const Case cases[] = {
      {"melt", 1},         {"data-offset", {}},    {"data-offset", 16},
      {"data-offset", -1}, {"reserved", 8},        {"ttl", 256},
      {"protocol", 256},   {"source-port", 65536}, {"truncate", {}},
      {"truncate", 51},    {"truncate", -1},       {"flip", 24},
      {"flip", {}},        {"ip-length", 65536},   {"bad-checksum", 1},
      {"no-checksum", 1},  {"bad-ip-checksum", 1}, {"destination-port", -1},
      {"flip", -1},
  };
  for (const Case& c : cases) {
    Bytes bytes = encode(sample());
    EXPECT_FALSE(damage(bytes, c.kind, c.value).ok()) << c.kind;
    EXPECT_EQ(bytes, encode(sample())) << c.kind;
  }
}

TEST(Damage, NeedsTheHeaderItDamages) {
  Bytes none = {1, 2, 3};
  EXPECT_FALSE(damage(none, "ttl", 1).ok());
  Bytes cut = damaged(sample(), "truncate", 30);
  EXPECT_FALSE(damage(cut, "bad-checksum", std::nullopt).ok());
  EXPECT_FALSE(damage(cut, "flip", 0).ok());
  EXPECT_TRUE(damage(cut, "ttl", 1).ok());
}

}  // namespace
}  // namespace tcpspec::packet
