#include "harness/target/wire/explore.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/target/wire/lease.h"
#include "harness/target/wire/look.h"

namespace tcpspec::target::wire {
namespace {

constexpr Duration kReach = Duration::seconds(3), kOwners = Duration::millis(300),
                   kLease = Duration::seconds(60);

std::string pool_word(IpVersion ip) { return ip == IpVersion::kV4 ? "self=" : "self6="; }

bool named(const Options& options, IpVersion ip) {
  return ip == IpVersion::kV4 ? options.self4.has_value() : options.self6.has_value();
}

Error in_use(const IpAddress& address, const std::string& by, IpVersion ip) {
  return Error{fmt::format("{} is in use by {}: name addresses that nobody has with {}",
                           tcpspec::to_string(address), by, pool_word(ip))};
}

// The kernel would answer in our place, and reset our connections.
Status leave_out_kernels(const Options& options, const Pool& pool, IpVersion ip, Findings& findings) {
  for (const IpAddress& address : kernel_addresses()) {
    if (!pool.contains(address)) continue;
    if (named(options, ip)) return in_use(address, "this machine's own kernel", ip);
    findings.taken.insert(address);
  }
  return Ok{};
}

Status leave_out_others(Cable& cable, const Options& options, const Pool& pool, IpVersion ip,
                        Findings& findings) {
  std::vector<IpAddress> all;
  for (std::uint32_t i = 0; i < pool.count; ++i) all.push_back(pool.at(i));
  for (const auto& [address, mac] : cable.owners_of(all, kOwners)) {
    if (named(options, ip)) return in_use(address, to_string(mac), ip);
    findings.taken.insert(address);
  }
  return Ok{};
}

Status explore(Cable& cable, const Options& options, AgentSide* agent, IpVersion ip, Findings& findings) {
  const Pool pool = options.pool(ip);
  const IpAddress& box = *options.dut(ip);
  const auto kernels = kernel_addresses();
  if (std::ranges::find(kernels, box) != kernels.end()) {
    return Error{fmt::format("{} is this machine's own address, not the box's", tcpspec::to_string(box))};
  }
  if (const Status fine = leave_out_kernels(options, pool, ip, findings); !fine) return fine;
  const SlotPlan plan(pool);
  Result<LeasedSlot> leased = lease_slot(options.interface, plan, findings.taken, kLease);
  if (!leased) return Error{leased.error()};
  if (const Status on = cable.become(leased->slot.own, box); !on) return on;
  if (const Status fine = leave_out_others(cable, options, pool, ip, findings); !fine) return fine;
  if (findings.taken.contains(leased->slot.own)) {
    leased = lease_slot(options.interface, plan, findings.taken, kLease);
    if (!leased) return Error{leased.error()};
    if (const Status on = cable.become(leased->slot.own, box); !on) return on;
  }
  if (const Status there = reach(cable, options.interface, kReach); !there) {
    return Error{fmt::format(
        "{}: is the box on, is its address right{}?", there.error(),
        options.vlan ? fmt::format(", is it in VLAN {}", *options.vlan) : ", and has it no VLAN (vlan=ID)")};
  }
  if (agent != nullptr) {
    CaseSetup setup;
    setup.id = "look";
    setup.ip = ip;
    setup.target = box;
    setup.tester = leased->slot.own;
    setup.mtu = cable.mtu();
    if (const Status started = agent->start(setup, CaseClock()); !started) return started;
  }
  Result<Side> side = Look(cable, options, leased->slot, agent).run();
  if (agent != nullptr) (void)agent->end();
  if (!side) return Error{side.error()};
  findings.of(ip) = std::move(*side);
  return Ok{};
}

}  // namespace

Result<Findings> explore(Cable& cable, const Options& options, AgentSide* agent) {
  Findings findings;
  for (const IpVersion ip : {IpVersion::kV4, IpVersion::kV6}) {
    if (!options.dut(ip)) continue;
    if (const Status done = explore(cable, options, agent, ip, findings); !done) return Error{done.error()};
  }
  return findings;
}

}  // namespace tcpspec::target::wire
