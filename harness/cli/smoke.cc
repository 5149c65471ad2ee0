// tcpspec smoke: does an adapter keep its word? Step by step, in its own terms.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/cli/cli.h"
#include "harness/cli/targets.h"
#include "harness/run/report.h"
#include "harness/target/remote/smoke.h"

namespace tcpspec::cli {
namespace {

using Json = nlohmann::json;
using target::SmokeMark;
using target::SmokeStep;

constexpr const char* kManual = "harness/target/remote/PROTOCOL.md";

struct Plan {
  std::string name;
  run::TargetFactory make;
  std::optional<target::AgentAddress> address;  // of an agent; none: a target in this program
};

// What the process that plays has to say: a line of JSON each.
void tell(int pipe, const Json& what) {
  const std::string line = what.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t n = ::write(pipe, line.data() + sent, line.size() - sent);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) ::_exit(run::kOwnError);
    sent += static_cast<std::size_t>(n);
  }
}

Json to_json(const SmokeStep& step) {
  return {{"name", step.name},
          {"mark", static_cast<int>(step.mark)},
          {"expected", step.expected},
          {"came", step.came},
          {"look", step.look_at}};
}

SmokeStep from_json(const Json& json) {
  SmokeStep step;
  step.name = json.value("name", "");
  step.mark = static_cast<SmokeMark>(json.value("mark", 0));
  step.expected = json.value("expected", "");
  step.came = json.value("came", "");
  step.look_at = json.value("look", "");
  return step;
}

// In a process of its own: the target may crash, hang, or move it into namespaces.
[[noreturn]] void play(const Plan& plan, int pipe) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  target::SmokeLog log({[&](const std::string& name) {
                          tell(pipe, {{"begins", name}});
                        },
                        [&](const SmokeStep& step) { tell(pipe, to_json(step)); }});
  bool to_be_carried = true;
  if (plan.address) {
    const std::optional<target::AgentHello> hello = target::smoke_protocol(*plan.address, log);
    to_be_carried = hello && hello->link == target::AgentLink::kIp;
  }
  const bool reached = !log.unreachable;
  if (to_be_carried) target::smoke_target(plan.make, log);
  tell(pipe, {{"end", true}, {"reached", plan.address ? reached : !log.unreachable}});
  ::_exit(0);
}

// Further lines stand below the first.
std::string indented(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    out += letter;
    if (letter == '\n') out += "                     ";
  }
  return out;
}

void print(const SmokeStep& step) {
  const std::string said = step.came.empty() ? "" : ": " + step.came;
  switch (step.mark) {
    case SmokeMark::kOk:
      fmt::print("  ok     {}{}\n", step.name, said);
      break;
    case SmokeMark::kNote:
      fmt::print("  note   {}{}\n", step.name, said);
      break;
    case SmokeMark::kNotTried:
      fmt::print("  -      {} (not tried{})\n", step.name, said);
      break;
    case SmokeMark::kWrong:
      fmt::print("  WRONG  {}\n           expected  {}\n           came      {}\n", step.name, step.expected,
                 indented(step.came));
      if (!step.look_at.empty()) fmt::print("           look at   {}, {}\n", kManual, step.look_at);
      break;
  }
  std::fflush(stdout);
}

class Audience {
 public:
  Audience(pid_t player, int pipe, int patience) : player_(player), pipe_(pipe), patience_(patience) {}

