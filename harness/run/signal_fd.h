// SignalFd: signals as a descriptor to wait on. Linux only, like the workers.
#ifndef HARNESS_RUN_SIGNAL_FD_H_
#define HARNESS_RUN_SIGNAL_FD_H_

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "stack/base/check.h"

namespace tcpspec::run {

// SIGCHLD, SIGINT and SIGTERM come through a descriptor while this lives.
class SignalFd {
 public:
  SignalFd() {
    sigset_t mine;
    ::sigemptyset(&mine);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) ::sigaddset(&mine, signal);
    ::pthread_sigmask(SIG_BLOCK, &mine, &before_);
    fd_ = ::signalfd(-1, &mine, SFD_NONBLOCK | SFD_CLOEXEC);
    CHECK(fd_ >= 0);
  }
  ~SignalFd() {
    ::close(fd_);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalFd(const SignalFd&) = delete;
  SignalFd& operator=(const SignalFd&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const sigset_t& before() const { return before_; }
  // 0: none is waiting.
  [[nodiscard]] int take() const {
    signalfd_siginfo info{};
    const ssize_t got = ::read(fd_, &info, sizeof info);
    return got == static_cast<ssize_t>(sizeof info) ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  sigset_t before_{};
  int fd_ = -1;
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_SIGNAL_FD_H_
