#include "harness/target/agent_calls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/target/linux_clock.h"

namespace tcpspec::target {
namespace {

// The most that one read asks for; a case that wants more reads again.
constexpr std::int64_t kLargestRead = 16 << 20;

socklen_t to_sockaddr(const Endpoint& from, sockaddr_storage& to) {
  const ByteView address = from.address.bytes();
  if (from.address.is_v4()) {
    auto& in = reinterpret_cast<sockaddr_in&>(to);
    in.sin_family = AF_INET;
    in.sin_port = htons(from.port);
    std::memcpy(&in.sin_addr, address.data(), address.size());
    return sizeof in;
  }
  auto& in = reinterpret_cast<sockaddr_in6&>(to);
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(from.port);
  std::memcpy(&in.sin6_addr, address.data(), address.size());
  return sizeof in;
}

Endpoint from_sockaddr(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(from);
    const auto* octets = reinterpret_cast<const std::uint8_t*>(&in.sin_addr);
    return Endpoint{IpAddress::from_bytes(ByteView(octets, 4)), ntohs(in.sin_port)};
  }
  if (from.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(from);
    return Endpoint{IpAddress::from_bytes(ByteView(in.sin6_addr.s6_addr, 16)), ntohs(in.sin6_port)};
  }
  return {};
}

struct OptionName {
  int level = 0;
  int name = 0;
};

OptionName option_name(SocketOption option) {
  switch (option) {
    case SocketOption::kReuseAddr:
      return {SOL_SOCKET, SO_REUSEADDR};
    case SocketOption::kKeepAlive:
      return {SOL_SOCKET, SO_KEEPALIVE};
    case SocketOption::kKeepIdle:
      return {IPPROTO_TCP, TCP_KEEPIDLE};
    case SocketOption::kKeepInterval:
      return {IPPROTO_TCP, TCP_KEEPINTVL};
    case SocketOption::kKeepCount:
      return {IPPROTO_TCP, TCP_KEEPCNT};
    case SocketOption::kLinger:
      return {SOL_SOCKET, SO_LINGER};
    case SocketOption::kReceiveBuffer:
      return {SOL_SOCKET, SO_RCVBUF};
    case SocketOption::kSendBuffer:
      return {SOL_SOCKET, SO_SNDBUF};
    case SocketOption::kNoDelay:
      return {IPPROTO_TCP, TCP_NODELAY};
    case SocketOption::kMaxSegment:
      return {IPPROTO_TCP, TCP_MAXSEG};
    case SocketOption::kUserTimeout:
      return {IPPROTO_TCP, TCP_USER_TIMEOUT};
    case SocketOption::kError:
      return {SOL_SOCKET, SO_ERROR};
    case SocketOption::kQuickAck:
      return {IPPROTO_TCP, TCP_QUICKACK};
    case SocketOption::kCork:
      return {IPPROTO_TCP, TCP_CORK};
    case SocketOption::kTcpInfoState:
      return {IPPROTO_TCP, TCP_INFO};
  }
  return {};
}

// Runs one system call between two stamps, and turns -1 into errno's name.
class Stamped {
 public:
  explicit Stamped(CallId id) { done_.id = id; }

  template <typename SystemCall>
  void run(SystemCall&& call) {
    done_.entered = realtime_nanos();
    const std::int64_t value = call();
    const int error = errno;
    done_.returned = realtime_nanos();
    done_.result.value = value;
    if (value < 0) done_.result.error = error_name(error);
  }
  CallResult& result() { return done_.result; }
  AgentCompletion take() { return std::move(done_); }

 private:
  AgentCompletion done_;
};

void do_accept(const SocketCall& call, Stamped& stamped) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  stamped.run(
      [&] { return ::accept4(call.handle, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC); });
  if (stamped.result().value >= 0) stamped.result().peer = from_sockaddr(peer);
}

void do_read(const SocketCall& call, Stamped& stamped) {
  Bytes buffer(static_cast<std::size_t>(std::clamp(call.count, std::int64_t{0}, kLargestRead)));
  const int flags = (call.peek ? MSG_PEEK : 0) | (call.dont_wait ? MSG_DONTWAIT : 0);
  stamped.run([&]() -> ssize_t {
    if (call.count >= 0) return ::recv(call.handle, buffer.data(), buffer.size(), flags);
    errno = EINVAL;
    return -1;
  });
  buffer.resize(static_cast<std::size_t>(std::max<std::int64_t>(stamped.result().value, 0)));
  stamped.result().data = std::move(buffer);
}

