#include <algorithm>
#include <array>
#include <string_view>

#include "harness/run/build_packet.h"

namespace tcpspec::run {
namespace {

struct IcmpName {
  std::string_view type, code;
  std::uint8_t type4, code4;
  int type6, code6;  // -1: IPv6 has no such message
};
// packetdrill's names. The first row of a type is what the type means without a code. Where IPv6 says the
// same thing in another message, that one is sent.
constexpr auto kNames = std::to_array<IcmpName>({
    {"destination_unreachable", "net_unreachable", 3, 0, 1, 0},
    {"destination_unreachable", "no_route", 3, 0, 1, 0},
    {"destination_unreachable", "host_unreachable", 3, 1, 1, 3},
    {"destination_unreachable", "address_unreachable", 3, 1, 1, 3},
    {"destination_unreachable", "protocol_unreachable", 3, 2, 4, 1},
    {"destination_unreachable", "port_unreachable", 3, 3, 1, 4},
    {"destination_unreachable", "frag_needed", 3, 4, 2, 0},
    {"destination_unreachable", "source_route_failed", 3, 5, 1, 6},
    {"destination_unreachable", "net_unknown", 3, 6, 1, 0},
    {"destination_unreachable", "host_unknown", 3, 7, 1, 3},
    {"destination_unreachable", "host_isolated", 3, 8, 1, 3},
    {"destination_unreachable", "not_neighbour", 3, 1, 1, 2},
    {"destination_unreachable", "policy_fail", 3, 13, 1, 5},
    {"destination_unreachable", "reject_route", 3, 0, 1, 6},
    {"destination_unreachable", "net_prohibited", 3, 9, 1, 1},
    {"destination_unreachable", "host_prohibited", 3, 10, 1, 1},
    {"destination_unreachable", "admin_prohibited", 3, 13, 1, 1},
    {"destination_unreachable", "net_unreachable_for_tos", 3, 11, 1, 0},
    {"destination_unreachable", "host_unreachable_for_tos", 3, 12, 1, 3},
    {"destination_unreachable", "communication_prohibited", 3, 13, 1, 1},
    {"destination_unreachable", "precedence_violation", 3, 14, 1, 1},
    {"destination_unreachable", "precedence_cutoff", 3, 15, 1, 1},
    {"packet_too_big", "", 3, 4, 2, 0},
    {"source_quench", "", 4, 0, -1, -1},
    {"redirect", "", 5, 1, -1, -1},
    {"time_exceeded", "ttl_exceeded", 11, 0, 3, 0},
    {"time_exceeded", "hop_limit_exceeded", 11, 0, 3, 0},
    {"time_exceeded", "fragment_reassembly_time_exceeded", 11, 1, 3, 1},
    {"parameter_problem", "", 12, 0, 4, 0},
});

constexpr std::size_t kMostQuoted4 = 548;   // RFC 1812 §4.3.2.3: 576 octets in all
constexpr std::size_t kMostQuoted6 = 1232;  // RFC 4443 §2.4: no more than the least MTU

const IcmpName* find_name(const std::string& type, const std::string& code) {
  const auto* found = std::ranges::find_if(
      kNames, [&](const IcmpName& name) { return name.type == type && (code.empty() || name.code == code); });
  return found == kNames.end() ? nullptr : found;
}

// The Internet checksum over pieces of even length, the last one excepted (RFC 1071).
std::uint32_t sum(std::uint32_t start, ByteView bytes) {
  std::uint32_t total = start;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    total += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    total = (total & 0xffff) + (total >> 16);
  }
  return total;
}

std::uint16_t icmp_checksum(const packet::Image& carrier, ByteView message) {
  std::uint32_t total = 0;
  if (carrier.v6) {  // RFC 8200 §8.1
    total = sum(total, carrier.v6->source.bytes());
    total = sum(total, carrier.v6->destination.bytes());
    total += static_cast<std::uint32_t>(message.size()) + 58;
  }
  return static_cast<std::uint16_t>(~sum(total, message));
}

Bytes quoted_packet(const Path& path, std::uint32_t seq, const Trace& trace) {
  for (auto event = trace.events.rbegin(); event != trace.events.rend(); ++event) {
    if (event->kind != TraceKind::kPacketOut) continue;
    const packet::Image image = packet::decode(event->packet);
    if (image.tcp && image.source() == path.target && image.destination() == path.tester &&
        image.tcp->seq == seq) {
      return event->packet;
    }
  }
  packet::Image image = packet::make_tcp(path.target, path.tester);
  image.tcp->seq = seq;
  image.tcp->flags = scenario::kAck;
  packet::seal(image);
  return packet::encode(image);
}

}  // namespace

Result<BuiltPacket> build_icmp(const scenario::IcmpSpec& spec, Connections& connections, const Trace& trace) {
  const Connection* connection = connections.find(spec.connection);
  if (connection == nullptr) return Error{"no connection is called '" + spec.connection + "'"};
  const Path& path = connections.path_of(*connection);
  const IcmpName* name = find_name(spec.type, spec.code);
  if (name == nullptr) return Error{"icmp " + spec.type + " " + spec.code + " is not known"};
  const bool v4 = path.tester.address.is_v4();
  if (!v4 && name->type6 < 0) return Error{"icmp " + spec.type + " does not exist in IPv6"};
  const Result<std::int64_t> seq = connections.value(spec.quoted_seq);
  if (!seq.ok()) return Error{seq.error()};

  Bytes quote =
      quoted_packet(path, connection->target_isn.value_or(0) + static_cast<std::uint32_t>(*seq), trace);
  quote.resize(std::min(quote.size(), v4 ? kMostQuoted4 : kMostQuoted6));
  Bytes message;
  message.push_back(v4 ? name->type4 : static_cast<std::uint8_t>(name->type6));
  message.push_back(v4 ? name->code4 : static_cast<std::uint8_t>(name->code6));
  append_be16(message, 0);
  append_be32(message, static_cast<std::uint32_t>(spec.mtu.value_or(0)));
  append(message, quote);

  BuiltPacket built;
  built.image = packet::make_tcp(path.tester, path.target);
  built.image.tcp.reset();
  if (built.image.v4) {
    built.image.v4->protocol = 1;
  } else {
    built.image.v6->next_header = built.image.v6->upper = 58;
  }
  store_be16(message, 2, icmp_checksum(built.image, message));
  built.image.payload = std::move(message);
  packet::seal(built.image);
  built.bytes = packet::encode(built.image);
  return built;
}

}  // namespace tcpspec::run
