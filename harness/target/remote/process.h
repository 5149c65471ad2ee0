// AgentProcess: an agent that we started. Owns the process, its process group and its standard error. The
// process has our channel as standard input and output, dies with us (PR_SET_PDEATHSIG) and never outlives
// this object.
#ifndef HARNESS_TARGET_REMOTE_PROCESS_H_
#define HARNESS_TARGET_REMOTE_PROCESS_H_

#include <sys/types.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/target/linux_fd.h"
#include "stack/base/result.h"
#include "stack/base/time.h"

namespace tcpspec::target {

// Words of a command, split at blanks. '…' and "…" keep blanks; a backslash keeps the next octet, except
// within '…'. No shell: nothing else is special. An Error: a quote that does not end, or no word at all.
[[nodiscard]] Result<std::vector<std::string>> split_command(const std::string& command);

class AgentProcess {
 public:
  // `channel` becomes standard input and output. An Error: the command cannot be executed, and why.
  [[nodiscard]] static Result<std::unique_ptr<AgentProcess>> launch(const std::vector<std::string>& words,
                                                                    Fd channel);
  ~AgentProcess() { kill(); }
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;

  // Standard error, to be polled; negative once it is closed.
  [[nodiscard]] int stderr_fd() const { return errors_.get(); }
  // Passes on what stands there to our standard error and remembers the last lines. False: it is closed now.
  bool read_stderr();
  // What it said last, oldest first.
  [[nodiscard]] std::vector<std::string> last_lines() const;
  // Waits at most so long for the process to end; "ended with signal 11 (Segmentation fault)". Nothing: it
  // lives.
  [[nodiscard]] std::optional<std::string> ended_within(Duration wait);
  // Ended by a signal: as far as ended_within() knows.
  [[nodiscard]] bool by_signal() const { return by_signal_; }
  // SIGKILL to the whole group, and reaps the process.
  void kill();

 private:
  AgentProcess(pid_t pid, Fd errors) : pid_(pid), errors_(std::move(errors)) {}
  bool reap(int options);

  pid_t pid_;
  Fd errors_;
  std::optional<std::string> how_;
  bool by_signal_ = false;
  std::deque<std::string> lines_;  // the last one is not whole yet
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REMOTE_PROCESS_H_
