// One SocketCall is one system call of this host. The stamps are taken directly around it. POSIX sockets
// only; what a host has beyond them, or lacks, is host.h's to say.
#ifndef HARNESS_TARGET_POSIX_CALLS_H_
#define HARNESS_TARGET_POSIX_CALLS_H_

#include <sys/socket.h>

#include <ctime>

#include "harness/target/agent_protocol.h"

namespace tcpspec::target {

// Nanoseconds of one of the host's clocks.
[[nodiscard]] std::int64_t clock_nanos(clockid_t clock);

// The size that system calls want.
socklen_t to_sockaddr(const Endpoint& from, sockaddr_storage& to);
// 0.0.0.0:0 for what is neither IPv4 nor IPv6.
[[nodiscard]] Endpoint from_sockaddr(const sockaddr_storage& from);

// True for calls that can wait for the peer: accept, connect, read, write, close.
[[nodiscard]] bool may_block(const SocketCall& call);
// Makes the call; may block until it is done or a signal interrupts it (error "EINTR"). Stamped by `clock`.
[[nodiscard]] AgentCompletion perform(CallId id, const SocketCall& call, clockid_t clock);
// The completion of a call that was not made: -1 and this errno.
[[nodiscard]] AgentCompletion not_made(CallId id, int error, clockid_t clock);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_POSIX_CALLS_H_
