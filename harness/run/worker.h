// Worker: the child's side of the scheduler. Plays its cases and tells every event and outcome down a pipe as
// it happens, so that what was seen survives its death. Also what the parent may read out of that death.
#ifndef HARNESS_RUN_WORKER_H_
#define HARNESS_RUN_WORKER_H_

#include <sys/types.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/run/scheduler.h"

namespace tcpspec::run {

// A target that says when it is up, and notes how late its own waits ended: the tester's jitter.
class WatchedTarget : public target::Target {
 public:
  WatchedTarget(std::unique_ptr<target::Target> target, std::function<void()> on_up)
      : target_(std::move(target)), on_up_(std::move(on_up)) {}
  [[nodiscard]] std::vector<Duration> take_lateness() { return std::exchange(lateness_, {}); }

  [[nodiscard]] const target::Profile& profile() const override { return target_->profile(); }
  [[nodiscard]] target::Place place(IpVersion ip, target::Service service) override {
    return target_->place(ip, service);
  }
  Status start(const target::CaseSetup& setup) override;
  [[nodiscard]] Instant now() const override { return target_->now(); }
  Result<target::Stamp> inject(ByteView packet) override { return target_->inject(packet); }
  target::CallId begin(const target::SocketCall& call) override { return target_->begin(call); }
  void cancel(target::CallId call) override { target_->cancel(call); }
  Result<target::Value> query(const target::Query& query) override { return target_->query(query); }
  [[nodiscard]] std::optional<target::Event> next(Instant deadline) override;
  Status end() override { return target_->end(); }
  [[nodiscard]] std::string disturbance() override { return target_->disturbance(); }

 private:
  std::unique_ptr<target::Target> target_;
  std::function<void()> on_up_;
  std::vector<Duration> lateness_;  // real time only
};

// The parent's ends of a worker that was forked. It leads a process group of its own, so that a kill of the
// group takes what it started along; it dies with the parent.
struct Child {
  pid_t pid = -1;
  int results = -1;  // frames
  int log = -1;      // its stdout and stderr
};
// Forks; the child runs `body` with the pipe's descriptor and ends. `mask`: the signal mask it gets back.
[[nodiscard]] Result<Child> fork_child(const sigset_t& mask, const std::function<void(int results)>& body);

// As many jobs as there are descriptors for: two pipes a worker, in the parent. A target may open more of its
// own, but in the worker.
[[nodiscard]] int limit_jobs(int jobs);
// schedule() in this process, for debuggers and tests: a crash ends it, as whoever asked for it wants.
bool schedule_here(const std::vector<Task>& tasks, const Play& play, const TargetFactory& factory,
                   const ScheduleOptions& options, const std::function<void(std::size_t, Outcome)>& done);

// What the child of schedule() does: every task of `slice`, in order. `watched`: it also tells when a target
// is up, and how late it woke.
struct Share {
  const Play& play;
  const std::vector<std::size_t>& slice;
  bool watched = false;
};
void work(const Share& share, const TargetFactory& factory, int results);
// The whole frame; false when nobody reads any more.
bool write_frame(int fd, std::string_view frame);

// "ended with signal 6 (Aborted)", "ended with exit status 1".
[[nodiscard]] std::string how_it_ended(int wait_status);
// What of a dead worker's output says why: CHECK, sanitizer and assertion lines, otherwise the last few.
[[nodiscard]] std::vector<std::string> telling_lines(std::string_view log);
// The text is that of a CHECK in the harness itself: our own bug, not the target's.
[[nodiscard]] bool our_own_check(std::string_view log);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_WORKER_H_
