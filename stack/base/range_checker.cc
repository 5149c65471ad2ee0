#include "stack/base/range_checker.h"

#include <string>

namespace tcpspec {

void RangeChecker::number(const char* name, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (wrong_ || (value >= least && value <= most)) return;
  wrong_ = Error{std::string(name) + " is " + std::to_string(value) + ", must be " + std::to_string(least) +
                 " to " + std::to_string(most)};
}

void RangeChecker::time(const char* name, Duration value, Duration least, Duration most) {
  if (wrong_ || (value >= least && value <= most)) return;
  wrong_ = Error{std::string(name) + " is " + to_string(value) + " s, must be " + to_string(least) + " to " +
                 to_string(most) + " s"};
}

void RangeChecker::demand(bool good, const char* what) {
  if (!wrong_ && !good) wrong_ = Error{what};
}

void RangeChecker::all_of(const Status& status) {
  if (!wrong_ && !status.ok()) wrong_ = Error{status.error()};
}

}  // namespace tcpspec
