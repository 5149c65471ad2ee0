#include "harness/target/netns.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "harness/target/linux_fd.h"

namespace tcpspec::target {
namespace {

// errno, or zero.
int write_file(const std::string& path, std::string_view text) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno;
  const ssize_t n = ::write(fd.get(), text.data(), text.size());
  if (n < 0) return errno;
  return static_cast<std::size_t>(n) == text.size() ? 0 : EIO;
}

std::string read_setting(const char* path) {
  const Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  const ssize_t n = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  std::string_view view(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!view.empty() && (view.back() == '\n' || view.back() == ' ')) view.remove_suffix(1);
  return std::string(view);
}

std::string unshare_remedy(int error) {
  if (read_setting("/proc/sys/user/max_user_namespaces") == "0") {
    return "user namespaces are switched off: sysctl -w user.max_user_namespaces=10000";
  }
  if (read_setting("/proc/sys/user/max_net_namespaces") == "0") {
    return "network namespaces are switched off: sysctl -w user.max_net_namespaces=10000";
  }
  if (read_setting("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    return "plain users may not: sysctl -w kernel.unprivileged_userns_clone=1, or run as root";
  }
  if (const std::string why = refusal_remedy(); !why.empty()) return why;
  if (error == EINVAL) {
    return "the kernel lacks CONFIG_USER_NS or CONFIG_NET_NS, or the calling process has several threads";
  }
  if (error == ENOSPC)
    return "too many namespaces: raise user.max_user_namespaces and user.max_net_namespaces";
  return "a container forbids it (seccomp or a chroot): run it with --security-opt seccomp=unconfined or "
         "--privileged";
}

Status map_ids(uid_t uid, gid_t gid) {
  // Without this a plain user may not map a group.
  if (const int e = write_file("/proc/self/setgroups", "deny"); e != 0 && e != ENOENT) {
    return Error{system_error("cannot write /proc/self/setgroups", e)};
  }
  for (const auto& [file, id] :
       {std::pair("/proc/self/uid_map", uid), std::pair("/proc/self/gid_map", gid)}) {
    if (const int e = write_file(file, fmt::format("0 {} 1\n", id)); e != 0) {
      const std::string remedy = refusal_remedy();
      return Error{system_error(fmt::format("cannot write {}", file), e) +
                   (remedy.empty() ? "" : ": " + remedy)};
    }
  }
  return Ok{};
}

}  // namespace

std::string system_error(std::string_view what, int error) {
  return fmt::format("{}: {}", what, std::strerror(error));
}

std::string refusal_remedy() {
  if (read_setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "AppArmor takes the rights of plain users' namespaces away: "
           "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run as root";
  }
  return {};
}

Status enter_namespaces() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) return map_ids(uid, gid);
  const int refused = errno;
  // Real root can do without the user namespace, which some systems switch off for everybody.
  if (uid == 0 && refused != EINVAL && ::unshare(CLONE_NEWNET) == 0) return Ok{};
  return Error{system_error("cannot make a user and a network namespace", refused) + ": " +
               unshare_remedy(refused)};
}

SysctlResult write_sysctl(std::string_view name, std::string_view value) {
  const int e = write_file(fmt::format("/proc/sys/net/{}", name), value);
  if (e == 0) return {};
  return {e == ENOENT ? SysctlOutcome::kAbsent : SysctlOutcome::kRefused, e};
}

bool has_sysctl(std::string_view name) {
  return ::access(fmt::format("/proc/sys/net/{}", name).c_str(), F_OK) == 0;
}

}  // namespace tcpspec::target
