#include "harness/target/agent.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>

#include "harness/target/agent_calls.h"

namespace tcpspec::target {
namespace {

constexpr std::size_t kThreadStack = 256 << 10;
// A signal that comes just before the call it means is lost, so it is sent again until the call is done.
constexpr int kCancelAgainMs = 1;
// How long the next request waits for this one to return or settle down to block, so that calls which were
// begun in order are made in order.
constexpr std::chrono::microseconds kSettle{300};

// Sends whole frames; several threads report.
class Reporter {
 public:
  explicit Reporter(int fd) : fd_(fd) {}

  void report(const AgentReport& report) {
    const Bytes frame = encode(report);
    const std::scoped_lock lock(mutex_);
    for (std::size_t sent = 0; sent < frame.size();) {
      const ssize_t n = ::send(fd_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) ::_exit(0);  // nobody listens any more
      sent += static_cast<std::size_t>(n);
    }
  }

 private:
  int fd_;
  std::mutex mutex_;
};

// Threads for calls that may block: made on demand, kept, never more than calls that are outstanding.
class CallPool {
 public:
  explicit CallPool(Reporter& reporter) : reporter_(reporter) {}

  void run(AgentCall call) {
    std::unique_lock lock(mutex_);
    const CallId id = call.id;
    running_.emplace(id, Running{});
    waiting_.push_back(std::move(call));
    if (idle_ < waiting_.size() && !add_thread()) {
      waiting_.pop_back();
      running_.erase(id);
      lock.unlock();
      AgentCompletion failed = interrupted(id);
      failed.result.error = error_name(EAGAIN);
      reporter_.report(std::move(failed));
      return;
    }
    work_.notify_one();
    done_.wait_for(lock, kSettle, [&] { return !running_.contains(id); });
  }

  void cancel(CallId id) {
    const std::scoped_lock lock(mutex_);
    if (const auto at = running_.find(id); at != running_.end()) at->second.cancelled = true;
    signal_cancelled();
  }

  // True while a cancelled call has not returned.
  bool repeat_cancels() {
    const std::scoped_lock lock(mutex_);
    return signal_cancelled();
  }

 private:
  struct Running {
    pthread_t thread{};
    bool entered = false;
    bool cancelled = false;
  };

  bool signal_cancelled() {
    bool any = false;
    for (auto& [id, running] : running_) {
      if (!running.cancelled) continue;
      any = true;
      if (running.entered) ::pthread_kill(running.thread, SIGUSR1);
    }
    return any;
  }

  bool add_thread() {
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

  [[noreturn]] void serve() {
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
      AgentCompletion completion = cancelled ? interrupted(call.id) : perform(call.id, call.call);
      lock.lock();
      running_.erase(call.id);  // from here on no signal can be meant for this call
      done_.notify_all();
      lock.unlock();
      reporter_.report(std::move(completion));
      lock.lock();
    }
  }

  Reporter& reporter_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<AgentCall> waiting_;
  std::map<CallId, Running> running_;
  std::size_t idle_ = 0;
};

// No connection outlives its case: a half-closed one would keep the namespace alive for minutes.
[[noreturn]] void abort_and_exit(int channel) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536));
  const linger reset{.l_onoff = 1, .l_linger = 0};
  int missing = 0;
  // Numbers are given from the lowest on; a long gap is the end of them.
  for (int fd = STDERR_FILENO + 1; fd < end && missing < 64; ++fd) {
    if (fd == channel) continue;
    const bool open = ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0 || errno != EBADF;
    missing = open ? 0 : missing + 1;
  }
  ::_exit(0);
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

class Agent {
 public:
  explicit Agent(Fd channel) : channel_(std::move(channel)), reporter_(channel_.get()), pool_(reporter_) {}

  [[noreturn]] void serve() {
    AgentHello hello;
    hello.profile.name = "linux";
    hello.profile.clock = ClockKind::kReal;
    reporter_.report(hello);
    std::array<std::uint8_t, 65536> buffer{};
    for (;;) {
      pollfd wait{.fd = channel_.get(), .events = POLLIN, .revents = 0};
      const int ready = ::poll(&wait, 1, pool_.repeat_cancels() ? kCancelAgainMs : -1);
      if (ready <= 0) continue;
      const ssize_t n = ::recv(channel_.get(), buffer.data(), buffer.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) abort_and_exit(channel_.get());
      frames_.append(ByteView(buffer).first(static_cast<std::size_t>(n)));
      obey_all();
    }
  }

 private:
  void obey_all() {
    for (;;) {
      const Result<std::optional<Bytes>> message = frames_.next();
      if (!message) ::_exit(2);
      if (!message->has_value()) return;
      Result<NumberedRequest> request = decode_request(**message);
      if (!request) ::_exit(2);
      obey(std::move(request->body));
    }
  }

  void obey(AgentRequest request) {
    if (auto* call = std::get_if<AgentCall>(&request)) {
      if (may_block(call->call)) {
        pool_.run(std::move(*call));
      } else {
        reporter_.report(perform(call->id, call->call));
      }
    } else if (const auto* cancel = std::get_if<AgentCancel>(&request)) {
      pool_.cancel(cancel->id);
    } else {
      abort_and_exit(channel_.get());
    }
  }

  Fd channel_;
  Reporter reporter_;
  CallPool pool_;
  FrameReader frames_;
};

}  // namespace

void run_agent(Fd channel) {
  interrupt_calls_by_signal();
  Agent(std::move(channel)).serve();
}

}  // namespace tcpspec::target
