#include "harness/target/linux_profile.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <optional>
#include <string_view>

#include "harness/target/netns.h"

namespace tcpspec::target {
namespace {

// A coarse clock ticks once a jiffy; the kernel says CONFIG_HZ nowhere else that everybody may read.
Duration jiffy() {
  timespec t{};
  if (::clock_getres(CLOCK_MONOTONIC_COARSE, &t) != 0 || t.tv_nsec == 0) return Duration::millis(10);
  return Duration::nanos(t.tv_nsec);
}

std::map<std::string, std::string> choices() {
  // Since 6.5 the first four repeats of a SYN come at one second each and are not counted among
  // tcp_syn_retries.
  const bool linear = has_sysctl("ipv4/tcp_syn_linear_timeouts");
  return {{"rfc5961", "on"},
          {"time-wait-rst", "close"},
          {"time-wait-reopen", "on"},
          {"simultaneous-open", "yes"},
          {"sack", "on"},
          {"timestamps", "on"},
          {"wscale", "on"},
          {"ecn", "off"},
          {"delayed-ack", "yes"},
          {"nagle", "on"},
          {"syn-retries", linear ? "10" : "6"},
          {"synack-retries", "5"},
          {"retries2", "15"},
          {"orphan-retries", "8"},
          {"fin-timeout", "60"},
          {"challenge-limit", "none"},
          {"keepalive-garbage", "no"},
          {"syn-received-duplicate", "synack"},
          {"syn-data", "ignore"}};
}

std::map<std::string, std::string> lacks() {
  std::map<std::string, std::string> lacks{
      {"clock", "the kernel's clock is real time: hours cannot be waited for"},
      {"iss-control", "the kernel draws the initial sequence number itself (RFC 6528)"},
      {"multihomed", "each case has one device with one address"},
      {"reboot", "it is the kernel of this machine"},
      {"tfo", "switched off for every case (tcp_fastopen=0), since its answers would depend on earlier ones"},
  };
  if (!has_sysctl("ipv6")) lacks["ipv6"] = "this kernel has no IPv6 (/proc/sys/net/ipv6 is not there)";
  return lacks;
}

enum class ValueKind { kOnOff, kCount };
// Policies that are one sysctl. kOnOff: the policy's two words become 1 and 0.
struct Knob {
  std::string_view policy;
  std::string_view sysctl;
  ValueKind kind = ValueKind::kOnOff;
  std::string_view one = "on";
  std::string_view zero = "off";
};
constexpr auto kKnobs = std::to_array<Knob>({
    {"sack", "ipv4/tcp_sack"},
    {"timestamps", "ipv4/tcp_timestamps"},
    {"wscale", "ipv4/tcp_window_scaling"},
    {"ecn", "ipv4/tcp_ecn"},
    {"time-wait-rst", "ipv4/tcp_rfc1337", ValueKind::kOnOff, "ignore", "close"},
    {"syn-retries", "ipv4/tcp_syn_retries", ValueKind::kCount},
    {"synack-retries", "ipv4/tcp_synack_retries", ValueKind::kCount},
    {"retries2", "ipv4/tcp_retries2", ValueKind::kCount},
    {"orphan-retries", "ipv4/tcp_orphan_retries", ValueKind::kCount},
    {"fin-timeout", "ipv4/tcp_fin_timeout", ValueKind::kCount},
});

bool is_count(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Linux takes zero for "the default" in some of them, and refuses it in others.
  return error == std::errc() && end == text.data() + text.size() && value > 0;
}

std::optional<std::string> value_of(const Knob& knob, const std::string& value) {
  if (knob.kind == ValueKind::kCount) return is_count(value) ? std::optional(value) : std::nullopt;
  if (value == knob.one) return "1";
  if (value == knob.zero) return "0";
  return std::nullopt;
}

// Why Linux has no knob for it.
std::string_view no_knob(std::string_view policy) {
  if (policy == "challenge-limit") return "Linux draws its limit anew each second, so no number can be set";
  if (policy == "fin-timeout") return "Linux always ends an orphan in FIN-WAIT-2";
  return "Linux has no switch for it";
}

}  // namespace

Profile linux_profile(WayKind way) {
  utsname name{};
  ::uname(&name);
  Profile profile;
  profile.name = "linux";
  profile.version = name.release;
  profile.setting =
      way == WayKind::kTun ? "own namespaces, TUN, real time" : "own namespaces, veth, real time";
  profile.link = LinkKind::kIp;
  profile.clock = ClockKind::kReal;
  profile.isolation = Isolation::kFresh;
  profile.synchronous_delivery = true;  // inject() returns when the packet was seen on its way up the stack
  // A timer is armed in whole jiffies, rounded up, and runs at the tick after: two. The wheel's coarser
  // levels round up by at most an eighth of the time. A few milliseconds for the tick's own work on a busy
  // machine.
  profile.slack = TimerSlack{jiffy() * 2 + Duration::millis(4), 8};
  profile.settle = Duration::millis(100);
  profile.min_rto = Duration::millis(200);
  profile.initial_rto = Duration::seconds(1);
  profile.msl = Duration::seconds(30);  // TIME-WAIT is 60 s and cannot be set
  profile.delayed_ack = Duration::millis(200);
  profile.choices = choices();
  profile.lacks = lacks();
  return profile;
}

const std::vector<Sysctl>& base_sysctls() {
  static const std::vector<Sysctl> kBase{
      {"ipv4/tcp_congestion_control", "reno", ""},  // the RFC's; bbr would pace
      {"ipv4/tcp_rmem", "4096 131072 6291456", ""},
      {"ipv4/tcp_wmem", "4096 16384 4194304", ""},
      {"ipv4/tcp_fastopen", "0", ""},
      {"ipv4/tcp_autocorking", "0", ""},
      {"ipv4/tcp_no_metrics_save", "1", ""},
      // Conformance is to be seen, not throttling: every unacceptable segment has its answer.
      {"ipv4/tcp_invalid_ratelimit", "0", ""},
      {"ipv4/tcp_challenge_ack_limit", "2147483647", ""},
  };
  return kBase;
}

std::vector<Sysctl> quiet_sysctls(IpVersion ip) {
  if (ip == IpVersion::kV4) return {{"ipv6/conf/default/disable_ipv6", "1", ""}};
  // For devices made later. No link-local address is made, so nothing is announced or solicited.
  return {{"ipv6/conf/default/addr_gen_mode", "1", ""},
          {"ipv6/conf/default/accept_dad", "0", ""},
          {"ipv6/conf/default/accept_ra", "0", ""},
          {"ipv6/conf/default/autoconf", "0", ""},
          {"ipv6/conf/default/router_solicitations", "0", ""}};
}

Result<std::vector<Sysctl>> policy_sysctls(const std::map<std::string, std::string>& policies,
                                           const Profile& profile) {
  std::vector<Sysctl> sysctls;
  for (const auto& [policy, value] : policies) {
    const auto choice = profile.choices.find(policy);
    if (choice != profile.choices.end() && choice->second == value && policy != "ecn") continue;
    const std::string asked = fmt::format("{}={}", policy, value);
    const auto* knob = std::ranges::find(kKnobs, policy, &Knob::policy);
    const std::optional<std::string> setting = knob == kKnobs.end() ? std::nullopt : value_of(*knob, value);
    if (!setting) return Error{fmt::format("policy {}: {}", asked, no_knob(policy))};
    sysctls.push_back({std::string(knob->sysctl), *setting, asked});
    // Else four more repeats, which are not counted.
    if (policy == "syn-retries") sysctls.push_back({"ipv4/tcp_syn_linear_timeouts", "0", ""});
  }
  return sysctls;
}

}  // namespace tcpspec::target
