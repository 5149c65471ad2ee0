// One SocketCall is one system call of this kernel. The stamps are taken directly around it.
#ifndef HARNESS_TARGET_AGENT_CALLS_H_
#define HARNESS_TARGET_AGENT_CALLS_H_

#include "harness/target/agent_protocol.h"

namespace tcpspec::target {

// True for calls that can wait for the peer: accept, connect, read, write, close.
[[nodiscard]] bool may_block(const SocketCall& call);
// Makes the call; may block until it is done or a signal interrupts it (error "EINTR").
[[nodiscard]] AgentCompletion perform(CallId id, const SocketCall& call);
// The completion of a call that was cancelled before it was made.
[[nodiscard]] AgentCompletion interrupted(CallId id);
// "ECONNREFUSED".
[[nodiscard]] std::string error_name(int error);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_AGENT_CALLS_H_
