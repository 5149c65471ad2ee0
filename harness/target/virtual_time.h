// VirtualTimeTarget: a stack in our process whose time is ours: it jumps from deadline to deadline, and
// stamps are exact. Owns the clock and the events not yet taken. What is the stack's own stands in the
// adapter: how packets get in and out, its timers, its sockets.
#ifndef HARNESS_TARGET_VIRTUAL_TIME_H_
#define HARNESS_TARGET_VIRTUAL_TIME_H_

#include <deque>
#include <optional>
#include <string>

#include "harness/target/target.h"
#include "harness/target/waiting_calls.h"

namespace tcpspec::target {

// Blocking socket calls, played over a stack that never blocks.
class EmulatedSockets {
 public:
  virtual ~EmulatedSockets() = default;
  // Tries at once; a call that cannot finish waits for retry().
  virtual void begin(CallId id, const SocketCall& call, Instant now) = 0;
  virtual void cancel(CallId id) = 0;
  // Tries the waiting calls again: after everything that happens in the stack.
  virtual void retry(Instant now) = 0;
  // When a lingering close() stops waiting; never() otherwise.
  [[nodiscard]] virtual Instant next_deadline() const = 0;
  [[nodiscard]] virtual std::optional<EndedCall> take_ended() = 0;
  // "ESTABLISHED"; "CLOSED" where no TCB is left. Nothing for a handle that is not open.
  [[nodiscard]] virtual std::optional<std::string> state(int handle) const = 0;
};

class VirtualTimeTarget : public Target {
 public:
  [[nodiscard]] Instant now() const final { return now_; }
  CallId begin(const SocketCall& call) final;
  void cancel(CallId call) final;
  Result<Value> query(const Query& query) final;
  [[nodiscard]] std::optional<Event> next(Instant deadline) final;

 protected:
  // A case begins: time is zero and nothing is left over.
  void begin_time();
  // What the stack has to say becomes events: packets first, then the calls that they, or the time,
  // unblocked, and what those made it send. After every call into the stack.
  void collect();

  // The sockets of the case; only between start() and end().
  [[nodiscard]] virtual EmulatedSockets& sockets() = 0;
  [[nodiscard]] virtual std::optional<Bytes> take_packet() = 0;
  [[nodiscard]] virtual Instant stack_deadline() const = 0;
  virtual void time_is(Instant now) = 0;
  virtual void run_timers(Instant now) = 0;

 private:
  std::deque<Event> ready_;
  Instant now_;
  CallId next_call_ = 1;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_VIRTUAL_TIME_H_
