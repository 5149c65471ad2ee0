#include "harness/target/reference_policies.h"

#include <charconv>
#include <optional>

namespace tcpspec::target {
namespace {

std::optional<std::int64_t> to_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<bool> to_choice(const std::string& text) {
  if (text == "on" || text == "yes") return true;
  if (text == "off" || text == "no") return false;
  return std::nullopt;
}

// R2 as a time (RFC 9293 §3.8.3) that lets a segment be repeated exactly `retries` times: the sum of all
// timeouts, each twice the one before.
Duration r2_after(std::int64_t retries, Duration first, Duration longest) {
  Duration sum;
  Duration timeout = first;
  for (std::int64_t i = 0; i <= retries && sum < Duration::seconds(1'000'000); ++i) {
    sum += timeout;
    timeout = timeout * 2 < longest ? timeout * 2 : longest;
  }
  return sum;
}

bool set_flag(bool& field, const std::string& value) {
  const std::optional<bool> choice = to_choice(value);
  if (choice) field = *choice;
  return choice.has_value();
}

bool set_named(bool& field, const std::string& value, const char* when_true, const char* when_false) {
  field = value == when_true;
  return field || value == when_false;
}

bool set_delayed_ack(tcp::Config& config, const std::string& value) {
  const std::optional<bool> choice = to_choice(value);
  if (choice) config.delayed_ack = *choice ? tcp::Config().delayed_ack : Duration();
  return choice.has_value();
}

bool set_syn_retries(tcp::Config& config, const std::string& value) {
  const std::optional<std::int64_t> n = to_number(value);
  if (n) config.r2_syn = r2_after(*n, config.initial_rto, config.max_rto);
  return n.has_value();
}

bool set_data_retries(tcp::Config& config, const std::string& value) {
  const std::optional<std::int64_t> n = to_number(value);
  if (n) config.r2_data = r2_after(*n, config.min_rto, config.max_rto);
  return n.has_value();
}

bool set_fin_timeout(tcp::Config& config, const std::string& value) {
  const std::optional<std::int64_t> n = value == "none" ? 0 : to_number(value);
  if (n) config.fin_wait_2_timeout = Duration::seconds(*n);
  return n.has_value();
}

// By default the stack agrees to ECN and does not ask for it: neither of the two.
bool set_ecn(tcp::Config& config, const std::string& value) {
  const std::optional<bool> choice = to_choice(value);
  if (choice) config.ecn = *choice ? tcp::EcnMode::kRequest : tcp::EcnMode::kOff;
  return choice.has_value();
}

bool set_challenge_limit(tcp::Config& config, const std::string& value) {
  const std::optional<std::int64_t> n = value == "none" ? 1'000'000 : to_number(value);
  if (n) config.challenge_ack_limit = static_cast<int>(*n);
  return n.has_value();
}

// False: not one that can be set, or not to this value.
bool apply(tcp::Config& config, const std::string& key, const std::string& value) {
  if (key == "rfc5961") return set_flag(config.rfc5961, value);
  if (key == "time-wait-rst") return set_named(config.rst_kills_time_wait, value, "close", "ignore");
  if (key == "time-wait-reopen") return set_flag(config.time_wait_reopen, value);
  if (key == "sack") return set_flag(config.sack_permitted, value);
  if (key == "timestamps") return set_flag(config.timestamps, value);
  if (key == "wscale") return set_flag(config.window_scaling, value);
  if (key == "ecn") return set_ecn(config, value);
  if (key == "delayed-ack") return set_delayed_ack(config, value);
  if (key == "nagle") return set_flag(config.nagle, value);
  if (key == "syn-retries" || key == "synack-retries") return set_syn_retries(config, value);
  if (key == "retries2") return set_data_retries(config, value);
  if (key == "fin-timeout") return set_fin_timeout(config, value);
  if (key == "challenge-limit") return set_challenge_limit(config, value);
  if (key == "keepalive-garbage") return set_flag(config.keepalive_garbage_octet, value);
  return false;
}

}  // namespace

Profile reference_profile() {
  const tcp::Config config;
  Profile profile;
  profile.name = "reference";
  profile.version = "0.1.0";
  profile.setting = "in process, virtual time";
  profile.link = LinkKind::kIp;
  profile.clock = ClockKind::kVirtual;
  profile.isolation = Isolation::kFresh;
  profile.synchronous_delivery = true;
  profile.settle = Duration::millis(100);
  profile.min_rto = config.min_rto;
  profile.initial_rto = config.initial_rto;
  profile.msl = config.msl;
  profile.delayed_ack = config.delayed_ack;
  profile.choices = {
      {"rfc5961", config.rfc5961 ? "on" : "off"},
      {"time-wait-rst", config.rst_kills_time_wait ? "close" : "ignore"},
      {"time-wait-reopen", config.time_wait_reopen ? "on" : "off"},
      {"simultaneous-open", "yes"},
      {"sack", config.sack_permitted ? "on" : "off"},
      {"timestamps", config.timestamps ? "on" : "off"},
      {"wscale", config.window_scaling ? "on" : "off"},
      {"ecn", "off"},
      {"delayed-ack", config.delayed_ack > Duration() ? "yes" : "no"},
      {"nagle", config.nagle ? "on" : "off"},
      {"fin-timeout", config.fin_wait_2_timeout > Duration() ? "set" : "none"},
      {"challenge-limit", std::to_string(config.challenge_ack_limit)},
      {"keepalive-garbage", config.keepalive_garbage_octet ? "yes" : "no"},
  };
  profile.lacks = {
      {"tfo", "the reference stack has no Fast Open"},
      {"ip-frag", "the reference stack drops fragments"},
      {"iss-control", "the reference stack draws its ISN as RFC 6528 says"},
      {"multihomed", "the reference stack has one address of each family"},
      {"reboot", "the reference stack is fresh in every case and cannot restart within one"},
  };
  return profile;
}

Status apply_policies(const std::map<std::string, std::string>& policies, const Profile& profile,
                      tcp::Config& config) {
  for (const auto& [key, value] : policies) {
    if (apply(config, key, value)) continue;
    const auto chosen = profile.choices.find(key);
    if (chosen != profile.choices.end() && chosen->second == value) continue;
    return Error{"policy " + key + "=" + value + " cannot be set on the reference stack" +
                 (chosen == profile.choices.end() ? std::string() : "; it has " + chosen->second)};
  }
  const auto syn = policies.find("syn-retries"), syn_ack = policies.find("synack-retries");
  if (syn != policies.end() && syn_ack != policies.end() && syn->second != syn_ack->second) {
    return Error{"policy synack-retries=" + syn_ack->second +
                 " differs from syn-retries: the reference stack has one limit for both"};
  }
  const Status valid = validate(config);
  if (!valid.ok()) return Error{"policy out of the reference stack's range: " + valid.error()};
  return Ok{};
}

}  // namespace tcpspec::target
