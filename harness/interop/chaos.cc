#include "harness/interop/chaos.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "stack/base/random.h"

namespace tcpspec::interop {
namespace {

constexpr std::uint64_t kMostOctets = 300 * 1024;
constexpr Duration kNextProbe = Duration::seconds(15);
// An orphan whose other side is gone would wait in FIN-WAIT-2 for ever: RFC 9293 §3.6 leaves it so.
constexpr Duration kOrphan = Duration::seconds(60);
// Only on a link like this are all retransmissions of one segment lost, of which there are seven before R2.
constexpr std::uint64_t kMuchLoss = 15, kLongBurst = 5;
constexpr Duration kLongOutage = Duration::seconds(10);

class Draws {
 public:
  explicit Draws(Random random) : random_(random) {}
  bool chance(std::uint64_t percent) { return random_.chance(percent, 100); }
  std::uint64_t upto(std::uint64_t most) { return random_.below(most + 1); }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + upto(most - least); }
  template <typename T, std::size_t N>
  T one_of(const std::array<T, N>& list) {
    return list[static_cast<std::size_t>(random_.below(N))];
  }
  Duration micros(std::uint64_t least, std::uint64_t most) {
    return Duration::micros(static_cast<std::int64_t>(between(least, most)));
  }
  // Each power of two as likely as the others, so that small ones are as well tried as large ones.
  std::uint64_t spread(std::uint64_t most) {
    std::uint64_t bits = 0;
    while (most >> bits != 0) ++bits;
    const std::uint64_t top = std::uint64_t{1} << upto(bits);
    return std::min(top == 0 ? 0 : random_.below(top), most);
  }

