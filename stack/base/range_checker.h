// RangeChecker: holds configuration values against their ranges and keeps the first that is out of its, for
// validate() of the layers' configurations. Names the value and the range; units are the name's.
#ifndef STACK_BASE_RANGE_CHECKER_H_
#define STACK_BASE_RANGE_CHECKER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "stack/base/result.h"
#include "stack/base/time.h"

namespace tcpspec {

class RangeChecker {
 public:
  void number(const char* name, std::int64_t value, std::int64_t least, std::int64_t most);
  void time(const char* name, Duration value, Duration least, Duration most);
  // For what is no range: `what` is the whole message.
  void demand(bool good, const char* what);
  void all_of(const Status& status);
  [[nodiscard]] Status result() const { return wrong_ ? Status(*wrong_) : Status(Ok{}); }

 private:
  std::optional<Error> wrong_;
};

}  // namespace tcpspec

#endif  // STACK_BASE_RANGE_CHECKER_H_