  int watch() {
    while (!ended_ && read_more()) {
    }
    int status = 0;
    if (!ended_) ::kill(player_, SIGKILL);
    while (::waitpid(player_, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended_) {
      count(SmokeMark::kWrong);
      print({current_.empty() ? "the test itself" : current_,
             SmokeMark::kWrong,
             "an end of this step",
             how_it_ended(status),
             {}});
    }
    fmt::print("{} ok, {} noted, {} wrong, {} not tried\n", counts_[0], counts_[1], counts_[2], counts_[3]);
    if (!reached_) return run::kUnreachable;
    return counts_[2] > 0 ? run::kFailure : run::kWithinPolicy;
  }

 private:
  // False: nothing will come any more.
  bool read_more() {
    pollfd wait{.fd = pipe_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wait, 1, patience_ * 1000);
    if (ready < 0 && errno == EINTR) return true;
    if (ready == 0) silent_ = true;
    if (ready <= 0) return false;
    std::array<char, 4096> part{};
    const ssize_t n = ::read(pipe_, part.data(), part.size());
    if (n < 0 && errno == EINTR) return true;
    if (n <= 0) return false;
    text_.append(part.data(), static_cast<std::size_t>(n));
    for (std::size_t at = text_.find('\n'); at != std::string::npos; at = text_.find('\n')) {
      hear(Json::parse(text_.substr(0, at), nullptr, false));
      text_.erase(0, at + 1);
    }
    return true;
  }

  void hear(const Json& said) {
    if (!said.is_object()) return;
    if (said.contains("begins")) {
      current_ = said.value("begins", "");
    } else if (said.contains("end")) {
      ended_ = true;
      reached_ = said.value("reached", true);
    } else {
      const SmokeStep step = from_json(said);
      count(step.mark);
      print(step);
    }
  }

  void count(SmokeMark mark) { ++counts_.at(static_cast<std::size_t>(mark)); }

  [[nodiscard]] std::string how_it_ended(int status) const {
    if (silent_) return fmt::format("nothing for {} s: it hangs", patience_);
    if (WIFSIGNALED(status))
      return fmt::format("the target died: signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
    return fmt::format("the target ended the process with status {}", WEXITSTATUS(status));
  }

  pid_t player_;
  int pipe_;
  int patience_;
  std::string text_, current_;
  bool ended_ = false, reached_ = true, silent_ = false;
  std::array<int, 4> counts_{};  // index: SmokeMark
};

int smoke(const std::string& name, const std::string& fault, int patience) {
  const Result<run::TargetFactory> make = find_target(name, fault);
  if (!make.ok()) {
    fmt::print(stderr, "tcpspec: {}\n", make.error());
    return run::kUsage;
  }
  Plan plan{name, *make, std::nullopt};
  if (name.starts_with("exec:") || name.starts_with("unix:") || name.starts_with("tcp:")) {
    const Result<target::AgentAddress> address = target::parse_agent_address(name);
    if (!address.ok()) {
      fmt::print(stderr, "tcpspec: {}\n", address.error());
      return run::kUsage;
    }
    plan.address = *address;
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return run::kOwnError;
  fmt::print("smoke test of {}\n", name);
  std::fflush(stdout);
  const pid_t player = ::fork();
  if (player < 0) {
    fmt::print(stderr, "tcpspec: cannot fork: {}\n", std::strerror(errno));
    return run::kOwnError;
  }
  if (player == 0) {
    ::close(ends[0]);
    play(plan, ends[1]);
  }
  ::close(ends[1]);
  const int status = Audience(player, ends[0], patience).watch();
  ::close(ends[0]);
  return status;
}

}  // namespace

void add_smoke(CLI::App& app, int& status) {
  CLI::App* sub = app.add_subcommand(
      "smoke", "check step by step that an adapter keeps its contract, and say in its terms what is wrong");
  auto name = std::make_shared<std::string>();
  auto fault = std::make_shared<std::string>();
  auto patience = std::make_shared<int>(60);
  sub->add_option("--target,-t", *name, "as in tcpspec run; also agents that only make calls (tcpspec-agent)")
      ->required();
  sub->add_option("--fault", *fault, "the reference stack with this fault (tcpspec list --faults)");
  sub->add_option("--hang-after", *patience, "seconds of real time that one step may take")
      ->capture_default_str()
      ->check(CLI::Range(1, 86'400));
  sub->callback([name, fault, patience, &status] { status = smoke(*name, *fault, *patience); });
}

}  // namespace tcpspec::cli
