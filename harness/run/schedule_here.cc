// Scheduling without workers, and how many workers a machine bears.
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

bool schedule_here(const std::vector<scenario::Scenario>& cases, const TargetFactory& factory,
                   const ScheduleOptions& options, const std::function<void(std::size_t, Outcome)>& done) {
  Result<std::unique_ptr<target::Target>> target = factory();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Outcome outcome;
    if (!target.ok()) {
      outcome.reasons = {"the target cannot be made: " + target.error()};
    } else {
      int attempts = 0;
      do {
        outcome = run_case(cases[i], **target, {options.seed, {}});
        outcome.attempts = ++attempts;
      } while (outcome.verdict == Verdict::kInconclusive && attempts <= options.inconclusive_retries);
    }
    done(i, std::move(outcome));
  }
  if (options.stats != nullptr) *options.stats = {};
  return true;
}

}  // namespace tcpspec::run
