#include "harness/target/linux_echo.h"

#include <array>

namespace tcpspec::target {
namespace {

constexpr std::uint16_t kIdentifier = 0x7463;
constexpr std::size_t kIpv4Header = 20, kIpv6Header = 40;
constexpr std::uint8_t kIcmp = 1, kIcmp6 = 58;

std::uint32_t sum_words(ByteView bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += load_be16(bytes, i);
  return sum;
}

std::uint16_t checksum_of(std::uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

Bytes echo(std::uint8_t type, std::uint16_t sequence, std::uint32_t pseudo_header) {
  Bytes icmp{type, 0, 0, 0};
  append_be16(icmp, kIdentifier);
  append_be16(icmp, sequence);
  store_be16(icmp, 2, checksum_of(sum_words(icmp, pseudo_header)));
  return icmp;
}

}  // namespace

Bytes echo_request(const IpAddress& to, std::uint16_t sequence) {
  if (to.is_v4()) {
    Bytes packet{0x45, 0, 0, kIpv4Header + 8, 0, 0, 0, 0, 64, kIcmp, 0, 0};
    append(packet, IpAddress::v4(198, 51, 100, 1).bytes());
    append(packet, to.bytes());
    store_be16(packet, 10, checksum_of(sum_words(packet)));
    append(packet, echo(8, sequence, 0));
    return packet;
  }
  constexpr std::array<std::uint8_t, 16> kFrom{0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 0, 0,
                                               0,    0,    0,    0,    0,    0,    0, 1};
  Bytes packet{0x60, 0, 0, 0, 0, 8, kIcmp6, 64};
  append(packet, kFrom);
  append(packet, to.bytes());
  append(packet, echo(128, sequence, sum_words(to.bytes(), sum_words(kFrom, 8 + kIcmp6))));
  return packet;
}

bool is_echo_reply(ByteView packet) {
  if (packet.empty()) return false;
  const bool v4 = packet[0] >> 4 == 4;
  const std::size_t header = v4 ? kIpv4Header : kIpv6Header;
  if (packet.size() < header + 8) return false;
  const std::uint8_t protocol = packet[v4 ? 9 : 6];
  return protocol == (v4 ? kIcmp : kIcmp6) && packet[header] == (v4 ? 0 : 129) &&
         load_be16(packet, header + 4) == kIdentifier;
}

}  // namespace tcpspec::target
