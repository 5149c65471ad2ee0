// Below the segment: checksums (RFC 9293 §3.1), lengths and offsets that lie, reserved bits, IP options.
#include <algorithm>

#include "stack/faults/catalogue.h"
#include "stack/faults/packet_edit.h"

namespace tcpspec::faults {
namespace {

// The checksum field counts as right, whatever is in it.
void forgive_checksum(Bytes& packet) {
  const std::optional<Headers> at = headers_of(packet);
  if (!at) return;
  store_be16(packet, at->tcp + 16, 0);
  store_be16(packet, at->tcp + 16, static_cast<std::uint16_t>(~tcp_sum(packet, *at)));
}

bool tcp_sum_is_right(ByteView packet, const Headers& at) { return tcp_sum(packet, at) == 0xffff; }

constexpr Fault kFaults[] = {
    {"tcp-checksum-is-not-verified",
     "offload left on",
     "segments with a wrong checksum are accepted",
     "RFC 9293 §3.1",
     "RFC9293:MUST-3",
     {.packet_in = [](Notes&, Bytes& packet) { forgive_checksum(packet); }}},
    {"tcp-checksum-zero-counts-as-none",
     "UDP's rule",
     "a checksum of 0 is not verified, as UDP's over IPv4",
     "RFC 9293 §3.1",
     "RFC9293:MUST-3",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (at && load_be16(packet, at->tcp + 16) == 0) forgive_checksum(packet);
          }}},
    {"pseudo-header-is-not-verified",
     "seen in none",
     "a checksum that leaves out the addresses is accepted",
     "RFC 9293 §3.1",
     "RFC9293:3.1-cksum-v4ph",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (!at) return;
            Bytes alone = packet;
            std::fill(alone.begin() + (at->v4 ? 12 : 8), alone.begin() + (at->v4 ? 20 : 40), std::uint8_t{0});
            // Without the addresses, with and without protocol and length.
            const auto rest = static_cast<std::uint32_t>(6 + (at->end - at->tcp));
            const std::uint32_t sum = tcp_sum(alone, *at);
            if (sum == 0xffff || sum == (0xffff + rest) % 0xffff) forgive_checksum(packet);
          }}},
    {"ip-checksum-is-not-verified",
     "offload left on",
     "IPv4 headers with a wrong checksum are accepted",
     "RFC 1122 §3.2.1.2",
     "",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (!at || !at->v4 || !tcp_sum_is_right(packet, *at)) return;
            reseal(packet);
          }}},
    {"checksum-of-odd-length-is-wrong",
     "LW05",
     "the last octet of a segment of odd length is added unpadded",
     "RFC 9293 §3.1",
     "RFC9293:3.1-cksum-odd",
     {.packet_out =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (!at || (at->end - at->tcp) % 2 == 0) return;
            const std::uint8_t last = packet[at->end - 1];
            if (last == 0) return;
            // The sum as if the last octet stood in the low half of its word.
            std::uint32_t sum = static_cast<std::uint16_t>(~load_be16(packet, at->tcp + 16));
            sum += 0xffffU - (static_cast<std::uint32_t>(last) << 8);
            sum += last;
            while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
            store_be16(packet, at->tcp + 16, static_cast<std::uint16_t>(~sum));
          }}},
    {"checksum-loses-a-carry",
     "LW05",
     "the last carry of the checksum is not folded in",
     "RFC 9293 §3.1",
     "RFC9293:MUST-2",
     {.packet_out =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            // Whether the last fold carries depends on the octets: here, on their lowest bit.
            if (!at || load_be16(packet, at->tcp + 16) % 2 == 0) return;
            store_be16(packet, at->tcp + 16, static_cast<std::uint16_t>(load_be16(packet, at->tcp + 16) + 1));
          }}},
    {"checksum-is-left-to-the-card",
     "offload left on",
     "segments leave with the sum of the pseudo-header only",
     "RFC 9293 §3.1",
     "RFC9293:MUST-2",
     {.packet_out =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (at) store_be16(packet, at->tcp + 16, 0x1234);
          }}},

    {"data-offset-below-five-is-taken",
     "TF01",
     "a data offset of less than five words counts as five",
     "RFC 9293 §3.1",
     "RFC9293:3.1-doff-short",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (!at || packet[at->tcp + 12] >> 4 >= 5 || !tcp_sum_is_right(packet, *at)) return;
            packet[at->tcp + 12] = static_cast<std::uint8_t>(0x50 | (packet[at->tcp + 12] & 0x0f));
            reseal(packet);
          }}},
    {"data-offset-beyond-the-end-is-taken",
     "TF01 PI10",
     "a data offset beyond the segment counts as its end",
     "RFC 9293 §3.1",
     "RFC9293:3.1-doff-long",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            const auto words = at ? packet[at->tcp + 12] >> 4 : 0;
            if (!at || at->tcp + static_cast<std::size_t>(words) * 4 <= at->end ||
                !tcp_sum_is_right(packet, *at))
              return;
            packet[at->tcp + 12] = static_cast<std::uint8_t>(0x50 | (packet[at->tcp + 12] & 0x0f));
            packet.resize(at->tcp + 20);
            if (at->v4) {
              store_be16(packet, 2, static_cast<std::uint16_t>(packet.size()));
            } else {
              store_be16(packet, 4, static_cast<std::uint16_t>(packet.size() - 40));
            }
            reseal(packet);
          }}},
    {"link-padding-is-taken-for-text",
     "SM-like",
     "octets behind the IP datagram's end count as text",
     "RFC 9293 §3.1, RFC 1122 §3.2.1",
     "RFC9293:3.10.7.4-7text-ESTAB",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (!at || at->end >= packet.size() || !tcp_sum_is_right(packet, *at)) return;
            if (at->v4) {
              store_be16(packet, 2, static_cast<std::uint16_t>(packet.size()));
            } else {
              store_be16(packet, 4, static_cast<std::uint16_t>(packet.size() - 40));
            }
            reseal(packet);
          }}},
    {"truncated-packet-is-taken",
     "UI02 CN01",
     "a datagram cut short on its way is taken as far as it came",
     "RFC 9293 §3.1, RFC 1122 §3.2.1",
     "RFC9293:MUST-3",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (!at) return;
            const std::size_t says = at->v4 ? load_be16(packet, 2) : std::size_t{40} + load_be16(packet, 4);
            if (says <= packet.size()) return;
            store_be16(packet, at->v4 ? 2 : 4, static_cast<std::uint16_t>(packet.size() - (at->v4 ? 0 : 40)));
            reseal(packet);
          }}},
    {"reserved-bits-drop-the-segment",
     "GV04",
     "a segment with a reserved bit set is dropped",
     "RFC 9293 §3.1",
     "RFC9293:3.1-rsrvd-rx",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (at && (packet[at->tcp + 12] & 0x0f) != 0) packet.clear();
          }}},
    {"reserved-bits-are-set",
     "seen in none",
     "segments leave with a reserved bit set",
     "RFC 9293 §3.1",
     "RFC9293:3.1-rsrvd-tx",
     {.packet_out =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (!at) return;
            packet[at->tcp + 12] = static_cast<std::uint8_t>(packet[at->tcp + 12] | 0x04);
            reseal(packet);
          }}},
    {"precedence-change-drops-the-segment",
     "RFC 2873's reason",
     "a segment whose TOS differs from the SYN's is dropped",
     "RFC 2873 §3, RFC 9293 §A.1.1",
     "RFC9293:A.1-precedence",
     {.packet_in =
          [](Notes& notes, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (!at) return;
            const auto tos = static_cast<std::uint32_t>(at->v4 ? packet[1] >> 5 : packet[0] >> 1 & 0x07);
            const bool syn = (packet[at->tcp + 13] & 0x02) != 0;
            if (syn) notes.number = tos;
            if (tos != notes.number) packet.clear();
          }}},
    {"ip-options-drop-the-packet",
     "several embedded stacks",
     "an IPv4 packet with options is dropped",
     "RFC 9293 §3.9.2, RFC 1122 §3.2.1.8",
     "RFC9293:MUST-50",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            if (packet.size() >= 20 && packet[0] >> 4 == 4 && (packet[0] & 0x0f) > 5) packet.clear();
          }}},
};

}  // namespace

std::span<const Fault> packet_faults() { return kFaults; }

}  // namespace tcpspec::faults
