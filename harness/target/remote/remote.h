// RemoteTarget: any TCP that an agent in another process brings along (PROTOCOL.md). Packets, calls and time
// all go over one Connection. Understands no cases; believes no agent: what makes no sense ends the case as
// Death::kBroken, silence as kHang, a closed channel as kCrash, each with the last messages. After any of
// them start() makes a fresh agent.
//
// Clock VIRTUAL: next() tells the agent how far time may go. Clock REAL: time passes by itself, see
// agent_clock.h. Does not do: link NONE (such an agent makes calls beside a wire of ours) and link ETHERNET.
#ifndef HARNESS_TARGET_REMOTE_REMOTE_H_
#define HARNESS_TARGET_REMOTE_REMOTE_H_

#include <memory>

#include "harness/target/remote/connection.h"
#include "harness/target/target.h"

namespace tcpspec::target {

struct RemoteOptions {
  // Real time within which every request must be answered.
  Duration patience = Duration::seconds(10);
  // The same for a fresh agent's Hello, and for its Started: it may have to boot a system.
  Duration readiness = Duration::seconds(15);
};

// Opens the connection, so that profile() is known. One connection serves many cases, one after the other; an
// agent that serves one only closes after Ended. An Error: the address cannot be reached, or the agent cannot
// be used as a target, with the remedy.
[[nodiscard]] Result<std::unique_ptr<Target>> make_remote_target(const AgentAddress& address,
                                                                 const RemoteOptions& options = {});

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REMOTE_REMOTE_H_
