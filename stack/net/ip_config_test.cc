#include "stack/net/ip_config.h"

#include <gtest/gtest.h>

namespace tcpspec::net {
namespace {

template <typename Change>
std::string error_with(Change change) {
  IpConfig config;
  change(config);
  const Status status = validate(config);
  return status.ok() ? "" : status.error();
}

TEST(IpConfig, DefaultsAreGood) { EXPECT_TRUE(validate(IpConfig()).ok()); }

TEST(IpConfig, ReassemblyTimeIsOneToTwoMinutes) {
  const auto with = [](Duration timeout) {
    return error_with([&](IpConfig& c) { c.reassembly.ipv4_timeout = timeout; });
  };
  EXPECT_EQ(with(Duration::seconds(60)), "");
  EXPECT_EQ(with(Duration::seconds(120)), "");
  EXPECT_NE(with(Duration::seconds(120) + Duration::nanos(1)), "");
  EXPECT_EQ(with(Duration::seconds(59)), "reassembly.ipv4_timeout is 59.0 s, must be 60.0 to 120.0 s");
}

TEST(IpConfig, BothEdgesOfEachNumberAreKept) {
  struct Knob {
    std::uint32_t least, most;
    std::string (*with)(std::uint32_t);
  };
  const std::vector<Knob> knobs{
      {1, 65536,
       [](std::uint32_t n) { return error_with([n](IpConfig& c) { c.reassembly.most_datagrams = n; }); }},
      {131'072, 1U << 30,
       [](std::uint32_t n) { return error_with([n](IpConfig& c) { c.reassembly.most_octets = n; }); }},
      {131'072, 1U << 30,
       [](std::uint32_t n) {
         return error_with([n](IpConfig& c) { c.reassembly.most_octets_per_source = n; });
       }},
      {1, 64,
       [](std::uint32_t n) {
         return error_with([n](IpConfig& c) { c.most_extension_headers = static_cast<std::uint8_t>(n); });
       }},
      {16, 65536,
       [](std::uint32_t n) { return error_with([n](IpConfig& c) { c.most_loopback_packets = n; }); }},
      {1, 65536, [](std::uint32_t n) { return error_with([n](IpConfig& c) { c.most_udp_datagrams = n; }); }},
      {65535, 1U << 30,
       [](std::uint32_t n) { return error_with([n](IpConfig& c) { c.most_udp_octets = n; }); }},
  };
  for (const Knob& knob : knobs) {
    EXPECT_EQ(knob.with(knob.least), "");
    EXPECT_EQ(knob.with(knob.most), "");
    EXPECT_NE(knob.with(knob.least - 1), "");
    EXPECT_NE(knob.with(knob.most + 1), "");
  }
  EXPECT_NE(error_with([](IpConfig& c) { c.loopback_mtu = 1279; }), "");
  EXPECT_EQ(error_with([](IpConfig& c) { c.loopback_mtu = 1280; }), "");
}

}  // namespace
}  // namespace tcpspec::net
