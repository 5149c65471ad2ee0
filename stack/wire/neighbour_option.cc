#include "stack/wire/neighbour_option.h"

namespace tcpspec::wire {
namespace {

constexpr std::uint8_t kSourceMac = 1;
constexpr std::uint8_t kTargetMac = 2;
constexpr std::uint8_t kPrefix = 3;
constexpr std::uint8_t kMtu = 5;
constexpr std::size_t kUnit = 8;  // octets
constexpr std::size_t kMacOptionSize = 8, kMtuOptionSize = 8, kPrefixOptionSize = 32;

// The option is whole. False if a known kind does not have its one length.
bool read_option(ByteView option, NeighbourOptions& options) {
  switch (option[0]) {
    case kSourceMac:
    case kTargetMac: {
      if (option.size() != kMacOptionSize) return false;
      const MacAddress mac = MacAddress::from_bytes(option.subspan(2, kMacSize));
      // A neighbour is one station; a group or nothing at all in its place would send its packets astray.
      if (!mac.is_station()) return false;
      std::optional<MacAddress>& place = option[0] == kSourceMac ? options.source_mac : options.target_mac;
      if (!place) place = mac;
      return true;
    }
    case kMtu:
      if (option.size() != kMtuOptionSize) return false;
      if (!options.mtu) options.mtu = load_be32(option, 4);
      return true;
    case kPrefix: {
      if (option.size() != kPrefixOptionSize || option[2] > 128) return false;
      if (options.prefixes.size() == RouterAdvertisement::kMostPrefixes) return true;
      options.prefixes.push_back({IpAddress::from_bytes(option.subspan(16, 16)), option[2],
                                  (option[3] & 0x80) != 0, (option[3] & 0x40) != 0, load_be32(option, 4),
                                  load_be32(option, 8)});
      return true;
    }
    default:
      // RFC 4861 §4.6: an option of an unknown type is skipped.
      return true;
  }
}

void append_mac(Bytes& to, std::uint8_t type, const std::optional<MacAddress>& mac) {
  if (!mac) return;
  to.push_back(type);
  to.push_back(1);
  append(to, mac->bytes());
}

}  // namespace

Parsed<NeighbourOptions> parse_neighbour_options(ByteView bytes) {
  NeighbourOptions options;
  while (!bytes.empty()) {
    if (bytes.size() < 2) return Fault::kNdOption;
    // RFC 4861 §4.6, §6.1, §7.1, §8.1: an option without length makes the whole message void.
    const std::size_t size = bytes[1] * kUnit;
    if (size == 0 || size > bytes.size()) return Fault::kNdOption;
    if (!read_option(bytes.first(size), options)) return Fault::kNdOption;
    bytes = bytes.subspan(size);
  }
  return options;
}

void append_source_mac(Bytes& to, const std::optional<MacAddress>& mac) { append_mac(to, kSourceMac, mac); }
void append_target_mac(Bytes& to, const std::optional<MacAddress>& mac) { append_mac(to, kTargetMac, mac); }

void append_mtu(Bytes& to, std::uint32_t mtu) {
  append(to, Bytes{kMtu, kMtuOptionSize / kUnit, 0, 0});
  append_be32(to, mtu);
}

void append_prefix(Bytes& to, const PrefixInformation& prefix) {
  append(to, Bytes{kPrefix, kPrefixOptionSize / kUnit, prefix.length,
                   static_cast<std::uint8_t>((prefix.on_link ? 0x80 : 0) | (prefix.autonomous ? 0x40 : 0))});
  append_be32(to, prefix.valid_seconds);
  append_be32(to, prefix.preferred_seconds);
  append_be32(to, 0);
  append(to, prefix.prefix.bytes());
}

}  // namespace tcpspec::wire
