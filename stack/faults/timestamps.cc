// The Timestamps option and PAWS: RFC 7323 §3 to §5.
#include <algorithm>

#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

std::uint32_t swapped(std::uint32_t v) {
  return v >> 24 | (v >> 8 & 0xff00U) | (v << 8 & 0xff0000U) | v << 24;
}

bool older(std::uint32_t a, std::uint32_t b) { return Seq32(a).before(Seq32(b)); }

constexpr Fault kFaults[] = {
    {"echo-has-its-octets-reversed",
     "LW28",
     "TSecr returns the peer's value in the other byte order",
     "RFC 7323 §3.2",
     "RFC7323:3.2-b",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.options.timestamps)
              s.options.timestamps->echo_reply = swapped(s.options.timestamps->echo_reply);
            return true;
          }}},
    {"echo-never-advances",
     "TF04",
     "TSecr stays at the value of the peer's SYN",
     "RFC 7323 §4.3",
     "RFC7323:4.3-d",
     {.leaves =
          [](Here& at, Segment& s) {
            if (!s.options.timestamps || !s.has_ack()) return true;
            if (!at.notes.seen) at.notes.number = s.options.timestamps->echo_reply;
            at.notes.seen = true;
            s.options.timestamps->echo_reply = at.notes.number;
            return true;
          }}},
    {"echo-without-ack",
     "seen in none",
     "a SYN without ACK has a TSecr that is not zero",
     "RFC 7323 §3.2",
     "RFC7323:3.2-a",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.options.timestamps && !s.has_ack()) s.options.timestamps->echo_reply = 4711;
            return true;
          }}},
    {"timestamp-clock-stands-still",
     "seen in none",
     "TSval never changes",
     "RFC 7323 §5.4",
     "RFC7323:4.1-a",
     {.leaves =
          [](Here& at, Segment& s) {
            if (!s.options.timestamps) return true;
            if (!at.notes.seen) at.notes.number = s.options.timestamps->value;
            at.notes.seen = true;
            s.options.timestamps->value = at.notes.number;
            return true;
          }}},
    {"timestamp-clock-runs-backward",
     "seen in none",
     "TSval falls as time goes by",
     "RFC 7323 §5.4",
     "RFC7323:4.1-a",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.options.timestamps) s.options.timestamps->value = ~s.options.timestamps->value;
            return true;
          }}},
    {"timestamps-only-in-the-handshake",
     "seen in none",
     "after the handshake segments carry no timestamps",
     "RFC 7323 §3.2",
     "RFC7323:3.2-e",
     {.leaves =
          [](Here&, Segment& s) {
            if (!s.syn()) s.options.timestamps.reset();
            return true;
          }}},
    {"timestamps-uninvited",
     "TF13",
     "segments carry timestamps though the peer's SYN did not",
     "RFC 7323 §3.2",
     "RFC7323:3.2-d",
     {.leaves =
          [](Here& at, Segment& s) {
            if (s.has_ack() && !s.rst() && !s.options.timestamps)
              s.options.timestamps = wire::Timestamps{tcp::timestamp_clock(at.now), 0};
            return true;
          }}},
    {"timestamps-agreed-by-a-later-segment",
     "TF19",
     "timestamps that first come in the third message switch the option on",
     "RFC 7323 §3.2",
     "RFC7323:3.2-j",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!at.tcb.timestamps_on && s.options.timestamps && at.tcb.state == State::kSynReceived) {
              at.tcb.timestamps_on = true;
              at.in.ts_recent.start(s.options.timestamps->value, at.now);
              at.tcb.ts_recent = s.options.timestamps->value;
            }
            return true;
          }}},

    {"tsval-zero-counts-as-none",
     "TF07",
     "a SYN whose TSval is 0 does not switch timestamps on",
     "RFC 7323 §3.2",
     "RFC7323:3.2-b",
     {.reaches =
          [](Notes&, Segment& s, bool) {
            if (s.syn() && s.options.timestamps && s.options.timestamps->value == 0)
              s.options.timestamps.reset();
            return true;
          }}},
    {"old-timestamps-are-accepted",
     "GV20",
     "a segment with an older TSval is accepted: no PAWS",
     "RFC 7323 §5.3 R1",
     "RFC7323:5.3-a",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.timestamps_on && s.options.timestamps &&
                older(s.options.timestamps->value, at.tcb.ts_recent))
              s.options.timestamps->value = at.tcb.ts_recent;
            return true;
          }}},
    {"old-timestamp-gets-no-ack",
     "seen in none",
     "a segment that PAWS rejects gets no ACK",
     "RFC 7323 §5.3 R1",
     "RFC7323:5.3-b",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool old = check == Check::kSequence && at.tcb.timestamps_on && s.options.timestamps &&
                             older(s.options.timestamps->value, at.tcb.ts_recent);
            return old && d == Disposition::kDropAndAck ? Disposition::kDrop : d;
          }}},
    {"equal-timestamps-are-rejected",
     "seen in none",
     "PAWS wants every TSval to be larger than the last",
     "RFC 7323 §5.3 R1",
     "RFC7323:5.3-d",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.timestamps_on && !s.rst() && !s.syn() && s.options.timestamps &&
                s.options.timestamps->value == at.tcb.ts_recent)
              s.options.timestamps->value -= 1;
            return true;
          }}},
    {"timestamps-compare-as-plain-numbers",
     "FR01",
     "a TSval that wrapped around counts as older, so the connection freezes",
     "RFC 7323 §5.2",
     "RFC7323:5.3-d",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.timestamps_on && !s.rst() && s.options.timestamps &&
                s.options.timestamps->value < at.tcb.ts_recent)
              s.options.timestamps->value = at.tcb.ts_recent - 1;
            return true;
          }}},
    {"paws-applies-to-rst",
     "seen in none",
     "a RST with an older timestamp is rejected",
     "RFC 7323 §5.2",
     "RFC7323:5.2-d",
     {.arrives =
          [](Here& at, Segment& s) {
            return !s.rst() || !at.tcb.timestamps_on || !s.options.timestamps ||
                   !older(s.options.timestamps->value, at.tcb.ts_recent);
          }}},
    {"rst-needs-timestamps",
     "seen in none",
     "with timestamps on, a RST without them is dropped",
     "RFC 7323 §3.2",
     "RFC7323:3.2-h",
     {.arrives =
          [](Here& at, Segment& s) {
            return !s.rst() || !at.tcb.timestamps_on || s.options.timestamps.has_value();
          }}},
    {"segment-without-timestamps-is-taken",
     "seen in none",
     "with timestamps on, text without them is accepted",
     "RFC 7323 §3.2",
     "RFC7323:3.2-h",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.timestamps_on && !s.options.timestamps && !s.rst() &&
                tcp::is_synchronized(at.tcb.state))
              s.options.timestamps = wire::Timestamps{at.tcb.ts_recent, 0};
            return true;
          }}},
    {"segment-without-timestamps-resets",
     "seen in none",
     "with timestamps on, a segment without them ends the connection",
     "RFC 7323 §3.2",
     "RFC7323:3.2-i",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!at.tcb.timestamps_on || s.options.timestamps || s.rst() ||
                !tcp::is_synchronized(at.tcb.state))
              return true;
            at.in.send_abort_reset(at.now);
            at.in.become_closed(tcp::EventKind::kReset, tcp::CallError::kReset);
            return false;
          }}},
    {"timestamp-of-an-unacceptable-segment-is-kept",
     "FB08",
     "TS.Recent is taken from a segment before its number is checked, so one forged segment freezes PAWS",
     "RFC 7323 §5.3",
     "RFC7323:4.3-d",
     {.arrives =
          [](Here& at, Segment& s) {
            if (at.tcb.timestamps_on && s.options.timestamps && tcp::is_synchronized(at.tcb.state) &&
                !s.rst() && older(at.tcb.ts_recent, s.options.timestamps->value)) {
              at.in.ts_recent.start(s.options.timestamps->value, at.now);
              at.tcb.ts_recent = s.options.timestamps->value;
            }
            return true;
          }}},
    {"timestamp-of-text-beyond-a-hole-is-kept",
     "seen in none",
     "TS.Recent is taken from segments beyond Last.ACK.sent, so the echo answers the wrong one",
     "RFC 7323 §4.3 (2)",
     "RFC7323:4.3-b",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool fresh = check == Check::kSequence && d == Disposition::kContinue &&
                               at.tcb.timestamps_on && s.options.timestamps && !s.rst() &&
                               older(at.tcb.ts_recent, s.options.timestamps->value);
            if (fresh) {
              at.in.ts_recent.start(s.options.timestamps->value, at.now);
              at.tcb.ts_recent = s.options.timestamps->value;
            }
            return d;
          }}},
};

}  // namespace

std::span<const Fault> timestamp_faults() { return kFaults; }

}  // namespace tcpspec::faults
