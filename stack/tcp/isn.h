// Initial sequence numbers, RFC 6528 §3: ISN = M + F(local, remote, secret). M ticks every four
// microseconds (RFC 9293 §3.4.1 [MUST-8]); F keeps the numbers of one connection from telling those of
// another [SHLD-1]. The secret is given: nothing here draws random bits.
#ifndef STACK_TCP_ISN_H_
#define STACK_TCP_ISN_H_

#include "stack/base/address.h"
#include "stack/base/seq32.h"
#include "stack/base/siphash.h"
#include "stack/base/time.h"

namespace tcpspec::tcp {

// The clock M counts from `boot`.
[[nodiscard]] Seq32 initial_sequence_number(const SipKey& secret, const Endpoint& local,
                                            const Endpoint& remote, Instant now, Instant boot = Instant());

// RFC 7323 §5.4: what is added to the clock of the Timestamps option, by the same function with another
// secret, made from this one. The same for every incarnation of a connection.
[[nodiscard]] std::uint32_t timestamp_offset(const SipKey& secret, const Endpoint& local,
                                             const Endpoint& remote);

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_ISN_H_
