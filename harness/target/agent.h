// Agent: makes the socket calls of a case, in the target's namespace, in a process of its own: a session
// (posix/session.h) at the other end of one stream socket. When that closes, the agent aborts its connections
// and ends.
#ifndef HARNESS_TARGET_AGENT_H_
#define HARNESS_TARGET_AGENT_H_

#include "harness/target/linux_fd.h"

namespace tcpspec::target {

// Serves until the other side closes or says Shutdown. The process must have no other use; the channel's
// number must lie above those that calls will be given (move_away()).
[[noreturn]] void run_agent(Fd channel);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_AGENT_H_
