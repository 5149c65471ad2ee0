#include "harness/target/posix/host.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#if defined(__linux__) && !defined(TCPSPEC_AGENT_NO_LINUX)
#define TCPSPEC_AGENT_ON_LINUX 1
#include <fcntl.h>

#include <ctime>
#include <string_view>

#include "harness/target/linux_fd.h"
#else
#define TCPSPEC_AGENT_ON_LINUX 0
#endif

namespace tcpspec::target {
namespace {

// Numbers are looked for up to here, however many the system would permit.
constexpr rlim_t kLastDescriptor = 65536;

struct ErrorName {
  int number;
  const char* name;
};
#define TCPSPEC_NAMED(error) \
  ErrorName { error, #error }
// Those that socket calls give. Some are equal on some systems: the first wins.
constexpr auto kErrors = std::to_array<ErrorName>({
    TCPSPEC_NAMED(EPERM),         TCPSPEC_NAMED(ENOENT),       TCPSPEC_NAMED(EINTR),
    TCPSPEC_NAMED(EIO),           TCPSPEC_NAMED(EBADF),        TCPSPEC_NAMED(EAGAIN),
    TCPSPEC_NAMED(ENOMEM),        TCPSPEC_NAMED(EACCES),       TCPSPEC_NAMED(EFAULT),
    TCPSPEC_NAMED(EEXIST),        TCPSPEC_NAMED(ENODEV),       TCPSPEC_NAMED(EINVAL),
    TCPSPEC_NAMED(ENFILE),        TCPSPEC_NAMED(EMFILE),       TCPSPEC_NAMED(ENOTTY),
    TCPSPEC_NAMED(EPIPE),         TCPSPEC_NAMED(EDOM),         TCPSPEC_NAMED(ERANGE),
    TCPSPEC_NAMED(EPROTO),        TCPSPEC_NAMED(ENOSYS),       TCPSPEC_NAMED(EOVERFLOW),
    TCPSPEC_NAMED(ENOTSOCK),      TCPSPEC_NAMED(EDESTADDRREQ), TCPSPEC_NAMED(EMSGSIZE),
    TCPSPEC_NAMED(EPROTOTYPE),    TCPSPEC_NAMED(ENOPROTOOPT),  TCPSPEC_NAMED(EPROTONOSUPPORT),
    TCPSPEC_NAMED(EOPNOTSUPP),    TCPSPEC_NAMED(EAFNOSUPPORT), TCPSPEC_NAMED(EADDRINUSE),
    TCPSPEC_NAMED(EADDRNOTAVAIL), TCPSPEC_NAMED(ENETDOWN),     TCPSPEC_NAMED(ENETUNREACH),
    TCPSPEC_NAMED(ENETRESET),     TCPSPEC_NAMED(ECONNABORTED), TCPSPEC_NAMED(ECONNRESET),
    TCPSPEC_NAMED(ENOBUFS),       TCPSPEC_NAMED(EISCONN),      TCPSPEC_NAMED(ENOTCONN),
    TCPSPEC_NAMED(ETIMEDOUT),     TCPSPEC_NAMED(ECONNREFUSED), TCPSPEC_NAMED(EHOSTUNREACH),
    TCPSPEC_NAMED(EALREADY),      TCPSPEC_NAMED(EINPROGRESS),  TCPSPEC_NAMED(ECANCELED),
#ifdef EHOSTDOWN
    TCPSPEC_NAMED(EHOSTDOWN),
#endif
#ifdef ESHUTDOWN
    TCPSPEC_NAMED(ESHUTDOWN),
#endif
});
#undef TCPSPEC_NAMED

std::map<std::string, std::string> common_lacks() {
  std::map<std::string, std::string> lacks{
      {"clock", "real time: hours cannot be waited for"},
      {"iss-control", "the host draws the initial sequence number itself (RFC 6528)"},
      {"multihomed", "the agent knows one address of its host"},
      {"reboot", "the agent does not restart its host"},
      {"tfo", "the agent's calls carry no data in a SYN"},
  };
  const auto need = [&](SocketOption option, const char* name) {
    if (!option_name(option)) lacks.emplace(name, "this system has no such socket option");
  };
  need(SocketOption::kKeepIdle, "TCP_KEEPIDLE");
  need(SocketOption::kKeepInterval, "TCP_KEEPINTVL");
  need(SocketOption::kKeepCount, "TCP_KEEPCNT");
  need(SocketOption::kMaxSegment, "TCP_MAXSEG");
  need(SocketOption::kUserTimeout, "TCP_USER_TIMEOUT");
  need(SocketOption::kQuickAck, "TCP_QUICKACK");
  need(SocketOption::kCork, "TCP_CORK");
  if (!has_tcp_state()) lacks["api-status"] = "this system has no TCP_INFO that the agent can read";
  return lacks;
}

#if TCPSPEC_AGENT_ON_LINUX

// The first word of a file below /proc/sys/net; empty: there is none.
std::string setting(const std::string& name) {
  const Fd fd(::open(("/proc/sys/net/" + name).c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  const ssize_t n = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  const std::string_view view(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  return std::string(view.substr(0, view.find_first_of(" \t\n")));
}

// A coarse clock ticks once a jiffy.
Duration jiffy() {
  timespec t{};
  if (::clock_getres(CLOCK_MONOTONIC_COARSE, &t) != 0 || t.tv_nsec == 0) return Duration::millis(10);
  return Duration::nanos(t.tv_nsec);
}

struct Switch {
  std::string_view policy;
  const char* sysctl;
  std::string_view one, zero;
};
constexpr auto kSwitches = std::to_array<Switch>({
    {"sack", "ipv4/tcp_sack", "on", "off"},
    {"timestamps", "ipv4/tcp_timestamps", "on", "off"},
    {"wscale", "ipv4/tcp_window_scaling", "on", "off"},
    {"ecn", "ipv4/tcp_ecn", "on", "off"},  // 2, the default, is neither
    {"time-wait-rst", "ipv4/tcp_rfc1337", "ignore", "close"},
});
struct Count {
  std::string_view policy;
  const char* sysctl;
};
constexpr auto kCounts = std::to_array<Count>({{"synack-retries", "ipv4/tcp_synack_retries"},
                                               {"retries2", "ipv4/tcp_retries2"},
                                               {"fin-timeout", "ipv4/tcp_fin_timeout"}});

// What every Linux does and no sysctl changes, and what the sysctls say.
std::map<std::string, std::string> linux_choices() {
  std::map<std::string, std::string> choices{{"rfc5961", "on"},
                                             {"time-wait-reopen", "on"},
                                             {"simultaneous-open", "yes"},
                                             {"delayed-ack", "yes"},
                                             {"nagle", "on"},
                                             {"keepalive-garbage", "no"},
                                             {"syn-received-duplicate", "synack"},
                                             {"syn-data", "ignore"}};
  for (const Switch& each : kSwitches) {
    const std::string value = setting(each.sysctl);
    if (value == "1") choices.emplace(each.policy, each.one);
    if (value == "0") choices.emplace(each.policy, each.zero);
  }
  for (const Count& each : kCounts) {
    const std::string value = setting(each.sysctl);
    if (!value.empty() && value != "0") choices.emplace(each.policy, value);
  }
  return choices;
}

void describe_system(Profile& profile) {
  // As for the kernel in namespaces: two jiffies, and the timer wheel's eighth.
  profile.slack = TimerSlack{jiffy() * 2 + Duration::millis(4), 8};
  profile.settle = Duration::millis(100);
  profile.min_rto = Duration::millis(200);
  profile.initial_rto = Duration::seconds(1);
  profile.msl = Duration::seconds(30);
  profile.delayed_ack = Duration::millis(200);
  profile.choices = linux_choices();
}

#else

// The times that a Hello leaves out are the tester's cautious ones.
void describe_system(Profile& profile) { profile.slack = TimerSlack{Duration::millis(50), 8}; }

#endif

}  // namespace

#if TCPSPEC_AGENT_ON_LINUX

int read_tcp_state(int handle, int& state) {
  tcp_info info{};
  socklen_t size = sizeof info;
  const int result = ::getsockopt(handle, IPPROTO_TCP, TCP_INFO, &info, &size);
  state = info.tcpi_state;
  return result;
}

bool has_tcp_state() { return true; }

#else

int read_tcp_state(int, int&) {
  errno = ENOPROTOOPT;
  return -1;
}

bool has_tcp_state() { return false; }

#endif

Result<std::string> tcp_state_name(std::int64_t number) {
  constexpr auto kNames = std::to_array<const char*>(
      {"", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED",
       "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECEIVED"});
  if (number < 1 || number >= static_cast<std::int64_t>(kNames.size())) {
    return Error{fmt::format("TCP_INFO tells an unknown state, {}", number)};
  }
  return std::string(kNames.at(static_cast<std::size_t>(number)));
}

std::optional<OptionName> option_name(SocketOption option) {
  switch (option) {
    case SocketOption::kReuseAddr:
      return OptionName{SOL_SOCKET, SO_REUSEADDR};
    case SocketOption::kKeepAlive:
      return OptionName{SOL_SOCKET, SO_KEEPALIVE};
    case SocketOption::kLinger:
      return OptionName{SOL_SOCKET, SO_LINGER};
    case SocketOption::kReceiveBuffer:
      return OptionName{SOL_SOCKET, SO_RCVBUF};
    case SocketOption::kSendBuffer:
      return OptionName{SOL_SOCKET, SO_SNDBUF};
    case SocketOption::kNoDelay:
      return OptionName{IPPROTO_TCP, TCP_NODELAY};
    case SocketOption::kError:
      return OptionName{SOL_SOCKET, SO_ERROR};
    case SocketOption::kKeepIdle:
#if defined(TCP_KEEPIDLE)
      return OptionName{IPPROTO_TCP, TCP_KEEPIDLE};
#elif defined(TCP_KEEPALIVE)
      return OptionName{IPPROTO_TCP, TCP_KEEPALIVE};
#else
      break;
#endif
    case SocketOption::kKeepInterval:
#ifdef TCP_KEEPINTVL
      return OptionName{IPPROTO_TCP, TCP_KEEPINTVL};
#else
      break;
#endif
    case SocketOption::kKeepCount:
#ifdef TCP_KEEPCNT
      return OptionName{IPPROTO_TCP, TCP_KEEPCNT};
#else
      break;
#endif
    case SocketOption::kMaxSegment:
#ifdef TCP_MAXSEG
      return OptionName{IPPROTO_TCP, TCP_MAXSEG};
#else
      break;
#endif
    case SocketOption::kUserTimeout:
#ifdef TCP_USER_TIMEOUT
      return OptionName{IPPROTO_TCP, TCP_USER_TIMEOUT};
#else
      break;
#endif
    case SocketOption::kQuickAck:
#ifdef TCP_QUICKACK
      return OptionName{IPPROTO_TCP, TCP_QUICKACK};
#else
      break;
#endif
    case SocketOption::kCork:
#ifdef TCP_CORK
      return OptionName{IPPROTO_TCP, TCP_CORK};
#elif defined(TCP_NOPUSH)
      return OptionName{IPPROTO_TCP, TCP_NOPUSH};
#else
      break;
#endif
    case SocketOption::kTcpInfoState:
      break;  // a struct, differently on each system: read_tcp_state()
  }
  return std::nullopt;
}

std::string error_name(int error) {
  const auto* found = std::ranges::find(kErrors, error, &ErrorName::number);
  return found != kErrors.end() ? found->name : fmt::format("errno {}", error);
}

AgentHello host_hello() {
  utsname name{};
  ::uname(&name);
  AgentHello hello;
  hello.link = AgentLink::kNone;
  Profile& profile = hello.profile;
  profile.name = name.sysname;
  profile.version = name.release;
  profile.setting = fmt::format("calls by an agent on {}, real time", name.nodename);
  profile.clock = ClockKind::kReal;
  profile.isolation = Isolation::kShared;
  profile.synchronous_delivery = false;
  profile.lacks = common_lacks();
  describe_system(profile);
  return hello;
}

void close_descriptors(int first, const std::vector<int>& keep) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min(limit.rlim_cur, kLastDescriptor));
#if TCPSPEC_AGENT_ON_LINUX && defined(CLOSE_RANGE_UNSHARE)
  int from = first;
  for (const int kept : keep) {
    if (kept > from) ::close_range(static_cast<unsigned>(from), static_cast<unsigned>(kept - 1), 0);
    from = std::max(from, kept + 1);
  }
  if (::close_range(static_cast<unsigned>(from), ~0U, 0) == 0) return;
#endif
  for (int fd = first; fd < end; ++fd) {
    if (!std::ranges::binary_search(keep, fd)) ::close(fd);
  }
}

}  // namespace tcpspec::target
