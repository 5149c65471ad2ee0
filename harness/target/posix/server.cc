#include "harness/target/posix/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>

#include "harness/target/posix/calls.h"
#include "harness/target/posix/host.h"

namespace tcpspec::target {
namespace {

constexpr int kBacklog = 128;
constexpr Duration kGrace = Duration::seconds(2);
constexpr std::chrono::milliseconds kShortOfDescriptors{100};
constexpr auto kEndSignals = std::to_array<int>({SIGTERM, SIGINT, SIGHUP});

Error failed(const std::string& what) { return Error{fmt::format("{}: {}", what, std::strerror(errno))}; }

void say(const std::string& text) { std::fputs(("tcpspec-agent: " + text + "\n").c_str(), stderr); }

// True where a server answers on that path.
bool is_served(const sockaddr_un& address) {
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM, 0));
  return probe && ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Result<Fd> listen_unix(const std::string& path) {
  const std::string what = "cannot listen on unix:" + path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error{fmt::format("{}: a path may have {} letters", what, sizeof address.sun_path - 1)};
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) return Error{what + ": there is a file of that name, and it is no socket"};
    if (is_served(address)) return Error{what + ": another agent listens there"};
    ::unlink(path.c_str());  // left behind by an agent that was killed
  }
  Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (!fd) return failed(what);
  const mode_t before = ::umask(0177);
  const bool bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int error = errno;
  ::umask(before);
  errno = error;
  if (!bound || ::listen(fd.get(), kBacklog) != 0) return failed(what);
  return fd;
}

Result<Fd> listen_tcp(const Endpoint& endpoint) {
  const std::string what = "cannot listen on tcp:" + to_string(endpoint);
  Fd fd(::socket(endpoint.address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM, 0));
  if (!fd) return failed(what);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_storage address{};
  const socklen_t size = to_sockaddr(endpoint, address);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    return failed(what);
  }
  return fd;
}

Endpoint local_endpoint(const Fd& fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return from_sockaddr(address);
}

sigset_t end_signals_and_child() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : kEndSignals) ::sigaddset(&set, number);
  ::sigaddset(&set, SIGCHLD);
  return set;
}

// They interrupt pselect() and nothing else. SA_RESETHAND: that one came shows in its disposition, and the
// next kills.
void catch_signals() {
  const sigset_t set = end_signals_and_child();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGCHLD, &action, nullptr);
  action.sa_flags = SA_RESETHAND;
  for (const int number : kEndSignals) ::sigaction(number, &action, nullptr);
}

bool end_was_asked() {
  return std::ranges::any_of(kEndSignals, [](int number) {
    struct sigaction now {};
    return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_DFL;
  });
}

// The signals of catch_signals() come in here. True: the descriptor is readable.
bool wait_for(int fd, Duration at_most) {
  sigset_t none;
  ::sigemptyset(&none);
  fd_set readable;
  FD_ZERO(&readable);
  if (fd >= 0) FD_SET(fd, &readable);
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(at_most.count_nanos() / 1'000'000'000);
  timeout.tv_nsec = static_cast<long>(at_most.count_nanos() % 1'000'000'000);
  return ::pselect(fd + 1, &readable, nullptr, nullptr, &timeout, &none) > 0;
}

}  // namespace

Server::Server(const ServerOptions& options, Fd listener, std::string where)
    : options_(options), listener_(std::move(listener)), where_(std::move(where)) {}

Result<Server> Server::open(const ServerOptions& options) {
  const ListenAddress& address = options.address;
  if (!address.is_local() && options.token.empty()) {
    return Error{
        fmt::format("tcp:{} can be reached from other machines: whoever connects makes socket calls here. "
                    "Ask for a token (--token FILE), or listen on a loopback address",
                    to_string(address.endpoint))};
  }
  Result<Fd> listener = address.path.empty() ? listen_tcp(address.endpoint) : listen_unix(address.path);
  if (!listener) return Error{listener.error()};
  if (::fcntl(listener->get(), F_SETFL, O_NONBLOCK) != 0) return failed("cannot listen");
  std::string where =
      address.path.empty() ? "tcp:" + to_string(local_endpoint(*listener)) : "unix:" + address.path;
  Server server(options, std::move(*listener), std::move(where));
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return failed("cannot make a pipe");
  server.lifeline_read_ = Fd(ends[0]);
  server.lifeline_write_ = Fd(ends[1]);
  catch_signals();
  return server;
}

int Server::serve() {
  while (!end_was_asked()) {
    const bool readable = wait_for(listener_.get(), Duration::seconds(3600));
    reap();
    if (readable && !end_was_asked()) accept_one();
  }
  listener_.reset();
  if (!options_.address.path.empty()) ::unlink(options_.address.path.c_str());
  end_sessions();
  return 0;
}

void Server::accept_one() {
  Fd connection(::accept(listener_.get(), nullptr, nullptr));
  if (connection) return begin_session(std::move(connection));
  if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
    return;  // it went away again
  say(fmt::format("cannot accept a tester: {}", error_name(errno)));
  std::this_thread::sleep_for(kShortOfDescriptors);
}

void Server::begin_session(Fd connection) {
  ::fcntl(connection.get(), F_SETFL, 0);  // inherited from the listener on some systems
  if (static_cast<int>(children_.size()) >= options_.sessions) {
    return refuse(connection,
                  fmt::format("too many sessions at once ({}, see --sessions)", options_.sessions));
  }
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) become_session(std::move(connection));
  if (pid > 0) return children_.push_back(pid);
  const std::string why = fmt::format("cannot fork: {}", error_name(errno));
  say(why);
  refuse(connection, why);
}

// Nothing was asked of the token yet, so this says nothing of the host.
void Server::refuse(const Fd& connection, const std::string& why) const {
  const Bytes frame = encode(AgentReport(AgentFailed{why}));
  (void)!::write(connection.get(), frame.data(), frame.size());
}

void Server::become_session(Fd connection) {
  for (const int number : kEndSignals) ::signal(number, SIG_IGN);  // the parent ends us, by the lifeline
  ::signal(SIGCHLD, SIG_DFL);
  const sigset_t set = end_signals_and_child();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  if (options_.address.path.empty()) {
    const int on = 1;
    ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(connection.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }
  const std::vector<int> moved = move_away({connection.release(), lifeline_read_.release()});
  if (moved.empty()) {
    say("too few descriptors for a session: raise the limit (ulimit -n)");
    ::_exit(2);
  }
  SessionOptions session;
  session.in = session.out = moved[0];
  session.lifeline = moved[1];
  session.hello = host_hello();
  session.token = options_.token;
  run_session(session);
}

void Server::reap() {
  while (true) {
    const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid <= 0) return;
    std::erase(children_, pid);
  }
}

void Server::end_sessions() {
  lifeline_write_.reset();
  const std::int64_t until = clock_nanos(CLOCK_MONOTONIC) + kGrace.count_nanos();
  for (reap(); !children_.empty() && clock_nanos(CLOCK_MONOTONIC) < until; reap()) {
    (void)wait_for(-1, Duration::millis(20));
  }
  for (const pid_t pid : children_) ::kill(pid, SIGKILL);
  for (const pid_t pid : children_) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  children_.clear();
}

}  // namespace tcpspec::target
