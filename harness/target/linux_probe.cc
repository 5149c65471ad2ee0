// Making a LinuxTarget, and finding out beforehand whether one can be made.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "harness/target/linux.h"
#include "harness/target/linux_fd.h"
#include "harness/target/netns.h"
#include "harness/target/tun.h"

namespace tcpspec::target {
namespace {

// A whole start and end, with an address range for documentation.
Status try_here(LinuxOptions options) {
  const Result<std::unique_ptr<Target>> target = make_linux_target(options);
  if (!target) return Error{target.error()};
  CaseSetup setup;
  setup.id = "probe";
  setup.target = IpAddress::v4(192, 0, 2, 2);
  setup.tester = IpAddress::v4(192, 0, 2, 1);
  if (Status status = (*target)->start(setup); !status) return status;
  return (*target)->end();
}

// The child's message; empty: it works.
[[noreturn]] void probe_child(LinuxOptions options, const Fd& pipe) {
  const Status status = try_here(options);
  if (!status) (void)!::write(pipe.get(), status.error().data(), status.error().size());
  ::_exit(status ? 0 : 1);
}

std::string read_all(const Fd& pipe) {
  std::string text;
  std::array<char, 512> part{};
  for (;;) {
    const ssize_t n = ::read(pipe.get(), part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(n));
  }
}

std::string without_tun(LinuxOptions options) {
  if (options.way == LinuxWay::kVeth) return {};
  const Status opens = tun_opens();
  return opens ? std::string() : " (TUN: " + opens.error() + ")";
}

}  // namespace

Result<std::unique_ptr<Target>> make_linux_target(LinuxOptions options) {
  const bool automatic = options.way == LinuxWay::kAuto;
  WayKind way = WayKind::kVeth;
  if (options.way != LinuxWay::kVeth) {
    const Status opens = tun_opens();
    if (!opens && !automatic) return Error{opens.error()};
    if (opens) way = WayKind::kTun;
  }
  return std::unique_ptr<Target>(std::make_unique<LinuxTarget>(way, automatic));
}

Status probe_linux(LinuxOptions options) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return Error{system_error("cannot make a pipe", errno)};
  const Fd from(ends[0]);
  Fd to(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return Error{system_error("cannot fork", errno)};
  if (pid == 0) probe_child(options, to);
  to.reset();
  const std::string message = read_all(from);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Ok{};
  if (message.empty()) return Error{"the trial of the Linux target died"};
  return Error{message + without_tun(options)};
}

}  // namespace tcpspec::target
