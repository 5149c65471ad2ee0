#include "harness/target/wire/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/target/wire/checksum.h"

namespace tcpspec::target::wire {
namespace {

constexpr std::size_t kArpSize = 28, kIpv4Header = 20, kIpv6Header = 40, kNdSize = 24;
constexpr std::uint16_t kArpEthernet = 1, kArpRequest = 1, kArpReply = 2;
constexpr std::uint8_t kIcmpv6 = 58, kHopLimit = 255, kSolicitation = 135, kAdvertisement = 136;
constexpr std::uint8_t kSourceLinkAddress = 1, kTargetLinkAddress = 2;
constexpr std::uint32_t kSolicited = 0x40000000, kOverride = 0x20000000;

template <std::size_t N>
std::array<std::uint8_t, N> take(ByteView bytes, std::size_t at) {
  std::array<std::uint8_t, N> out{};
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), N, out.begin());
  return out;
}

IpAddress all_nodes() {
  Bytes bytes(16);
  bytes[0] = 0xff;
  bytes[1] = 0x02;
  bytes[15] = 1;
  return IpAddress::from_bytes(bytes);
}

// RFC 4291 §2.7.1: the last 24 bits of the address in ff02::1:ff00:0/104.
IpAddress solicited_node(const IpAddress& of) {
  Bytes bytes(16);
  bytes[0] = 0xff;
  bytes[1] = 0x02;
  bytes[11] = 1;
  bytes[12] = 0xff;
  std::copy_n(of.bytes().begin() + 13, 3, bytes.begin() + 13);
  return IpAddress::from_bytes(bytes);
}

// RFC 2464 §7.
Mac multicast_mac(const IpAddress& group) {
  Mac mac{0x33, 0x33};
  std::copy_n(group.bytes().begin() + 12, 4, mac.begin() + 2);
  return mac;
}

Frame make_arp(std::uint16_t operation, const Mac& from, const IpAddress& sender, const Mac& to,
               const Mac& asked_mac, const IpAddress& asked) {
  Frame frame{to, from, {}, kEthertypeArp, {}};
  append_be16(frame.payload, kArpEthernet);
  append_be16(frame.payload, kEthertypeIpv4);
  append(frame.payload, Bytes{6, 4});
  append_be16(frame.payload, operation);
  append(frame.payload, from);
  append(frame.payload, sender.bytes());
  append(frame.payload, asked_mac);
  append(frame.payload, asked.bytes());
  return frame;
}

struct NdMessage {
  std::uint8_t type = kSolicitation;
  std::uint32_t flags = 0;
  IpAddress about;
  std::optional<Mac> link_address;
};

Frame make_nd(const Mac& from, const IpAddress& source, const Mac& to, const IpAddress& destination,
              const NdMessage& say) {
  Bytes message{say.type, 0, 0, 0};
  append_be32(message, say.flags);
  append(message, say.about.bytes());
  if (say.link_address) {
    append(message, Bytes{say.type == kSolicitation ? kSourceLinkAddress : kTargetLinkAddress, 1});
    append(message, *say.link_address);
  }
  const std::uint32_t sum = pseudo_sum(source, destination, kIcmpv6, message.size());
  store_be16(message, 2, static_cast<std::uint16_t>(~fold(add_words(message, sum))));
  Frame frame{to, from, {}, kEthertypeIpv6, {0x60, 0, 0, 0}};
  append_be16(frame.payload, static_cast<std::uint16_t>(message.size()));
  append(frame.payload, Bytes{kIcmpv6, kHopLimit});
  append(frame.payload, source.bytes());
  append(frame.payload, destination.bytes());
  append(frame.payload, message);
  return frame;
}

