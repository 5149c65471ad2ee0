// Options, and the segment sizes that follow from them: RFC 9293 §3.1, §3.2, §3.7.1.
#include <algorithm>

#include "stack/faults/catalogue.h"
#include "stack/faults/packet_edit.h"

namespace tcpspec::faults {
namespace {

// Segments that carry an option of a kind this stack does not know.
bool has_unknown_option(ByteView packet) {
  bool unknown = false;
  for_each_option(packet,
                  [&](std::uint8_t kind, std::size_t) { unknown = unknown || (kind > 5 && kind != 8); });
  return unknown;
}

constexpr Fault kFaults[] = {
    {"peer-mss-is-ignored",
     "seen in none",
     "segments are as large as our link, whatever MSS the peer announced",
     "RFC 9293 §3.7.1",
     "RFC9293:MUST-16",
     {.decided = [](Here& at) { at.tcb.send_mss = at.in.config.path_mss; }}},
    {"missing-mss-means-1460",
     "FB01",
     "a peer that announces no MSS gets segments of Ethernet's size, not of 536 or 1220 octets",
     "RFC 9293 §3.7.1",
     "RFC9293:MUST-15",
     {.configures = [](tcp::Config& config) { config.send_mss_default = 1460; }}},
    {"missing-mss-drops-the-syn",
     "TF05",
     "a SYN or SYN-ACK without an MSS option is ignored",
     "RFC 9293 §3.7.1",
     "RFC9293:MUST-15",
     {.reaches = [](Notes&, Segment& s, bool) { return !s.syn() || s.options.mss.has_value(); }}},
    {"mss-zero-drops-the-syn",
     "SM19 LW14 FR08",
     "a SYN that announces an MSS of 0 is ignored",
     "RFC 9293 §3.7.1",
     "RFC9293:MUST-7",
     {.reaches = [](Notes&, Segment& s, bool) { return !s.syn() || s.options.mss.value_or(1) != 0; }}},
    {"option-octets-exceed-the-mss",
     "SM35",
     "the octets of options come on top of the MSS, so segments are too large for the peer",
     "RFC 9293 §3.7.1, RFC 6691 §2",
     "RFC9293:3.7.1-len-adjust",
     {.decided =
          [](Here& at) {
            if (at.tcb.timestamps_on && !at.notes.seen && tcp::is_synchronized(at.tcb.state)) {
              at.notes.seen = true;
              at.tcb.send_mss = static_cast<std::uint16_t>(at.tcb.send_mss + 12);
            }
          }}},
    {"mss-is-not-announced",
     "seen in none",
     "SYNs carry no MSS option",
     "RFC 9293 §3.7.1",
     "RFC9293:SHLD-5",
     {.leaves =
          [](Here&, Segment& s) {
            s.options.mss.reset();
            return true;
          }}},
    {"mss-counts-the-headers",
     "seen in none",
     "the announced MSS is the MTU, headers included",
     "RFC 9293 §3.7.1",
     "RFC9293:MUST-67",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.options.mss)
              s.options.mss =
                  static_cast<std::uint16_t>(*s.options.mss + (s.source.address.is_v4() ? 40 : 60));
            return true;
          }}},
    {"mss-in-every-segment",
     "seen in none",
     "the MSS option is sent in segments without SYN, too",
     "RFC 9293 §3.2, §3.7.1",
     "RFC9293:MUST-65",
     {.leaves =
          [](Here&, Segment& s) {
            if (!s.syn() && !s.rst()) s.options.mss = 1400;
            return true;
          }}},

    {"unknown-option-drops-the-segment",
     "seen in none",
     "a segment with an option of unknown kind is dropped",
     "RFC 9293 §3.1",
     "RFC9293:MUST-6",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            if (has_unknown_option(packet)) packet.clear();
          }}},
    {"options-only-in-a-syn",
     "uIP-like stacks",
     "a segment with options but no SYN is dropped",
     "RFC 9293 §3.1",
     "RFC9293:MUST-5",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (!at || (packet[at->tcp + 13] & 0x06) != 0) return;  // SYN or RST
            if (at->options_end > at->tcp + 20) packet.clear();
          }}},
    {"option-of-bad-length-resets",
     "seen in none",
     "a segment with a malformed option resets its connection",
     "RFC 9293 §3.1",
     "RFC9293:MUST-7",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (!at || options_are_sound(packet)) return;
            std::fill(packet.begin() + static_cast<std::ptrdiff_t>(at->tcp + 20),
                      packet.begin() + static_cast<std::ptrdiff_t>(at->options_end), std::uint8_t{1});
            packet[at->tcp + 13] = 0x04;
            reseal(packet);
          }}},
    {"options-behind-the-end-are-read",
     "seen in none",
     "what stands behind the end-of-options octet is read as options",
     "RFC 9293 §3.1",
     "RFC9293:MUST-4",
     {.packet_in =
          [](Notes&, Bytes& packet) {
            const std::optional<Headers> at = headers_of(packet);
            if (!at || at->options_end <= at->tcp + 20) return;
            for_each_option(packet, [&](std::uint8_t kind, std::size_t where) {
              if (kind == 0) packet[where] = 1;
            });
            reseal(packet);
          }}},
    {"nop-ends-the-options",
     "seen in none",
     "a no-operation octet is taken for the end of the options",
     "RFC 9293 §3.2",
     "RFC9293:MUST-4",
     {.reaches = nullptr,
      .packet_in =
          [](Notes&, Bytes& packet) {
            std::size_t first = 0;
            for_each_option(packet, [&](std::uint8_t kind, std::size_t where) {
              if (kind == 1 && first == 0) first = where;
            });
            if (first == 0) return;
            packet[first] = 0;
            reseal(packet);
          }}},
    {"mss-in-a-later-segment-is-taken",
     "seen in none",
     "an MSS option in a segment without SYN changes the size",
     "RFC 9293 §3.2",
     "RFC9293:3.2-mss-nonsyn-rx",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!s.syn() && s.options.mss && *s.options.mss > 0)
              at.tcb.send_mss = std::min(at.tcb.send_mss, *s.options.mss);
            return true;
          }}},
    {"window-scale-in-a-later-segment-is-taken",
     "seen in none",
     "a window scale in a segment without SYN changes the scale",
     "RFC 7323 §2.2",
     "RFC7323:2.2-e",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!s.syn() && s.options.window_scale)
              at.tcb.snd.shift = std::min<std::uint8_t>(*s.options.window_scale, 14);
            return true;
          }}},

    {"window-scale-uninvited",
     "SM16",
     "the SYN-ACK has a window scale though the SYN had none",
     "RFC 7323 §2.2",
     "RFC7323:2.2-d",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.syn() && s.has_ack()) s.options.window_scale = 2;
            return true;
          }}},
    {"sack-permitted-uninvited",
     "seen in none",
     "the SYN-ACK permits SACK though the SYN did not",
     "RFC 2018 §2",
     "RFC2018:2-a",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.syn() && s.has_ack()) s.options.sack_permitted = true;
            return true;
          }}},
    {"sack-blocks-uninvited",
     "seen in none",
     "SACK blocks are sent though the peer's SYN did not permit them",
     "RFC 2018 §2",
     "RFC2018:4-c",
     {.leaves =
          [](Here& at, Segment& s) {
            if (!s.syn() && s.has_ack() && !s.rst() && !at.tcb.sack_on)
              s.options.sack_blocks = at.in.reassembly.sack_blocks(1);
            return true;
          }}},
    {"sack-permitted-in-every-segment",
     "seen in none",
     "SACK-permitted is sent in segments without SYN",
     "RFC 2018 §2",
     "RFC2018:2-a",
     {.leaves =
          [](Here& at, Segment& s) {
            if (at.tcb.sack_on && !s.rst()) s.options.sack_permitted = true;
            return true;
          }}},
};

}  // namespace

std::span<const Fault> option_faults() { return kFaults; }

}  // namespace tcpspec::faults
