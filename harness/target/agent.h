// Agent: makes the socket calls of a case, in the target's namespace, in a process of its own. Calls that may
// block have a thread each, so that others go on meanwhile; a call that waits is cancelled by a signal.
// Requests come in on one stream socket and reports go out on it; when it closes, the agent aborts its
// connections and ends. Understands no scripts and keeps no clock but its stamps.
#ifndef HARNESS_TARGET_AGENT_H_
#define HARNESS_TARGET_AGENT_H_

#include "harness/target/linux_fd.h"

namespace tcpspec::target {

// Serves until the other side closes or says Shutdown. The process must have no other use.
[[noreturn]] void run_agent(Fd channel);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_AGENT_H_
