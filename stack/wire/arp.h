// ARP packets for IPv4 on Ethernet, RFC 826. RARP (RFC 903) has the same form and other operations; a host
// that knows its address has no use for it, so it is a fault of its own.
#ifndef STACK_WIRE_ARP_H_
#define STACK_WIRE_ARP_H_

#include <cstddef>
#include <cstdint>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/wire/mac_address.h"
#include "stack/wire/parsed.h"

namespace tcpspec::wire {

inline constexpr std::size_t kArpSize = 28;

enum class ArpOperation : std::uint16_t { kRequest = 1, kReply = 2 };

struct ArpPacket {
  ArpOperation operation = ArpOperation::kRequest;
  MacAddress sender_mac;
  IpAddress sender;  // 0.0.0.0 in a probe, RFC 5227 §1.1
  MacAddress target_mac;
  IpAddress target;
  bool operator==(const ArpPacket&) const = default;
};

// Octets after the packet are padding.
[[nodiscard]] Parsed<ArpPacket> parse_arp(ByteView bytes);
[[nodiscard]] Bytes build_arp(const ArpPacket& packet);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_ARP_H_