void do_set_option(const SocketCall& call, Stamped& stamped) {
  const OptionName option = option_name(call.option);
  if (call.option == SocketOption::kLinger) {
    const linger value{.l_onoff = static_cast<int>(call.value), .l_linger = static_cast<int>(call.value2)};
    stamped.run([&] { return ::setsockopt(call.handle, option.level, option.name, &value, sizeof value); });
    return;
  }
  const int value = static_cast<int>(call.value);
  stamped.run([&] { return ::setsockopt(call.handle, option.level, option.name, &value, sizeof value); });
}

void do_get_option(const SocketCall& call, Stamped& stamped) {
  const OptionName option = option_name(call.option);
  if (call.option == SocketOption::kTcpInfoState) {
    tcp_info info{};
    socklen_t size = sizeof info;
    stamped.run([&] { return ::getsockopt(call.handle, option.level, option.name, &info, &size); });
    stamped.result().option = info.tcpi_state;
    return;
  }
  linger on{};  // its first field is an int too
  socklen_t size = call.option == SocketOption::kLinger ? sizeof on : sizeof on.l_onoff;
  stamped.run([&] { return ::getsockopt(call.handle, option.level, option.name, &on, &size); });
  stamped.result().option = on.l_onoff;
}

void do_fcntl(const SocketCall& call, Stamped& stamped) {
  const int flags = ::fcntl(call.handle, F_GETFL);
  const int wanted = call.value != 0 ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  stamped.run(
      [&] { return flags < 0 ? ::fcntl(call.handle, F_GETFL) : ::fcntl(call.handle, F_SETFL, wanted); });
}

int shutdown_how(ShutdownHow how) {
  switch (how) {
    case ShutdownHow::kRead:
      return SHUT_RD;
    case ShutdownHow::kWrite:
      return SHUT_WR;
    case ShutdownHow::kBoth:
      return SHUT_RDWR;
  }
  return SHUT_WR;
}

void do_call(const SocketCall& call, Stamped& stamped) {
  sockaddr_storage address{};
  const socklen_t size = to_sockaddr(call.address, address);
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  switch (call.kind) {
    case CallKind::kSocket:
      return stamped.run([&] {
        return ::socket(call.ip == IpVersion::kV4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC,
                        IPPROTO_TCP);
      });
    case CallKind::kBind:
      return stamped.run([&] { return ::bind(call.handle, to, size); });
    case CallKind::kListen:
      return stamped.run([&] { return ::listen(call.handle, call.backlog); });
    case CallKind::kAccept:
      return do_accept(call, stamped);
    case CallKind::kConnect:
      return stamped.run([&] { return ::connect(call.handle, to, size); });
    case CallKind::kRead:
      return do_read(call, stamped);
    case CallKind::kWrite:
      return stamped.run([&] {
        const int flags = MSG_NOSIGNAL | (call.dont_wait ? MSG_DONTWAIT : 0);
        return ::send(call.handle, call.data.data(), call.data.size(), flags);
      });
    case CallKind::kShutdown:
      return stamped.run([&] { return ::shutdown(call.handle, shutdown_how(call.how)); });
    case CallKind::kClose:
      return stamped.run([&] { return ::close(call.handle); });
    case CallKind::kSetOption:
      return do_set_option(call, stamped);
    case CallKind::kGetOption:
      return do_get_option(call, stamped);
    case CallKind::kFcntl:
      return do_fcntl(call, stamped);
  }
}

}  // namespace

bool may_block(const SocketCall& call) {
  switch (call.kind) {
    case CallKind::kAccept:
    case CallKind::kConnect:
    case CallKind::kRead:
    case CallKind::kWrite:
    case CallKind::kClose:
      return true;
    case CallKind::kSocket:
    case CallKind::kBind:
    case CallKind::kListen:
    case CallKind::kShutdown:
    case CallKind::kSetOption:
    case CallKind::kGetOption:
    case CallKind::kFcntl:
      return false;
  }
  return true;
}

AgentCompletion perform(CallId id, const SocketCall& call) {
  Stamped stamped(id);
  do_call(call, stamped);
  return stamped.take();
}

AgentCompletion interrupted(CallId id) {
  Stamped stamped(id);
  stamped.run([] {
    errno = EINTR;
    return -1;
  });
  return stamped.take();
}

std::string error_name(int error) {
  const char* name = ::strerrorname_np(error);
  return name != nullptr ? name : fmt::format("errno {}", error);
}

}  // namespace tcpspec::target
