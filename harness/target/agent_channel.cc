#include "harness/target/agent_channel.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "harness/target/agent.h"
#include "harness/target/linux_clock.h"
#include "harness/target/netns.h"
#include "harness/target/posix/session.h"

namespace tcpspec::target {
namespace {

constexpr int kGraceMs = 200;

[[noreturn]] void become_agent(Fd channel, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);  // it died before the line above
  ::prctl(PR_SET_NAME, "tcpspec-agent");
  // An interrupt from the terminal is for the tester, which ends its agents itself.
  for (const int number : {SIGINT, SIGQUIT, SIGPIPE}) ::signal(number, SIG_IGN);
  ::signal(SIGTERM, SIG_DFL);
  const std::vector<int> moved = move_away({channel.release()});
  if (moved.empty()) ::_exit(2);
  run_agent(Fd(moved[0]));
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("agent ended with signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  return fmt::format("agent ended with status {}", WEXITSTATUS(status));
}

}  // namespace

Result<std::unique_ptr<AgentChannel>> AgentChannel::launch() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0) {
    return Error{system_error("cannot make the agent's channel", errno)};
  }
  Fd ours(ends[0]);
  Fd theirs(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return Error{system_error("cannot fork the agent", errno)};
  if (pid == 0) become_agent(std::move(theirs), parent);
  std::unique_ptr<AgentChannel> channel(new AgentChannel(std::move(ours), pid));
  channel->send(AgentGreeting{});
  return channel;
}

void AgentChannel::send(const AgentRequest& request) {
  const Bytes frame = encode(request, ++requests_);
  for (std::size_t sent = 0; sent < frame.size() && !closed_;) {
    const ssize_t n = ::send(fd(), frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      // The agent may be waiting for room to report before it reads on.
      pollfd wait{.fd = fd(), .events = POLLIN | POLLOUT, .revents = 0};
      ::poll(&wait, 1, -1);
      if ((wait.revents & (POLLIN | POLLHUP)) != 0) read_waiting();
    } else if (errno != EINTR) {
      return;  // the end shows in receive(), after what the agent still reported
    }
  }
}

void AgentChannel::read_waiting() {
  std::array<std::uint8_t, 65536> buffer;
  while (!closed_) {
    const ssize_t n = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) {
      frames_.append(ByteView(buffer).first(static_cast<std::size_t>(n)));
      if (static_cast<std::size_t>(n) < buffer.size()) return;
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || errno != EAGAIN) closed_ = true;
    return;
  }
}

bool AgentChannel::take_frames(std::vector<AgentCompletion>& completions) {
  for (;;) {
    const Result<std::optional<Bytes>> message = frames_.next();
    if (!message) {
      complaint_ = message.error();
      return false;
    }
    if (!message->has_value()) return true;
    Result<NumberedReport> decoded = decode_report(**message);
    if (!decoded) {
      complaint_ = decoded.error();
      return false;
    }
    AgentReport* report = &decoded->body;
    if (const auto* hello = std::get_if<AgentHello>(report)) {
      greeted_ = hello->version == kAgentProtocolVersion;
      if (!greeted_) complaint_ = fmt::format("agent speaks version {} of the protocol", hello->version);
    }
    if (!greeted_) {
      if (complaint_.empty()) complaint_ = "agent did not say Hello";
      return false;
    }
    if (auto* done = std::get_if<AgentCompletion>(report)) completions.push_back(std::move(*done));
  }
}

bool AgentChannel::receive(std::vector<AgentCompletion>& completions) {
  read_waiting();
  return take_frames(completions) && !closed_;
}

std::string AgentChannel::reap() {
  if (pid_ <= 0) return "agent ended";
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return describe(status);
}

std::string AgentChannel::ended_how() {
  if (!complaint_.empty()) {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    (void)reap();
    return complaint_;
  }
  return reap();
}

void AgentChannel::stop() {
  if (pid_ <= 0) return;
  send(AgentShutdown{});
  const Timeout grace(Duration::millis(kGraceMs));
  while (!closed_ && grace.left() > Duration()) {
    pollfd wait{.fd = fd(), .events = POLLIN, .revents = 0};
    const timespec left = to_timespec(grace.left());
    ::ppoll(&wait, 1, &left, nullptr);
    read_waiting();
  }
  if (!closed_) ::kill(pid_, SIGKILL);
  (void)reap();
}

}  // namespace tcpspec::target
