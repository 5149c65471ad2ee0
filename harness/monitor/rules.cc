#include "harness/monitor/rules.h"

#include <array>

namespace tcpspec::monitor {
namespace {

constexpr Severity kFail = Severity::kFail, kTolerated = Severity::kTolerated;

constexpr auto kRules = std::to_array<Rule>({
    {"ip-header", "RFC 791 §3.1", "RFC9293:3.1-cksum-v4ph", kFail,
     "The IPv4 header's checksum is right, and its two lengths hold the header"},
    {"tcp-checksum", "RFC 9293 §3.1", "RFC9293:MUST-2", kFail, "Every segment carries the right checksum"},
    {"data-offset", "RFC 9293 §3.1", "RFC9293:3.1-doff-short", kFail,
     "The data offset is at least five words and lies within the segment"},
    {"reserved-bits", "RFC 9293 §3.1", "RFC9293:3.1-rsrvd-tx", kFail,
     "Reserved bits are zero; the bit that RFC 9768 names AE is not one of them"},
    {"ack-flag", "RFC 9293 §3.1", "RFC9293:3.8-ack-always", kFail,
     "Every segment but a SYN and some RSTs carries an acknowledgment"},
    {"option-syntax", "RFC 9293 §3.1", "RFC9293:MUST-68", kFail,
     "Every option but EOL and NOP has a length octet that fits the header"},
    {"option-length", "RFC 9293 §3.2", "RFC9293:3.2-mss-len", kFail,
     "MSS, window scale, SACK-permitted and timestamps have their fixed lengths"},
    {"option-padding", "RFC 9293 §3.1", "RFC9293:MUST-69", kFail,
     "Only zeros follow the end of the option list"},
    {"mss-on-syn", "RFC 9293 §3.2", "RFC9293:MUST-65", kFail, "The MSS option is sent on SYN segments only"},
    {"wscale-on-syn", "RFC 7323 §2.2", "RFC7323:2.2-e", kTolerated,
     "The window scale option has its place on SYN segments; elsewhere it is ignored"},
    {"wscale-range", "RFC 7323 §2.3", "RFC7323:2.3-h", kFail, "The window scale is at most 14"},
    {"wscale-unasked", "RFC 7323 §2.2", "RFC7323:2.2-d", kFail,
     "A SYN-ACK carries a window scale only if the SYN did"},
    {"sack-permitted-on-syn", "RFC 2018 §2", "RFC2018:2-a", kFail,
     "SACK-permitted is sent on SYN segments only"},
    {"sack-unasked", "RFC 2018 §4", "RFC2018:4-c", kFail,
     "SACK blocks are sent only to a peer whose SYN had SACK-permitted"},
    {"sack-blocks", "RFC 2018 §3", "RFC2018:3-b", kFail,
     "A SACK option holds whole blocks, each with its left edge before its right edge"},
    {"sack-received", "RFC 2018 §3", "RFC2018:3-a", kFail,
     "SACK blocks name octets that were received above the cumulative ACK; only the first may be a D-SACK"},
    {"timestamps-in-synack", "RFC 7323 §3.2", "RFC7323:3.2-d", kFail,
     "A SYN-ACK carries timestamps only if the SYN did; crossing SYNs are exempt"},
    {"timestamps-missing", "RFC 7323 §3.2", "RFC7323:3.2-e", kFail,
     "Once negotiated, every segment but a RST carries timestamps"},
    {"timestamps-unasked", "RFC 7323 §3.2", "RFC7323:3.2-j", kTolerated,
     "Without negotiation timestamps are useless: the peer must ignore them"},
    {"timestamps-backwards", "RFC 7323 §4.1", "RFC7323:4.1-a", kFail,
     "TSval follows a clock: modulo 2^32 it never decreases"},
    {"timestamps-echo", "RFC 7323 §3.2", "RFC7323:3.2-b", kFail,
     "With an ACK, TSecr is a TSval that the peer has sent"},
    {"timestamps-echo-unset", "RFC 7323 §3.2", "RFC7323:3.2-a", kTolerated, "Without an ACK, TSecr is zero"},
    {"syn-isn", "RFC 9293 §3.4.1", "RFC9293:3.10.8-rexmt-SYNRCVD", kFail,
     "A SYN-ACK is repeated with its sequence number"},
    {"ack-beyond", "RFC 9293 §3.4", "RFC9293:3.4-ack-cumulative", kFail,
     "An ACK never goes beyond what was sent to it"},
    {"ack-hole", "RFC 9293 §3.4", "RFC9293:3.4-ack-cumulative", kFail,
     "An ACK is cumulative: it never covers octets that have not come"},
    {"ack-backwards", "RFC 9293 §3.4", "RFC9293:3.4-ack-cumulative", kFail, "The ACK number never decreases"},
    {"repeated-octets", "RFC 9293 §3.8.1", "RFC9293:3.10.8-rexmt-ESTAB", kFail,
     "An octet that is sent again is the octet that was sent first"},
    {"fin-number", "RFC 9293 §3.4", "RFC9293:3.4-fin-seq", kFail, "A repeated FIN keeps its sequence number"},
    {"after-fin", "RFC 9293 §3.4", "RFC9293:3.4-fin-seq", kFail, "Nothing is sent beyond one's own FIN"},
    {"right-edge", "RFC 9293 §3.8.6", "RFC9293:SHLD-14", kTolerated,
     "The right edge of the offered window does not move left by more than the rounding of its scale"},
    {"beyond-window", "RFC 7323 §2.4", "RFC7323:2.4-d", kFail,
     "No octet lies beyond the largest window ever offered, but for a probe of one octet"},
    {"mss", "RFC 9293 §3.7.1", "RFC9293:MUST-16", kFail,
     "Text and options of a segment fit the peer's MSS: 536 (IPv4) or 1220 (IPv6) where it sent none"},
    {"probe-shape", "RFC 9293 §3.8.4", "RFC9293:SHLD-12", kTolerated,
     "A keep-alive at SND.NXT-1 carries at most one octet and no flag but ACK and PSH"},
    {"rst-numbers", "RFC 9293 §3.10.7.1", "RFC9293:3.5.2-g1", kFail,
     "A RST has the numbers of the segment it answers, or lies in the peer's window"},
    {"rst-ack-bit", "RFC 9293 §3.10.7.1", "RFC9293:3.10.7.1-rst-noackbit", kTolerated,
     "A RST that answers an ACK has its own ACK flag clear"},
    {"rst-answered", "RFC 9293 §3.5.2", "RFC9293:3.5.2-no-rst-for-rst", kFail,
     "A RST is not answered with a RST"},
    {"ack-storm", "RFC 5681 §4.2", "RFC5681:4.2-g", kFail,
     "Equal ACKs do not go on without anything that arrives"},
    {"ect-unasked", "RFC 3168 §6.1.1", "RFC3168:6.1.1-c", kFail,
     "No data is ECN-capable unless both SYNs negotiated ECN"},
});
static_assert(kRules.size() == kRuleCount);

}  // namespace

std::span<const Rule> rules() { return kRules; }

const Rule& rule(RuleId id) { return kRules[static_cast<std::size_t>(id)]; }

}  // namespace tcpspec::monitor
