#include "harness/target/remote/remote.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/target/remote/printable.h"
#include "harness/target/remote/remote_target.h"

namespace tcpspec::target {
namespace {

constexpr int kComparisons = 4;
constexpr int kMostLeft = 100'000;
// A comparison of the clocks as good as this is good enough.
constexpr Duration kGoodComparison = Duration::micros(50);

std::string address_text(const AgentAddress& address) {
  switch (address.way) {
    case AgentWay::kExec:
      return "exec:" + address.where;
    case AgentWay::kUnix:
      return "unix:" + address.where;
    case AgentWay::kTcp:
      return fmt::format("tcp:{}:{}", address.where, address.port);
  }
  return {};
}

std::map<std::string, std::string> printable(const std::map<std::string, std::string>& map) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : map) out.emplace(target::printable(key), target::printable(value));
  return out;
}

// Times that nobody has would only overflow.
void limit_times(Profile& profile) {
  constexpr Duration kLongest = Duration::seconds(3600);
  for (Duration* time : {&profile.slack.absolute, &profile.settle, &profile.min_rto, &profile.initial_rto,
                         &profile.msl, &profile.delayed_ack}) {
    *time = std::clamp(*time, Duration(), kLongest);
  }
  profile.slack.divisor = std::max<std::int64_t>(profile.slack.divisor, 0);
}

Status usable(const AgentHello& hello) {
  if (hello.link == AgentLink::kIp) return Ok{};
  if (hello.link == AgentLink::kNone) {
    return Error{
        "the agent says link NONE: it makes calls only, and packets go another way; use it as "
        "wire:IFACE,agent=ADDRESS"};
  }
  return Error{
      "the agent says link ETHERNET, which is not supported: let it take off and put on the Ethernet "
      "headers, "
      "answer ARP and neighbour discovery itself, and say link IP"};
}

}  // namespace

RemoteTarget::RemoteTarget(AgentAddress address, RemoteOptions options,
                           std::unique_ptr<Connection> connection)
    : address_(std::move(address)), options_(options), connection_(std::move(connection)) {
  (void)adopt(connection_->hello());
}

Status RemoteTarget::adopt(const AgentHello& hello) {
  if (!profile_.name.empty() && (hello.profile.clock != profile_.clock || hello.link != AgentLink::kIp))
    return Error{"the agent says another clock or link than the one before it"};
  profile_ = hello.profile;
  profile_.name = profile_.name.empty() ? "agent" : target::printable(profile_.name, 60);
  profile_.version = target::printable(profile_.version, 60);
  // Its own words, and what of the clock they leave out.
  const std::string time = is_virtual() ? "virtual time" : "real time";
  std::string setting = target::printable(hello.profile.setting, 120);
  if (setting.find(time) == std::string::npos) setting += (setting.empty() ? "" : ", ") + time;
  profile_.setting = target::printable(address_text(address_), 120) + ", " + setting;
  limit_times(profile_);
  profile_.choices = printable(hello.profile.choices);
  profile_.lacks = printable(hello.profile.lacks);
  return Ok{};
}

Connection* RemoteTarget::agent() const {
  return connection_ != nullptr && !connection_->ended() ? connection_.get() : nullptr;
}

Status RemoteTarget::reopen() {
  connection_.reset();
  Result<std::unique_ptr<Connection>> fresh = Connection::open(address_, options_.readiness);
  if (!fresh) return Error{fresh.error()};
  connection_ = std::move(*fresh);
  used_ = false;
  calls_.clear();
  cancelled_.clear();
  return adopt(connection_->hello());
}

Status RemoteTarget::start(const CaseSetup& setup) {
  running_ = mourned_ = dirty_ = settled_ = false;
  queue_.clear();
  // What was still said about the case before is nobody's. An agent may also have closed after it.
  for (int i = 0; agent() != nullptr && connection_->receive(Duration()); ++i) {
    if (i == kMostLeft) connection_->condemn("goes on reporting after the end of a case");
  }
  if (agent() == nullptr) {
    if (Status status = reopen(); !status) return status;
  }
  const bool may_have_left = used_;
  Status started = ask_start(setup);
  // It closed after the case before, and we had not seen it yet.
  if (!started && may_have_left && agent() == nullptr && connection_->ended()->kind == Death::kCrash) {
    if (Status status = reopen(); !status) return status;
    started = ask_start(setup);
  }
  return started;
}

