#include "harness/target/wire/wire_profile.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace tcpspec::target::wire {
namespace {

// Words of a service, as harness/run/control.h asks for them.
constexpr auto kServices =
    std::to_array<const char*>({"calls", "open-port", "closed-port", "closer", "echo", "discard", "chargen"});
// What needs socket calls, whatever the box is.
constexpr auto kByCalls = std::to_array<const char*>(
    {"active-open", "api-abort", "api-close", "api-listen", "api-read-control", "api-shutdown", "api-status",
     "api-urgent", "api-write-control", "errno", "keepalive", "keepalive-tuning", "sockopt", "uto"});

std::string level_of(const Profile& profile, const AgentHello* hello) {
  if (hello != nullptr) return "L2 (agent)";
  std::string services;
  for (const char* word : {"echo", "discard", "chargen"}) {
    if (!profile.lacks.contains(word)) services += fmt::format("{}{}", services.empty() ? "" : ", ", word);
  }
  return services.empty() ? "L0" : fmt::format("L1 ({})", services);
}

std::string setting_of(const Options& options, const Side& side, const Profile& profile,
                       const AgentHello* hello, const IpAddress& dut) {
  std::string setting = fmt::format("wire {}", options.interface);
  if (options.vlan) setting += fmt::format(" vlan {}", *options.vlan);
  setting += fmt::format(", {}", tcpspec::to_string(dut));
  if (hello == nullptr && side.open_port != 0) setting += fmt::format(" port {}", side.open_port);
  setting += fmt::format(", {}, real time", level_of(profile, hello));
  for (const std::string& remark : side.remarks) setting += "; note: " + remark;
  return setting;
}

void lack_calls(Profile& profile) {
  const std::string evidence =
      "no agent on the box: start tcpspec-agent there, and agent=tcp:HOST:PORT or agent=unix:PATH here";
  profile.lacks["calls"] = evidence;
  for (const char* word : kByCalls) profile.lacks.emplace(word, evidence);
}

void lack_what_no_cable_gives(Profile& profile) {
  const std::map<std::string, std::string> lacks{
      {"clock", "the box's clock is real time: hours cannot be waited for"},
      {"iss-control", "the box draws its initial sequence number itself"},
      {"multihomed", "one address of the box is known"},
      {"reboot", "nobody can restart the box for a case"},
      {"mtu-control", "the cable has the MTU that it has"},
      {"tfo", "its answers would depend on earlier cases"},
  };
  for (const auto& [word, evidence] : lacks) profile.lacks.emplace(word, evidence);
}

}  // namespace

Profile wire_profile(const Options& options, const Findings& findings, const AgentHello* hello,
                     IpVersion ip) {
  Profile profile;
  if (hello != nullptr) {
    profile = hello->profile;
  } else {
    profile.slack = TimerSlack{Duration::millis(50), 8};
    profile.min_rto = Duration::millis(200);
    profile.initial_rto = Duration::seconds(1);
    profile.msl = Duration::seconds(30);
    profile.delayed_ack = Duration::millis(500);
  }
  if (profile.name.empty()) profile.name = "wire";
  profile.settle = std::max(profile.settle, Duration::millis(200));
  profile.link = LinkKind::kEthernet;
  profile.clock = ClockKind::kReal;
  profile.isolation = Isolation::kShared;
  profile.synchronous_delivery = false;
  profile.request = options.ask;
  if (options.slack) profile.slack.absolute = *options.slack;
  profile.min_rto = options.min_rto.value_or(profile.min_rto);
  profile.msl = options.msl.value_or(profile.msl);
  profile.delayed_ack = options.delayed_ack.value_or(profile.delayed_ack);
  const Side& side = findings.of(ip);
  for (const auto& [key, value] : side.choices) profile.choices[key] = value;
  for (const auto& [key, value] : options.choices) profile.choices[key] = value;
  for (const std::string& word : options.lacks) profile.lacks[word] = "lack=" + word + " says so";
  if (hello == nullptr) lack_calls(profile);
  lack_what_no_cable_gives(profile);
  for (const auto& [word, evidence] : side.lacks) profile.lacks.emplace(word, evidence);
  if (!options.dut6) profile.lacks.emplace("ipv6", "no IPv6 address of the box is known: dut6=ADDRESS");
  if (!options.dut4) profile.lacks.emplace("ipv4", "no IPv4 address of the box is known: dut=ADDRESS");
  if (!options.dut(ip)) {
    for (const char* service : kServices)
      profile.lacks[service] = profile.lacks[ip == IpVersion::kV4 ? "ipv4" : "ipv6"];
  }
  const IpVersion shown = options.dut(ip) ? ip : ip == IpVersion::kV4 ? IpVersion::kV6 : IpVersion::kV4;
  profile.setting = setting_of(options, findings.of(shown), profile, hello, *options.dut(shown));
  return profile;
}

Status check_policies(const std::map<std::string, std::string>& policies, const Profile& profile,
                      bool agent) {
  for (const auto& [key, value] : policies) {
    const auto choice = profile.choices.find(key);
    if (choice != profile.choices.end() && choice->second == value) continue;
    const std::string what = agent ? "its agent sets nothing" : "a box on a cable cannot be set";
    if (choice != profile.choices.end())
      return Error{fmt::format("policy {}={}: the box does {}, and {}", key, value, choice->second, what)};
    return Error{fmt::format("policy {}={}: {}; say choice={}:{} if it does so by itself", key, value, what,
                             key, value)};
  }
  return Ok{};
}

}  // namespace tcpspec::target::wire
