// The Transmission Control Block of RFC 9293 §3.3.1 and the states of §3.3.2. A plain struct: it is read by
// anyone, written by stack/tcp only, and its `state` by enter_state() only (state.h), which checks the table.
#ifndef STACK_TCP_TCB_H_
#define STACK_TCP_TCB_H_

#include <cstdint>
#include <optional>

#include "stack/base/address.h"
#include "stack/base/seq32.h"
#include "stack/base/time.h"

namespace tcpspec::tcp {

enum class State : std::uint8_t {
  kClosed,
  kListen,
  kSynSent,
  kSynReceived,
  kEstablished,
  kFinWait1,
  kFinWait2,
  kCloseWait,
  kClosing,
  kLastAck,
  kTimeWait,
};

// "ESTABLISHED", as printed in the RFC.
[[nodiscard]] const char* to_string(State state);

// SND.*, RFC 9293 §3.3.1 table 2.
struct SendVariables {
  Seq32 una;
  Seq32 nxt;
  std::uint32_t wnd = 0;      // octets, already scaled
  std::uint32_t max_wnd = 0;  // the largest seen, for the SWS test of §3.8.6.2.1 and RFC 5961 §5
  Seq32 up;                   // where urgent data ends, the number after it [MUST-62]; else =< una
  Seq32 wl1;
  Seq32 wl2;
  std::uint8_t shift = 0;  // the peer's window shift, RFC 7323 §2.2
  Seq32 iss;
  bool operator==(const SendVariables&) const = default;
};

// RCV.*, table 3.
struct ReceiveVariables {
  Seq32 nxt;
  std::uint32_t wnd = 0;  // octets offered
  std::uint8_t shift = 0;
  Seq32 up;  // where urgent data ends, as far as known; else the next octet that the user reads
  Seq32 irs;
  bool operator==(const ReceiveVariables&) const = default;
};

struct Tcb {
  State state = State::kClosed;
  std::uint32_t transitions_taken = 0;  // bit n: row n of the table in state.h was taken
  bool passive = false;  // came from LISTEN: a RST in SYN-RECEIVED goes back there (§3.10.7.4 second)
  Endpoint local;
  Endpoint remote;
  SendVariables snd;
  ReceiveVariables rcv;
  std::uint16_t send_mss = 536;  // Eff.snd.MSS before options, RFC 9293 §3.7.1
  bool timestamps_on = false;
  bool peer_shift_clipped = false;  // the peer's window shift was above 14: RFC 7323 §2.3
  bool ecn_on = false;              // text leaves as ECT(0), RFC 3168 §6.1.1
  bool sack_on = false;
  std::uint32_t ts_recent = 0;
  std::optional<Seq32> fin_seq;  // the number of our FIN once it was sent
  bool fin_acked = false;
  Duration srtt, rttvar, rto;
  int retransmissions = 0;  // of the oldest unacknowledged segment
  // Congestion control and loss recovery, RFC 5681 §2, RFC 6675 §2; octets. Zero until the handshake is done.
  std::uint32_t cwnd = 0, ssthresh = 0, pipe = 0;
  bool in_recovery = false;  // fast recovery
  int duplicate_acks = 0;
  std::uint32_t sack_blocks_ignored = 0;  // that could not be true
  std::uint32_t duplicates_reported = 0;  // D-SACKs, RFC 2883
  std::uint32_t urgent_unread = 0;        // octets to read before urgent mode ends, arrived or not [MUST-33]
  std::uint32_t unread = 0, unsent = 0, in_flight = 0, out_of_order = 0;  // octets in each queue
  bool operator==(const Tcb&) const = default;
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_TCB_H_
