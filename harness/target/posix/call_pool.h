// CallPool: calls that may block, each in a thread, so that others go on meanwhile. Threads are made on
// demand and kept, never more than calls that were outstanding at once. A call that waits is cancelled by a
// signal (SIGUSR1) and then completes with EINTR; every call completes exactly once. The threads are never
// joined: the process ends by _exit().
#ifndef HARNESS_TARGET_POSIX_CALL_POOL_H_
#define HARNESS_TARGET_POSIX_CALL_POOL_H_

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>

#include "harness/target/posix/reporter.h"

namespace tcpspec::target {

class CallPool {
 public:
  CallPool(Reporter& reporter, clockid_t clock) : reporter_(reporter), clock_(clock) {}

  // Begins the call; waits for a moment, so that calls which were begun in order are made in order.
  void run(AgentCall call);
  void cancel(CallId id);
  // True while a cancelled call has not returned: a signal that comes just before the call it means is lost,
  // so this is to be called again soon.
  [[nodiscard]] bool repeat_cancels();
  // Cancels everything and waits until each call has returned and is reported. False: one did not in this
  // time.
  [[nodiscard]] bool drain(std::chrono::milliseconds patience);

 private:
  struct Running {
    pthread_t thread{};
    bool entered = false;
    bool cancelled = false;
  };

  bool signal_cancelled();
  bool add_thread();
  [[noreturn]] void serve();

  Reporter& reporter_;
  clockid_t clock_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<AgentCall> waiting_;
  std::map<CallId, Running> running_;
  std::size_t idle_ = 0;
  std::size_t reporting_ = 0;  // returned, and not yet told
};

// SIGUSR1 interrupts system calls of this process from now on, and does nothing else.
void interrupt_calls_by_signal();

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_POSIX_CALL_POOL_H_
