// Scheduling of cases, scheduling without workers, and how many workers a machine bears.
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "harness/run/runner.h"
#include "harness/run/worker.h"

namespace tcpspec::run {

int limit_jobs(int jobs) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return jobs;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t room = limit.rlim_cur > 128 ? (limit.rlim_cur - 64) / 2 : 32;
  return static_cast<int>(std::min<rlim_t>(static_cast<rlim_t>(std::max(jobs, 1)), room));
}

bool schedule_here(const std::vector<Task>& tasks, const Play& play, const TargetFactory& factory,
                   const ScheduleOptions& options, const std::function<void(std::size_t, Outcome)>& done) {
  Result<std::unique_ptr<target::Target>> target = factory();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    Outcome outcome;
    if (!target.ok()) {
      outcome.reasons = {"the target cannot be made: " + target.error()};
    } else {
      int attempts = 0;
      do {
        outcome = play(i, **target, {});
        outcome.attempts = ++attempts;
      } while (outcome.verdict == Verdict::kInconclusive && attempts <= options.inconclusive_retries);
    }
    done(i, std::move(outcome));
  }
  if (options.stats != nullptr) *options.stats = {};
  return true;
}

bool schedule(const std::vector<scenario::Scenario>& cases, const TargetFactory& factory,
              const ScheduleOptions& options, const std::function<void(std::size_t, Outcome)>& done) {
  std::vector<Task> tasks;
  for (const scenario::Scenario& scenario : cases) {
    tasks.push_back({scenario.id, options.virtual_time ? Duration() : scripted_time(scenario), false});
  }
  const Play play = [&](std::size_t index, target::Target& target, const OnEvent& on_event) {
    return run_case(cases[index], target, {options.seed, on_event});
  };
  return schedule(tasks, play, factory, options, done);
}

}  // namespace tcpspec::run
