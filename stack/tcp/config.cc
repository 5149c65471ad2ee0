#include "stack/tcp/config.h"

#include "stack/base/range_checker.h"

namespace tcpspec::tcp {
Status validate(const Config& c) {
  constexpr std::uint32_t kOneGiB = 1U << 30;
  const Duration none = Duration::nanos(0);
  const Duration tick = Duration::millis(1);
  const Duration day = Duration::seconds(86'400);
  RangeChecker check;
  check.number("mss", c.mss, 20, 65495);
  check.number("send_mss_default", c.send_mss_default, 20, 65495);
  check.number("path_mss", c.path_mss, 20, 65495);
  check.number("window_shift", c.window_shift, 0, 14);
  check.number("receive_buffer", c.receive_buffer, 1, kOneGiB);
  check.number("send_buffer", c.send_buffer, 1, kOneGiB);
  // RFC 9293 §3.8.6.3 [MUST-40]: an ACK is delayed by less than half a second.
  check.time("delayed_ack", c.delayed_ack, none, Duration::millis(500) - Duration::nanos(1));
  check.time("override_timeout", c.override_timeout, Duration::millis(100), Duration::seconds(1));
  check.time("min_rto", c.min_rto, tick, day);
  check.time("max_rto", c.max_rto, c.min_rto, day);
  check.time("initial_rto", c.initial_rto, tick, c.max_rto);
  check.time("r2_syn", c.r2_syn, tick, day);
  check.time("r2_data", c.r2_data, tick, day);
  check.time("user_timeout", c.user_timeout, none, day);
  check.time("msl", c.msl, tick, day);
  check.time("fin_wait_2_timeout", c.fin_wait_2_timeout, none, day);
  check.time("keepalive_idle", c.keepalive_idle, tick, day);
  check.time("keepalive_interval", c.keepalive_interval, tick, day);
  check.number("keepalive_probes", c.keepalive_probes, 1, 255);
  check.number("challenge_ack_limit", c.challenge_ack_limit, 0, 1'000'000);
  check.time("challenge_ack_interval", c.challenge_ack_interval, tick, day);
  check.number("empty_answer_burst", c.empty_answer_burst, 1, 1'000'000);
  check.number("initial_window_segments", c.initial_window_segments, 0, 10);
  check.number("duplicate_ack_threshold", c.duplicate_ack_threshold, 2, 100);
  check.time("tlp_max_ack_delay", c.tlp_max_ack_delay, none, Duration::millis(500));
  check.number("most_sent_records", c.most_sent_records, 16, 1U << 20);
  check.number("most_reassembly_blocks", c.most_reassembly_blocks, 1, 65536);
  check.number("ecn_setup_syns", c.ecn_setup_syns, 1, 255);
  check.number("least_path_mss", c.least_path_mss, 20, 1220);
  check.time("path_mtu_raise_after", c.path_mtu_raise_after, Duration::seconds(300), day);
  check.number("path_mtu_timeouts", c.path_mtu_timeouts, 0, 10);
  return check.result();
}

}  // namespace tcpspec::tcp
