// Config: every knob of a reference connection, with default, unit and RFC. Values are checked by validate().
#ifndef STACK_TCP_CONFIG_H_
#define STACK_TCP_CONFIG_H_

#include <cstdint>

#include "stack/base/result.h"
#include "stack/base/time.h"

namespace tcpspec::tcp {

struct Config {
  // Options we offer on SYN and accept from the peer's.
  std::uint16_t mss = 1460;              // what we announce, RFC 9293 §3.7.1; 20..65495
  std::uint16_t send_mss_default = 536;  // when the peer announces none [MUST-15]: 536 IPv4, 1220 IPv6
  std::uint16_t path_mss = 1460;         // the most our link carries, whatever the peer allows
  bool window_scaling = true;            // RFC 7323 §2
  std::uint8_t window_shift = 2;         // 0..14
  bool timestamps = true;                // RFC 7323 §3
  bool sack_permitted = true;            // RFC 2018 §2; answered, recovery is not built yet
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
  int challenge_acks_per_second = 10;
  bool rst_kills_time_wait = true;  // RFC 9293; false as RFC 1337
  // A new SYN in TIME-WAIT may reopen the connection, RFC 9293 §3.6.1 [MAY-2].
  bool time_wait_reopen = true;

  bool operator==(const Config&) const = default;
};

// Names the first value out of its range, with the range.
[[nodiscard]] Status validate(const Config& config);

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_CONFIG_H_
