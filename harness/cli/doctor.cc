// tcpspec doctor: what this machine permits, and why not.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <string>
#include <thread>

#include "harness/cli/case_tree.h"
#include "harness/cli/cli.h"
#include "harness/cli/targets.h"
#include "harness/run/report.h"
#include "harness/run/scheduler.h"
#include "harness/target/linux.h"
#include "harness/target/wire/interface.h"

namespace tcpspec::cli {
namespace {

void print_line(const char* what, bool fine, const std::string& text) {
  fmt::print("  {}  {:<22} {}\n", fine ? "yes" : "no ", what, text);
}

// The first line of a file below /proc, or nothing.
std::string setting(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text.ok()) return {};
  return text->substr(0, text->find('\n'));
}

void print_settings() {
  for (const char* name :
       {"kernel/osrelease", "user/max_user_namespaces", "user/max_net_namespaces",
        "kernel/unprivileged_userns_clone", "kernel/apparmor_restrict_unprivileged_userns"}) {
    if (const std::string value = setting(fmt::format("/proc/sys/{}", name)); !value.empty()) {
      fmt::print("       {:<44} {}\n", name, value);
    }
  }
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    fmt::print("       {:<44} {} (at most {})\n", "open files", files.rlim_cur, files.rlim_max);
  }
  fmt::print("       {:<44} {}\n", "cores", std::thread::hardware_concurrency());
}

bool print_way(const char* what, target::LinuxWay way) {
  const Status there = target::probe_linux({way});
  print_line(what, there.ok(), there.ok() ? "a case could run" : there.error());
  return there.ok();
}

void print_jitter() {
  std::vector<Duration> lateness;
  const Result<run::TargetFactory> make = find_target("linux");
  const Result<target::Profile> profile = run::probe_profile(*make, Duration::seconds(30), &lateness);
  if (!profile.ok() || lateness.empty()) return;
  fmt::print("       {:<44} p50 {:.2f} ms, p99 {:.2f} ms\n", "a sleeper wakes late by",
             run::percentile(lateness, 50).as_seconds() * 1e3,
             run::percentile(lateness, 99).as_seconds() * 1e3);
}

// A box on a cable needs frames, and an interface with something at its other end.
void print_wire() {
  const Status frames = target::wire::may_use_frames();
  print_line("frames", frames.ok(), frames.ok() ? "may be sent and taken" : frames.error());
  for (const std::string& name : target::wire::ethernet_interfaces()) {
    const Result<target::wire::InterfaceState> state = target::wire::interface_state(name);
    const Status fine = state.ok() ? target::wire::usable(name, *state) : Status(Error{state.error()});
    print_line(
        name.c_str(), fine.ok(),
        fine.ok() ? fmt::format("up, with a carrier: --target wire:{},dut=ADDRESS", name) : fine.error());
  }
}

// Status 0: reference and linux, by one of the two ways, can be tested here; a cable is not asked of every
// machine.
int doctor(const std::string& cases) {
  fmt::print("target reference\n");
  const Result<run::TargetFactory> reference = find_target("reference");
  const Result<target::Profile> profile = run::probe_profile(*reference, Duration::seconds(30), nullptr);
  print_line("virtual time", profile.ok(), profile.ok() ? "needs nothing of this machine" : profile.error());
  fmt::print("target linux\n");
  const bool tun = print_way("namespaces and TUN", target::LinuxWay::kTun);
  const bool veth = print_way("namespaces and veth", target::LinuxWay::kVeth);
  print_settings();
  if (tun || veth) print_jitter();
  fmt::print("target wire\n");
  print_wire();
  const Result<std::string> folder = find_cases(cases);
  fmt::print("cases\n");
  print_line("case tree", folder.ok(), folder.ok() ? *folder : folder.error());
  if (!folder.ok()) return run::kUsage;
  return profile.ok() && (tun || veth) ? run::kWithinPolicy : run::kUnreachable;
}

}  // namespace

void add_doctor(CLI::App& app, int& status) {
  CLI::App* sub = app.add_subcommand("doctor", "say what this machine permits, and why not");
  auto cases = std::make_shared<std::string>();
  sub->add_option("--cases", *cases, "the case tree");
  sub->callback([cases, &status] { status = doctor(*cases); });
}

}  // namespace tcpspec::cli
