#include "harness/cli/targets.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/run/selection.h"
#include "harness/target/linux.h"
#ifdef TCPSPEC_HAS_LWIP
#include "harness/target/lwip/lwip.h"
#endif
#include "harness/target/reference.h"
#include "harness/target/reference_faults.h"
#include "harness/target/remote/remote.h"
#include "harness/target/wire/wire.h"

namespace tcpspec::cli {
namespace {

using Find = std::function<Result<run::TargetFactory>(const std::string& rest)>;

// A target that needs no further words.
Find always(run::TargetFactory make) {
  return [make = std::move(make)](const std::string&) -> Result<run::TargetFactory> { return make; };
}

Find linux_by(target::LinuxWay way) {
  return always([way] { return target::make_linux_target({way}); });
}

// An agent of another process; `prefix` is the way to it.
Find remote_by(std::string prefix) {
  return [prefix = std::move(prefix)](const std::string& rest) -> Result<run::TargetFactory> {
    const Result<target::AgentAddress> address = target::parse_agent_address(prefix + rest);
    if (!address) return Error{address.error()};
    return run::TargetFactory([address = *address] { return target::make_remote_target(address); });
  };
}

Result<std::unique_ptr<target::Target>> make_lwip() {
#ifdef TCPSPEC_HAS_LWIP
  return target::make_lwip_target();
#else
  return Error{
      "this build has no lwIP. Where there is a network ci/fetch-lwip.sh build/lwip brings its source; or, "
      "as root, "
      "apt-get install liblwip-dev. Then configure and build again (cmake -DTCPSPEC_LWIP=AUTO)"};
#endif
}

}  // namespace

const std::vector<TargetEntry>& targets() {
  static const std::vector<TargetEntry> kTargets{
      {"reference", "our own TCP, in this process, virtual time",
       always([]() -> Result<std::unique_ptr<target::Target>> { return target::make_reference_target(); })},
      {"linux", "this machine's kernel, in namespaces of its own, real time",
       linux_by(target::LinuxWay::kAuto)},
      {"linux:tun", "…through a TUN device", linux_by(target::LinuxWay::kTun)},
      {"linux:veth", "…through a veth pair", linux_by(target::LinuxWay::kVeth)},
      {"lwip", "lwIP, in this process, virtual time", always(make_lwip)},
      {"exec:", "COMMAND: an agent that we start", remote_by("exec:")},
      {"unix:", "PATH: an agent that listens there", remote_by("unix:")},
      {"tcp:", "HOST:PORT: an agent on another machine", remote_by("tcp:")},
      {"wire:", "INTERFACE,dut=ADDRESS[,port=N…]: a box on a cable, real time",
       target::wire::find_wire_target},
  };
  return kTargets;
}

Result<run::TargetFactory> find_target(const std::string& name, const std::string& fault) {
  if (fault.empty()) return find_target(name);
  if (name != "reference") return Error{fmt::format("--fault: target {} has none, only reference has", name)};
  if (!target::reference_has_faults()) return Error{std::string("--fault: ") + kNoFaults};
  std::string near;
  for (const target::FaultInfo& one : target::reference_faults()) {
    if (one.id == fault) {
      return run::TargetFactory([fault]() -> Result<std::unique_ptr<target::Target>> {
        return target::make_faulty_reference_target(fault);
      });
    }
    const bool alike = one.id.find(fault) != std::string::npos ||
                       run::edit_distance(one.id, fault) <= std::max<std::size_t>(2, fault.size() / 4);
    if (alike) near += fmt::format("{}{}", near.empty() ? "; did you mean " : ", ", one.id);
  }
  return Error{fmt::format("no fault is called '{}'{}; tcpspec list --faults names all", fault,
                           near.empty() ? near : near + "?")};
}

Result<run::TargetFactory> find_target(const std::string& name) {
  std::string names;
  for (const TargetEntry& entry : targets()) {
    if (entry.name == name) return entry.find("");
    if (entry.name.ends_with(':') && name.starts_with(entry.name))
      return entry.find(name.substr(entry.name.size()));
    names += fmt::format("{}{}", names.empty() ? "" : ", ", entry.name);
  }
  return Error{fmt::format("no target is called '{}'; there are: {}", name, names)};
}

}  // namespace tcpspec::cli
