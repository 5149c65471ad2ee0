#include "harness/target/remote/channel.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "harness/target/linux_clock.h"

namespace tcpspec::target {
namespace {

Result<std::pair<Fd, std::unique_ptr<AgentProcess>>> start_command(const std::string& command) {
  using Started = std::pair<Fd, std::unique_ptr<AgentProcess>>;
  const Result<std::vector<std::string>> words = split_command(command);
  if (!words) return Error{fmt::format("exec:{}: {}", command, words.error())};
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0)
    return Error{fmt::format("cannot make the agent's channel: {}", std::strerror(errno))};
  Fd ours(ends[0]);
  Result<std::unique_ptr<AgentProcess>> process = AgentProcess::launch(*words, Fd(ends[1]));
  if (!process) return Error{process.error()};
  return Started(std::move(ours), std::move(*process));
}

}  // namespace

Result<std::unique_ptr<Channel>> Channel::open(const AgentAddress& address, Duration patience) {
  if (address.way == AgentWay::kExec) {
    auto started = start_command(address.where);
    if (!started) return Error{started.error()};
    return std::unique_ptr<Channel>(new Channel(std::move(started->first), std::move(started->second)));
  }
  Result<Fd> socket = address.way == AgentWay::kUnix ? connect_unix(address.where, patience)
                                                     : connect_tcp(address.where, address.port, patience);
  if (!socket) return Error{socket.error()};
  return std::unique_ptr<Channel>(new Channel(std::move(*socket), nullptr));
}

Channel::Channel(Fd socket, std::unique_ptr<AgentProcess> process)
    : socket_(std::move(socket)), process_(std::move(process)), waiting_(::epoll_create1(EPOLL_CLOEXEC)) {
  watch(socket_.get());
  if (process_) watch(process_->stderr_fd());
}

void Channel::watch(int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(waiting_.get(), EPOLL_CTL_ADD, fd, &event);
}

bool Channel::read(Bytes& to) {
  // A closed descriptor leaves the epoll set by itself.
  if (process_) process_->read_stderr();
  std::array<std::uint8_t, 65536> buffer;
  while (!closed_) {
    const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) {
      append(to, ByteView(buffer).first(static_cast<std::size_t>(n)));
      // Not for ever, even if the agent writes faster than we read.
      if (static_cast<std::size_t>(n) < buffer.size() || to.size() > kLargestFrame) return true;
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return true;
    closed_ = true;
  }
  return false;
}

bool Channel::write(ByteView octets, Duration patience, Bytes& arrived) {
  const Timeout timeout(patience);
  while (!octets.empty()) {
    const ssize_t n = ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      octets = octets.subspan(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return true;
    // The agent may be waiting for room to report, or to complain, before it reads on.
    if (!read(arrived)) return true;
    const Duration left = timeout.left();
    if (left == Duration() || arrived.size() > kLargestFrame) return false;
    std::array<pollfd, 2> fds{};
    fds[0] = {.fd = socket_.get(), .events = POLLOUT, .revents = 0};
    fds[1] = {.fd = waiting_.get(), .events = POLLIN, .revents = 0};
    const timespec spec = to_timespec(left);
    ::ppoll(fds.data(), fds.size(), &spec, nullptr);
  }
  return true;
}

void Channel::wait(Duration longest) const {
  pollfd readable{.fd = waiting_.get(), .events = POLLIN, .revents = 0};
  const timespec spec = to_timespec(longest);
  ::ppoll(&readable, 1, &spec, nullptr);
}

}  // namespace tcpspec::target