Status RemoteTarget::ask_start(const CaseSetup& setup) {
  used_ = true;
  calls_.clear();
  cancelled_.clear();
  const AgentStart start{setup.id,  setup.ip,   setup.target,  setup.tester,
                         setup.mtu, setup.seed, setup.policies};
  const std::int64_t asked = monotonic_nanos();
  const Result<AgentReport> answer =
      connection_->ask(start, options_.readiness, [](const NumberedReport&) {});
  if (!answer) return Error{answer.error()};
  if (const auto* failed = std::get_if<AgentFailed>(&*answer)) {
    const std::string why = target::printable(failed->why);
    return Error{why.starts_with("policy ") ? why : "the agent could not start: " + why};
  }
  if (const auto* unsupported = std::get_if<AgentUnsupported>(&*answer))
    return Error{"the agent does not know Start: " + target::printable(unsupported->what)};
  return begin_case(std::get<AgentStarted>(*answer), asked, monotonic_nanos());
}

Status RemoteTarget::begin_case(const AgentStarted& started, std::int64_t asked, std::int64_t answered) {
  if (!AgentClock::plausible(started.at)) {
    connection_->condemn(fmt::format("started at {} ns, which is no time", started.at));
    return Error{connection_->ended()->how};
  }
  zero_ = agent_now_ = limit_ = started.at;
  clock_ = AgentClock(started.at, asked, answered);
  running_ = true;
  if (!is_virtual()) compare_clocks();
  return Ok{};
}

void RemoteTarget::compare_clocks() {
  for (int i = 0; i < kComparisons && clock_.error() > kGoodComparison; ++i) {
    AgentCall probe;
    probe.id = ++last_call_;
    probe.call.kind = CallKind::kGetOption;
    const std::int64_t asked = monotonic_nanos();
    if (agent() == nullptr) return;
    const std::uint64_t number = connection_->send(probe);
    for (bool answered = false; !answered;) {
      const std::optional<NumberedReport> report = connection_->receive(options_.patience);
      if (!report && !connection_->ended())
        connection_->condemn("did not answer a call with a handle that is not open, which cannot block");
      if (!report) return notice_death();
      const auto* done = std::get_if<AgentCompletion>(&report->body);
      answered = (done != nullptr && done->id == probe.id) || report->id == number;
      if (!answered) {
        take(*report);
      } else if (done == nullptr) {
        return;  // it makes no calls
      } else if (AgentClock::plausible(done->entered) && AgentClock::plausible(done->returned)) {
        clock_.compare({asked, monotonic_nanos(), done->entered, done->returned});
      }
    }
  }
}

Status RemoteTarget::end() {
  running_ = false;
  queue_.clear();
  calls_.clear();
  cancelled_.clear();
  if (agent() == nullptr) return Ok{};
  const Result<AgentReport> answer =
      connection_->ask(AgentEnd{}, options_.patience, [](const NumberedReport&) {});
  if (!answer) {
    const TargetDied died = *connection_->ended();
    if (died.kind == Death::kHang) return Ok{};
    return Error{died.how};
  }
  // It cannot end a case: then its process is what ends.
  if (!std::holds_alternative<AgentEnded>(*answer)) connection_->close();
  return Ok{};
}

Result<std::unique_ptr<Target>> make_remote_target(const AgentAddress& address,
                                                   const RemoteOptions& options) {
  Result<std::unique_ptr<Connection>> connection = Connection::open(address, options.readiness);
  if (!connection) return Error{connection.error()};
  if (Status status = usable((*connection)->hello()); !status) return Error{status.error()};
  return std::unique_ptr<Target>(std::make_unique<RemoteTarget>(address, options, std::move(*connection)));
}

}  // namespace tcpspec::target
