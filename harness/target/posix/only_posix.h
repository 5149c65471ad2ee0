// Put in front of the agent's sources (-include) by the test that they are portable: after all system headers
// that they use, names that are GNU's or Linux's alone may no longer be written. With TCPSPEC_AGENT_NO_LINUX
// nothing does.
#ifndef HARNESS_TARGET_POSIX_ONLY_POSIX_H_
#define HARNESS_TARGET_POSIX_ONLY_POSIX_H_

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>

#pragma GCC poison accept4 pipe2 dup3 ppoll close_range strerrorname_np gettid syscall unshare setns
#pragma GCC poison SOCK_CLOEXEC SOCK_NONBLOCK O_TMPFILE MSG_MORE MSG_ZEROCOPY
#pragma GCC poison CLOCK_MONOTONIC_COARSE CLOCK_REALTIME_COARSE CLOCK_BOOTTIME CLOCK_MONOTONIC_RAW
#pragma GCC poison tcp_info TCP_INFO recvmmsg sendmmsg SO_TIMESTAMPNS SO_PEERCRED TEMP_FAILURE_RETRY
// The headers that declare these are not among those above: their names are enough.
#pragma GCC poison prctl PR_SET_PDEATHSIG signalfd timerfd_create eventfd epoll_create1 inotify_init1 \
    pidfd_open

#endif  // HARNESS_TARGET_POSIX_ONLY_POSIX_H_
