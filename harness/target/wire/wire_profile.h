// What a box on a cable is, as a Profile: from what the user said, what a look at it showed, and what its
// agent says of itself. Later ones of these yield to earlier ones. Pure.
#ifndef HARNESS_TARGET_WIRE_WIRE_PROFILE_H_
#define HARNESS_TARGET_WIRE_WIRE_PROFILE_H_

#include "harness/target/agent_protocol.h"
#include "harness/target/profile.h"
#include "harness/target/wire/findings.h"
#include "harness/target/wire/options.h"

namespace tcpspec::target::wire {

// For cases over one IP version; where the box has no such address, every kind of service is lacking.
// `hello`: null without an agent.
//
// What is assumed of a box of which nobody has said more: its timers are late by at most 50 ms and an eighth
// (coarse ticks of 10 to 20 ms, and the cable); it never repeats earlier than after 200 ms, which is what the
// fastest of the common stacks do where RFC 6298 asks for a second; it repeats a SYN-ACK after one second; it
// holds an ACK back for at most 500 ms (RFC 9293 §3.8.6.3); its MSL is 30 s.
[[nodiscard]] Profile wire_profile(const Options& options, const Findings& findings, const AgentHello* hello,
                                   IpVersion ip);

// The first policy of the case that the box is not known to follow by itself; "policy KEY=VALUE: …", or Ok.
[[nodiscard]] Status check_policies(const std::map<std::string, std::string>& policies,
                                    const Profile& profile, bool agent);

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_WIRE_PROFILE_H_
