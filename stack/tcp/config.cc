#include "stack/tcp/config.h"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace tcpspec::tcp {
namespace {

template <typename T>
void check_range(std::optional<Error>& wrong, const char* name, T value, T least, T most) {
  if (wrong || (value >= least && value <= most)) return;
  wrong = Error{fmt::format("{} is {}, must be {} to {}", name, value, least, most)};
}

void check_range(std::optional<Error>& wrong, const char* name, Duration value, Duration least,
                 Duration most) {
  if (wrong || (value >= least && value <= most)) return;
  wrong = Error{fmt::format("{} is {} s, must be {} to {} s", name, to_string(value), to_string(least),
                            to_string(most))};
}

}  // namespace

Status validate(const Config& c) {
  constexpr std::uint32_t kOneGiB = 1U << 30;
  const Duration none = Duration::nanos(0);
  const Duration tick = Duration::millis(1);
  const Duration day = Duration::seconds(86'400);
  std::optional<Error> wrong;
  check_range<unsigned>(wrong, "mss", c.mss, 20, 65495);
  check_range<unsigned>(wrong, "send_mss_default", c.send_mss_default, 20, 65495);
  check_range<unsigned>(wrong, "path_mss", c.path_mss, 20, 65495);
  check_range<unsigned>(wrong, "window_shift", c.window_shift, 0, 14);
  check_range<std::uint32_t>(wrong, "receive_buffer", c.receive_buffer, 1, kOneGiB);
  check_range<std::uint32_t>(wrong, "send_buffer", c.send_buffer, 1, kOneGiB);
  // RFC 9293 §3.8.6.3 [MUST-40]: an ACK is delayed by less than half a second.
  check_range(wrong, "delayed_ack", c.delayed_ack, none, Duration::millis(500) - Duration::nanos(1));
  check_range(wrong, "override_timeout", c.override_timeout, Duration::millis(100), Duration::seconds(1));
  check_range(wrong, "min_rto", c.min_rto, tick, day);
  check_range(wrong, "max_rto", c.max_rto, c.min_rto, day);
  check_range(wrong, "initial_rto", c.initial_rto, tick, c.max_rto);
  check_range(wrong, "r2_syn", c.r2_syn, tick, day);
  check_range(wrong, "r2_data", c.r2_data, tick, day);
  check_range(wrong, "user_timeout", c.user_timeout, none, day);
  check_range(wrong, "msl", c.msl, tick, day);
  check_range(wrong, "fin_wait_2_timeout", c.fin_wait_2_timeout, none, day);
  check_range(wrong, "keepalive_idle", c.keepalive_idle, tick, day);
  check_range(wrong, "keepalive_interval", c.keepalive_interval, tick, day);
  check_range<int>(wrong, "keepalive_probes", c.keepalive_probes, 1, 255);
  check_range<int>(wrong, "challenge_ack_limit", c.challenge_ack_limit, 0, 1'000'000);
  check_range(wrong, "challenge_ack_interval", c.challenge_ack_interval, tick, day);
  check_range<int>(wrong, "empty_answer_burst", c.empty_answer_burst, 1, 1'000'000);
  check_range<int>(wrong, "initial_window_segments", c.initial_window_segments, 0, 10);
  check_range<int>(wrong, "duplicate_ack_threshold", c.duplicate_ack_threshold, 2, 100);
  check_range(wrong, "tlp_max_ack_delay", c.tlp_max_ack_delay, none, Duration::millis(500));
  check_range<std::uint32_t>(wrong, "most_sent_records", c.most_sent_records, 16, 1U << 20);
  check_range<std::uint32_t>(wrong, "most_reassembly_blocks", c.most_reassembly_blocks, 1, 65536);
  check_range<int>(wrong, "ecn_setup_syns", c.ecn_setup_syns, 1, 255);
  check_range<unsigned>(wrong, "least_path_mss", c.least_path_mss, 20, 1220);
  check_range(wrong, "path_mtu_raise_after", c.path_mtu_raise_after, Duration::seconds(300), day);
  check_range<int>(wrong, "path_mtu_timeouts", c.path_mtu_timeouts, 0, 10);
  if (wrong) return *wrong;
  return Ok{};
}

}  // namespace tcpspec::tcp
