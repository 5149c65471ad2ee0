#include "harness/target/linux_clock.h"

#include <algorithm>

namespace tcpspec::target {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t read_clock(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);
  return t.tv_sec * kSecond + t.tv_nsec;
}

}  // namespace

std::int64_t realtime_nanos() { return read_clock(CLOCK_REALTIME); }

timespec to_timespec(Duration d) {
  return timespec{.tv_sec = d.count_nanos() / kSecond, .tv_nsec = d.count_nanos() % kSecond};
}

CaseClock::CaseClock()
    : real_base_(read_clock(CLOCK_REALTIME)), monotonic_base_(read_clock(CLOCK_MONOTONIC)) {}

Duration CaseClock::stepped_by() const {
  return Duration::nanos((read_clock(CLOCK_REALTIME) - real_base_) -
                         (read_clock(CLOCK_MONOTONIC) - monotonic_base_));
}

Timeout::Timeout(Duration from_now)
    : end_(read_clock(CLOCK_MONOTONIC) +
           std::clamp(from_now, Duration(), Duration::seconds(1'000'000'000)).count_nanos()) {}

Duration Timeout::left() const {
  return std::max(Duration(), Duration::nanos(end_ - read_clock(CLOCK_MONOTONIC)));
}

}  // namespace tcpspec::target
