// Config: every knob of a reference connection, with default, unit and RFC. Values are checked by validate().
#ifndef STACK_TCP_CONFIG_H_
#define STACK_TCP_CONFIG_H_

#include <cstdint>

#include "stack/base/result.h"
#include "stack/base/time.h"
#include "stack/tcp/build.h"

namespace tcpspec::tcp {

// How losses are found and repaired. Each kind includes what stands before it.
enum class LossRecovery : std::uint8_t {
  kTimeoutOnly,  // RFC 6298 alone
  kNewReno,      // RFC 5681 §3.2, RFC 6582: three duplicate ACKs, one hole a round trip
  kSack,         // RFC 6675, where SACK was agreed; else kNewReno
  kRack,         // RFC 8985, where SACK was agreed; else kNewReno
};
enum class Congestion : std::uint8_t { kNone, kReno };          // kNone: only the peer's window limits
enum class EcnMode : std::uint8_t { kOff, kAccept, kRequest };  // RFC 3168 §6.1.1: kAccept: if the peer asks
enum class HardErrors : std::uint8_t { kSoftOnceSynchronized, kAbort };  // RFC 5927 §5.2; RFC 9293 SHLD-26

class FaultPoints;

struct Config {
  // Options we offer on SYN and accept from the peer's.
  std::uint16_t mss = 1460;              // what we announce, RFC 9293 §3.7.1; 20..65495
  std::uint16_t send_mss_default = 536;  // when the peer announces none [MUST-15]: 536 IPv4, 1220 IPv6
  std::uint16_t path_mss = 1460;         // the most our link carries, whatever the peer allows
  bool window_scaling = true;            // RFC 7323 §2
  std::uint8_t window_shift = 2;         // 0..14
  bool timestamps = true;                // RFC 7323 §3
  bool sack_permitted = true;            // RFC 2018 §2
  std::uint32_t receive_buffer = 65535;  // octets, 1..1 GiB
  std::uint32_t send_buffer = 65536;     // octets
  bool nagle = true;                     // RFC 9293 §3.7.4 [SHLD-7]
  Duration delayed_ack =
      Duration::millis(40);  // RFC 9293 §3.8.6.3, below 0.5 s [MUST-40]; zero: every segment
  Duration override_timeout = Duration::millis(200);  // sender's SWS override, §3.8.6.2.1: 0.1..1 s
  // Retransmission, RFC 6298.
  Duration initial_rto = Duration::seconds(1);
  Duration min_rto = Duration::seconds(1);
  Duration max_rto = Duration::seconds(60);
  // Give up, RFC 9293 §3.8.3: R2 as a time since first transmission; SYN at least 3 minutes [MUST-23].
  Duration r2_syn = Duration::seconds(180);
  Duration r2_data = Duration::seconds(100);
  Duration user_timeout = Duration::seconds(300);    // §3.10.8; zero: none
  Duration msl = Duration::seconds(120);             // §3.4.2; TIME-WAIT lasts two of them [MUST-13]
  Duration fin_wait_2_timeout = Duration::nanos(0);  // zero: none, as the RFC; others set one for orphans
  // Keep-alive, §3.8.4: off by default [MUST-25], no less than two hours by default [MUST-28].
  bool keepalive = false;
  Duration keepalive_idle = Duration::seconds(7200);
  Duration keepalive_interval = Duration::seconds(75);
  int keepalive_probes = 9;
  bool keepalive_garbage_octet = false;  // [MAY-6]
  // RFC 5961 §3, §4, §5: challenge ACKs, and how many within one second (§7).
  bool rfc5961 = true;
  int challenge_ack_limit = 10;                            // in an interval; 0..1000000
  Duration challenge_ack_interval = Duration::seconds(1);  // 1 ms..a day
  // ACKs at once in reply to unacceptable segments without text, SYN or FIN, and one more each second: where
  // two ends disagree about their numbers, they would answer each other for ever. 1..1000000.
  int empty_answer_burst = 10;
  bool rst_kills_time_wait = true;  // RFC 9293; false as RFC 1337
  // A new SYN in TIME-WAIT may reopen the connection, RFC 9293 §3.6.1 [MAY-2].
  bool time_wait_reopen = true;

  bool timestamp_offset = true;  // RFC 7323 §5.4, §7: each 4-tuple's clock has an offset of its own
  bool rfc6191 = true;           // §2: timestamps decide as well; false: the sequence number alone
  // Loss recovery and congestion control.
  LossRecovery recovery = LossRecovery::kRack;
  Congestion congestion = Congestion::kReno;
  int initial_window_segments = 0;  // 0: RFC 5681 §3.1 by MSS (2 to 4); 1..10, RFC 6928 §2
  int duplicate_ack_threshold = 3;  // DupThresh, RFC 5681 §3.2, RFC 6675 §2; 2..100
  bool limited_transmit = true;     // RFC 3042
  bool dsack = true;                // RFC 2883 §4: duplicates are reported in the first SACK block
  bool idle_restart = true;         // RFC 5681 §4.1: the window shrinks to IW after an idle RTO
  bool tail_loss_probe = true;      // RFC 8985 §7, with kRack
  Duration tlp_max_ack_delay = Duration::millis(25);  // RFC 8985 §7.2; 0..0.5 s
  // Bounds on what a peer makes us remember.
  std::uint32_t most_sent_records = 65'536;    // segments in flight, 16..2^20: a small MSS costs memory
  std::uint32_t most_reassembly_blocks = 256;  // holes at the receiver, 1..65536
  EcnMode ecn = EcnMode::kAccept;
  int ecn_setup_syns = 2;          // RFC 3168 §6.1.1.1: after so many, a SYN goes without; 1..255
  bool ecn_retry_refused = false;  // §6.1.1.1: a RST to an ECN-setup SYN is answered by a plain one, once
  bool urgent_inline =
      true;  // urgent octets stay in the stream, RFC 6093 §3.4; false: the last one is set apart
  // Path MTU, RFC 1191, RFC 8201; and what ICMP errors may do, RFC 5927.
  bool path_mtu_discovery = true;
  std::uint16_t least_path_mss = 512;  // an ICMP error never lowers the segment below; 20..1220
  int path_mtu_timeouts =
      1;  // MAXSEGRTO, RFC 5927 §7.2: of what must time out before a doubted message counts; 0..10
  Duration path_mtu_raise_after = Duration::seconds(600);  // RFC 1191 §3, §6.3; 300 s .. a day
  HardErrors hard_errors = HardErrors::kSoftOnceSynchronized;

#ifdef TCPSPEC_FAULTS
  FaultPoints* fault = nullptr;  // that is switched on, stack/tcp/fault_points.h; not owned
#endif

  bool operator==(const Config&) const = default;
};

// Names the first value out of its range, with the range.
[[nodiscard]] Status validate(const Config& config);

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_CONFIG_H_
