#include "harness/target/posix/session.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>

#include "harness/target/posix/call_pool.h"
#include "harness/target/posix/calls.h"
#include "harness/target/posix/host.h"
#include "harness/target/posix/reporter.h"

namespace tcpspec::target {
namespace {

constexpr int kCancelAgainMs = 1;
constexpr std::chrono::milliseconds kDrainWait{2000};
constexpr rlim_t kFirstReserved = 1000;
// Whoever has not shown the token yet cannot make us keep more than this.
constexpr std::size_t kLargestGreeting = 4096;

// Takes as long for every wrong token of one length.
bool equal_in_constant_time(ByteView given, ByteView wanted) {
  unsigned difference = given.size() == wanted.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned>(given[i] ^ (wanted.empty() ? 0 : wanted[i % wanted.size()]));
  }
  return difference == 0;
}

class Session {
 public:
  explicit Session(const SessionOptions& options)
      : options_(options),
        handles_({options.in, options.out, options.lifeline}),
        reporter_(options.out, options.lifeline, handles_),
        pool_(reporter_, options.clock),
        greet_until_(clock_nanos(CLOCK_MONOTONIC) + options.patience.count_nanos()) {}

  [[noreturn]] void serve() {
    std::array<std::uint8_t, 65536> buffer{};
    for (;;) {
      if (!wait_for_octets()) continue;
      const ssize_t n = ::read(options_.in, buffer.data(), buffer.size());
      if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (n <= 0) handles_.abort_and_exit(0);
      frames_.append(ByteView(buffer).first(static_cast<std::size_t>(n)));
      obey_all();
    }
  }

