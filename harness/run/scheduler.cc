#include "harness/run/scheduler.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <thread>
#include <unordered_map>
#include <utility>

#include "harness/run/outcome_codec.h"
#include "harness/run/signal_fd.h"
#include "harness/run/worker.h"

namespace tcpspec::run {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostLog = 64 * 1024;
constexpr std::size_t kSmallestSlice = 4, kBiggestSlice = 64;
constexpr auto kGrace = std::chrono::seconds(3);
constexpr auto kProgressEvery = std::chrono::milliseconds(100);
constexpr auto kLongestStart = std::chrono::seconds(2);  // after it a start no longer holds others back

Duration since(Clock::time_point begin) { return Duration::nanos((Clock::now() - begin).count()); }

struct Worker {
  Child child;
  FrameReader reader;
  std::vector<std::size_t> slice;
  std::size_t begun = 0;               // how many of the slice have begun
  std::optional<std::size_t> current;  // the case that is running
  Trace trace;                         // of that case
  std::string log;                     // the tail of what it printed
  std::string trouble;                 // why we ended it ourselves, other than for time
  std::string start_failed;
  Duration patience;
  Clock::time_point began, deadline;
  bool up = false;  // its target is there
  bool hung = false;
};

class Pool {
 public:
  Pool(const std::vector<Task>& tasks, const Play& play, const TargetFactory& factory,
       const ScheduleOptions& options, const std::function<void(std::size_t, Outcome)>& done)
      : tasks_(tasks),
        play_(play),
        factory_(factory),
        options_(options),
        done_(done),
        attempts_(tasks.size(), 0) {
    jobs_ = limit_jobs(options.jobs);
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    CHECK(epoll_ >= 0);
    watch(signals_.fd(), kSignalKey);
    for (std::size_t i = 0; i < tasks.size(); ++i) pending_.push_back(i);
    if (!options.virtual_time) longest_first();
  }
  ~Pool() {
    kill_all();
    ::close(epoll_);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  bool run() {
    while (stats_.signal == 0 && (!pending_.empty() || !workers_.empty())) {
      spawn();
      wait();
      end_the_late();
      tell_progress();
    }
    ask_all_to_end();
    kill_all();
    if (options_.stats != nullptr) *options_.stats = std::move(stats_);
    return stats_.signal == 0;
  }

 private:
  static constexpr std::uint64_t kSignalKey = 0;
  static constexpr std::uint64_t kResults = 0, kLog = 1;  // the lowest bit of a key: which pipe

  void longest_first() {
    std::stable_sort(pending_.begin(), pending_.end(),
                     [&](std::size_t a, std::size_t b) { return tasks_[a].takes > tasks_[b].takes; });
  }

  void watch(int fd, std::uint64_t key) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = key;
    CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0);
  }

  // Several slices a worker's share, so that none works alone at the end.
  [[nodiscard]] std::size_t slice_size() const {
    if (!options_.virtual_time) return 1;
    const std::size_t share = pending_.size() / (static_cast<std::size_t>(jobs_) * 2);
    return std::min(std::clamp(share, kSmallestSlice, kBiggestSlice), pending_.size());
  }

  // The first one that may begin now, or the end.
  [[nodiscard]] std::deque<std::size_t>::const_iterator next_task() const {
    if (options_.busy_jobs == 0 || options_.virtual_time) return pending_.begin();
    const auto busy = std::count_if(workers_.begin(), workers_.end(), [&](const auto& entry) {
      return tasks_[entry.second->slice.front()].busy;
    });
    if (busy < options_.busy_jobs) return pending_.begin();
    return std::find_if(pending_.begin(), pending_.end(), [&](std::size_t i) { return !tasks_[i].busy; });
  }

