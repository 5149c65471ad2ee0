// Scheduler: runs many cases (or other tasks that need a target), each in a worker process of its own, `jobs`
// at once, and gives each outcome back as it comes. A worker that dies is a Crash, one that outlives its time
// a Hang, both with the trace so far; the others go on. Where the target's clock is virtual, a worker plays a
// slice of the cases, since a fork costs more than a case; if it dies, the case that was running is the Crash
// and another worker goes on. Real-time mains only: it forks and reads the clock. Interrupted, it ends its
// workers and reports what is finished.
#ifndef HARNESS_RUN_SCHEDULER_H_
#define HARNESS_RUN_SCHEDULER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/run/verdict.h"
#include "harness/scenario/scenario.h"
#include "harness/target/target.h"

namespace tcpspec::run {

// Called in the worker, once.
using TargetFactory = std::function<Result<std::unique_ptr<target::Target>>()>;

// What a worker does with a target, and the scheduler has to know of it. `index` is that of the task.
struct Task {
  std::string name;
  Duration takes;     // of real time, at most, where the target's clock is real
  bool busy = false;  // it keeps a core busy, where others mostly wait
};
using OnEvent = std::function<void(const TraceEvent&)>;
using Play = std::function<Outcome(std::size_t index, target::Target& target, const OnEvent& on_event)>;

struct Progress {
  std::size_t done = 0, total = 0, running = 0;
  Duration elapsed;  // of real time
};

// What the schedule saw besides outcomes; filled when schedule() returns.
struct ScheduleStats {
  std::size_t workers = 0;           // processes that were forked
  int signal = 0;                    // that interrupted it; 0: none
  std::vector<Duration> lateness;    // of the workers' own wakeups, real-time targets only
  std::vector<std::string> remarks;  // what belongs to no case: a worker that died after its last one
};

struct ScheduleOptions {
  int jobs = 1;
  std::uint64_t seed = 1;
  bool fork_workers = true;  // false: in this process, in order (tests, debuggers)
  int inconclusive_retries = 1;
  Duration hang_after = Duration::seconds(120);  // of real time, for one case
  // The target's clock is virtual: workers play slices. Otherwise hang_after is added to the time that the
  // script itself asks for, and the longest scripts begin first.
  bool virtual_time = false;
  // How many targets may come up at once; 0: as many as there are cores. Where coming up is mostly waiting,
  // more.
  int coming_up = 0;
  // How many tasks that keep a core busy may run at once; 0: as many as there are jobs.
  int busy_jobs = 0;
  std::function<void(const Progress&)> on_progress;  // may be empty; some ten times a second
  ScheduleStats* stats = nullptr;                    // may be null
};

// `done(index, outcome)` is called in order of completion. Returns false when it was interrupted by a signal
// (SIGINT, SIGTERM); those are blocked in this thread for as long as it runs.
bool schedule(const std::vector<scenario::Scenario>& cases, const TargetFactory& factory,
              const ScheduleOptions& options, const std::function<void(std::size_t, Outcome)>& done);
// The same for any tasks; `play` is called in the worker. `options.seed` is not looked at.
bool schedule(const std::vector<Task>& tasks, const Play& play, const TargetFactory& factory,
              const ScheduleOptions& options, const std::function<void(std::size_t, Outcome)>& done);

// Makes a target in a process of its own, brings it up once and asks what it is; with a real clock also how
// late this machine wakes a sleeper (`lateness`, may be null). An Error: it cannot be made or started, or
// died over it.
[[nodiscard]] Result<target::Profile> probe_profile(const TargetFactory& factory, Duration patience,
                                                    std::vector<Duration>* lateness);

// The time that the script asks for: the upper ends of its waits, one after the other.
[[nodiscard]] Duration scripted_time(const scenario::Scenario& scenario);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_SCHEDULER_H_
