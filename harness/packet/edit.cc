#include "harness/packet/edit.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "harness/packet/image.h"

namespace tcpspec::packet {
namespace {

// Fields that a checksum covers are changed with the checksum made right again: otherwise every kind would
// only be another bad checksum.
enum class Part : std::uint8_t { kIp, kTcp };

struct Kind {
  std::string_view name;
  Part part;
  std::int64_t most;  // largest value; -1: takes none
  void (*apply)(Image& image, std::uint32_t value);
};

// One's complement has two zeros, so that 0xffff + 1 would still be right.
std::uint16_t wrong_by_one(std::uint16_t sum) {
  return sum == 0xffff ? std::uint16_t{1} : static_cast<std::uint16_t>(sum + 1);
}

void reseal_ip(Image& image) {
  if (image.v4) image.v4->checksum = right_ipv4_checksum(image);
}

void set_ip_length(Image& image, std::uint32_t value) {
  if (image.v4) {
    image.v4->total_length = static_cast<std::uint16_t>(value);
  } else {
    image.v6->payload_length = static_cast<std::uint16_t>(value);
  }
  reseal_ip(image);
  // The segment is now what the new length leaves of it.
  image = decode(encode(image));
  if (image.tcp) image.tcp->checksum = right_tcp_checksum(image);
}

void set_ttl(Image& image, std::uint32_t value) {
  if (image.v4) {
    image.v4->ttl = static_cast<std::uint8_t>(value);
  } else {
    image.v6->hop_limit = static_cast<std::uint8_t>(value);
  }
  reseal_ip(image);
}

void set_protocol(Image& image, std::uint32_t value) {
  if (image.v4) {
    image.v4->protocol = static_cast<std::uint8_t>(value);
  } else {
    image.v6->next_header = static_cast<std::uint8_t>(value);
  }
  reseal_ip(image);
}

template <auto Field>
void set_tcp(Image& image, std::uint32_t value) {
  auto& field = (*image.tcp).*Field;
  field = static_cast<std::remove_reference_t<decltype(field)>>(value);
  image.tcp->checksum = right_tcp_checksum(image);
}

constexpr auto kKinds = std::to_array<Kind>({
    {"bad-checksum", Part::kTcp, -1,
     [](Image& image, std::uint32_t) { image.tcp->checksum = wrong_by_one(image.tcp->checksum); }},
    {"no-checksum", Part::kTcp, -1, [](Image& image, std::uint32_t) { image.tcp->checksum = 0; }},
    {"bad-ip-checksum", Part::kIp, -1,
     [](Image& image, std::uint32_t) { image.v4->checksum = wrong_by_one(image.v4->checksum); }},
    {"data-offset", Part::kTcp, 15, set_tcp<&TcpHeader::data_offset>},
    {"reserved", Part::kTcp, 7, set_tcp<&TcpHeader::reserved>},
    {"ip-length", Part::kIp, 0xffff, set_ip_length},
    {"ttl", Part::kIp, 0xff, set_ttl},
    {"protocol", Part::kIp, 0xff, set_protocol},
    {"source-port", Part::kTcp, 0xffff, set_tcp<&TcpHeader::source_port>},
    {"destination-port", Part::kTcp, 0xffff, set_tcp<&TcpHeader::destination_port>},
});

Status truncate(Bytes& packet, std::optional<std::int64_t> value) {
  if (!value) return Error{"damage truncate needs a value: truncate=N"};
  if (*value < 0 || *value > static_cast<std::int64_t>(packet.size())) {
    return Error{fmt::format("damage truncate={}: the packet has {} octets", *value, packet.size())};
  }
  packet.resize(static_cast<std::size_t>(*value));
  return Ok{};
}

Status flip(Bytes& packet, std::optional<std::int64_t> value) {
  const Image image = decode(packet);
  if (!image.tcp) return Error{"damage flip: the packet has no TCP header"};
  if (!value) return Error{"damage flip needs a value: flip=N"};
  const std::size_t size = 20 + image.tcp->options.size();
  if (*value < 0 || *value >= static_cast<std::int64_t>(size)) {
    return Error{fmt::format("damage flip={}: the TCP header has {} octets", *value, size)};
  }
  const std::size_t start = packet.size() - image.rest.size() - image.payload.size() - size;
  packet[start + static_cast<std::size_t>(*value)] ^= 1;
  return Ok{};
}

}  // namespace

Status damage(Bytes& packet, std::string_view kind, std::optional<std::int64_t> value) {
  if (kind == "truncate") return truncate(packet, value);
  if (kind == "flip") return flip(packet, value);
  const auto* const known = std::ranges::find(kKinds, kind, &Kind::name);
  if (known == kKinds.end()) return Error{fmt::format("no such damage: '{}'", kind)};
  if (known->most < 0 && value) return Error{fmt::format("damage {} takes no value", kind)};
  if (known->most >= 0 && !value) return Error{fmt::format("damage {0} needs a value: {0}=N", kind)};
  if (value && (*value < 0 || *value > known->most)) {
    return Error{fmt::format("damage {}={}: expected 0 to {}", kind, *value, known->most)};
  }
  Image image = decode(packet);
  if (!image.version()) return Error{fmt::format("damage {}: the packet has no IP header", kind)};
  if (known->part == Part::kTcp && !image.tcp) {
    return Error{fmt::format("damage {}: the packet has no TCP header", kind)};
  }
  if (kind == "bad-ip-checksum" && !image.v4)
    return Error{"damage bad-ip-checksum: IPv6 has no header checksum"};
  known->apply(image, static_cast<std::uint32_t>(value.value_or(0)));
  packet = encode(image);
  return Ok{};
}

}  // namespace tcpspec::packet
