// Results of calls.
#ifndef HARNESS_TARGET_LWIP_RESULTS_H_
#define HARNESS_TARGET_LWIP_RESULTS_H_

#include <string>
#include <utility>

#include "harness/target/lwip/lwip_api.h"
#include "harness/target/target.h"

namespace tcpspec::target::lwip {

[[nodiscard]] inline CallResult ok(std::int64_t value = 0) {
  CallResult result;
  result.value = value;
  return result;
}

[[nodiscard]] inline CallResult failed(std::string error) {
  CallResult result;
  result.value = -1;
  result.error = std::move(error);
  return result;
}

// The errno of what a function of lwIP returns.
[[nodiscard]] std::string errno_of(err_t error);

}  // namespace tcpspec::target::lwip

#endif  // HARNESS_TARGET_LWIP_RESULTS_H_
