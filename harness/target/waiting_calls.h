// Calls that block, over a stack whose functions never do: a call is tried when it is made and again after
// everything that happens, until it gives a result. Owns the calls that wait and the results not yet taken;
// knows nothing of sockets. `Lingering` is what a stack keeps for a close() that waits (SO_LINGER).
#ifndef HARNESS_TARGET_WAITING_CALLS_H_
#define HARNESS_TARGET_WAITING_CALLS_H_

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "harness/target/target.h"

namespace tcpspec::target {

// A call that ended.
struct EndedCall {
  CallId call = 0;
  CallResult result;
  Instant began;
};

// The result of trying a call: none while it blocks.
using Attempt = std::optional<CallResult>;

template <typename Lingering>
class WaitingCalls {
 public:
  struct Waiting {
    CallId id = 0;
    SocketCall call;
    Instant began;
    std::size_t written = 0;  // by a write() that waits for room
    Lingering lingering{};
    Instant until = Instant::never();  // when a lingering close() stops waiting
  };

  // `attempt`: Attempt(Waiting&).
  template <typename Try>
  void begin(CallId id, const SocketCall& call, Instant now, Try&& attempt) {
    Waiting waiting;
    waiting.id = id;
    waiting.call = call;
    waiting.began = now;
    if (Attempt result = attempt(waiting)) {
      finish(waiting, std::move(*result));
    } else {
      waiting_.push_back(std::move(waiting));
    }
  }

  // Tries all, the oldest first, until none gets further.
  template <typename Try>
  void retry(Try&& attempt) {
    bool progress = true;
    while (progress) {
      progress = false;
      for (std::size_t i = 0; i < waiting_.size();) {
        Attempt result = attempt(waiting_[i]);
        if (!result) {
          ++i;
          continue;
        }
        finish(waiting_[i], std::move(*result));
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
        progress = true;
      }
    }
  }

  // The call is forgotten; nothing follows. What it had kept is returned.
  std::optional<Waiting> cancel(CallId id) {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const Waiting& waiting) { return waiting.id == id; });
    if (found == waiting_.end()) return std::nullopt;
    std::optional<Waiting> cancelled(std::move(*found));
    waiting_.erase(found);
    return cancelled;
  }

  [[nodiscard]] Instant next_deadline() const {
    Instant earliest = Instant::never();
    for (const Waiting& waiting : waiting_) earliest = std::min(earliest, waiting.until);
    return earliest;
  }

  [[nodiscard]] std::optional<EndedCall> take_ended() {
    if (ended_.empty()) return std::nullopt;
    EndedCall ended = std::move(ended_.front());
    ended_.pop_front();
    return ended;
  }

 private:
  void finish(const Waiting& waiting, CallResult result) {
    ended_.push_back({waiting.id, std::move(result), waiting.began});
  }

  std::vector<Waiting> waiting_;
  std::deque<EndedCall> ended_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_WAITING_CALLS_H_
