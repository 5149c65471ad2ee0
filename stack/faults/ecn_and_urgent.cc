// Explicit congestion notification (RFC 3168 §6.1) and the urgent data that we send (RFC 9293 §3.8.5).
#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

constexpr Fault kFaults[] = {
    {"ecn-setup-syn-ack-has-cwr",
     "seen in none",
     "an ECN-setup SYN-ACK has CWR as well as ECE",
     "RFC 3168 §6.1.1",
     "RFC3168:6.1.1-a",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.syn() && s.has_ack() && s.flags.has(Flag::kEce)) s.flags = s.flags | Flag::kCwr;
            return true;
          }}},
    {"ecn-agreed-uninvited",
     "seen in none",
     "every SYN-ACK has ECE, whatever the SYN asked",
     "RFC 3168 §6.1.1",
     "RFC3168:6.1.1-b",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.syn() && s.has_ack()) s.flags = s.flags | Flag::kEce;
            return true;
          }}},
    {"congestion-is-never-echoed",
     "seen in none",
     "a mark on the peer's text is not told",
     "RFC 3168 §6.1.3",
     "RFC3168:6.1.3-a",
     {.leaves =
          [](Here&, Segment& s) {
            if (!s.syn()) s.flags = s.flags.without(Flag::kEce);
            return true;
          }}},
    {"congestion-is-echoed-once",
     "seen in none",
     "a mark is told in one ACK, not until the peer answers with CWR",
     "RFC 3168 §6.1.3",
     "RFC3168:6.1.3-b",
     {.leaves =
          [](Here& at, Segment& s) {
            if (s.syn()) return true;
            if (!s.flags.has(Flag::kEce)) {
              at.notes.seen = false;
            } else if (at.notes.seen) {
              s.flags = s.flags.without(Flag::kEce);
            } else {
              at.notes.seen = true;
            }
            return true;
          }}},
    {"congestion-is-echoed-for-ever",
     "seen in none",
     "CWR does not end the echo of a mark",
     "RFC 3168 §6.1.3",
     "RFC3168:6.1.3-b",
     {.leaves =
          [](Here& at, Segment& s) {
            if (s.syn() || s.rst()) return true;
            if (s.flags.has(Flag::kEce)) at.notes.seen = true;
            if (at.notes.seen) s.flags = s.flags | Flag::kEce;
            return true;
          }}},
    {"pure-acks-are-ect",
     "seen in none",
     "ACKs without text leave as ECN-capable",
     "RFC 3168 §6.1.4",
     "RFC3168:6.1.4-a",
     {.leaves =
          [](Here& at, Segment& s) {
            if (!s.syn() && s.payload.empty() && at.in.ecn.may_send_ect()) s.ecn = wire::Ecn::kEct0;
            return true;
          }}},
    {"syn-is-ect",
     "seen in none",
     "SYNs leave as ECN-capable",
     "RFC 3168 §6.1.1",
     "RFC3168:6.1.1-i",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.syn()) s.ecn = wire::Ecn::kEct0;
            return true;
          }}},
    {"repeated-text-is-ect",
     "seen in none",
     "text that is sent again leaves as ECN-capable",
     "RFC 3168 §6.1.5",
     "RFC3168:6.1.5-a",
     {.leaves =
          [](Here& at, Segment& s) {
            if (!s.payload.empty() && s.seq.before(at.tcb.snd.nxt) && at.in.ecn.may_send_ect())
              s.ecn = wire::Ecn::kEct0;
            return true;
          }}},
    {"ect-without-agreement",
     "seen in none",
     "text leaves as ECN-capable though ECN was not agreed",
     "RFC 3168 §6.1.2",
     "RFC3168:6.1.1-c",
     {.leaves =
          [](Here&, Segment& s) {
            if (!s.payload.empty()) s.ecn = wire::Ecn::kEct0;
            return true;
          }}},
    {"congestion-echo-is-not-heeded",
     "seen in none",
     "ECE from the peer does not reduce the window",
     "RFC 3168 §6.1.2",
     "RFC3168:5-b",
     {.arrives =
          [](Here&, Segment& s) {
            if (!s.syn()) s.flags = s.flags.without(Flag::kEce);
            return true;
          }}},
    {"cwr-is-never-sent",
     "seen in none",
     "the window is reduced, but the peer is not told",
     "RFC 3168 §6.1.2",
     "RFC3168:6.1.2-e",
     {.leaves =
          [](Here&, Segment& s) {
            if (!s.syn()) s.flags = s.flags.without(Flag::kCwr);
            return true;
          }}},

    {"urgent-pointer-names-the-last-octet",
     "BSD's reading",
     "the urgent pointer sent is that of the last urgent octet",
     "RFC 9293 §3.8.5",
     "RFC9293:MUST-62",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.flags.has(Flag::kUrg) && s.urgent > 0) s.urgent = static_cast<std::uint16_t>(s.urgent - 1);
            return true;
          }}},
    {"urgent-data-goes-unmarked",
     "seen in none",
     "urgent text leaves without URG",
     "RFC 9293 §3.8.5",
     "RFC9293:MUST-30",
     {.leaves =
          [](Here&, Segment& s) {
            s.flags = s.flags.without(Flag::kUrg);
            s.urgent = 0;
            return true;
          }}},
    {"urg-stays-set",
     "FR07",
     "after urgent data every segment has URG",
     "RFC 9293 §3.8.5",
     "RFC9293:3.8.5-up-all-segs",
     {.leaves =
          [](Here& at, Segment& s) {
            if (s.flags.has(Flag::kUrg)) at.notes.seen = true;
            if (at.notes.seen && !s.rst()) {
              s.flags = s.flags | Flag::kUrg;
              if (s.urgent == 0) s.urgent = 1;
            }
            return true;
          }}},
};

}  // namespace

std::span<const Fault> ecn_and_urgent_faults() { return kFaults; }

}  // namespace tcpspec::faults
