// AgentChannel: the tester's end of a local agent. Forks it, greets it, sends it calls, reads what it
// reports, ends and reaps it. The agent dies with this process (PR_SET_PDEATHSIG), however that one ends.
#ifndef HARNESS_TARGET_AGENT_CHANNEL_H_
#define HARNESS_TARGET_AGENT_CHANNEL_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/target/agent_protocol.h"
#include "harness/target/linux_fd.h"

namespace tcpspec::target {

class AgentChannel {
 public:
  // The calling process must have one thread. The agent keeps standard input, output and error and nothing
  // else.
  [[nodiscard]] static Result<std::unique_ptr<AgentChannel>> launch();
  ~AgentChannel() { stop(); }
  AgentChannel(const AgentChannel&) = delete;
  AgentChannel& operator=(const AgentChannel&) = delete;

  [[nodiscard]] int fd() const { return channel_.get(); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Never waits for ever on an agent that is itself waiting to report. A failure shows in receive().
  void send(const AgentRequest& request);
  // Everything that has arrived. False: the agent has ended or speaks nonsense; ended_how() says which.
  [[nodiscard]] bool receive(std::vector<AgentCompletion>& completions);
  // After receive() returned false: reaps the agent. "agent ended with signal 9".
  [[nodiscard]] std::string ended_how();
  // Asks the agent to abort its connections and end, kills it if it does not, reaps it.
  void stop();

 private:
  AgentChannel(Fd channel, pid_t pid) : channel_(std::move(channel)), pid_(pid) {}
  void read_waiting();
  bool take_frames(std::vector<AgentCompletion>& completions);
  std::string reap();

  Fd channel_;
  pid_t pid_;
  FrameReader frames_;
  std::uint64_t requests_ = 0;
  bool greeted_ = false;
  bool closed_ = false;
  std::string complaint_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_AGENT_CHANNEL_H_
