// lwIP keeps its state in variables of the process. They are copied once, before lwIP has run, and put back
// before each case: a fresh stack without a fresh process. (Calling lwip_init() again would keep timers and
// lists of the case before.)
#ifndef HARNESS_TARGET_LWIP_VARIABLES_H_
#define HARNESS_TARGET_LWIP_VARIABLES_H_

#include <cstddef>

namespace tcpspec::target::lwip {

// Puts lwIP's variables back to what they were when the program was loaded. The first call must come before
// lwIP runs. Touches nothing else: memory that lwIP has allocated is the heap's.
void restore_variables();
// How many octets that is.
[[nodiscard]] std::size_t variables_size();
// True for an address inside.
[[nodiscard]] bool is_variable(const void* address);

}  // namespace tcpspec::target::lwip

#endif  // HARNESS_TARGET_LWIP_VARIABLES_H_
