#include "harness/target/wire/path_echo.h"

#include "harness/packet/image.h"
#include "harness/target/linux_clock.h"
#include "harness/target/wire/checksum.h"
#include "stack/base/check.h"

namespace tcpspec::target::wire {
namespace {

constexpr std::size_t kIpv4Header = 20, kIpv6Header = 40, kEchoHeader = 8;
constexpr std::uint8_t kIcmp = 1, kIcmpv6 = 58, kFragment = 44;
constexpr std::uint8_t kRequest4 = 8, kReply4 = 0, kRequest6 = 128, kReply6 = 129;
constexpr std::uint16_t kIdentifier = 0x5453;
constexpr std::uint16_t kMoreFragments = 0x2000;

}  // namespace

Bytes make_echo(const IpAddress& from, const IpAddress& to, std::size_t size) {
  const bool v4 = from.is_v4();
  const std::size_t header = v4 ? kIpv4Header : kIpv6Header;
  CHECK(size >= header + kEchoHeader);
  Bytes message(size - header);
  message[0] = v4 ? kRequest4 : kRequest6;
  store_be16(message, 4, kIdentifier);
  const std::uint32_t sum = v4 ? 0 : pseudo_sum(from, to, kIcmpv6, message.size());
  store_be16(message, 2, static_cast<std::uint16_t>(~fold(add_words(message, sum))));
  packet::Image image;
  if (v4) {
    image.v4.emplace();
    image.v4->protocol = kIcmp;
    image.v4->source = from;
    image.v4->destination = to;
  } else {
    image.v6.emplace();
    image.v6->next_header = image.v6->upper = kIcmpv6;
    image.v6->source = from;
    image.v6->destination = to;
  }
  image.payload = std::move(message);
  packet::seal(image);
  return packet::encode(image);
}

std::optional<bool> came_whole(ByteView packet) {
  if (packet.size() > kIpv4Header && packet[0] == 0x45 && packet[9] == kIcmp &&
      packet[kIpv4Header] == kReply4) {
    return (load_be16(packet, 6) & (kMoreFragments | 0x1fff)) == 0;
  }
  if (packet.size() <= kIpv6Header + kEchoHeader || packet[0] >> 4 != 6) return std::nullopt;
  if (packet[6] == kFragment && packet[kIpv6Header] == kIcmpv6 &&
      packet[kIpv6Header + kEchoHeader] == kReply6)
    return false;
  if (packet[6] == kIcmpv6 && packet[kIpv6Header] == kReply6) return true;
  return std::nullopt;
}

std::optional<bool> full_size_comes_back(Cable& cable, Duration wait) {
  const Station& station = cable.station();
  if (!cable.send(make_echo(station.own(), station.box(), cable.mtu()))) return std::nullopt;
  const Timeout timeout(wait);
  do {
    const std::optional<Arrival> arrival = cable.next(timeout.left());
    const std::optional<bool> whole = arrival ? came_whole(arrival->packet) : std::nullopt;
    if (whole) return whole;
  } while (timeout.left() > Duration());
  return std::nullopt;
}

}  // namespace tcpspec::target::wire
