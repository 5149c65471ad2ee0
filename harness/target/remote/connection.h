// Connection: one agent, spoken to. Owns the channel (and the process, where we started it), the greeting,
// the numbers of requests and a short memory of what was said, so that a failure can be told in the adapter's
// terms. Understands no cases and no packets. All octets from the agent are foreign: whatever they are, the
// worst is ended().
#ifndef HARNESS_TARGET_REMOTE_CONNECTION_H_
#define HARNESS_TARGET_REMOTE_CONNECTION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "harness/target/agent_protocol.h"
#include "stack/base/result.h"
#include "stack/base/time.h"

namespace tcpspec::target {

enum class AgentWay : std::uint8_t { kExec, kUnix, kTcp };
struct AgentAddress {
  AgentWay way = AgentWay::kExec;
  std::string where;       // kExec: the command's words, split at blanks, no shell; kUnix: path; kTcp: host
  std::uint16_t port = 0;  // kTcp
  Bytes token;             // what the agent asks for; empty: nothing
};
// "exec:COMMAND", "unix:PATH", "tcp:HOST:PORT", the last two optionally with ",token=FILE" (the token is the
// file's first line). IPv6 hosts stand in brackets. An Error says what was expected.
[[nodiscard]] Result<AgentAddress> parse_agent_address(const std::string& text);

class Connection {
 public:
  // Starts or connects, greets, waits for the Hello, and then asks something that no agent can know and
  // demands Unsupported. An Error says which of these went wrong, what came instead, and for exec what the
  // command said on its standard error. `patience`: real time for the whole of it.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const AgentAddress& address,
                                                                Duration patience);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] const AgentHello& hello() const;
  // Readable when the agent has said something (on its standard error, too) that receive() has not read yet.
  // Several reports may come in one read: call receive(Duration()) until it gives nothing, then poll.
  [[nodiscard]] int fd() const;
  // Sends and gives the request's number. Never waits for ever on an agent that itself waits for us to read.
  std::uint64_t send(const AgentRequest& request);
  // The next report, waiting at most so long (real time). Nothing: none came, or ended().
  [[nodiscard]] std::optional<NumberedReport> receive(Duration wait);
  // Sends, and waits for the answer with this request's number; what comes before it goes to `event`. An
  // agent that is silent for `patience` ends the connection as kHang. Failed and Unsupported are answers,
  // too; those to a call come to `event` with the number that send() gave. Error: ended().
  [[nodiscard]] Result<AgentReport> ask(const AgentRequest& request, Duration patience,
                                        const std::function<void(const NumberedReport&)>& event);
  // How the agent ended: it closed the channel or died (kCrash), was silent too long (kHang), or said what
  // makes no sense: a frame too long, octets that are no Report, an answer to nothing, an answer twice, half
  // a frame at the end (kBroken). With the last messages in both directions, one line each.
  [[nodiscard]] const std::optional<TargetDied>& ended() const;
  // What the caller found to make no sense: ends the connection as kBroken, with the last messages. `why`
  // goes on after "the agent ".
  void condemn(const std::string& why);
  // Shutdown, a short grace, and SIGKILL for what we started. Afterwards it is ended().
  void close();

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REMOTE_CONNECTION_H_
