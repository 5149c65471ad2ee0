// Loss recovery and congestion control: RFC 5681, RFC 6582, RFC 6675, RFC 3042.
#include <algorithm>

#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

bool in_flight(const Here& at) {
  return tcp::is_synchronized(at.tcb.state) && at.tcb.snd.nxt != at.tcb.snd.una;
}

bool repeats_una(const Here& at, const Segment& s) {
  return in_flight(at) && s.has_ack() && !s.rst() && !s.syn() && s.ack == at.tcb.snd.una;
}

constexpr Fault kFaults[] = {
    {"congestion-window-is-not-used",
     "SM34 AL04",
     "text leaves as fast as the peer's window allows: no slow start",
     "RFC 5681 §3.1",
     "RFC9293:MUST-19",
     {.configures = [](tcp::Config& config) { config.congestion = tcp::Congestion::kNone; }}},
    {"initial-window-of-forty-segments",
     "AL04",
     "the first flight is forty segments",
     "RFC 5681 §3.1, RFC 6928 §2",
     "RFC5681:3.1-b",
     {.configures = [](tcp::Config& config) { config.initial_window_segments = 40; }}},
    {"timeout-opens-the-window",
     "AL04",
     "after a timeout there is no slow start",
     "RFC 5681 §3.1",
     "RFC5681:3.1-m",
     {.fired =
          [](Here& at, Timer timer) {
            if (timer != Timer::kRetransmit || !at.in.congestion) return;
            at.in.congestion = tcp::make_congestion_control(tcp::Congestion::kNone);
            at.in.congestion->start(at.in.smss(), 0, false);
          }}},
    {"window-grows-eightfold",
     "RFC 3465's reason",
     "each ACK opens the congestion window by eight segments",
     "RFC 5681 §3.1",
     "RFC5681:3.1-h",
     {.arrives =
          [](Here& at, Segment&) {
            at.notes.seq = at.tcb.snd.una;
            return true;
          },
      .decided =
          [](Here& at) {
            if (!at.in.congestion || !at.tcb.snd.una.after(at.notes.seq)) return;
            const auto acked = static_cast<std::uint32_t>(at.tcb.snd.una - at.notes.seq);
            at.notes.seq = at.tcb.snd.una;
            for (int i = 0; i < 7; ++i) at.in.congestion->on_ack({acked, 0, false, at.tcb.srtt, at.now});
          }}},
    {"window-collapses-at-64-kib",
     "LW13",
     "a congestion window beyond 65535 octets wraps round to one segment",
     "RFC 5681 §3.1",
     "RFC5681:3.1-i",
     {.decided =
          [](Here& at) {
            if (at.in.congestion && at.in.congestion->cwnd() > 65535 &&
                at.in.config.congestion == tcp::Congestion::kReno && in_flight(at))
              at.in.congestion->on_timeout(static_cast<std::uint32_t>(at.tcb.snd.nxt - at.tcb.snd.una), false,
                                           at.now);
          }}},
    {"idle-window-is-kept",
     "seen in none",
     "after an idle time a whole old window leaves at once",
     "RFC 5681 §4.1",
     "RFC5681:4.1-a",
     {.configures = [](tcp::Config& config) { config.idle_restart = false; }}},
    {"limited-transmit-is-missing",
     "before RFC 3042",
     "the first duplicate ACKs let no new text out",
     "RFC 3042 §2",
     "RFC3042:2-a",
     {.configures = [](tcp::Config& config) { config.limited_transmit = false; }}},

    {"no-fast-retransmit",
     "uIP-like stacks",
     "duplicate ACKs are not counted; loss is found by timeout only",
     "RFC 5681 §3.2",
     "RFC5681:3.2-c",
     {.configures = [](tcp::Config& config) { config.recovery = tcp::LossRecovery::kTimeoutOnly; }}},
    {"first-duplicate-ack-retransmits",
     "seen in none",
     "one duplicate ACK counts as loss: reordering is not borne",
     "RFC 5681 §3.2",
     "RFC5681:3.2-c",
     {.configures =
          [](tcp::Config& config) {
            config.recovery = tcp::LossRecovery::kNewReno;
            config.duplicate_ack_threshold = 1;
          }}},
    {"text-counts-as-duplicate-ack",
     "LW25",
     "segments with text count as duplicate ACKs",
     "RFC 5681 §2",
     "RFC5681:2-b",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!repeats_una(at, s) || s.payload.empty()) return true;
            Segment pure = s;
            pure.payload.clear();
            pure.flags = Flag::kAck;
            at.in.arrives_in_synchronized(pure, at.now);
            return true;
          }}},
    {"window-updates-count-as-duplicate-acks",
     "seen in none",
     "an ACK that opens the window counts as a duplicate",
     "RFC 5681 §2",
     "RFC5681:2-b",
     {.arrives =
          [](Here& at, Segment& s) {
            if (repeats_una(at, s) && s.payload.empty())
              at.tcb.snd.wnd = static_cast<std::uint32_t>(s.window) << at.tcb.snd.shift;
            return true;
          }}},
    {"text-resets-the-duplicate-count",
     "LW04",
     "text that arrives between duplicate ACKs starts the count anew",
     "RFC 5681 §3.2",
     "RFC5681:3.2-c",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!s.payload.empty()) at.in.recovery.duplicate_acks = 0;
            return true;
          }}},
    {"duplicate-acks-while-idle-are-answered",
     "SM38",
     "an ACK that repeats itself while nothing is in flight is answered",
     "RFC 5681 §2, §3.2",
     "RFC5681:2-b",
     {.arrives =
          [](Here& at, Segment& s) {
            const bool idle = at.tcb.state == State::kEstablished && !in_flight(at) && s.payload.empty() &&
                              s.length() == 0 && s.ack == at.tcb.snd.una && s.seq == at.tcb.rcv.nxt &&
                              !s.rst();
            if (idle && ++at.notes.count > 2) at.in.ack_now = true;
            return true;
          }}},
    {"recovery-ends-without-deflation",
     "AL07",
     "what duplicate ACKs added to the window stays when recovery is over",
     "RFC 5681 §3.2 step 6, RFC 6582 §3.2",
     "RFC5681:3.2-l",
     {.configures = [](tcp::Config& config) { config.recovery = tcp::LossRecovery::kNewReno; },
      .decided =
          [](Here& at) {
            at.notes.number =
                std::max(at.notes.number,
                         static_cast<std::uint32_t>(std::max<std::int64_t>(at.in.recovery.inflation, 0)));
            if (!at.in.recovery.any()) at.in.recovery.inflation = at.notes.number;
          }}},
    {"sack-blocks-are-not-read",
     "seen in none",
     "what the peer reports by SACK is ignored and sent again",
     "RFC 2018 §5",
     "RFC2018:5-a",
     {.arrives =
          [](Here&, Segment& s) {
            s.options.sack_blocks.clear();
            return true;
          }}},
    {"sack-counts-as-ack",
     "seen in none",
     "a SACK block is taken for an ACK up to its right edge: what was lost stays lost",
     "RFC 2018 §8",
     "RFC2018:8-c",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!in_flight(at) || s.options.sack_blocks.empty()) return true;
            const Seq32 right = s.options.sack_blocks.front().right;
            if (right.after(s.ack) && right.at_or_before(at.tcb.snd.nxt)) s.ack = right;
            return true;
          }}},
};

}  // namespace

std::span<const Fault> congestion_faults() { return kFaults; }

}  // namespace tcpspec::faults
