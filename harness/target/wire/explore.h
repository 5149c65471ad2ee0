// Explore: the first look at a box, over every IP version that it has: are our addresses ours, does it
// answer, and then a Look. Before the run, so that a wrong address or a firewall is one message and not a
// thousand failures.
#ifndef HARNESS_TARGET_WIRE_EXPLORE_H_
#define HARNESS_TARGET_WIRE_EXPLORE_H_

#include "harness/target/wire/agent_side.h"
#include "harness/target/wire/cable.h"
#include "harness/target/wire/findings.h"

namespace tcpspec::target::wire {

// Addresses that the user named and somebody has are an Error; those of a default pool are left out.
[[nodiscard]] Result<Findings> explore(Cable& cable, const Options& options, AgentSide* agent);

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_EXPLORE_H_
