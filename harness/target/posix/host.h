// What this host is, and the names it has for things: socket options, errors, states. All code that knows a
// particular system is in host.cc, the Linux part in one #if; TCPSPEC_AGENT_NO_LINUX hides it, so that any
// machine can prove that the rest is POSIX.
#ifndef HARNESS_TARGET_POSIX_HOST_H_
#define HARNESS_TARGET_POSIX_HOST_H_

#include <optional>
#include <string>

#include "harness/target/agent_protocol.h"

namespace tcpspec::target {

struct OptionName {
  int level = 0;
  int name = 0;
};
// Nothing: this system has no such option.
[[nodiscard]] std::optional<OptionName> option_name(SocketOption option);

// "ECONNREFUSED"; "errno 999" for a number without a name.
[[nodiscard]] std::string error_name(int error);

// The number that this system's TCP_INFO has for the connection's state. Zero, or -1 with errno as from
// getsockopt(); ENOPROTOOPT where the system has no TCP_INFO that we can read.
[[nodiscard]] int read_tcp_state(int handle, int& state);
[[nodiscard]] bool has_tcp_state();
// As printed in RFC 9293, from read_tcp_state()'s number.
[[nodiscard]] Result<std::string> tcp_state_name(std::int64_t number);

// The Hello of an agent that makes calls on this host and nothing else: link NONE, real time; what the system
// is, which permitted choices it makes as far as can be read, and what cannot be had through this agent.
[[nodiscard]] AgentHello host_hello();

// Closes every descriptor from `first` on but those of `keep`, which are in ascending order.
void close_descriptors(int first, const std::vector<int>& keep);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_POSIX_HOST_H_
