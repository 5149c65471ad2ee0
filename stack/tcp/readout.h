// Readout: everything about a connection that a person or a test may want to see, at one instant: its TCB,
// its timers, both windows' contents, the scoreboard, and what RACK believes. A copy: reading changes
// nothing, and nothing of the protocol knows of it. The numbers in its text count from the initial sequence
// numbers.
#ifndef STACK_TCP_READOUT_H_
#define STACK_TCP_READOUT_H_

#include <optional>
#include <string>
#include <vector>

#include "stack/base/time.h"
#include "stack/tcp/sent_queue.h"
#include "stack/tcp/tcb.h"
#include "stack/tcp/timers.h"
#include "stack/wire/segment.h"

namespace tcpspec::tcp {

class Connection;

// "retransmission", "2 MSL".
[[nodiscard]] const char* to_string(Timer timer);

struct RunningTimer {
  Timer timer = Timer::kCount;
  Instant at;
  bool operator==(const RunningTimer&) const = default;
};

struct Readout {
  Tcb tcb;
  std::vector<RunningTimer> timers;   // in the order in which they will fire
  std::vector<Sent> sent;             // SND.UNA to SND.NXT
  std::vector<wire::SackBlock> held;  // text ahead of RCV.NXT, by number
  std::uint32_t path_mtu = 0;         // octets of a whole IP packet
  std::optional<Duration> least_rtt;  // RFC 8985 §6.2 step 1
  bool reordering_seen = false;       // RFC 8985 §6.2 step 3
  bool operator==(const Readout&) const = default;
};

[[nodiscard]] Readout read_out(const Connection& connection);

// Some lines for people; `now` makes the timers relative.
[[nodiscard]] std::string to_string(const Readout& readout, Instant now);

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_READOUT_H_
