// Session: one tester's conversation with this host, over one channel, in a process of its own: calls, Start
// and End, queries of a state. It sets nothing on the host and carries no packets. Calls that may block have
// a thread each. When the channel closes, the lifeline ends or the tester says Shutdown, every connection of
// the session is reset.
#ifndef HARNESS_TARGET_POSIX_SESSION_H_
#define HARNESS_TARGET_POSIX_SESSION_H_

#include <ctime>

#include "harness/target/agent_protocol.h"

namespace tcpspec::target {

struct SessionOptions {
  int in = -1, out = -1;                           // the channel; one socket, or two pipes
  int lifeline = -1;                               // readable when the session must end; -1: none
  AgentHello hello;                                // what a Greeting is answered with
  Bytes token;                                     // that a Greeting must bring; empty: any will do
  Duration patience = Duration::seconds(5);        // for the Greeting
  Duration refusal_delay = Duration::millis(500);  // before a wrong token is answered
  // Of Started.at and of completions alike. An agent beside a packet capture shares its CLOCK_REALTIME;
  // elsewhere CLOCK_MONOTONIC, which nobody sets.
  clockid_t clock = CLOCK_MONOTONIC;
};

// The descriptors lie above every number that calls will be given. Ends the process: status 0 when the tester
// is done, 2 after octets that are not of the protocol, which standard error tells.
[[noreturn]] void run_session(const SessionOptions& options);

// Moves descriptors to numbers from about a thousand on, so that handles begin at 3 as in a fresh program,
// closes all others above standard error, and permits as many open files as the system lets. Their new
// numbers, in this order; empty: the system refused.
[[nodiscard]] std::vector<int> move_away(std::vector<int> descriptors);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_POSIX_SESSION_H_