std::optional<Neighbour> decode_arp(ByteView bytes) {
  if (bytes.size() < kArpSize || load_be16(bytes, 0) != kArpEthernet ||
      load_be16(bytes, 2) != kEthertypeIpv4 || bytes[4] != 6 || bytes[5] != 4) {
    return std::nullopt;
  }
  const std::uint16_t operation = load_be16(bytes, 6);
  if (operation != kArpRequest && operation != kArpReply) return std::nullopt;
  const Mac sender_mac = take<6>(bytes, 8);
  const IpAddress sender = IpAddress::from_bytes(bytes.subspan(14, 4));
  Neighbour found;
  found.kind = operation == kArpRequest ? NeighbourKind::kQuestion : NeighbourKind::kAnswer;
  found.sender_mac = sender_mac;
  if (!sender.is_unspecified()) found.sender = sender;
  found.asked = operation == kArpRequest ? IpAddress::from_bytes(bytes.subspan(24, 4)) : sender;
  return found;
}

// RFC 4861 §4.6: type, length in units of eight octets, and then the address.
std::optional<Mac> link_address(ByteView options, std::uint8_t kind) {
  while (options.size() >= 8) {
    const std::size_t length = std::size_t{8} * options[1];
    if (length == 0 || length > options.size()) return std::nullopt;
    if (options[0] == kind && options[1] == 1) return take<6>(options, 2);
    options = options.subspan(length);
  }
  return std::nullopt;
}

std::optional<Neighbour> decode_nd(ByteView packet, const Mac& from) {
  if (packet.size() < kIpv6Header + kNdSize || packet[0] >> 4 != 6 || packet[6] != kIcmpv6 ||
      packet[7] != kHopLimit) {
    return std::nullopt;
  }
  const std::size_t length = load_be16(packet, 4);
  if (length < kNdSize || packet.size() < kIpv6Header + length) return std::nullopt;
  const ByteView message = packet.subspan(kIpv6Header, length);
  if ((message[0] != kSolicitation && message[0] != kAdvertisement) || message[1] != 0) return std::nullopt;
  const IpAddress source = IpAddress::from_bytes(packet.subspan(8, 16));
  const IpAddress destination = IpAddress::from_bytes(packet.subspan(24, 16));
  if (fold(add_words(message, pseudo_sum(source, destination, kIcmpv6, length))) != 0xffff)
    return std::nullopt;
  const bool question = message[0] == kSolicitation;
  Neighbour found;
  found.kind = question ? NeighbourKind::kQuestion : NeighbourKind::kAnswer;
  if (!source.is_unspecified()) found.sender = source;
  found.asked = IpAddress::from_bytes(message.subspan(8, 16));
  found.sender_mac =
      link_address(message.subspan(kNdSize), question ? kSourceLinkAddress : kTargetLinkAddress);
  // An answer to one alone may leave the option out (RFC 4861 §4.4).
  if (!found.sender_mac && (!question || found.sender)) found.sender_mac = from;
  return found;
}

}  // namespace

Result<Mac> parse_mac(const std::string& text) {
  Mac mac{};
  const Error error{"expected a hardware address such as 02:54:53:00:00:01, one station's (not multicast)"};
  if (text.size() != 17) return error;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const char* at = text.data() + i * 3;
    if (std::from_chars(at, at + 2, mac[i], 16).ptr != at + 2 || (i < 5 && at[2] != ':')) return error;
  }
  if ((mac[0] & 1) != 0 || mac == Mac{}) return error;
  return mac;
}

std::string to_string(const Mac& mac) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3], mac[4],
                     mac[5]);
}

Mac own_mac(const Mac& interface) {
  // FNV-1a: two testers on one cable get different ones.
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t octet : interface) hash = (hash ^ octet) * 0x100000001b3;
  Mac mac{};
  for (std::size_t i = 0; i < mac.size(); ++i) mac[i] = static_cast<std::uint8_t>(hash >> (8 * i + 8));
  mac[0] = static_cast<std::uint8_t>((mac[0] & 0xfc) | 0x02);
  if (mac == interface) mac[5] ^= 1;
  return mac;
}