 private:
  Random random_;
};

LinkKnobs draw_link(Draws draws) {
  LinkKnobs link;
  const bool bad = draws.chance(30);
  const auto percent = [&](std::uint64_t mild, std::uint64_t most) {
    return draws.chance(25) ? 0 : draws.upto(bad ? most : mild);
  };
  link.lost = percent(3, 18);
  link.duplicated = percent(2, 15);
  link.reordered = percent(3, 20);
  link.corrupted = percent(1, 8);
  link.marked = percent(3, 20);
  if (draws.chance(20)) {
    link.bursts = draws.between(1, 3);
    link.burst = draws.between(2, 20);
  }
  link.delay = draws.micros(50, draws.one_of(std::array<std::uint64_t, 4>{500, 10'000, 100'000, 400'000}));
  if (draws.chance(30)) link.jitter = draws.micros(0, 30'000);
  link.held_back = draws.micros(100, 200'000);
  if (draws.chance(12)) {
    link.outage_from = draws.micros(0, 5'000'000);
    link.outage = draws.micros(100'000, draws.chance(30) ? 400'000'000 : 20'000'000);
  }
  return link;
}

SideKnobs draw_side(Draws draws, IpVersion ip) {
  SideKnobs side;
  const bool v6 = ip == IpVersion::kV6;
  side.mtu = draws.one_of(std::array<std::uint16_t, 6>{1280, 1492, 1500, 1500, 4352, 9000});
  if (!v6 && draws.chance(20)) side.mtu = static_cast<std::uint16_t>(draws.between(576, 1279));
  side.receive_buffer = static_cast<std::uint32_t>(
      draws.one_of(std::array<std::uint64_t, 6>{1'000, 4'096, 16'384, 65'535, 65'535, 262'144}));
  side.send_buffer = static_cast<std::uint32_t>(
      draws.one_of(std::array<std::uint64_t, 6>{1'000, 4'096, 16'384, 65'536, 65'536, 262'144}));
  side.sack = draws.chance(75);
  side.timestamps = draws.chance(75);
  side.window_scaling = draws.chance(75);
  side.nagle = draws.chance(75);
  side.delayed_ack = draws.chance(75);
  side.ecn = draws.chance(50);
  if (draws.chance(40)) {
    side.keepalive = Duration::seconds(draws.one_of(std::array<std::int64_t, 3>{10, 75, 600}));
  }
  Program& program = side.program;
  // What a small buffer carries takes many packets.
  program.sends = std::min<std::uint64_t>(draws.spread(kMostOctets), side.receive_buffer * std::uint64_t{64});
  program.write_size = static_cast<std::size_t>(draws.between(1, 65'536));
  if (draws.chance(20)) {
    program.write_size = static_cast<std::size_t>(program.sends / 20 + 1);
    program.write_pause = draws.micros(1'000, 3'000'000);
  }
  program.read_size = static_cast<std::size_t>(draws.between(1'000, 65'536));
  if (draws.chance(20)) program.read_pause = draws.micros(1'000, 2'000'000);
  if (program.sends > 0 && draws.chance(10)) program.urgent_at = draws.upto(program.sends - 1);
  program.ending = draws.one_of(std::array<Ending, 10>{
      Ending::kShutdown, Ending::kShutdown, Ending::kShutdown, Ending::kShutdown, Ending::kShutdown,
      Ending::kShutdown, Ending::kClose, Ending::kClose, Ending::kCloseNow, Ending::kAbort});
  return side;
}

void append_faults(std::vector<sim::Rule>& rules, const LinkKnobs& knobs, sim::Toward toward) {
  using sim::Fault;
  const auto add = [&](Fault fault, std::uint64_t percent) -> sim::Rule& {
    sim::Rule rule;
    rule.fault = fault;
    rule.toward = toward;
    rule.percent = percent;
    return rules.emplace_back(rule);
  };
  sim::Rule& delay = add(Fault::kDelay, 100);
  delay.delay = knobs.delay;
  delay.jitter = knobs.jitter;
  if (knobs.lost > 0) add(Fault::kLose, knobs.lost);
  if (knobs.duplicated > 0) add(Fault::kDuplicate, knobs.duplicated);
  if (knobs.reordered > 0) add(Fault::kReorder, knobs.reordered).delay = knobs.held_back;
  if (knobs.corrupted > 0) add(Fault::kCorrupt, knobs.corrupted);
  if (knobs.marked > 0) add(Fault::kMark, knobs.marked);
  if (knobs.bursts > 0) add(Fault::kLose, knobs.bursts).row = knobs.burst;
  if (knobs.outage > Duration()) {
    sim::Rule& outage = add(Fault::kLose, 100);
    outage.from = Instant() + knobs.outage_from;
    outage.until = Instant() + knobs.outage_from + knobs.outage;
  }
}

// A segment needs its way there and its acknowledgment the way back.
bool may_time_out(const LinkKnobs& there, const LinkKnobs& back) {
  std::uint64_t lost = 0;
  for (const LinkKnobs& link : {there, back}) {
    if (link.outage > kLongOutage || (link.bursts > 0 && link.burst >= kLongBurst)) return true;
    lost += link.lost + link.corrupted + link.bursts * link.burst;
  }
  return lost > kMuchLoss;
}

target::SocketCall socket_option(target::SocketOption name, std::int64_t value) {
  target::SocketCall call;
  call.kind = target::CallKind::kSetOption;
  call.option = name;
  call.value = value;
  return call;
}

void set_target(const SideKnobs& side, Plan& plan) {
  using target::SocketOption;
  const auto on = [](bool yes) { return yes ? "on" : "off"; };
  plan.target_mtu = side.mtu;
  plan.policies = {{"sack", on(side.sack)},
                   {"timestamps", on(side.timestamps)},
                   {"wscale", on(side.window_scaling)},
                   {"ecn", on(side.ecn)},
                   {"nagle", on(side.nagle)},
                   {"delayed-ack", on(side.delayed_ack)},
                   {"fin-timeout", std::to_string(kOrphan.count_nanos() / 1'000'000'000)}};
  plan.target_options = {socket_option(SocketOption::kReceiveBuffer, side.receive_buffer),
                         socket_option(SocketOption::kSendBuffer, side.send_buffer)};
  if (!side.keepalive) return;
  plan.target_options.push_back(socket_option(SocketOption::kKeepAlive, 1));
  plan.target_options.push_back(
      socket_option(SocketOption::kKeepIdle, side.keepalive->count_nanos() / 1'000'000'000));
  plan.target_options.push_back(
      socket_option(SocketOption::kKeepInterval, kNextProbe.count_nanos() / 1'000'000'000));
}

void set_peer(const SideKnobs& side, Plan& plan) {
  sim::PeerSetup& peer = plan.peer_knobs;
  peer.mtu = side.mtu;
  peer.seed = plan.seed + 1;
  peer.sack = side.sack;
  peer.timestamps = side.timestamps;
  peer.window_scaling = side.window_scaling;
  peer.nagle = side.nagle;
  peer.ecn = side.ecn ? sim::PeerEcn::kRequest : sim::PeerEcn::kOff;
  peer.receive_buffer = side.receive_buffer;
  peer.send_buffer = side.send_buffer;
  if (!side.delayed_ack) peer.delayed_ack = Duration();
  peer.fin_wait_2_timeout = kOrphan;
  peer.keepalive_idle = side.keepalive;
  if (side.keepalive) peer.keepalive_interval = kNextProbe;
}

}  // namespace

Knobs draw(std::uint64_t seed) {
  const Random root(seed);
  Draws draws(root.fork(1));
  Knobs knobs;
  knobs.seed = seed;
  knobs.ip = draws.chance(50) ? IpVersion::kV4 : IpVersion::kV6;
  knobs.peer = draw_side(Draws(root.fork(2)), knobs.ip);
  knobs.target = draw_side(Draws(root.fork(3)), knobs.ip);
  knobs.to_target = draw_link(Draws(root.fork(4)));
  knobs.to_peer = draw_link(Draws(root.fork(5)));
  knobs.opening = draws.chance(10) ? Opening::kBoth : draws.chance(50) ? Opening::kPeer : Opening::kTarget;
  Program& a = knobs.peer.program;
  Program& b = knobs.target.program;
  // One side may wait for the end of file of the other, which must then give it one first.
  if (draws.chance(30)) {
    Program& waits = draws.chance(50) ? a : b;
    Program& first = &waits == &a ? b : a;
    waits.after_end = true;
    if (first.ending == Ending::kClose) first.ending = Ending::kShutdown;
  }
  // Both close in the same moment.
  if (draws.chance(15)) {
    a.ending = b.ending = Ending::kClose;
    a.after_end = b.after_end = false;
    a.not_before = b.not_before = draws.micros(1'000'000, 30'000'000);
  }
  return knobs;
}

Plan plan_of(const Knobs& knobs) {
  Plan plan;
  plan.name = fmt::format("chaos/{}", knobs.seed);
  plan.ip = knobs.ip;
  plan.seed = knobs.seed;
  plan.opening = knobs.opening;
  plan.peer = knobs.peer.program;
  plan.target = knobs.target.program;
  set_target(knobs.target, plan);
  set_peer(knobs.peer, plan);
  append_faults(plan.link, knobs.to_target, sim::Toward::kTarget);
  append_faults(plan.link, knobs.to_peer, sim::Toward::kPeer);
  plan.strict = false;
  plan.may_time_out = may_time_out(knobs.to_target, knobs.to_peer);
  plan.until_gone = true;
  plan.patience = Duration::seconds(1'500);
  plan.limit = Duration::seconds(20'000);
  return plan;
}

namespace {

std::string describe(const char* name, const SideKnobs& side) {
  const Program& program = side.program;
  std::string text =
      fmt::format("{} sends {}{}, {}", name, program.sends, program.after_end ? " after the other's end" : "",
                  to_string(program.ending));
  if (program.not_before > Duration()) text += fmt::format(" at {} s", to_string(program.not_before));
  if (program.write_pause > Duration())
    text += fmt::format(", writes every {} s", to_string(program.write_pause));
  if (program.read_pause > Duration()) {
    text += fmt::format(", reads {} every {} s", program.read_size, to_string(program.read_pause));
  }
  text += fmt::format(", MTU {}, buffers {}/{}", side.mtu, side.receive_buffer, side.send_buffer);
  const auto off = [&](bool on, const char* what) { text += on ? "" : fmt::format(", no {}", what); };
  off(side.sack, "SACK");
  off(side.timestamps, "timestamps");
  off(side.window_scaling, "scaling");
  off(side.nagle, "Nagle");
  off(side.delayed_ack, "delayed ACK");
  if (side.ecn) text += ", ECN";
  if (side.keepalive) text += fmt::format(", keep-alive {} s", to_string(*side.keepalive));
  return text;
}

std::string describe(const char* name, const LinkKnobs& link) {
  std::string text = fmt::format("{} {} s", name, to_string(link.delay));
  const auto percent = [&](std::uint64_t value, const char* what) {
    if (value > 0) text += fmt::format(", {} % {}", value, what);
  };
  if (link.jitter > Duration()) text += fmt::format(" + up to {} s", to_string(link.jitter));
  percent(link.lost, "lost");
  percent(link.duplicated, "duplicated");
  percent(link.reordered, "held back");
  percent(link.corrupted, "corrupted");
  percent(link.marked, "marked");
  if (link.bursts > 0) text += fmt::format(", {} % lose {} in a row", link.bursts, link.burst);
  if (link.outage > Duration()) {
    text += fmt::format(", nothing for {} s from {} s", to_string(link.outage), to_string(link.outage_from));
  }
  return text;
}

}  // namespace

std::string describe(const Knobs& knobs) {
  return fmt::format("{}, {}; {}; {}; {}; {}", knobs.ip == IpVersion::kV4 ? "v4" : "v6",
                     to_string(knobs.opening), describe("peer", knobs.peer), describe("target", knobs.target),
                     describe("to target", knobs.to_target), describe("to peer", knobs.to_peer));
}

}  // namespace tcpspec::interop
