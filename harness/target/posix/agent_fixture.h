// For the tests of tcpspec-agent: the real binary as a child, and a tester's end of a session with it.
#ifndef HARNESS_TARGET_POSIX_AGENT_FIXTURE_H_
#define HARNESS_TARGET_POSIX_AGENT_FIXTURE_H_

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "harness/target/linux_fd.h"
#include "harness/target/posix/calls.h"

namespace tcpspec::target::test {

using Words = std::vector<std::string>;
using std::chrono::milliseconds;

inline bool becomes_true(const std::function<bool()>& what, milliseconds within = milliseconds(3000)) {
  const auto until = std::chrono::steady_clock::now() + within;
  while (!what()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

// A folder of this test's own.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tcpspec-agent-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string write(const std::string& name, const std::string& text, int mode = 0600) const {
    std::ofstream(file(name)) << text;
    std::filesystem::permissions(file(name), static_cast<std::filesystem::perms>(mode));
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

// Runs tcpspec-agent. `before`: in the child, before it becomes the agent.
class AgentProcess {
 public:
  explicit AgentProcess(const Words& words, const std::function<void()>& before = {},
                        const Fd* channel = nullptr) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::alarm(60);
      if (channel != nullptr) {
        ::dup2(channel->get(), STDIN_FILENO);
        ::dup2(channel->get(), STDOUT_FILENO);
      } else {
        ::dup2(ends[1], STDOUT_FILENO);
      }
      ::dup2(ends[1], STDERR_FILENO);
      if (before) before();
      std::vector<char*> argv{const_cast<char*>(TCPSPEC_AGENT_BINARY)};
      for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
      argv.push_back(nullptr);
      ::execv(TCPSPEC_AGENT_BINARY, argv.data());
      ::_exit(126);
    }
    ::close(ends[1]);
    said_ = Fd(ends[0]);
  }
  ~AgentProcess() {
    if (pid_ > 0) {
      ::kill(pid_, SIGTERM);
      (void)wait();
    }
  }
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // What it said up to a line's end, or its own.
  std::string line() {
    std::string text;
    char letter = 0;
    while (::read(said_.get(), &letter, 1) == 1 && letter != '\n') text += letter;
    return text;
  }
  // Where it listens, after its first line: "tcp:127.0.0.1:40123".
  std::string where() {
    const std::string text = line();
    const std::size_t at = text.find("listens on ");
    EXPECT_NE(at, std::string::npos) << text;
    EXPECT_NE(text.find("ready"), std::string::npos) << text;
    if (at == std::string::npos) return {};
    return text.substr(at + 11, text.find(',', at) - at - 11);
  }
  // The exit status, or minus the signal.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }
  // Session processes.
  [[nodiscard]] std::vector<pid_t> children() const {
    std::ifstream in("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) + "/children");
    std::vector<pid_t> found;
    for (pid_t pid = 0; in >> pid;) found.push_back(pid);
    return found;
  }

 private:
  pid_t pid_ = -1;
  Fd said_;
};

// One session.
class Tester {
 public:
  explicit Tester(Fd fd) : fd_(std::move(fd)) {}
  explicit Tester(const std::string& where) {
    if (where.starts_with("unix:")) {
      fd_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sockaddr_un to{};
      to.sun_family = AF_UNIX;
      where.copy(to.sun_path, sizeof to.sun_path - 1, 5);
      connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
      return;
    }
    fd_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage to{};
    const auto port = static_cast<std::uint16_t>(std::stoi(where.substr(where.rfind(':') + 1)));
    const socklen_t size = to_sockaddr({IpAddress::v4(127, 0, 0, 1), port}, to);
    connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), size) == 0;
  }
  [[nodiscard]] bool connected() const { return connected_; }

