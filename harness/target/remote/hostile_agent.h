// For tests: an agent around the reference target that keeps to the protocol except in cases whose id
// contains "evil", where it does what its mode says. The test binary runs itself as this. Header only; linked
// into tests.
#ifndef HARNESS_TARGET_REMOTE_HOSTILE_AGENT_H_
#define HARNESS_TARGET_REMOTE_HOSTILE_AGENT_H_

#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include "harness/target/reference.h"
#include "harness/target/remote/echo_target.h"
#include "harness/target/remote/serve.h"

namespace tcpspec::target::testing {

class HostileAgent {
 public:
  explicit HostileAgent(std::string mode)
      : mode_(std::move(mode)),
        target_(make_reference_target()),
        server_(*target_, {}, [this](const AgentReport& report, std::uint64_t id) { say(report, id); }) {}

  int run() {
    Bytes buffer(65536);
    for (;;) {
      const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
      if (n <= 0) return 0;
      frames_.append(ByteView(buffer).first(static_cast<std::size_t>(n)));
      while (true) {
        const Result<std::optional<Bytes>> message = frames_.next();
        if (!message.ok() || !message->has_value()) break;
        const Result<NumberedRequest> request = decode_request(**message);
        if (!request.ok()) return 9;
        if (const auto* start = std::get_if<AgentStart>(&request->body))
          evil_ = start->case_id.find("evil") != std::string::npos;
        if (!misbehave(*request) && !server_.obey(*request)) return 0;
      }
    }
  }

 private:
  [[nodiscard]] bool is(const char* mode) const { return mode_ == mode; }
  void raw(const Bytes& octets) { (void)!::write(STDOUT_FILENO, octets.data(), octets.size()); }
  void send(const AgentReport& report, std::uint64_t id = 0) { raw(encode(report, id)); }
  void half(const AgentReport& report, std::uint64_t id) {
    Bytes frame = encode(report, id);
    frame.resize(frame.size() / 2);
    raw(frame);
  }
  [[noreturn]] static void sleep_for_ever() {
    for (;;) ::pause();
  }

