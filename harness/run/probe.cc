// What a target is, asked in a process of its own: making one may take namespaces, or die. It is also brought
// up once, so that a machine which does not permit it is found out before the first case.
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "harness/run/outcome_codec.h"
#include "harness/run/worker.h"

namespace tcpspec::run {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kWakeups = 40;
constexpr auto kNap = std::chrono::milliseconds(1);
constexpr int kLookEvery = 20;  // milliseconds, whether the child still lives

// A CaseEnds carries the samples; its outcome says nothing.
void answer(const TargetFactory& factory, bool sample, int results) {
  Result<std::unique_ptr<target::Target>> made = factory();
  if (!made.ok()) {
    write_frame(results, encode_frame(Message(StartFailed{made.error()})));
    return;
  }
  target::CaseSetup setup;
  setup.id = "probe";
  setup.target = IpAddress::v4(192, 0, 2, 2);
  setup.tester = IpAddress::v4(192, 0, 2, 1);
  if (const Status up = (*made)->start(setup); !up.ok()) {
    write_frame(results, encode_frame(Message(StartFailed{up.error()})));
    return;
  }
  const target::Profile profile = (*made)->profile();
  (void)(*made)->end();
  if (sample && profile.clock == target::ClockKind::kReal) {
    CaseEnds samples;
    for (int i = 0; i < kWakeups; ++i) {
      const auto until = Clock::now() + kNap;
      std::this_thread::sleep_until(until);
      samples.lateness.push_back(Duration::nanos((Clock::now() - until).count()));
    }
    write_frame(results, encode_frame(Message(std::move(samples))));
  }
  write_frame(results, encode_frame(Message(profile)));
}

// Reads until `enough` says so, the pipe ends, the child is dead or patience runs out (then false). A
// target's own processes may hold the pipe open, so its end is not waited for.
bool read_until(const Child& child, int fd, Clock::time_point deadline, std::string& to,
                const std::function<bool()>& enough) {
  std::array<char, 65536> buffer;
  bool dead = false;
  while (!enough()) {
    if (Clock::now() >= deadline) return false;
    pollfd waited{fd, POLLIN, 0};
    if (::poll(&waited, 1, kLookEvery) > 0) {
      const ssize_t got = ::read(fd, buffer.data(), buffer.size());
      if (got == 0) return true;
      if (got > 0) to.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (dead) {
      return true;  // nothing came since it died
    } else {
      siginfo_t info{};
      dead = ::waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
             info.si_pid == child.pid;
    }
  }
  return true;
}

// The last message of the child, with the samples that may come before it.
struct Answer {
  FrameReader reader;
  std::size_t fed = 0;
  std::optional<Result<target::Profile>> profile;
  std::vector<Duration> lateness;

  bool take(const std::string& said) {
    reader.feed(std::string_view(said).substr(fed));
    fed = said.size();
    while (!profile) {
      Result<std::optional<Message>> message = reader.next();
      if (!message.ok() || !message->has_value()) return false;
      if (auto* failed = std::get_if<StartFailed>(&**message)) profile = Error{failed->message};
      if (auto* samples = std::get_if<CaseEnds>(&**message)) lateness = std::move(samples->lateness);
      if (auto* told = std::get_if<target::Profile>(&**message)) profile = std::move(*told);
    }
    return true;
  }
};

}  // namespace

Result<target::Profile> probe_profile(const TargetFactory& factory, Duration patience,
                                      std::vector<Duration>* lateness) {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  Result<Child> child = fork_child(mask, [&](int results) { answer(factory, lateness != nullptr, results); });
  if (!child.ok()) return Error{child.error()};
  std::string said;
  std::string log;
  Answer told;
  const auto deadline = Clock::now() + std::chrono::nanoseconds(patience.count_nanos());
  const bool in_time = read_until(*child, child->results, deadline, said, [&] { return told.take(said); });
  if (in_time && !told.profile) {
    read_until(*child, child->log, Clock::now() + std::chrono::seconds(1), log, [] { return false; });
  }
  ::kill(-child->pid, SIGKILL);
  ::kill(child->pid, SIGKILL);
  int status = 0;
  ::waitpid(child->pid, &status, 0);
  ::close(child->results);
  ::close(child->log);
  if (lateness != nullptr) *lateness = std::move(told.lateness);
  if (told.profile) return std::move(*told.profile);
  if (!in_time) return Error{fmt::format("it did not come up within {} s", to_string(patience))};
  std::string why = how_it_ended(status);
  for (const std::string& line : telling_lines(log)) why += "; " + line;
  return Error{"the process that made it " + why};
}

}  // namespace tcpspec::run