  void raw(const Bytes& bytes) { (void)!::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  std::uint64_t send(const AgentRequest& request) {
    raw(encode(request, ++last_));
    return last_;
  }
  // Nothing: none came in time, or it is over.
  std::optional<NumberedReport> receive(milliseconds within = milliseconds(3000)) {
    const auto until = std::chrono::steady_clock::now() + within;
    for (;;) {
      const Result<std::optional<Bytes>> message = frames_.next();
      if (message.ok() && message->has_value()) {
        Result<NumberedReport> report = decode_report(**message);
        EXPECT_TRUE(report.ok());
        return report.ok() ? std::optional(*report) : std::nullopt;
      }
      const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
      pollfd wait{.fd = fd_.get(), .events = POLLIN, .revents = 0};
      if (left.count() < 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
      std::array<std::uint8_t, 4096> buffer{};
      const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (n <= 0) closed_ = true;
      if (n <= 0) return std::nullopt;
      frames_.append(ByteView(buffer).first(static_cast<std::size_t>(n)));
    }
  }
  // The agent closed the channel, and nothing came before that.
  bool is_closed(milliseconds within = milliseconds(3000)) { return !receive(within).has_value() && closed_; }

  // The answer to this request; completions that come before it are kept.
  template <typename Answer>
  std::optional<Answer> ask(const AgentRequest& request) {
    const std::uint64_t id = send(request);
    while (std::optional<NumberedReport> report = receive()) {
      if (report->id == id) {
        if (const auto* answer = std::get_if<Answer>(&report->body)) return *answer;
        ADD_FAILURE() << to_text(*report);
        return std::nullopt;
      }
      keep(*report);
    }
    ADD_FAILURE() << "no answer";
    return std::nullopt;
  }
  AgentHello greet(const Bytes& token = {}) {
    AgentGreeting greeting;
    greeting.token = token;
    return ask<AgentHello>(greeting).value_or(AgentHello());
  }
  CallId begin(const SocketCall& call) {
    send(AgentCall{++last_call_, call});
    return last_call_;
  }
  void cancel(CallId id) { send(AgentCancel{id}); }
  std::optional<AgentCompletion> done(CallId id, milliseconds within = milliseconds(3000)) {
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (kept[i].id == id) return kept[i];
    }
    while (std::optional<NumberedReport> report = receive(within)) {
      keep(*report);
      if (!kept.empty() && kept.back().id == id) return kept.back();
    }
    return std::nullopt;
  }
  CallResult call(const SocketCall& call) {
    const std::optional<AgentCompletion> completion = done(begin(call));
    EXPECT_TRUE(completion.has_value());
    return completion ? completion->result : CallResult{};
  }
  int socket() { return static_cast<int>(call({.kind = CallKind::kSocket}).value); }
  // A listener on a port of the system's choice.
  int listener(std::uint16_t port) {
    const int handle = socket();
    SocketCall reuse{.kind = CallKind::kSetOption, .handle = handle};
    reuse.option = SocketOption::kReuseAddr;
    reuse.value = 1;
    EXPECT_EQ(call(reuse).value, 0);
    EXPECT_EQ(call({.kind = CallKind::kBind, .handle = handle, .address = loopback(port)}).error, "");
    EXPECT_EQ(call({.kind = CallKind::kListen, .handle = handle, .backlog = 4}).value, 0);
    return handle;
  }
  static Endpoint loopback(std::uint16_t port) { return {IpAddress::v4(127, 0, 0, 1), port}; }
  void hang_up() { fd_.reset(); }

  std::vector<AgentCompletion> kept;

 private:
  void keep(const NumberedReport& report) {
    if (const auto* completion = std::get_if<AgentCompletion>(&report.body)) kept.push_back(*completion);
  }

  Fd fd_;
  bool connected_ = true, closed_ = false;
  FrameReader frames_;
  std::uint64_t last_ = 0;
  CallId last_call_ = 100;
};

// A port of the loopback that was free a moment ago.
inline std::uint16_t free_port() {
  const Fd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_storage address{};
  socklen_t size = to_sockaddr({IpAddress::v4(127, 0, 0, 1), 0}, address);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return from_sockaddr(address).port;
}

inline AgentStart any_start() {
  AgentStart start;
  start.case_id = "test";
  start.target = IpAddress::v4(127, 0, 0, 1);
  start.tester = IpAddress::v4(127, 0, 0, 1);
  return start;
}

}  // namespace tcpspec::target::test

#endif  // HARNESS_TARGET_POSIX_AGENT_FIXTURE_H_
