// Keep-alive: RFC 9293 §3.8.4.
#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

bool is_probe(const Here& at, const Segment& s) {
  return s.seq == at.tcb.snd.nxt - 1 && !s.syn() && !s.fin() && !s.rst() && at.in.probes_unanswered > 0;
}

constexpr Fault kFaults[] = {
    {"keepalive-is-on-by-default",
     "AL08",
     "connections are probed though the user never asked",
     "RFC 9293 §3.8.4",
     "RFC9293:MUST-25",
     {.configures = [](tcp::Config& config) { config.keepalive = true; }}},
    {"keepalive-cannot-be-turned-on",
     "seen in none",
     "the user asks for keep-alives in vain",
     "RFC 9293 §3.8.4",
     "RFC9293:MUST-24",
     {.configures = [](tcp::Config& config) { config.keepalive = false; }}},
    {"keepalive-begins-after-a-minute",
     "AL08",
     "keep-alives begin after one idle minute in place of two hours",
     "RFC 9293 §3.8.4",
     "RFC9293:MUST-28",
     {.configures = [](tcp::Config& config) { config.keepalive_idle = Duration::seconds(60); }}},
    {"keepalive-interval-is-fixed",
     "seen in none",
     "the user's choice of the idle time is ignored",
     "RFC 9293 §3.8.4",
     "RFC9293:MUST-27",
     {.configures = [](tcp::Config& config) { config.keepalive_idle = Duration::seconds(7200); }}},
    {"one-lost-keepalive-kills",
     "AL08",
     "one keep-alive without an answer ends the connection",
     "RFC 9293 §3.8.4",
     "RFC9293:MUST-29",
     {.configures = [](tcp::Config& config) { config.keepalive_probes = 1; }}},
    {"keepalive-probe-lies-in-the-window",
     "seen in none",
     "keep-alives have SEQ=SND.NXT, which a peer need not answer",
     "RFC 9293 §3.8.4",
     "RFC9293:SHLD-12",
     {.leaves =
          [](Here& at, Segment& s) {
            if (is_probe(at, s)) s.seq += 1;
            return true;
          }}},
    {"keepalive-carries-two-octets",
     "seen in none",
     "a keep-alive carries two octets of garbage",
     "RFC 9293 §3.8.4",
     "RFC9293:MAY-6",
     {.leaves =
          [](Here& at, Segment& s) {
            if (is_probe(at, s)) s.payload = {0, 0};
            return true;
          }}},
    {"keepalive-while-text-is-in-flight",
     "seen in none",
     "keep-alives are sent though text waits for its ACK",
     "RFC 9293 §3.8.4",
     "RFC9293:MUST-26",
     {.settled =
          [](Here& at) {
            if (at.in.config.keepalive && tcp::is_synchronized(at.tcb.state) && at.in.outstanding())
              at.in.timers.start(Timer::kKeepalive, at.in.heard_at + at.in.config.keepalive_idle > at.now
                                                        ? at.in.heard_at + at.in.config.keepalive_idle
                                                        : at.now + Duration::millis(100));
          }}},
    {"keepalive-answer-is-not-counted",
     "seen in none",
     "answers do not clear the count of unanswered probes",
     "RFC 9293 §3.8.4",
     "RFC9293:MUST-29",
     {.arrives =
          [](Here& at, Segment&) {
            at.notes.count = at.in.probes_unanswered;
            return true;
          },
      .decided =
          [](Here& at) {
            if (at.notes.count > at.in.probes_unanswered) at.in.probes_unanswered = at.notes.count;
          }}},
    {"keepalive-never-gives-up",
     "seen in none",
     "a peer that answers no probe is probed for ever",
     "RFC 9293 §3.8.4",
     "RFC9293:MUST-29",
     {.fires =
          [](Here& at, Timer timer) {
            if (timer == Timer::kKeepalive && at.in.probes_unanswered > 2) at.in.probes_unanswered = 2;
            return true;
          }}},
};

}  // namespace

std::span<const Fault> keepalive_faults() { return kFaults; }

}  // namespace tcpspec::faults
