#include "harness/target/posix/call_pool.h"

#include <cerrno>
#include <csignal>

#include "harness/target/posix/calls.h"

namespace tcpspec::target {
namespace {

constexpr std::size_t kThreadStack = 256 << 10;
// How long the next request waits for this one to return or settle down to block.
constexpr std::chrono::microseconds kSettle{300};
constexpr std::chrono::milliseconds kCancelAgain{1};

}  // namespace

void CallPool::run(AgentCall call) {
  std::unique_lock lock(mutex_);
  const CallId id = call.id;
  running_.emplace(id, Running{});
  waiting_.push_back(std::move(call));
  if (idle_ < waiting_.size() && !add_thread()) {
    waiting_.pop_back();
    running_.erase(id);
    lock.unlock();
    reporter_.report(not_made(id, EAGAIN, clock_));
    return;
  }
  work_.notify_one();
  done_.wait_for(lock, kSettle, [&] { return !running_.contains(id); });
}

void CallPool::cancel(CallId id) {
  const std::scoped_lock lock(mutex_);
  if (const auto at = running_.find(id); at != running_.end()) at->second.cancelled = true;
  signal_cancelled();
}

bool CallPool::repeat_cancels() {
  const std::scoped_lock lock(mutex_);
  return signal_cancelled();
}

bool CallPool::drain(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  for (auto& [id, running] : running_) running.cancelled = true;
  const auto quiet = [&] { return running_.empty() && reporting_ == 0; };
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!quiet() && std::chrono::steady_clock::now() < until) {
    signal_cancelled();
    done_.wait_for(lock, kCancelAgain, quiet);
  }
  return quiet();
}

bool CallPool::signal_cancelled() {
  bool any = false;
  for (auto& [id, running] : running_) {
    if (!running.cancelled) continue;
    any = true;
    if (running.entered) ::pthread_kill(running.thread, SIGUSR1);
  }
  return any;
}

bool CallPool::add_thread() {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kThreadStack);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  const auto entry = [](void* self) -> void* {
    static_cast<CallPool*>(self)->serve();
    return nullptr;
  };
  const int error = ::pthread_create(&thread, &attributes, entry, this);
  ::pthread_attr_destroy(&attributes);
  return error == 0;
}

void CallPool::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    work_.wait(lock, [&] { return !waiting_.empty(); });
    --idle_;
    const AgentCall call = std::move(waiting_.front());
    waiting_.pop_front();
    Running& running = running_[call.id];
    running.thread = ::pthread_self();
    running.entered = true;
    const bool cancelled = running.cancelled;
    lock.unlock();
    AgentCompletion completion =
        cancelled ? not_made(call.id, EINTR, clock_) : perform(call.id, call.call, clock_);
    lock.lock();
    running_.erase(call.id);  // from here on no signal can be meant for this call
    ++reporting_;
    done_.notify_all();
    lock.unlock();
    reporter_.report(std::move(completion));
    lock.lock();
    --reporting_;
    done_.notify_all();
  }
}

void interrupt_calls_by_signal() {
  struct sigaction action {};
  action.sa_handler = [](int) {};  // without SA_RESTART: the call ends with EINTR
  ::sigaction(SIGUSR1, &action, nullptr);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGUSR1);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace tcpspec::target
