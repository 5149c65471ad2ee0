#include "harness/target/remote/smoke.h"

#include <algorithm>

namespace tcpspec::target {

bool SmokeLog::run(const std::string& name, const std::vector<std::string>& needs, const std::string& look_at,
                   const std::function<SmokeFinding()>& step) {
  const auto missing =
      std::ranges::find_if(needs, [&](const std::string& need) { return failed_.contains(need); });
  if (missing != needs.end()) {
    not_tried(name, "needs that " + *missing);
    return false;
  }
  if (watcher_.begins) watcher_.begins(name);
  SmokeFinding found = step();
  const bool wrong = found.mark == SmokeMark::kWrong;
  if (wrong) failed_.insert(name);
  add({name, found.mark, std::move(found.expected), std::move(found.came), wrong ? look_at : std::string()});
  return !wrong;
}

void SmokeLog::not_tried(const std::string& name, const std::string& why) {
  failed_.insert(name);
  add({name, SmokeMark::kNotTried, {}, why, {}});
}

bool SmokeLog::all_well() const {
  return std::ranges::none_of(steps_, [](const SmokeStep& step) { return step.mark == SmokeMark::kWrong; });
}

void SmokeLog::add(SmokeStep step) {
  if (watcher_.done) watcher_.done(step);
  steps_.push_back(std::move(step));
}

}  // namespace tcpspec::target
