// lwIP as a target: in this process, in virtual time, with the milliseconds that lwIP counts in. Only one may
// be alive in a process, since lwIP's state is the process's: a second one hits CHECK. A packet that lwIP
// reads beyond its end, an assertion of lwIP that fails and whatever else it does wrong in memory end the
// process, which is a crash of the target.
#ifndef HARNESS_TARGET_LWIP_LWIP_H_
#define HARNESS_TARGET_LWIP_LWIP_H_

#include <cstddef>
#include <memory>

#include "harness/target/target.h"

namespace tcpspec::target {

struct LwipOptions {
  // So many octets after each packet's end may be read without dying: what a fuzzer sets to get past lwIP's
  // option parser, which reads one octet too far.
  std::size_t padding = 0;
};
[[nodiscard]] std::unique_ptr<Target> make_lwip_target(const LwipOptions& options = {});

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_LWIP_LWIP_H_