  // Bringing a target up costs far more than running a case. Too many at once would make all of them, and the
  // cases that run already, late.
  [[nodiscard]] bool may_spawn() const {
    if (workers_.size() >= static_cast<std::size_t>(jobs_) || next_task() == pending_.end()) return false;
    if (options_.virtual_time) return true;
    const auto now = Clock::now();
    const auto coming_up = std::count_if(workers_.begin(), workers_.end(), [&](const auto& entry) {
      return !entry.second->up && now < entry.second->began + kLongestStart;
    });
    const unsigned cores = std::max(std::thread::hardware_concurrency(), 2U);
    return static_cast<unsigned>(coming_up) <
           (options_.coming_up > 0 ? static_cast<unsigned>(options_.coming_up) : cores);
  }

  void spawn() {
    while (may_spawn()) {
      auto worker = std::make_unique<Worker>();
      const auto first = next_task();
      const auto end = first + static_cast<std::ptrdiff_t>(slice_size());
      worker->slice.assign(first, end);
      pending_.erase(first, end);
      const Share share{play_, worker->slice, !options_.virtual_time};
      Result<Child> child =
          fork_child(signals_.before(), [&](int results) { work(share, factory_, results); });
      if (!child.ok()) return cannot_fork(worker->slice, child.error());
      worker->child = *child;
      start_clock(*worker, worker->slice.front());
      const std::uint64_t key = ++last_key_ * 2;
      watch(child->results, key | kResults);
      watch(child->log, key | kLog);
      by_pid_.emplace(child->pid, key);
      workers_.emplace(key, std::move(worker));
      ++stats_.workers;
    }
  }

  // The machine has no more processes or descriptors: fewer at once, unless there is none at all.
  void cannot_fork(const std::vector<std::size_t>& slice, const std::string& why) {
    if (!workers_.empty()) {
      jobs_ = static_cast<int>(workers_.size());
      pending_.insert(pending_.begin(), slice.begin(), slice.end());
      return;
    }
    for (const std::size_t index : slice)
      fail(index, Verdict::kError, {"no worker can be started: " + why}, {});
  }

  void start_clock(Worker& worker, std::size_t index) const {
    worker.patience = options_.hang_after;
    if (!options_.virtual_time) worker.patience += tasks_[index].takes;
    worker.began = Clock::now();
    worker.deadline = worker.began + std::chrono::nanoseconds(worker.patience.count_nanos());
  }

