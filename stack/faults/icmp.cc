// ICMP errors about our segments: RFC 9293 §3.9.2.2, RFC 5927, RFC 6633, RFC 1191.
#include "stack/wire/icmp.h"
#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

bool is_unreachable_or_expired(const Here& at, std::uint8_t type) {
  if (at.tcb.remote.address.is_v4())
    return type == wire::icmp4::kUnreachable || type == wire::icmp4::kTimeExceeded;
  return type == wire::icmp6::kUnreachable || type == wire::icmp6::kTimeExceeded;
}

bool is_port_or_protocol(const Here& at, std::uint8_t type, std::uint8_t code) {
  if (at.tcb.remote.address.is_v4()) return type == wire::icmp4::kUnreachable && (code == 2 || code == 3);
  return type == wire::icmp6::kUnreachable && code == 4;
}

bool is_too_big(const Here& at, std::uint8_t type, std::uint8_t code) {
  if (at.tcb.remote.address.is_v4())
    return type == wire::icmp4::kUnreachable && code == wire::icmp4::kCodeFragmentationNeeded;
  return type == wire::icmp6::kPacketTooBig;
}

bool end_connection(Here& at) {
  if (at.tcb.state == State::kClosed) return true;
  at.in.become_closed(tcp::EventKind::kUnreachable, tcp::CallError::kUnreachable);
  return false;
}

// The first octet of an ICMP message of IPv4, if the packet is one.
std::optional<std::size_t> icmp4_at(ByteView packet) {
  if (packet.size() < 28 || packet[0] >> 4 != 4 || packet[9] != 1) return std::nullopt;
  const std::size_t at = static_cast<std::size_t>(packet[0] & 0x0f) * 4;
  return at >= 20 && at + 8 <= packet.size() ? std::optional(at) : std::nullopt;
}

// The checksum after octets 0 and 1 were changed, RFC 1624.
void set_type_and_code(Bytes& packet, std::size_t at, std::uint8_t type, std::uint8_t code) {
  std::uint32_t sum = static_cast<std::uint16_t>(~load_be16(packet, at + 2));
  sum += static_cast<std::uint16_t>(~load_be16(packet, at));
  packet[at] = type;
  packet[at + 1] = code;
  sum += load_be16(packet, at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  store_be16(packet, at + 2, static_cast<std::uint16_t>(~sum));
}

constexpr Fault kFaults[] = {
    {"soft-icmp-error-ends-syn-sent",
     "FB02",
     "an ICMP time-exceeded or unreachable ends a connect",
     "RFC 9293 §3.9.2.2",
     "RFC9293:MUST-56",
     {.icmp =
          [](Here& at, std::uint8_t type, std::uint8_t) {
            return at.tcb.state != State::kSynSent || !is_unreachable_or_expired(at, type) ||
                   end_connection(at);
          }}},
    {"soft-icmp-error-resets-established",
     "before RFC 5927",
     "an ICMP unreachable of any code ends an established connection",
     "RFC 9293 §3.9.2.2, RFC 5927 §5.2",
     "RFC9293:MUST-56",
     {.icmp =
          [](Here& at, std::uint8_t type, std::uint8_t) {
            return !tcp::is_synchronized(at.tcb.state) || !is_unreachable_or_expired(at, type) ||
                   end_connection(at);
          }}},
    {"blind-icmp-error-ends-the-connection",
     "before RFC 5927",
     "a port unreachable ends a connection whatever number it quotes",
     "RFC 5927 §4.1, §5.2",
     "RFC5927:4.1-a",
     {.icmp = [](Here& at, std::uint8_t type,
                 std::uint8_t code) { return !is_port_or_protocol(at, type, code) || end_connection(at); }}},
    {"port-unreachable-in-syn-sent-is-ignored",
     "seen in none",
     "a port unreachable does not end a connect",
     "RFC 9293 §3.9.2.2",
     "RFC9293:SHLD-26",
     {.icmp =
          [](Here& at, std::uint8_t type, std::uint8_t code) {
            return at.tcb.state != State::kSynSent || !is_port_or_protocol(at, type, code);
          }}},
    {"source-quench-ends-the-connection",
     "before RFC 6633",
     "a Source Quench is heeded, and ends the connection",
     "RFC 9293 §3.9.2.2, RFC 6633 §3",
     "RFC9293:MUST-55",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<std::size_t> at = icmp4_at(packet);
            if (at && packet[*at] == 4) set_type_and_code(packet, *at, 3, 3);
          },
      .icmp = [](Here& at, std::uint8_t type,
                 std::uint8_t code) { return !is_port_or_protocol(at, type, code) || end_connection(at); }}},
    {"too-big-is-not-heeded",
     "path MTU black holes",
     "an ICMP packet-too-big does not make segments smaller",
     "RFC 9293 §3.7.2, RFC 1191 §3, RFC 8201 §4",
     "RFC1191:3-a",
     {.icmp = [](Here& at, std::uint8_t type, std::uint8_t code) { return !is_too_big(at, type, code); }}},
    {"too-big-ends-the-connection",
     "before RFC 1191",
     "an ICMP packet-too-big ends the connection",
     "RFC 1191 §6, RFC 5461",
     "RFC9293:3.7.2-pmtud",
     {.icmp = [](Here& at, std::uint8_t type,
                 std::uint8_t code) { return !is_too_big(at, type, code) || end_connection(at); }}},
    {"too-big-is-taken-for-loss",
     "GV22",
     "an ICMP packet-too-big closes the congestion window",
     "RFC 8201 §5.4",
     "RFC8201:5.4-d",
     {.icmp =
          [](Here& at, std::uint8_t type, std::uint8_t code) {
            if (is_too_big(at, type, code) && at.in.congestion)
              at.in.congestion->on_timeout(static_cast<std::uint32_t>(at.tcb.snd.nxt - at.tcb.snd.una), false,
                                           at.now);
            return true;
          }}},
    {"icmp-errors-are-never-read",
     "seen in none",
     "no ICMP error reaches TCP",
     "RFC 9293 §3.9.2.2",
     "RFC9293:MUST-54",
     {.icmp = [](Here&, std::uint8_t, std::uint8_t) { return false; }}},
};

}  // namespace

std::span<const Fault> icmp_faults() { return kFaults; }

}  // namespace tcpspec::faults
