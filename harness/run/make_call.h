// From a call as the script writes it (scenario::Call, packetdrill's argument conventions) to a SocketCall:
// `...` filled in, descriptors translated, symbols and structs understood. Pure; runs nothing.
#ifndef HARNESS_RUN_MAKE_CALL_H_
#define HARNESS_RUN_MAKE_CALL_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "harness/run/connections.h"
#include "harness/scenario/scenario.h"
#include "harness/target/target.h"

namespace tcpspec::run {

// What an open descriptor of the script stands for. Unknown descriptors are handle -1: EBADF.
struct DescriptorView {
  int handle = -1;
  std::uint64_t written = 0;  // octets of its stream so far
  bool non_blocking = false;
};

struct MadeCall {
  target::SocketCall call;
  bool non_blocking_socket = false;             // SOCK_NONBLOCK: an fcntl follows
  bool is_get_flags = false;                    // F_GETFL: answered by the runner, which set the flags itself
  bool explicit_data = false;                   // the script gave the octets to write
  std::optional<std::int64_t> expected_option;  // getsockopt
};

using DescriptorLookup = std::function<DescriptorView(std::int64_t descriptor)>;

// An Error says what about the call is not understood.
[[nodiscard]] Result<MadeCall> make_call(const scenario::Call& call, const Connections& connections,
                                         IpVersion ip, const DescriptorLookup& lookup);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_MAKE_CALL_H_
