// The options of Neighbour Discovery messages, RFC 4861 §4.6, for the messages' codec.
#ifndef STACK_WIRE_NEIGHBOUR_OPTION_H_
#define STACK_WIRE_NEIGHBOUR_OPTION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/wire/mac_address.h"
#include "stack/wire/neighbour_discovery.h"
#include "stack/wire/parsed.h"

namespace tcpspec::wire {

struct NeighbourOptions {
  std::optional<MacAddress> source_mac;
  std::optional<MacAddress> target_mac;
  std::optional<std::uint32_t> mtu;
  std::vector<PrefixInformation> prefixes;  // at most RouterAdvertisement::kMostPrefixes
};

[[nodiscard]] Parsed<NeighbourOptions> parse_neighbour_options(ByteView bytes);

void append_source_mac(Bytes& to, const std::optional<MacAddress>& mac);
void append_target_mac(Bytes& to, const std::optional<MacAddress>& mac);
void append_mtu(Bytes& to, std::uint32_t mtu);
void append_prefix(Bytes& to, const PrefixInformation& prefix);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_NEIGHBOUR_OPTION_H_
