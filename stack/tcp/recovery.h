// RecoveryState: what loss recovery remembers between two ACKs, beside the retransmission queue itself. The
// steps that use it are members of Connection::Impl in recovery.cc, recovery_rack.cc and rto.cc.
#ifndef STACK_TCP_RECOVERY_H_
#define STACK_TCP_RECOVERY_H_

#include <cstdint>
#include <optional>

#include "stack/base/seq32.h"
#include "stack/base/time.h"
#include "stack/tcp/rack.h"
#include "stack/tcp/scoreboard.h"
#include "stack/tcp/tlp.h"

namespace tcpspec::tcp {

struct RecoveryState {
  bool fast = false;           // fast recovery: RFC 6582, RFC 6675 §5, or begun by RACK
  bool after_timeout = false;  // what was in flight at a timeout is not yet all acknowledged
  // RFC 6582 "recover", RFC 6675 RecoveryPoint: SND.NXT when the last of either began. None: long passed.
  std::optional<Seq32> point;
  int duplicate_acks = 0;                 // RFC 5681 §2; with SACK, RFC 6675 §2
  std::uint32_t limited_sent = 0;         // octets that limited transmit sent, RFC 3042
  std::int64_t inflation = 0;             // RFC 5681 §3.2 steps 3, 4, RFC 6582 §3.2 step 3: on top of cwnd
  bool partial_seen = false;              // RFC 6582 §3.2 step 3: of this recovery
  bool send_one = false;                  // the next retransmission does not wait for room in cwnd
  bool one_until_ack = false;             // RFC 1191 §6.4, RFC 6298 (5.4): no more before SND.UNA moves
  Seq32 previous_una;                     // RFC 6582 §4.1 prev_highest_ack
  std::optional<Seq32> ecn_point;         // SND.NXT when a mark last reduced the window
  Instant reduced_at = Instant::never();  // when it was reduced in this recovery
  Instant data_sent;                      // RFC 5681 §4.1
  std::uint32_t probed_flight = 0;        // RFC 8985 §7.4.2: FlightSize when the probe left
  Instant last_stamp;                     // Sent::last_sent and end of the latest transmission
  Seq32 last_end;
  bool probe_wanted = false;  // RFC 8985 §7.2: new data left, or an ACK moved SND.UNA
  Scoreboard scoreboard;
  Rack rack;
  Tlp tlp;

  [[nodiscard]] bool any() const { return fast || after_timeout; }
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_RECOVERY_H_
