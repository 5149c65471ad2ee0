#include "harness/target/posix/calls.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/target/posix/host.h"

namespace tcpspec::target {
namespace {

// The most that one read asks for; a case that wants more reads again.
constexpr std::int64_t kLargestRead = 16 << 20;

#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;  // SIGPIPE is ignored anyway
#endif

// Runs one system call between two stamps, and turns -1 into errno's name.
class Stamped {
 public:
  Stamped(CallId id, clockid_t clock) : clock_(clock) { done_.id = id; }

  template <typename SystemCall>
  void run(SystemCall&& call) {
    done_.entered = clock_nanos(clock_);
    const std::int64_t value = call();
    const int error = errno;
    done_.returned = clock_nanos(clock_);
    done_.result.value = value;
    if (value < 0) done_.result.error = error_name(error);
  }
  void fail(int error) {
    run([error] {
      errno = error;
      return -1;
    });
  }
  CallResult& result() { return done_.result; }
  AgentCompletion take() { return std::move(done_); }

 private:
  AgentCompletion done_;
  clockid_t clock_;
};

void do_accept(const SocketCall& call, Stamped& stamped) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  stamped.run([&] { return ::accept(call.handle, reinterpret_cast<sockaddr*>(&peer), &size); });
  if (stamped.result().value >= 0) stamped.result().peer = from_sockaddr(peer);
}

void do_read(const SocketCall& call, Stamped& stamped) {
  if (call.count < 0) return stamped.fail(EINVAL);
  Bytes buffer(static_cast<std::size_t>(std::min(call.count, kLargestRead)));
  const int flags = (call.peek ? MSG_PEEK : 0) | (call.dont_wait ? MSG_DONTWAIT : 0);
  stamped.run([&] { return ::recv(call.handle, buffer.data(), buffer.size(), flags); });
  buffer.resize(static_cast<std::size_t>(std::max<std::int64_t>(stamped.result().value, 0)));
  stamped.result().data = std::move(buffer);
}

void do_set_option(const SocketCall& call, Stamped& stamped) {
  const std::optional<OptionName> option = option_name(call.option);
  if (!option) return stamped.fail(ENOPROTOOPT);
  if (call.option == SocketOption::kLinger) {
    linger value{};
    value.l_onoff = static_cast<int>(call.value);
    value.l_linger = static_cast<int>(call.value2);
    stamped.run([&] { return ::setsockopt(call.handle, option->level, option->name, &value, sizeof value); });
    return;
  }
  const int value = static_cast<int>(call.value);
  stamped.run([&] { return ::setsockopt(call.handle, option->level, option->name, &value, sizeof value); });
}

void do_get_option(const SocketCall& call, Stamped& stamped) {
  if (call.option == SocketOption::kTcpInfoState) {
    int state = 0;
    stamped.run([&] { return read_tcp_state(call.handle, state); });
    stamped.result().option = state;
    return;
  }
  const std::optional<OptionName> option = option_name(call.option);
  if (!option) return stamped.fail(ENOPROTOOPT);
  linger on{};  // its first field is an int too
  socklen_t size = call.option == SocketOption::kLinger ? sizeof on : sizeof on.l_onoff;
  stamped.run([&] { return ::getsockopt(call.handle, option->level, option->name, &on, &size); });
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
      return stamped.run(
          [&] { return ::socket(call.ip == IpVersion::kV4 ? AF_INET : AF_INET6, SOCK_STREAM, IPPROTO_TCP); });
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
        const int flags = kNoSignal | (call.dont_wait ? MSG_DONTWAIT : 0) | (call.urgent ? MSG_OOB : 0);
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

std::int64_t clock_nanos(clockid_t clock) {
  timespec t{};
  ::clock_gettime(clock, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

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

AgentCompletion perform(CallId id, const SocketCall& call, clockid_t clock) {
  Stamped stamped(id, clock);
  do_call(call, stamped);
  return stamped.take();
}

AgentCompletion not_made(CallId id, int error, clockid_t clock) {
  Stamped stamped(id, clock);
  stamped.fail(error);
  return stamped.take();
}

}  // namespace tcpspec::target
