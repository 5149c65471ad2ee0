// Results of socket calls, as POSIX returns them.
#ifndef HARNESS_TARGET_CALL_RESULT_H_
#define HARNESS_TARGET_CALL_RESULT_H_

#include <string>
#include <utility>

#include "harness/target/target.h"

namespace tcpspec::target {

[[nodiscard]] inline CallResult ok(std::int64_t value = 0) {
  CallResult result;
  result.value = value;
  return result;
}

// `error` is the errno's name, "EPIPE".
[[nodiscard]] inline CallResult failed(std::string error) {
  CallResult result;
  result.value = -1;
  result.error = std::move(error);
  return result;
}

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_CALL_RESULT_H_
