#include "harness/interop/matrix.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <array>

#include "stack/base/check.h"
#include "stack/base/random.h"

namespace tcpspec::interop {
namespace {

constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB;
// Room for a window of many times what a round trip holds.
constexpr std::uint32_t kPeerBuffer = 1024 * 1024;
constexpr std::uint8_t kPeerShift = 5;  // 65535 << 5 covers it: RFC 7323 §2.3

// An option by the words of policies (what is set) and of profiles (what may be lacking).
struct OptionName {
  Off off;
  const char* name;  // in names of variants
  const char* policy;
  const char* capability;
};
constexpr std::array<OptionName, 4> kOptions{{{Off::kSack, "sack", "sack", "sack"},
                                              {Off::kTimestamps, "timestamps", "timestamps", "ts"},
                                              {Off::kWindowScaling, "scaling", "wscale", "wscale"},
                                              {Off::kEcn, "ecn", "ecn", "ecn"}}};

const char* name_of(Off off) {
  for (const OptionName& option : kOptions) {
    if (option.off == off) return option.name;
  }
  return "all";
}

std::string options_of(const Variant& variant) {
  if (variant.off == Off::kNothing) return "all-on";
  return fmt::format("{}-off-at-{}", name_of(variant.off), variant.where == Where::kPeer ? "peer" : "target");
}

sim::Rule rule(sim::Fault fault, std::uint64_t percent, Duration delay = {}, Duration jitter = {}) {
  sim::Rule rule;
  rule.fault = fault;
  if (percent > 0) rule.percent = percent;
  rule.delay = delay;
  rule.jitter = jitter;
  return rule;
}

std::vector<sim::Rule> rules_of(LinkKind link) {
  using sim::Fault;
  if (link == LinkKind::kLight) return {rule(Fault::kDelay, 0, Duration::micros(500)), rule(Fault::kLose, 1)};
  return {rule(Fault::kDelay, 0, Duration::millis(100)),
          rule(Fault::kLose, 5),
          rule(Fault::kReorder, 3, Duration::millis(30), Duration::millis(30)),
          rule(Fault::kDuplicate, 2),
          rule(Fault::kCorrupt, 1),
          rule(Fault::kMark, 2)};
}

struct Sizes {
  std::uint64_t there, back;
};
Sizes sizes_of(LinkKind link, Scale scale) {
  switch (scale) {
    case Scale::kFull:
      return {link == LinkKind::kLight ? 64 * kMiB : kMiB, 64 * kKiB};
    case Scale::kCi:
      return {link == LinkKind::kLight ? 256 * kKiB : 24 * kKiB, 2 * kKiB};
  }
  CHECK(false);
  return {};
}

// Empty, or why it is not applicable.
std::string set_policies(const Variant& variant, const target::Profile& profile, Plan& plan) {
  for (const OptionName& option : kOptions) {
    const bool off = variant.where == Where::kTarget && variant.off == option.off;
    if (const auto lack = profile.lacks.find(option.capability); lack != profile.lacks.end()) {
      if (off) return "never on there: " + lack->second;
      continue;
    }
    const char* const wanted = off ? "off" : "on";
    const auto choice = profile.choices.find(option.policy);
    const bool known = choice != profile.choices.end();
    // ECN has three settings, of which a profile can name only two.
    if (option.off != Off::kEcn && known && choice->second == wanted) continue;
    if (!off && !known) continue;  // whatever it does
    plan.policies[option.policy] = wanted;
  }
  return {};
}

void set_peer(const Variant& variant, Plan& plan) {
  const auto on = [&](Off what) { return variant.where != Where::kPeer || variant.off != what; };
  sim::PeerSetup& peer = plan.peer_knobs;
  peer.seed = plan.seed;
  peer.sack = on(Off::kSack);
  peer.timestamps = on(Off::kTimestamps);
  peer.window_scaling = on(Off::kWindowScaling);
  peer.ecn = on(Off::kEcn) ? sim::PeerEcn::kRequest : sim::PeerEcn::kOff;
  peer.window_shift = kPeerShift;
  peer.receive_buffer = *peer.window_scaling ? kPeerBuffer : 65'535;
  peer.send_buffer = kPeerBuffer;
}

std::uint64_t label_of(const std::string& name) {  // FNV-1a: any spreading will do
  std::uint64_t label = 0xcbf29ce484222325ULL;
  for (const char letter : name) label = (label ^ static_cast<std::uint8_t>(letter)) * 0x100000001b3ULL;
  return label;
}

}  // namespace

std::vector<Variant> all_variants() {
  std::vector<Variant> all;
  const auto row = [&](LinkKind link, Off off, Where where) {
    for (const IpVersion ip : {IpVersion::kV4, IpVersion::kV6}) {
      for (const Direction direction : {Direction::kTargetSends, Direction::kTargetReceives}) {
        for (const Opening opening : {Opening::kPeer, Opening::kTarget}) {
          all.push_back({link, off, where, ip, direction, opening});
        }
      }
    }
  };
  for (const LinkKind link : {LinkKind::kLight, LinkKind::kHeavy}) {
    row(link, Off::kNothing, Where::kPeer);
    for (const Where where : {Where::kPeer, Where::kTarget}) {
      for (const OptionName& option : kOptions) row(link, option.off, where);
    }
  }
  return all;
}

std::string name_of(const Variant& variant) {
  return fmt::format("{}/{}/{}/{}/{}", variant.link == LinkKind::kLight ? "light" : "heavy",
                     options_of(variant), variant.ip == IpVersion::kV4 ? "v4" : "v6",
                     variant.direction == Direction::kTargetSends ? "target-sends" : "target-receives",
                     variant.opening == Opening::kPeer ? "peer-connects" : "target-connects");
}

std::string row_of(const Variant& variant) {
  std::string options = options_of(variant);
  for (char& letter : options) letter = letter == '-' ? ' ' : letter;
  return fmt::format("{}  {}", variant.link == LinkKind::kLight ? "light" : "heavy", options);
}

bool fits(const Variant& variant, const std::string& glob) {
  const std::string name = name_of(variant);
  return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0 || name.starts_with(glob + "/");
}

Result<Plan> plan_of(const Variant& variant, const target::Profile& profile, Scale scale,
                     std::uint64_t seed) {
  for (const char* needed : {"calls", variant.ip == IpVersion::kV6 ? "ipv6" : "ipv4"}) {
    if (const auto lack = profile.lacks.find(needed); lack != profile.lacks.end()) return Error{lack->second};
  }
  Plan plan;
  plan.name = name_of(variant);
  plan.ip = variant.ip;
  plan.seed = Random(seed).fork(label_of(plan.name)).next64();
  plan.opening = variant.opening;
  plan.link = rules_of(variant.link);
  const Sizes sizes = sizes_of(variant.link, scale);
  Program& sender = variant.direction == Direction::kTargetSends ? plan.target : plan.peer;
  Program& receiver = variant.direction == Direction::kTargetSends ? plan.peer : plan.target;
  sender.sends = sizes.there;
  receiver.sends = sizes.back;
  receiver.after_end = true;
  set_peer(variant, plan);
  if (std::string why = set_policies(variant, profile, plan); !why.empty()) return Error{std::move(why)};
  const bool real = profile.clock == target::ClockKind::kReal;
  plan.patience = Duration::seconds(!real ? 900 : scale == Scale::kFull ? 120 : 60);
  plan.limit = Duration::seconds(!real ? 86'400 : scale == Scale::kFull ? 600 : 120);
  return plan;
}

}  // namespace tcpspec::interop
