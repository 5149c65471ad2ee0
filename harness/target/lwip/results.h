// What a function of lwIP returns, as a call's result.
#ifndef HARNESS_TARGET_LWIP_RESULTS_H_
#define HARNESS_TARGET_LWIP_RESULTS_H_

#include <string>

#include "harness/target/call_result.h"
#include "harness/target/lwip/lwip_api.h"

namespace tcpspec::target::lwip {

// The errno of what a function of lwIP returns.
[[nodiscard]] std::string errno_of(err_t error);

}  // namespace tcpspec::target::lwip

#endif  // HARNESS_TARGET_LWIP_RESULTS_H_
