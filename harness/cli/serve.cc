// tcpspec serve: one of our targets as an agent, for exec: and unix:.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <memory>

#include "harness/cli/cli.h"
#include "harness/cli/targets.h"
#include "harness/run/report.h"
#include "harness/run/signal_fd.h"
#include "harness/target/linux_fd.h"
#include "harness/target/remote/serve.h"

namespace tcpspec::cli {
namespace {

struct ServeCommand {
  std::string target, fault, listen, token;
  bool stdio = false;
};

int refuse(int status, const std::string& what) {
  fmt::print(stderr, "tcpspec serve: {}\n", what);
  return status;
}

int serve(const ServeCommand& command, const run::TargetFactory& make, const Bytes& token, int in, int out) {
  Result<std::unique_ptr<target::Target>> target = make();
  if (!target) return refuse(run::kUnreachable, fmt::format("target {}: {}", command.target, target.error()));
  std::string why;
  const int status = target::serve_agent(**target, token, in, out, why);
  return status == 0 ? run::kWithinPolicy : refuse(run::kOwnError, why);
}

// Standard output is the channel: what anybody else prints must not get into it.
int serve_stdio(const ServeCommand& command, const run::TargetFactory& make, const Bytes& token) {
  if (::isatty(STDIN_FILENO) != 0) {
    return refuse(run::kUsage, fmt::format("standard input is a terminal; the tester starts this by "
                                           "--target 'exec:tcpspec serve --target {}'",
                                           command.target));
  }
  const target::Fd in(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  const target::Fd out(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  const target::Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (nothing) ::dup2(nothing.get(), STDIN_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  return serve(command, make, token, in.get(), out.get());
}

// A socket at `path` that nobody serves any more is taken away.
Result<target::Fd> listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return Error{fmt::format("a socket's path has 1 to {} octets", sizeof address.sun_path - 1)};
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) return Error{path + " exists and is no socket"};
    const target::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(probe.get(), generic, sizeof address) == 0) return Error{path + " is served already"};
    ::unlink(path.c_str());
  }
  target::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const mode_t before = ::umask(0177);  // of this user only
  const bool bound = fd && ::bind(fd.get(), generic, sizeof address) == 0;
  const int why = errno;
  ::umask(before);
  if (!bound || ::listen(fd.get(), SOMAXCONN) != 0)
    return Error{fmt::format("{}: {}", path, std::strerror(bound ? errno : why))};
  return fd;
}

[[noreturn]] void serve_connection(const ServeCommand& command, const run::TargetFactory& make,
                                   const Bytes& token, int fd, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(run::kOwnError);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::_exit(serve(command, make, token, fd, fd));
}

void reap_children() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

// A process for every tester, until SIGINT or SIGTERM.
int serve_unix(const ServeCommand& command, const run::TargetFactory& make, const Bytes& token,
               const std::string& path) {
  Result<target::Fd> listener = listen_at(path);
  if (!listener) return refuse(run::kUsage, listener.error());
  const run::SignalFd signals;
  fmt::print(stderr, "tcpspec serve: target {} at unix:{}\n", command.target, path);
  const pid_t parent = ::getpid();
  int status = run::kWithinPolicy;
  for (bool goes_on = true; goes_on;) {
    std::array<pollfd, 2> fds{};
    fds[0] = {.fd = signals.fd(), .events = POLLIN, .revents = 0};
    fds[1] = {.fd = listener->get(), .events = POLLIN, .revents = 0};
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    for (int number = signals.take(); number != 0; number = signals.take()) {
      if (number == SIGCHLD) {
        reap_children();
      } else {
        goes_on = false;
        status = 128 + number;
      }
    }
    if (!goes_on || fds[1].revents == 0) continue;
    const target::Fd tester(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!tester) continue;
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      listener->reset();
      serve_connection(command, make, token, tester.get(), parent);
    }
    if (child < 0) (void)refuse(0, fmt::format("fork: {}", std::strerror(errno)));
  }
  ::unlink(path.c_str());
  return status;
}

int serve_command(const ServeCommand& command) {
  const Result<run::TargetFactory> make = find_target(command.target, command.fault);
  if (!make) return refuse(run::kUsage, make.error());
  Bytes token;
  if (!command.token.empty()) {
    std::ifstream file(command.token);
    std::string line;
    if (!std::getline(file, line) || line.empty())
      return refuse(run::kUsage, fmt::format("token file {}: no first line to be read", command.token));
    token.assign(line.begin(), line.end());
  }
  ::signal(SIGPIPE, SIG_IGN);
  if (command.listen.empty()) return serve_stdio(command, *make, token);
  if (!command.listen.starts_with("unix:"))
    return refuse(run::kUsage, fmt::format("--listen {}: unix:PATH expected", command.listen));
  return serve_unix(command, *make, token, command.listen.substr(5));
}

}  // namespace

void add_serve(CLI::App& app, int& status) {
  CLI::App* sub = app.add_subcommand("serve", "one of our targets as an agent of the agent protocol");
  auto command = std::make_shared<ServeCommand>();
  sub->add_option("--target,-t", command->target, "what to serve, as in tcpspec run")->required();
  sub->add_option("--fault", command->fault, "the reference stack with this fault (tcpspec list --faults)");
  CLI::Option* listen =
      sub->add_option("--listen", command->listen, "unix:PATH: a socket for any number of testers at once");
  sub->add_flag("--stdio", command->stdio, "standard input and output, for exec: (the default)")
      ->excludes(listen);
  sub->add_option("--token", command->token,
                  "a file whose first line the tester must bring along (,token=FILE)");
  sub->callback([command, &status] { status = serve_command(*command); });
}

}  // namespace tcpspec::cli
