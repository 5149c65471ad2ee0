#include "stack/faults/packet_edit.h"

#include <algorithm>

#include "stack/wire/protocol.h"

namespace tcpspec::faults {
namespace {

std::uint32_t add_up(ByteView octets, std::uint32_t sum) {
  for (std::size_t i = 0; i < octets.size(); ++i) sum += i % 2 == 0 ? octets[i] << 8U : octets[i];
  return sum;
}

std::uint16_t fold(std::uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

}  // namespace

std::optional<Headers> headers_of(ByteView packet) {
  Headers at;
  if (packet.size() < 20) return std::nullopt;
  at.v4 = packet[0] >> 4 == 4;
  if (at.v4) {
    at.tcp = static_cast<std::size_t>(packet[0] & 0x0f) * 4;
    at.end = std::min<std::size_t>(load_be16(packet, 2), packet.size());
    if (packet[9] != wire::kProtocolTcp || at.tcp < 20) return std::nullopt;
  } else {
    if (packet[0] >> 4 != 6 || packet.size() < 40 || packet[6] != wire::kProtocolTcp) return std::nullopt;
    at.tcp = 40;
    at.end = std::min<std::size_t>(std::size_t{40} + load_be16(packet, 4), packet.size());
  }
  if (at.tcp + 20 > at.end) return std::nullopt;
  at.options_end = std::min(at.tcp + static_cast<std::size_t>(packet[at.tcp + 12] >> 4) * 4, at.end);
  return at;
}

void for_each_option(ByteView packet, const std::function<void(std::uint8_t, std::size_t)>& tell) {
  const std::optional<Headers> at = headers_of(packet);
  if (!at) return;
  for (std::size_t i = at->tcp + 20; i < at->options_end;) {
    const std::uint8_t kind = packet[i];
    tell(kind, i);
    if (kind == 0) return;
    if (kind == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= at->options_end || packet[i + 1] < 2) return;
    i += packet[i + 1];
  }
}

bool options_are_sound(ByteView packet) {
  const std::optional<Headers> at = headers_of(packet);
  if (!at) return true;
  bool sound = true;
  for_each_option(packet, [&](std::uint8_t kind, std::size_t i) {
    if (kind < 2) return;
    const std::size_t left = at->options_end - i;
    const std::size_t length = left < 2 ? 0 : packet[i + 1];
    const bool right_size = (kind != 2 || length == 4) && (kind != 3 || length == 3) &&
                            (kind != 4 || length == 2) && (kind != 8 || length == 10) &&
                            (kind != 5 || (length >= 10 && (length - 2) % 8 == 0));
    sound = sound && length >= 2 && length <= left && right_size;
  });
  return sound;
}

std::uint16_t tcp_sum(ByteView packet, const Headers& at) {
  const std::size_t length = at.end - at.tcp;
  std::uint32_t sum = wire::kProtocolTcp + static_cast<std::uint32_t>(length);
  sum = add_up(at.v4 ? packet.subspan(12, 8) : packet.subspan(8, 32), sum);
  return fold(add_up(packet.subspan(at.tcp, length), sum));
}

void reseal(Bytes& packet) {
  const std::optional<Headers> at = headers_of(packet);
  if (!at) return;
  if (at->v4) {
    store_be16(packet, 10, 0);
    store_be16(packet, 10, static_cast<std::uint16_t>(~fold(add_up(ByteView(packet).first(at->tcp), 0))));
  }
  store_be16(packet, at->tcp + 16, 0);
  store_be16(packet, at->tcp + 16, static_cast<std::uint16_t>(~tcp_sum(packet, *at)));
}

}  // namespace tcpspec::faults
