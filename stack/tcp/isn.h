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

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_ISN_H_
