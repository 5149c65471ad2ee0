#include "harness/target/posix/reporter.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace tcpspec::target {
namespace {

constexpr rlim_t kLastToClose = 65536;
// Numbers are given from the lowest on; a gap as long as this is the end of them.
constexpr int kLongGap = 64;
// As much as a pipe takes without blocking when poll() says that it is writable.
constexpr std::size_t kPipePart = 512;
static_assert(kPipePart <= _POSIX_PIPE_BUF);

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
#else
constexpr int kSendFlags = MSG_DONTWAIT;
#endif

bool is_socket(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

}  // namespace

Handles::Handles(std::vector<int> reserved) : reserved_(std::move(reserved)) {}

bool Handles::permits(int handle) const {
  return handle > STDERR_FILENO && std::ranges::find(reserved_, handle) == reserved_.end();
}

void Handles::sweep(Then then) const {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min(limit.rlim_cur, kLastToClose));
  linger reset{};
  reset.l_onoff = 1;
  int missing = 0;
  for (int fd = STDERR_FILENO + 1; fd < end && missing < kLongGap; ++fd) {
    if (!permits(fd)) continue;
    const bool open = ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0 || errno != EBADF;
    missing = open ? 0 : missing + 1;
    if (open && then == Then::kClose) ::close(fd);
  }
}

void Handles::abort_all() const { sweep(Then::kClose); }

void Handles::abort_and_exit(int status) const {
  sweep(Then::kLeave);
  ::_exit(status);
}

Reporter::Reporter(int fd, int lifeline, const Handles& handles)
    : fd_(fd), lifeline_(lifeline), is_socket_(is_socket(fd)), handles_(handles) {}

void Reporter::wait_for_room() {
  std::array<pollfd, 2> fds{};
  fds[0].fd = fd_;
  fds[0].events = POLLOUT;
  fds[1].fd = lifeline_;
  fds[1].events = POLLIN;
  if (::poll(fds.data(), fds.size(), -1) <= 0) return;
  if (fds[1].revents != 0) handles_.abort_and_exit(0);
}

std::ptrdiff_t Reporter::send_some(ByteView bytes) const {
  if (is_socket_) return ::send(fd_, bytes.data(), bytes.size(), kSendFlags);
  return ::write(fd_, bytes.data(), std::min(bytes.size(), kPipePart));
}

void Reporter::report(const AgentReport& report, std::uint64_t id) {
  const Bytes frame = encode(report, id);
  const std::scoped_lock lock(mutex_);
  for (std::size_t sent = 0; sent < frame.size();) {
    if (!is_socket_) wait_for_room();
    const std::ptrdiff_t n = send_some(ByteView(frame).subspan(sent));
    if (n >= 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      wait_for_room();
    } else if (errno != EINTR) {
      handles_.abort_and_exit(0);  // nobody listens any more
    }
  }
}

}  // namespace tcpspec::target