std::optional<Frame> decode_frame(ByteView bytes) {
  if (bytes.size() < kEthernetHeader) return std::nullopt;
  Frame frame;
  frame.to = take<6>(bytes, 0);
  frame.from = take<6>(bytes, 6);
  frame.ethertype = load_be16(bytes, 12);
  std::size_t at = kEthernetHeader;
  if (frame.ethertype == kEthertypeVlan) {
    if (bytes.size() < kEthernetHeader + kVlanTag) return std::nullopt;
    frame.vlan = static_cast<std::uint16_t>(load_be16(bytes, 14) & 0x0fff);
    frame.ethertype = load_be16(bytes, 16);
    at += kVlanTag;
  }
  frame.payload.assign(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end());
  return frame;
}

Bytes encode_frame(const Frame& frame) {
  Bytes bytes(frame.to.begin(), frame.to.end());
  append(bytes, frame.from);
  if (frame.vlan) {
    append_be16(bytes, kEthertypeVlan);
    append_be16(bytes, *frame.vlan);
  }
  append_be16(bytes, frame.ethertype);
  append(bytes, frame.payload);
  const std::size_t least = kLeastFrame + (frame.vlan ? kVlanTag : 0);
  if (bytes.size() < least) bytes.resize(least);
  return bytes;
}

std::size_t ip_length(ByteView packet) {
  if (packet.size() >= kIpv4Header && packet[0] >> 4 == 4) {
    const std::size_t total = load_be16(packet, 2);
    return total >= kIpv4Header ? total : packet.size();
  }
  if (packet.size() >= kIpv6Header && packet[0] >> 4 == 6) {
    const std::size_t length = load_be16(packet, 4);
    return length != 0 ? kIpv6Header + length : packet.size();
  }
  return packet.size();
}

Bytes without_padding(ByteView packet) {
  const ByteView whole = packet.first(std::min(packet.size(), ip_length(packet)));
  return {whole.begin(), whole.end()};
}

std::uint16_t ethertype_of(ByteView packet, IpVersion otherwise) {
  const unsigned nibble = packet.empty() ? 0U : packet[0] >> 4U;
  if (nibble == 4) return kEthertypeIpv4;
  if (nibble == 6) return kEthertypeIpv6;
  return otherwise == IpVersion::kV4 ? kEthertypeIpv4 : kEthertypeIpv6;
}

std::optional<Neighbour> decode_neighbour(const Frame& frame) {
  if (frame.ethertype == kEthertypeArp) return decode_arp(frame.payload);
  if (frame.ethertype == kEthertypeIpv6) return decode_nd(frame.payload, frame.from);
  return std::nullopt;
}

Frame make_question(const IpAddress& own, const Mac& own_mac, const IpAddress& asked, const Mac* to) {
  if (own.is_v4()) return make_arp(kArpRequest, own_mac, own, to != nullptr ? *to : kBroadcast, Mac{}, asked);
  const IpAddress group = solicited_node(asked);
  const NdMessage say{kSolicitation, 0, asked, own_mac};
  if (to != nullptr) return make_nd(own_mac, own, *to, asked, say);
  return make_nd(own_mac, own, multicast_mac(group), group, say);
}

Frame make_owner_probe(const Mac& own_mac, const IpAddress& asked) {
  if (asked.is_v4()) return make_arp(kArpRequest, own_mac, IpAddress(), kBroadcast, Mac{}, asked);
  const IpAddress group = solicited_node(asked);
  return make_nd(own_mac, IpAddress::any(IpVersion::kV6), multicast_mac(group), group,
                 {kSolicitation, 0, asked, {}});
}

Frame make_answer(const Neighbour& question, const IpAddress& own, const Mac& own_mac, const Mac& asker) {
  if (own.is_v4()) {
    return make_arp(kArpReply, own_mac, own, asker, asker, question.sender.value_or(IpAddress()));
  }
  // RFC 4861 §7.2.4: to all nodes and unsolicited where the question came from no address.
  const IpAddress to = question.sender.value_or(all_nodes());
  const NdMessage say{kAdvertisement, question.sender ? kSolicited | kOverride : kOverride, own, own_mac};
  return make_nd(own_mac, own, question.sender ? question.sender_mac.value_or(asker) : multicast_mac(to), to,
                 say);
}

}  // namespace tcpspec::target::wire