  void wait() {
    const auto now = Clock::now();
    auto until = now + std::chrono::hours(1);
    for (const auto& [key, worker] : workers_) {
      if (!worker->hung) until = std::min(until, worker->deadline);
      const auto lets_others_in = worker->began + kLongestStart;
      if (!worker->up && lets_others_in > now) until = std::min(until, lets_others_in);
    }
    if (options_.on_progress) until = std::min(until, last_progress_ + kProgressEvery);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count() + 1;
    std::array<epoll_event, 256> events{};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(std::max<std::int64_t>(left, 0)));
    bool signalled = false;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
      if (key == kSignalKey) {
        signalled = true;
      } else if (const auto found = workers_.find(key & ~std::uint64_t{1}); found != workers_.end()) {
        read_pipe(*found->second, key & 1);
      }
    }
    if (signalled) take_signals();  // last: a worker's death comes after its words
  }

  void take_signals() {
    bool child_died = false;
    while (const int signal = signals_.take()) {
      if (signal == SIGCHLD) {
        child_died = true;
      } else if (stats_.signal == 0) {
        stats_.signal = signal;
      }
    }
    if (child_died) reap();
  }

  void reap() {
    for (;;) {
      siginfo_t info{};
      if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
      const auto found = by_pid_.find(info.si_pid);
      if (found == by_pid_.end()) return reap_one_by_one();  // somebody else's child is in the way
      bury(found->second);
    }
  }
  void reap_one_by_one() {
    std::vector<std::uint64_t> dead;
    for (const auto& [pid, key] : by_pid_) {
      siginfo_t info{};
      if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          info.si_pid == pid) {
        dead.push_back(key);
      }
    }
    for (const std::uint64_t key : dead) bury(key);
  }

  // The worker is a zombie, so that its process group's number is still its own.
  void bury(std::uint64_t key) {
    const auto found = workers_.find(key);
    CHECK(found != workers_.end());
    std::unique_ptr<Worker> worker = std::move(found->second);
    workers_.erase(found);
    by_pid_.erase(worker->child.pid);
    ::kill(-worker->child.pid, SIGKILL);
    int status = 0;
    ::waitpid(worker->child.pid, &status, 0);
    read_pipe(*worker, kResults);
    read_pipe(*worker, kLog);
    ::close(worker->child.results);
    ::close(worker->child.log);
    conclude(*worker, status);
  }

  void read_pipe(Worker& worker, std::uint64_t which) {
    const int fd = which == kLog ? worker.child.log : worker.child.results;
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t got = ::read(fd, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return;
      if (got == 0) {
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
        return;
      }
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
      if (which == kLog) {
        worker.log.append(bytes);
        if (worker.log.size() > 2 * kMostLog) worker.log.erase(0, worker.log.size() - kMostLog);
      } else {
        worker.reader.feed(bytes);
        take_messages(worker);
      }
    }
  }

  void take_messages(Worker& worker) {
    while (worker.trouble.empty()) {
      Result<std::optional<Message>> message = worker.reader.next();
      if (!message.ok()) return give_up(worker, message.error());
      if (!message->has_value()) return;
      Message& said = **message;
      if (const auto* begins = std::get_if<CaseBegins>(&said)) {
        if (worker.begun == worker.slice.size() || worker.slice[worker.begun] != begins->index) {
          return give_up(worker, "the worker began a case that it was not given");
        }
        ++worker.begun;
        worker.current = begins->index;
        worker.trace.events.clear();
        worker.log.clear();
        start_clock(worker, begins->index);
      } else if (auto* event = std::get_if<TraceEvent>(&said)) {
        worker.trace.events.push_back(std::move(*event));
      } else if (auto* ends = std::get_if<CaseEnds>(&said)) {
        if (worker.current != ends->index)
          return give_up(worker, "the worker ended a case that it did not begin");
        worker.current.reset();
        stats_.lateness.insert(stats_.lateness.end(), ends->lateness.begin(), ends->lateness.end());
        finish(ends->index, std::move(ends->outcome));
      } else if (auto* failed = std::get_if<StartFailed>(&said)) {
        worker.start_failed = std::move(failed->message);
      } else if (std::holds_alternative<TargetUp>(said)) {
        worker.up = true;
      }
    }
  }

  void give_up(Worker& worker, std::string why) {
    worker.trouble = std::move(why);
    kill(worker);
  }

  static void kill(const Worker& worker) {
    ::kill(-worker.child.pid, SIGKILL);
    ::kill(worker.child.pid, SIGKILL);
  }

  void end_the_late() {
    const auto now = Clock::now();
    for (const auto& [key, worker] : workers_) {
      if (worker->hung || now < worker->deadline) continue;
      worker->hung = true;
      kill(*worker);
    }
  }

  // Only Inconclusive is tried again, after everything else, when the machine is quieter.
  void finish(std::size_t index, Outcome outcome) {
    outcome.attempts = ++attempts_[index];
    if (outcome.verdict == Verdict::kInconclusive && attempts_[index] <= options_.inconclusive_retries) {
      pending_.push_back(index);
      return;
    }
    ++finished_;
    done_(index, std::move(outcome));
  }

  void fail(std::size_t index, Verdict verdict, std::vector<std::string> reasons, Trace trace) {
    Outcome outcome;
    outcome.verdict = verdict;
    outcome.reasons = std::move(reasons);
    if (!trace.events.empty()) outcome.elapsed = trace.events.back().at.latest - Instant();
    outcome.trace = std::move(trace);
    finish(index, std::move(outcome));
  }

  void conclude(Worker& worker, int status) {
    std::size_t next = worker.begun;
    if (worker.current) {
      blame(worker, *worker.current, status);
    } else if (!worker.start_failed.empty()) {
      for (; next < worker.slice.size(); ++next) {
        fail(worker.slice[next], Verdict::kError, {"the target cannot be made: " + worker.start_failed}, {});
      }
    } else if (next < worker.slice.size()) {
      blame(worker, worker.slice[next++], status);
    } else if (status != 0) {
      stats_.remarks.push_back(fmt::format("a worker {} after its last case, {}", how_it_ended(status),
                                           tasks_[worker.slice.back()].name));
    }
    pending_.insert(pending_.begin(), worker.slice.begin() + static_cast<std::ptrdiff_t>(next),
                    worker.slice.end());
  }

  void blame(Worker& worker, std::size_t index, int status) {
    std::vector<std::string> reasons;
    Verdict verdict = Verdict::kCrash;
    if (worker.hung) {
      verdict = Verdict::kHang;
      reasons.push_back(fmt::format("did not end within {} s of real time", to_string(worker.patience)));
    } else if (!worker.trouble.empty()) {
      verdict = Verdict::kError;
      reasons.push_back(worker.trouble);
    } else {
      if (our_own_check(worker.log)) verdict = Verdict::kError;
      reasons.push_back(fmt::format("the process {}{}", how_it_ended(status),
                                    worker.current ? "" : " before the case began"));
    }
    for (std::string& line : telling_lines(worker.log)) reasons.push_back(std::move(line));
    fail(index, verdict, std::move(reasons), std::move(worker.trace));
  }

  // Interrupted: real targets get a moment to end in order, which takes their namespaces with them.
  void ask_all_to_end() const {
    if (options_.virtual_time) return;
    for (const auto& [key, worker] : workers_) ::kill(worker->child.pid, SIGTERM);
    const auto until = Clock::now() + kGrace;
    for (const auto& [key, worker] : workers_) {
      siginfo_t info{};
      const auto id = static_cast<id_t>(worker->child.pid);
      while (Clock::now() < until && ::waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
             info.si_pid == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    }
  }

  void kill_all() {
    for (const auto& [key, worker] : workers_) kill(*worker);
    for (const auto& [key, worker] : workers_) {
      ::waitpid(worker->child.pid, nullptr, 0);
      ::close(worker->child.results);
      ::close(worker->child.log);
    }
    workers_.clear();
    by_pid_.clear();
  }

  void tell_progress() {
    if (!options_.on_progress || Clock::now() < last_progress_ + kProgressEvery) return;
    last_progress_ = Clock::now();
    options_.on_progress({finished_, tasks_.size(), workers_.size(), since(began_)});
  }

  const std::vector<Task>& tasks_;
  const Play& play_;
  const TargetFactory& factory_;
  const ScheduleOptions& options_;
  const std::function<void(std::size_t, Outcome)>& done_;
  SignalFd signals_;
  int epoll_ = -1;
  int jobs_ = 1;
  std::deque<std::size_t> pending_;
  std::vector<int> attempts_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Worker>> workers_;  // by key
  std::unordered_map<pid_t, std::uint64_t> by_pid_;
  std::uint64_t last_key_ = 0;
  std::size_t finished_ = 0;
  Clock::time_point began_ = Clock::now(), last_progress_ = Clock::now();
  ScheduleStats stats_;
};

}  // namespace

bool schedule(const std::vector<Task>& tasks, const Play& play, const TargetFactory& factory,
              const ScheduleOptions& options, const std::function<void(std::size_t, Outcome)>& done) {
  if (!options.fork_workers) return schedule_here(tasks, play, factory, options, done);
  return Pool(tasks, play, factory, options, done).run();
}

}  // namespace tcpspec::run
