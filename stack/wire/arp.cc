#include "stack/wire/arp.h"

#include "stack/wire/ethernet.h"

namespace tcpspec::wire {
namespace {

constexpr std::uint16_t kHardwareEthernet = 1;
constexpr std::uint16_t kReverseRequest = 3;  // RFC 903
constexpr std::uint16_t kReverseReply = 4;
constexpr std::size_t kIpv4Size = 4;
constexpr std::size_t kSenderMacAt = 8, kSenderAt = 14, kTargetMacAt = 18, kTargetAt = 24;

}  // namespace

Parsed<ArpPacket> parse_arp(ByteView bytes) {
  if (bytes.size() < kSenderMacAt) return Fault::kArpShort;
  // RFC 826 "Packet Reception": do I have this hardware type, do I speak this protocol? Only then do the
  // lengths mean anything.
  if (load_be16(bytes, 0) != kHardwareEthernet) return Fault::kArpHardware;
  if (load_be16(bytes, 2) != ether_type::kIpv4) return Fault::kArpProtocol;
  if (bytes[4] != kMacSize || bytes[5] != kIpv4Size) return Fault::kArpLength;
  if (bytes.size() < kArpSize) return Fault::kArpShort;
  const std::uint16_t operation = load_be16(bytes, 6);
  if (operation == kReverseRequest || operation == kReverseReply) return Fault::kRarp;
  if (operation != static_cast<std::uint16_t>(ArpOperation::kRequest) &&
      operation != static_cast<std::uint16_t>(ArpOperation::kReply)) {
    return Fault::kArpOperation;
  }
  ArpPacket packet;
  packet.operation = static_cast<ArpOperation>(operation);
  packet.sender_mac = MacAddress::from_bytes(bytes.subspan(kSenderMacAt, kMacSize));
  packet.sender = IpAddress::from_bytes(bytes.subspan(kSenderAt, kIpv4Size));
  packet.target_mac = MacAddress::from_bytes(bytes.subspan(kTargetMacAt, kMacSize));
  packet.target = IpAddress::from_bytes(bytes.subspan(kTargetAt, kIpv4Size));
  // RFC 1812 §3.3.2: no packet is believed that maps a host to a group of stations; nor is a group a host.
  if (!packet.sender_mac.is_station() || packet.sender.is_multicast() || packet.sender.is_broadcast()) {
    return Fault::kArpAddress;
  }
  return packet;
}

Bytes build_arp(const ArpPacket& packet) {
  Bytes bytes;
  append_be16(bytes, kHardwareEthernet);
  append_be16(bytes, ether_type::kIpv4);
  bytes.push_back(kMacSize);
  bytes.push_back(kIpv4Size);
  append_be16(bytes, static_cast<std::uint16_t>(packet.operation));
  append(bytes, packet.sender_mac.bytes());
  append(bytes, packet.sender.bytes());
  append(bytes, packet.target_mac.bytes());
  append(bytes, packet.target.bytes());
  return bytes;
}

}  // namespace tcpspec::wire
