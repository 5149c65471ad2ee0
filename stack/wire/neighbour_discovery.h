// Neighbour Discovery messages, RFC 4861 §4, with the checks of §6.1, §7.1 and §8.1 that need nothing but the
// packet. Link-layer addresses are Ethernet's. Options nobody here knows are skipped; of the known ones only
// the first of a kind counts, except prefixes.
#ifndef STACK_WIRE_NEIGHBOUR_DISCOVERY_H_
#define STACK_WIRE_NEIGHBOUR_DISCOVERY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"
#include "stack/wire/icmp.h"
#include "stack/wire/mac_address.h"
#include "stack/wire/parsed.h"

namespace tcpspec::wire {

namespace icmp6 {  // RFC 4861 §4; kRedirect stands in icmp.h
inline constexpr std::uint8_t kRouterSolicitation = 133;
inline constexpr std::uint8_t kRouterAdvertisement = 134;
inline constexpr std::uint8_t kNeighbourSolicitation = 135;
inline constexpr std::uint8_t kNeighbourAdvertisement = 136;
}  // namespace icmp6

inline constexpr std::uint8_t kNdHopLimit = 255;

struct RouterSolicitation {
  std::optional<MacAddress> source_mac;
  bool operator==(const RouterSolicitation&) const = default;
};

// RFC 4861 §4.6.2.
struct PrefixInformation {
  IpAddress prefix;
  std::uint8_t length = 64;  // 0..128
  bool on_link = false;
  bool autonomous = false;
  std::uint32_t valid_seconds = 0;  // 0xffffffff: for ever
  std::uint32_t preferred_seconds = 0;
  bool operator==(const PrefixInformation&) const = default;
};

struct RouterAdvertisement {
  static constexpr std::size_t kMostPrefixes = 16;  // those beyond are not read

  std::uint8_t hop_limit = 0;  // 0: not said
  bool managed = false;
  bool other_configuration = false;
  std::uint16_t router_seconds = 0;  // 0: not a default router
  Duration reachable_time;           // zero: not said; so is retransmit_timer
  Duration retransmit_timer;
  std::optional<MacAddress> source_mac;
  std::optional<std::uint32_t> mtu;
  std::vector<PrefixInformation> prefixes;
  bool operator==(const RouterAdvertisement&) const = default;
};

struct NeighbourSolicitation {
  IpAddress target;
  std::optional<MacAddress> source_mac;
  bool operator==(const NeighbourSolicitation&) const = default;
};

struct NeighbourAdvertisement {
  IpAddress target;
  bool router = false;
  bool solicited = false;
  bool override_entry = false;
  std::optional<MacAddress> target_mac;
  bool operator==(const NeighbourAdvertisement&) const = default;
};

struct Redirect {
  IpAddress target;  // the better first hop, or the destination itself
  IpAddress destination;
  std::optional<MacAddress> target_mac;
  bool operator==(const Redirect&) const = default;
};

using NeighbourMessage = std::variant<RouterSolicitation, RouterAdvertisement, NeighbourSolicitation,
                                      NeighbourAdvertisement, Redirect>;

[[nodiscard]] bool is_neighbour_message(std::uint8_t icmp6_type);

// `message` has passed parse_icmp(), checksum included, and is_neighbour_message(). The addresses and the hop
// limit are those of its packet.
[[nodiscard]] Parsed<NeighbourMessage> parse_neighbour(const IpAddress& source, const IpAddress& destination,
                                                       std::uint8_t hop_limit, const IcmpMessage& message);
// The ICMPv6 message with its checksum.
[[nodiscard]] Bytes build_neighbour(const IpAddress& source, const IpAddress& destination,
                                    const NeighbourMessage& message);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_NEIGHBOUR_DISCOVERY_H_