 private:
  // Milliseconds, rounded up; -1: for ever.
  [[nodiscard]] int time_to_wait() {
    if (!greeted_) {
      const std::int64_t left = greet_until_ - clock_nanos(CLOCK_MONOTONIC);
      if (left <= 0) handles_.abort_and_exit(0);
      return static_cast<int>((left + 999'999) / 1'000'000);
    }
    return pool_.repeat_cancels() ? kCancelAgainMs : -1;
  }

  [[nodiscard]] bool wait_for_octets() {
    std::array<pollfd, 2> fds{};
    fds[0].fd = options_.in;
    fds[0].events = POLLIN;
    fds[1].fd = options_.lifeline;
    fds[1].events = POLLIN;
    if (::poll(fds.data(), fds.size(), time_to_wait()) <= 0) return false;
    if (fds[1].revents != 0) handles_.abort_and_exit(0);
    return fds[0].revents != 0;
  }

  [[noreturn]] void end_badly(const std::string& why) {
    std::fputs(fmt::format("tcpspec-agent: a session ended: {}\n", why).c_str(), stderr);
    handles_.abort_and_exit(2);
  }

  void obey_all() {
    for (;;) {
      const Result<std::optional<Bytes>> message = frames_.next();
      if (!message) end_badly(message.error());
      if (!message->has_value()) break;
      Result<NumberedRequest> request = decode_request(**message);
      if (!request) end_badly(request.error());
      obey(std::move(*request));
    }
    if (!greeted_ && frames_.waiting() > kLargestGreeting) end_badly("its first message is no Greeting");
  }

  void obey(NumberedRequest request) {
    if (const auto* greeting = std::get_if<AgentGreeting>(&request.body)) return greet(request.id, *greeting);
    if (!greeted_) end_badly("its first message is no Greeting");
    if (auto* call = std::get_if<AgentCall>(&request.body)) return make(std::move(*call));
    if (const auto* cancel = std::get_if<AgentCancel>(&request.body)) return pool_.cancel(cancel->id);
    if (const auto* query = std::get_if<AgentQuery>(&request.body)) return tell_state(request.id, *query);
    if (const auto* start = std::get_if<AgentStart>(&request.body)) {
      reporter_.report(begin(*start), request.id);
    } else if (std::holds_alternative<AgentEnd>(request.body)) {
      const Status ended = end();
      reporter_.report(ended ? AgentReport(AgentEnded{}) : AgentReport(AgentFailed{ended.error()}),
                       request.id);
    } else if (std::holds_alternative<AgentShutdown>(request.body)) {
      handles_.abort_and_exit(0);
    } else {
      reporter_.report(AgentUnsupported{why_not(request.body)}, request.id);
    }
  }

  void greet(std::uint64_t id, const AgentGreeting& greeting) {
    if (greeted_) return reporter_.report(AgentFailed{"a second Greeting"}, id);
    if (!options_.token.empty() && !equal_in_constant_time(greeting.token, options_.token)) {
      std::this_thread::sleep_for(std::chrono::nanoseconds(options_.refusal_delay.count_nanos()));
      reporter_.report(AgentFailed{"token"}, id);
      handles_.abort_and_exit(0);
    }
    greeted_ = true;
    reporter_.report(options_.hello, id);
  }

  void make(AgentCall call) {
    if (call.call.kind != CallKind::kSocket && !handles_.permits(call.call.handle)) {
      reporter_.report(not_made(call.id, EBADF, options_.clock));
    } else if (may_block(call.call)) {
      pool_.run(std::move(call));
    } else {
      reporter_.report(perform(call.id, call.call, options_.clock));
    }
  }

  [[nodiscard]] Status end() {
    if (!pool_.drain(kDrainWait)) return Error{"a call that was cancelled does not return"};
    handles_.abort_all();
    return Ok{};
  }

  [[nodiscard]] AgentReport begin(const AgentStart& start) {
    if (const Status ended = end(); !ended) return AgentFailed{ended.error()};
    const auto& choices = options_.hello.profile.choices;
    for (const auto& [policy, value] : start.policies) {
      const auto choice = choices.find(policy);
      if (choice == choices.end()) {
        return AgentFailed{fmt::format("policy {}={}: the agent sets nothing on its host", policy, value)};
      }
      if (choice->second == value) continue;
      return AgentFailed{fmt::format("policy {}={}: this host has {}, and the agent sets nothing on it",
                                     policy, value, choice->second)};
    }
    return AgentStarted{clock_nanos(options_.clock)};
  }

  void tell_state(std::uint64_t id, const AgentQuery& query) {
    if (!has_tcp_state()) return reporter_.report(AgentUnsupported{"query: no TCP_INFO here"}, id);
    const int handle = static_cast<int>(std::clamp<std::int64_t>(query.handle, -1, INT32_MAX));
    int state = 0;
    if (!handles_.permits(handle)) return reporter_.report(AgentFailed{error_name(EBADF)}, id);
    if (read_tcp_state(handle, state) < 0) return reporter_.report(AgentFailed{error_name(errno)}, id);
    const Result<std::string> name = tcp_state_name(state);
    reporter_.report(name ? AgentReport(AgentValue{*name}) : AgentReport(AgentFailed{name.error()}), id);
  }

  [[nodiscard]] static std::string why_not(const AgentRequest& request) {
    if (std::holds_alternative<AgentInject>(request))
      return "inject: this agent only makes calls (link NONE)";
    if (std::holds_alternative<AgentAdvance>(request)) return "advance: the clock is real";
    return "a request that this agent does not know";
  }

  const SessionOptions& options_;
  Handles handles_;
  Reporter reporter_;
  CallPool pool_;
  FrameReader frames_;
  std::int64_t greet_until_;
  bool greeted_ = false;
};

}  // namespace

void run_session(const SessionOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  interrupt_calls_by_signal();
  Session(options).serve();
}

std::vector<int> move_away(std::vector<int> descriptors) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;  // cases with many connections
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t count = descriptors.size();
  if (limit.rlim_cur < count + 8) return {};
  // Twice as many numbers as there are descriptors: some may lie among them already.
  const int first = static_cast<int>(std::min(kFirstReserved, limit.rlim_cur - 2 * count));
  std::vector<int> moved;
  int number = first;
  for (const int fd : descriptors) {
    while (std::ranges::find(descriptors, number) != descriptors.end()) ++number;
    if (::dup2(fd, number) < 0) return {};
    moved.push_back(number++);
  }
  close_descriptors(STDERR_FILENO + 1, moved);
  return moved;
}

}  // namespace tcpspec::target
