#include "harness/cli/targets.h"

#include <fmt/format.h>

#include "harness/target/linux.h"
#include "harness/target/reference.h"

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

}  // namespace

const std::vector<TargetEntry>& targets() {
  static const std::vector<TargetEntry> kTargets{
      {"reference", "our own TCP, in this process, virtual time",
       always([]() -> Result<std::unique_ptr<target::Target>> { return target::make_reference_target(); })},
      {"linux", "this machine's kernel, in namespaces of its own, real time",
       linux_by(target::LinuxWay::kAuto)},
      {"linux:tun", "…through a TUN device", linux_by(target::LinuxWay::kTun)},
      {"linux:veth", "…through a veth pair", linux_by(target::LinuxWay::kVeth)},
  };
  return kTargets;
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
