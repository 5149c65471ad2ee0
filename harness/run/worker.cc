#include "harness/run/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "harness/run/outcome_codec.h"

namespace tcpspec::run {
namespace {

constexpr std::size_t kMostSamples = 10'000;  // a case; more say nothing new
// How long a waiting worker takes to notice that it is asked to end.
constexpr Duration kLookUp = Duration::millis(250);

bool make_pipe(std::array<int, 2>& ends) { return ::pipe2(ends.data(), O_CLOEXEC) == 0; }

void close_both(const std::array<int, 2>& ends) {
  ::close(ends[0]);
  ::close(ends[1]);
}

// In the child, before anything else.
void become_worker(pid_t parent, const sigset_t& mask, int log) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died before we asked
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD}) std::signal(signal, SIG_DFL);
  // SIGTERM stays blocked: WatchedTarget looks for it, so that the target can be ended in order.
  sigset_t blocked = mask;
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
}

bool asked_to_end() {
  sigset_t pending;
  return ::sigpending(&pending) == 0 && ::sigismember(&pending, SIGTERM) == 1;
}

}  // namespace

Status WatchedTarget::start(const target::CaseSetup& setup) {
  Status started = target_->start(setup);
  on_up_();
  return started;
}

std::optional<target::Event> WatchedTarget::next(Instant deadline) {
  if (profile().clock != target::ClockKind::kReal) return target_->next(deadline);
  for (;;) {
    if (asked_to_end()) {
      // Connections that a killed target leaves behind would keep its namespace for minutes.
      (void)target_->end();
      ::_exit(0);
    }
    const Instant until = std::min(deadline, target_->now() + kLookUp);
    std::optional<target::Event> event = target_->next(until);
    if (event) return event;
    if (until < deadline) continue;
    const Duration late = target_->now() - deadline;
    if (late >= Duration() && lateness_.size() < kMostSamples) lateness_.push_back(late);
    return std::nullopt;
  }
}

Result<Child> fork_child(const sigset_t& mask, const std::function<void(int)>& body) {
  std::array<int, 2> results{};
  std::array<int, 2> log{};
  if (!make_pipe(results)) return Error{fmt::format("pipe: {}", std::strerror(errno))};
  if (!make_pipe(log)) {
    const int why = errno;
    close_both(results);
    return Error{fmt::format("pipe: {}", std::strerror(why))};
  }
  const pid_t parent = ::getpid();
  std::fflush(nullptr);  // or the child would write our buffers a second time
  const pid_t pid = ::fork();
  if (pid == 0) {
    become_worker(parent, mask, log[1]);
    close_both(log);
    ::close(results[0]);
    body(results[1]);
    std::fflush(nullptr);
    ::_exit(0);
  }
  const int why = errno;
  ::close(results[1]);
  ::close(log[1]);
  if (pid < 0) {
    ::close(results[0]);
    ::close(log[0]);
    return Error{fmt::format("fork: {}", std::strerror(why))};
  }
  ::setpgid(pid, pid);  // both sides ask, so that neither can be too late
  for (const int fd : {results[0], log[0]}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return Child{pid, results[0], log[0]};
}

bool write_frame(int fd, std::string_view frame) {
  while (!frame.empty()) {
    const ssize_t written = ::write(fd, frame.data(), frame.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    frame.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void work(const Share& share, const TargetFactory& factory, int results) {
  Result<std::unique_ptr<target::Target>> made = factory();
  if (!made.ok()) {
    write_frame(results, encode_frame(Message(StartFailed{made.error()})));
    return;
  }
  std::unique_ptr<target::Target> target = std::move(made.value());
  WatchedTarget* watched = nullptr;
  if (share.watched) {
    auto wrapped = std::make_unique<WatchedTarget>(
        std::move(target), [results] { write_frame(results, encode_frame(Message(TargetUp{}))); });
    watched = wrapped.get();
    target = std::move(wrapped);
  }
  const OnEvent on_event = [results](const TraceEvent& event) { write_frame(results, encode_frame(event)); };
  for (const std::size_t index : share.slice) {
    if (!write_frame(results, encode_frame(Message(CaseBegins{index})))) return;
    CaseEnds ends;
    ends.index = index;
    ends.outcome = share.play(index, *target, on_event);
    if (watched != nullptr) ends.lateness = watched->take_lateness();
    if (!write_frame(results, encode_frame(Message(std::move(ends))))) return;
  }
}

std::string how_it_ended(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    const char* name = ::strsignal(signal);
    return fmt::format("ended with signal {} ({})", signal, name == nullptr ? "?" : name);
  }
  return fmt::format("ended with exit status {}", WEXITSTATUS(wait_status));
}

std::vector<std::string> telling_lines(std::string_view log) {
  constexpr std::size_t kLastLines = 5;
  constexpr std::array<std::string_view, 8> kTelling{"CHECK failed",     "ERROR: ",   "SUMMARY: ",
                                                     "runtime error: ",  "Assertion", "assertion fail",
                                                     "terminate called", "what():"};
  std::vector<std::string> all;
  std::vector<std::string> telling;
  while (!log.empty()) {
    const auto end = log.find('\n');
    const std::string_view line = log.substr(0, end);
    log = end == std::string_view::npos ? std::string_view() : log.substr(end + 1);
    if (line.find_first_not_of(" \t\r=") == std::string_view::npos) continue;
    all.emplace_back(line);
    if (std::any_of(kTelling.begin(), kTelling.end(),
                    [&](std::string_view word) { return line.find(word) != std::string_view::npos; })) {
      telling.emplace_back(line);
    }
  }
  std::vector<std::string>& from = telling.empty() ? all : telling;
  if (from.size() > kLastLines)
    from.erase(from.begin(), from.end() - static_cast<std::ptrdiff_t>(kLastLines));
  return from;
}

bool our_own_check(std::string_view log) {
  const auto check = log.find(": CHECK failed: ");
  if (check == std::string_view::npos) return false;
  const auto line_start = log.rfind('\n', check);
  const std::string_view file = log.substr(line_start == std::string_view::npos ? 0 : line_start + 1, check);
  const auto at = file.find("harness/");
  if (at == std::string_view::npos || at > file.find(':')) return false;
  return file.substr(at).substr(0, 15) != "harness/target/";
}

}  // namespace tcpspec::run