  // What the server says, spoiled where the mode is about one message.
  void say(const AgentReport& report, std::uint64_t id) {
    if (const auto* hello = std::get_if<AgentHello>(&report)) return say_hello(*hello, id);
    if (!evil_) return send(report, id);
    const bool advanced = std::holds_alternative<AgentAdvanced>(report);
    const bool completion = std::holds_alternative<AgentCompletion>(report);
    if (is("time-back") && advanced) return send(AgentAdvanced{-1'500'000'000}, id);
    if (is("time-ahead") && advanced) return send(AgentAdvanced{limit_ + 1}, id);
    if (is("time-impossible") && advanced) return send(AgentAdvanced{INT64_MIN}, id);
    if (is("started-impossible") && std::holds_alternative<AgentStarted>(report))
      return send(AgentStarted{INT64_MAX}, id);
    if (is("completion-never") && completion) return;
    send(report, id);
    if (is("completion-twice") && completion) send(report, id);
  }

  void say_hello(AgentHello hello, std::uint64_t id) {
    if (is("packet-before-hello")) send(AgentPacket{Bytes(40), 0});
    if (is("version-2")) hello.version = 2;
    if (is("link-none")) hello.link = AgentLink::kNone;
    if (is("link-ethernet")) hello.link = AgentLink::kEthernet;
    if (is("hello-late")) sleep_for_ever();
    if (is("hello-times")) {
      hello.profile.slack = {Duration::nanos(INT64_MIN), -3};
      hello.profile.settle = hello.profile.msl = Duration::nanos(INT64_MAX);
    }
    if (is("hello-escape")) hello.profile.name = "name\x1b[2J";
    for (int i = 0; is("thousand-lacks") && i < 1000; ++i)
      hello.profile.lacks["lack-" + std::to_string(i)] = std::string(1000, 'x');
    send(hello, id);
  }

  // True: the request has had what it gets.
  bool misbehave(const NumberedRequest& request) {
    if (is("knows-everything") && std::holds_alternative<AgentUnknown>(request.body)) {
      send(AgentFailed{"what?"}, request.id);
      return true;
    }
    if (!evil_) return false;
    if (const auto* advance = std::get_if<AgentAdvance>(&request.body)) limit_ = advance->until;
    if (std::holds_alternative<AgentStart>(request.body)) return at_start(request.id);
    if (std::holds_alternative<AgentInject>(request.body)) return at_inject(request.id);
    if (std::holds_alternative<AgentAdvance>(request.body)) return at_advance(request.id);
    if (std::holds_alternative<AgentCall>(request.body)) return at_call(request.id);
    if (std::holds_alternative<AgentEnd>(request.body)) return at_end(request.id);
    return false;
  }

  bool at_start(std::uint64_t id) {
    if (is("dies-at-start")) ::_exit(3);
    if (is("refuses-start")) send(AgentFailed{"no memory"}, id);
    if (is("refuses-policy")) send(AgentFailed{"policy nagle=off: always on"}, id);
    if (is("loud")) {
      const std::string line(1023, 'e');
      for (int i = 0; i < 200; ++i) (void)!::write(STDERR_FILENO, (line + "\n").data(), 1024);
    }
    return is("refuses-start") || is("refuses-policy");
  }

  bool at_inject(std::uint64_t id) {
    using Act = std::function<void()>;
    const AgentInjected right{0, 0};
    const std::map<std::string, Act> acts{
        {"garbage", [&] { raw(Bytes(64, 0xee)); }},
        {"nonsense",
         [&] {
           raw({0, 0, 0, 3, 0xff, 0xff, 0xff});
         }},
        {"four-gib",
         [&] {
           raw({0xff, 0xff, 0xff, 0xff, 1, 2, 3});
         }},
        {"half-frame-silence", [&] { half(right, id), sleep_for_ever(); }},
        {"half-frame-exit", [&] { half(right, id), ::_exit(0); }},
        {"answers-twice", [&] { send(right, id), send(right, id); }},
        {"answers-nothing", [&] { send(right, 9999); }},
        {"answers-unnumbered", [&] { send(right, 0); }},
        {"answers-otherwise", [&] { send(AgentValue{"LISTEN"}, id); }},
        {"hello-again",
         [&] {
           send(AgentHello{1, AgentLink::kIp, {}}, 0);
         }},
        {"late", [&] { ::usleep(1'200'000), send(right, id); }},
        {"never", [&] {}},
        {"dies-at-inject", [&] { ::_exit(3); }},
        {"signal", [&] { ::raise(SIGABRT); }},
        {"closes", [&] { ::close(STDIN_FILENO), ::close(STDOUT_FILENO), sleep_for_ever(); }},
        {"refuses-packets", [&] { send(AgentUnsupported{"packets"}, id); }},
        {"unknown-completion",
         [&] {
           send(AgentCompletion{4242, 0, 0, {}});
         }},
        {"talker",
         [&] {
           Bytes many;
           for (int i = 0; i < 1000; ++i) append(many, encode(AgentReport(AgentPacket{{1}, 0})));
           for (;;) raw(many);
         }},
    };
    const auto act = acts.find(mode_);
    if (act == acts.end()) return false;
    act->second();
    return true;
  }

  bool at_advance(std::uint64_t id) {
    if (is("dies-in-the-middle") && ++advances_ == 2) {
      (void)!::write(STDERR_FILENO, "out of cheese\n", 14);
      ::_exit(1);
    }
    if (is("clock-stands-still")) {
      send(AgentAdvanced{0}, id);
      return true;
    }
    return false;
  }

  bool at_call(std::uint64_t id) {
    if (is("no-calls")) send(AgentUnsupported{"calls"}, id);
    return is("no-calls");
  }

  bool at_end(std::uint64_t id) {
    if (is("dies-at-end")) ::raise(SIGABRT);
    if (is("cannot-end")) send(AgentFailed{"stuck"}, id);
    return is("deaf-at-end") || is("cannot-end");
  }

  std::string mode_;
  std::unique_ptr<Target> target_;
  AgentServer server_;
  FrameReader frames_;
  bool evil_ = false;
  std::int64_t limit_ = 0;
  int advances_ = 0;
};

// For the test binary's main().
inline int run_hostile_agent(const std::string& mode) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (mode.starts_with("real")) {
    EchoTarget echo(mode == "real-ahead" ? Duration::seconds(60) : Duration());
    std::string why;
    return serve_agent(echo, {}, STDIN_FILENO, STDOUT_FILENO, why);
  }
  return HostileAgent(mode).run();
}

// The command that makes this binary such an agent.
inline std::string hostile_command(const std::string& mode) {
  return "/proc/self/exe --hostile-agent " + mode;
}

}  // namespace tcpspec::target::testing

#endif  // HARNESS_TARGET_REMOTE_HOSTILE_AGENT_H_
