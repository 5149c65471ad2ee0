// Initial sequence numbers (RFC 6528, RFC 9293 §3.4.1), what a listener makes of a segment (§3.10.7.2), and
// addresses that are nobody's (§3.9.2.3).
#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

using tcp::ListenDisposition;

constexpr Fault kFaults[] = {
    {"isn-is-always-the-same",
     "LW34 NU01",
     "every connection starts at the same sequence number",
     "RFC 9293 §3.4.1, RFC 6528 §3",
     "RFC9293:MUST-8",
     {.numbers = [](const Endpoint&, const Endpoint&, Instant, Seq32) { return Seq32(6510); }}},
    {"isn-is-the-clock-alone",
     "LW34 NJ01 NI02",
     "the initial sequence number is a clock that is the same for every peer and port",
     "RFC 6528 §3",
     "RFC9293:MUST-9",
     {.numbers = [](const Endpoint&, const Endpoint&, Instant now,
                    Seq32) { return Seq32(static_cast<std::uint32_t>(now.nanos() / 4'000)); }}},
    {"isn-does-not-move-with-time",
     "seen in none",
     "the initial sequence number of one pair of endpoints never changes",
     "RFC 9293 §3.4.1",
     "RFC9293:MUST-8",
     {.numbers = [](const Endpoint&, const Endpoint&, Instant now,
                    Seq32 iss) { return iss - static_cast<std::uint32_t>(now.nanos() / 4'000); }}},
    {"isn-ignores-the-port",
     "NJ01",
     "initial sequence numbers differ by 64000 from port to port",
     "RFC 6528 §3",
     "RFC9293:MUST-9",
     {.numbers =
          [](const Endpoint&, const Endpoint& remote, Instant now, Seq32) {
            return Seq32(static_cast<std::uint32_t>(now.nanos() / 4'000) + remote.port * 64'000U);
          }}},

    {"rst-ends-the-listener",
     "SM02",
     "a RST to a listening port takes the listener out of service",
     "RFC 9293 §3.10.7.2 first",
     "RFC9293:3.10.7.2-1rst",
     {.listens =
          [](Notes& notes, const Segment& s, ListenDisposition d) {
            if (s.rst()) notes.seen = true;
            return notes.seen ? ListenDisposition::kIgnore : d;
          }}},
    {"listener-answers-rst",
     "PI01",
     "a RST to a listening port is answered with a RST",
     "RFC 9293 §3.10.7.2 first",
     "RFC9293:3.10.7.2-1rst",
     {.answers =
          [](const Segment& s, std::optional<Segment> reply) {
            if (reply || !s.rst()) return reply;
            Segment harmless = s;
            harmless.flags = harmless.flags.without(Flag::kRst);
            return tcp::reset_for_closed(harmless);
          },
      .listens = [](Notes&, const Segment& s,
                    ListenDisposition d) { return s.rst() ? ListenDisposition::kReset : d; }}},
    {"ack-to-a-listener-is-ignored",
     "seen in none",
     "an ACK to a listening port gets no RST",
     "RFC 9293 §3.10.7.2 second",
     "RFC9293:3.10.7.2-2ack",
     {.listens = [](Notes&, const Segment& s,
                    ListenDisposition d) { return s.has_ack() ? ListenDisposition::kIgnore : d; }}},
    {"syn-ack-opens-a-listener",
     "seen in none",
     "a SYN-ACK to a listening port is taken for a SYN",
     "RFC 9293 §3.10.7.2 second",
     "RFC9293:3.10.7.2-2synack",
     {.reaches =
          [](Notes&, Segment& s, bool connected) {
            if (!connected && s.syn() && s.has_ack() && !s.rst()) s.flags = s.flags.without(Flag::kAck);
            return true;
          }}},
    {"listener-resets-what-has-no-syn",
     "seen in none",
     "text or FIN without SYN and ACK to a listening port gets a RST",
     "RFC 9293 §3.10.7.2 fourth",
     "RFC9293:3.10.7.2-4other",
     {.listens =
          [](Notes&, const Segment& s, ListenDisposition d) {
            return !s.rst() && !s.syn() && !s.has_ack() ? ListenDisposition::kReset : d;
          }}},
    {"syn-with-text-is-dropped",
     "seen in none",
     "a SYN that carries text is ignored",
     "RFC 9293 §3.10.7.2 third",
     "RFC9293:3.10.7.2-3syn-data",
     {.reaches = [](Notes&, Segment& s,
                    bool connected) { return connected || !s.syn() || s.payload.empty(); }}},
    {"syn-with-ecn-flags-is-dropped",
     "GV04",
     "a SYN with ECE and CWR set is ignored",
     "RFC 3168 §6.1.1",
     "RFC3168:6.1.1-h",
     {.reaches = [](Notes&, Segment& s,
                    bool connected) { return connected || !s.syn() || !s.flags.has(Flag::kEce); }}},
    {"syn-with-urg-is-dropped",
     "seen in none",
     "a SYN with URG set is ignored",
     "RFC 9293 §3.10.7.2 third",
     "RFC9293:3.10.7.2-3syn-urg",
     {.reaches = [](Notes&, Segment& s,
                    bool connected) { return connected || !s.syn() || !s.flags.has(Flag::kUrg); }}},
    {"one-handshake-at-a-time",
     "uIP-like stacks",
     "while one handshake is under way a SYN from elsewhere is ignored",
     "RFC 9293 §3.10.7.2",
     "RFC9293:MUST-42",
     {.configures = nullptr,
      .settled = [](Here& at) { at.notes.seen = at.tcb.state == State::kSynReceived; },
      .listens = [](Notes& notes, const Segment&,
                    ListenDisposition d) { return notes.seen ? ListenDisposition::kIgnore : d; }}},
    {"listener-serves-once",
     "uIP-like stacks",
     "a listener takes one connection and no second",
     "RFC 9293 §3.9.1.1",
     "RFC9293:3.10.7.2-3syn-clone",
     {.listens =
          [](Notes& notes, const Segment&, ListenDisposition d) {
            if (d != ListenDisposition::kNewConnection) return d;
            return ++notes.count == 1 ? d : ListenDisposition::kIgnore;
          }}},
    {"syn-from-a-broadcast-address-is-answered",
     "SM41",
     "a SYN whose source is unspecified, broadcast or multicast is served",
     "RFC 9293 §3.9.2.3",
     "RFC9293:MUST-63",
     {.admits =
          [](const IpAddress& source, const IpAddress& destination) {
            const bool ours = !destination.is_multicast() && !destination.is_broadcast();
            return ours && (source.is_unspecified() || source.is_broadcast() || source.is_multicast());
          }}},
    {"syn-to-a-broadcast-address-is-answered",
     "FR04",
     "a segment to a broadcast or multicast address is served or reset",
     "RFC 9293 §3.9.2.3",
     "RFC9293:MUST-57",
     {.admits =
          [](const IpAddress&, const IpAddress& destination) {
            return destination.is_multicast() || destination.is_broadcast();
          }}},
    {"full-backlog-is-no-limit",
     "AL-style SYN flood",
     "a listener takes more connections than its backlog",
     "listen()'s promise",
     "",
     {.has_room = [](bool) { return true; }}},
};

}  // namespace

std::span<const Fault> listen_faults() { return kFaults; }

}  // namespace tcpspec::faults
