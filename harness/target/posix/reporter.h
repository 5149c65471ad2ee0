// Reporter: sends whole frames to the tester; several threads report. Borrows the descriptor, a socket or a
// pipe. Handles: the numbers that a session's calls may use, which are all from 3 on but the session's own
// descriptors.
#ifndef HARNESS_TARGET_POSIX_REPORTER_H_
#define HARNESS_TARGET_POSIX_REPORTER_H_

#include <mutex>
#include <vector>

#include "harness/target/agent_protocol.h"

namespace tcpspec::target {

class Handles {
 public:
  // `reserved`: the descriptors of the session itself.
  explicit Handles(std::vector<int> reserved);

  [[nodiscard]] bool permits(int handle) const;
  // Every connection is reset, nothing is sent that waits: no connection outlives its case.
  void abort_all() const;
  [[noreturn]] void abort_and_exit(int status) const;

 private:
  enum class Then { kLeave, kClose };
  void sweep(Then then) const;

  std::vector<int> reserved_;
};

class Reporter {
 public:
  // `lifeline`: readable when the session must end, -1: none. Then, and when the tester is gone, the process
  // ends with its connections aborted.
  Reporter(int fd, int lifeline, const Handles& handles);

  void report(const AgentReport& report, std::uint64_t id = 0);

 private:
  void wait_for_room();
  [[nodiscard]] std::ptrdiff_t send_some(ByteView bytes) const;

  int fd_;
  int lifeline_;
  bool is_socket_;
  const Handles& handles_;
  std::mutex mutex_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_POSIX_REPORTER_H_
