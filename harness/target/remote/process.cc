#include "harness/target/remote/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "harness/target/linux_clock.h"

namespace tcpspec::target {
namespace {

constexpr std::size_t kLastLines = 8;
constexpr std::size_t kLongestLine = 300;
constexpr int kStatusFd = 3;
constexpr Duration kLookAgain = Duration::millis(2);

// A number that no standard stream has.
int move_up(int fd) { return ::fcntl(fd, F_DUPFD_CLOEXEC, 10); }

void forget_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number = 1; number < 32; ++number) ::signal(number, SIG_DFL);
}

[[noreturn]] void become(char* const* argv, pid_t parent, int channel, int errors, int status) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);  // it died before the line above
  ::setpgid(0, 0);
  forget_signals();
  channel = move_up(channel);
  errors = move_up(errors);
  status = move_up(status);
  ::dup2(channel, STDIN_FILENO);
  ::dup2(channel, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::dup3(status, kStatusFd, O_CLOEXEC);
  ::close_range(kStatusFd + 1, ~0U, 0);
  ::execvp(argv[0], argv);
  const int why = errno;
  (void)!::write(kStatusFd, &why, sizeof why);
  ::_exit(127);
}

std::string remedy(int error) {
  if (error == ENOENT) return " (is it installed, and in PATH? give its whole path otherwise)";
  if (error == EACCES) return " (is it executable?)";
  if (error == ENOEXEC) return " (a script needs its #! line)";
  return {};
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("ended with signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  return fmt::format("ended with exit status {}", WEXITSTATUS(status));
}

}  // namespace

Result<std::vector<std::string>> split_command(const std::string& command) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == '\\' && quote != '\'' && i + 1 < command.size()) {
      if (!word) word.emplace();
      *word += command[++i];
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        *word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      if (!word) word.emplace();
    } else if (c == ' ' || c == '\t') {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
    } else {
      if (!word) word.emplace();
      *word += c;
    }
  }
  if (quote != 0) return Error{fmt::format("a quote {} that does not end", quote)};
  if (word) words.push_back(*word);
  if (words.empty() || words.front().empty()) return Error{"no command"};
  return words;
}

Result<std::unique_ptr<AgentProcess>> AgentProcess::launch(const std::vector<std::string>& words,
                                                           Fd channel) {
  std::array<int, 2> errors{};
  std::array<int, 2> status{};
  if (::pipe2(errors.data(), O_CLOEXEC) != 0) return Error{fmt::format("pipe: {}", std::strerror(errno))};
  Fd errors_read(errors[0]), errors_write(errors[1]);
  if (::pipe2(status.data(), O_CLOEXEC) != 0) return Error{fmt::format("pipe: {}", std::strerror(errno))};
  Fd status_read(status[0]), status_write(status[1]);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return Error{fmt::format("fork: {}", std::strerror(errno))};
  if (pid == 0) become(argv.data(), parent, channel.get(), errors_write.get(), status_write.get());
  ::setpgid(pid, pid);  // both sides ask, so that neither can be too late
  channel.reset();
  errors_write.reset();
  status_write.reset();
  ::fcntl(errors_read.get(), F_SETFL, O_NONBLOCK);
  std::unique_ptr<AgentProcess> process(new AgentProcess(pid, std::move(errors_read)));
  int why = 0;
  ssize_t got = 0;
  while ((got = ::read(status_read.get(), &why, sizeof why)) < 0 && errno == EINTR) {
  }
  if (got != sizeof why) return process;
  return Error{fmt::format("cannot start '{}': {}{}", words.front(), std::strerror(why), remedy(why))};
}

bool AgentProcess::read_stderr() {
  std::array<char, 4096> buffer;
  while (errors_) {
    const ssize_t n = ::read(errors_.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return true;
    if (n <= 0) {
      errors_.reset();
      break;
    }
    (void)!::write(STDERR_FILENO, buffer.data(), static_cast<std::size_t>(n));
    for (ssize_t i = 0; i < n; ++i) {
      const char c = buffer.at(static_cast<std::size_t>(i));
      if (lines_.empty() || c == '\n') lines_.emplace_back();
      if (c != '\n' && lines_.back().size() < kLongestLine) lines_.back() += c;
      if (lines_.size() > kLastLines + 1) lines_.pop_front();
    }
  }
  return false;
}

std::vector<std::string> AgentProcess::last_lines() const {
  std::vector<std::string> lines;
  for (const std::string& line : lines_) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

bool AgentProcess::reap(int options) {
  int status = 0;
  pid_t got = 0;
  while ((got = ::waitpid(pid_, &status, options)) < 0 && errno == EINTR) {
  }
  if (got == 0) return false;
  by_signal_ = got > 0 && WIFSIGNALED(status);
  how_ = got > 0 ? describe(status) : "ended";
  pid_ = -1;
  return true;
}

std::optional<std::string> AgentProcess::ended_within(Duration wait) {
  const Timeout timeout(wait);
  while (!how_ && !reap(WNOHANG) && timeout.left() > Duration()) {
    const timespec nap = to_timespec(std::min(kLookAgain, timeout.left()));
    ::nanosleep(&nap, nullptr);
    read_stderr();
  }
  if (how_) read_stderr();
  return how_;
}

void AgentProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  reap(0);
}

}  // namespace tcpspec::target
