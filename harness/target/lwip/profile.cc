#include "harness/target/lwip/profile.h"

#include <fmt/format.h>

#include "harness/target/lwip/lwip_api.h"

namespace tcpspec::target::lwip {
namespace {

#ifdef TCPSPEC_LWIP_DEBIAN
constexpr const char* kVersion = LWIP_VERSION_STRING " (Debian's library)";
#else
constexpr const char* kVersion = TCPSPEC_LWIP_VERSION;
#endif

std::map<std::string, std::string> choices() {
  return {
      // tcp_process(): a RST in the window that is not exact, and any SYN on a synchronized connection, draw
      // an ACK.
      {"rfc5961", "on"},
      {"challenge-limit", "none"},
      // tcp_timewait_input(): RFC 1337, and a SYN never opens anew.
      {"time-wait-rst", "ignore"},
      {"time-wait-reopen", "off"},
      // tcp_process() in SYN-SENT knows only SYN with ACK.
      {"simultaneous-open", "no"},
      {"sack", LWIP_TCP_SACK_OUT ? "on" : "off"},
      {"timestamps", LWIP_TCP_TIMESTAMPS ? "on" : "off"},
      {"wscale", LWIP_WND_SCALE ? "on" : "off"},
      {"ecn", "off"},
      {"delayed-ack", "yes"},
      {"nagle", "on"},
      {"syn-retries", std::to_string(TCP_SYNMAXRTX)},
      {"retries2", std::to_string(TCP_MAXRTX)},
      {"fin-timeout", std::to_string(TCP_FIN_WAIT_TIMEOUT / 1000)},
      {"keepalive-garbage", "no"},
      {"syn-received-duplicate", "synack"},
      {"syn-data", "ignore"},
  };
}

std::map<std::string, std::string> lacks() {
  std::map<std::string, std::string> lacks{
      {"ecn", "lwIP does not speak ECN"},
      {"tfo", "lwIP has no Fast Open"},
      {"uto", "lwIP has no user timeout: TCP_MAXRTX is fixed when it is compiled"},
      {"iss-control", "tcp_next_iss() takes no number from outside"},
      {"multihomed", "the target has one address of each family"},
      {"reboot", "the stack is fresh in every case and cannot restart within one"},
  };
  if (!LWIP_TCP_TIMESTAMPS) lacks["ts"] = "built without LWIP_TCP_TIMESTAMPS";
  if (!LWIP_TCP_SACK_OUT) lacks["sack"] = "built without LWIP_TCP_SACK_OUT";
  if (!LWIP_WND_SCALE) lacks["wscale"] = "built without LWIP_WND_SCALE";
  return lacks;
}

}  // namespace

Profile profile() {
  Profile profile;
  profile.name = "lwip";
  profile.version = kVersion;
  profile.setting = fmt::format("in process, virtual time, receive window {}", TCP_WND);
  profile.link = LinkKind::kIp;
  profile.clock = ClockKind::kVirtual;
  profile.isolation = Isolation::kFresh;
  profile.synchronous_delivery = true;
  // lwIP reads milliseconds. Its timers count ticks of half a second, the first of which may be nearly over:
  // they fire up to a tick early. Only those that wait for more than so many ticks (keep-alive, FIN-WAIT-2,
  // TIME-WAIT) are up to one late; room for that in every time would hide ACKs that are held back, which is
  // worse.
  profile.slack = TimerSlack{Duration::millis(1), 0};
  profile.settle = Duration::millis(100);
  // Three ticks (tcp_receive(): (sa >> 3) + sv never falls below), of which the first may be over at once.
  profile.min_rto = Duration::millis(2 * TCP_SLOW_INTERVAL);
  profile.initial_rto = Duration::millis(3000);
  profile.msl = Duration::millis(TCP_MSL);
  profile.delayed_ack = Duration::millis(TCP_FAST_INTERVAL);
  profile.choices = choices();
  profile.lacks = lacks();
  return profile;
}

Result<bool> nagle_for(const std::map<std::string, std::string>& policies, const Profile& profile) {
  bool nagle = true;
  for (const auto& [key, value] : policies) {
    if (key == "nagle" && (value == "on" || value == "off")) {
      nagle = value == "on";
      continue;
    }
    const auto chosen = profile.choices.find(key);
    if (chosen != profile.choices.end() && chosen->second == value) continue;
    const std::string has = chosen == profile.choices.end() ? "" : fmt::format("; it has {}", chosen->second);
    return Error{fmt::format("policy {}={} cannot be set on lwIP{}", key, value, has)};
  }
  return nagle;
}

}  // namespace tcpspec::target::lwip
