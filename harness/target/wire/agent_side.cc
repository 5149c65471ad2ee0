#include "harness/target/wire/agent_side.h"

#include <fmt/format.h>

#include <algorithm>

namespace tcpspec::target::wire {
namespace {

constexpr Duration kPatience = Duration::seconds(10);
constexpr std::int64_t kDriftDivisor = 10'000;

}  // namespace

ClockMap::ClockMap(Instant asked, Instant answered, std::int64_t theirs)
    : lowest_(asked.nanos() - theirs), highest_(answered.nanos() - theirs), zero_(theirs) {}

std::int64_t ClockMap::drift(std::int64_t theirs) const {
  return (theirs > zero_ ? theirs - zero_ : zero_ - theirs) / kDriftDivisor;
}

void ClockMap::not_before(Instant ours, std::int64_t theirs) {
  const std::int64_t bound = ours.nanos() - theirs - drift(theirs);
  if (bound <= highest_) lowest_ = std::max(lowest_, bound);
}

void ClockMap::not_after(Instant ours, std::int64_t theirs) {
  const std::int64_t bound = ours.nanos() - theirs + drift(theirs);
  if (bound >= lowest_) highest_ = std::min(highest_, bound);
}

Stamp ClockMap::stamp(std::int64_t theirs) const {
  const std::int64_t wide = drift(theirs);
  return {Instant::from_nanos(theirs + lowest_ - wide), Instant::from_nanos(theirs + highest_ + wide)};
}

Result<std::unique_ptr<AgentSide>> AgentSide::open(const std::string& where) {
  const Result<AgentAddress> address = parse_agent_address(where);
  if (!address) return Error{"agent=" + where + ": " + address.error()};
  Result<std::unique_ptr<Connection>> connection = Connection::open(*address, kPatience);
  if (!connection) return Error{"the agent at " + where + ": " + connection.error()};
  if ((*connection)->hello().link != AgentLink::kNone) {
    return Error{"the agent at " + where +
                 " brings packets of its own; it is a target by itself (--target agent:…)"};
  }
  return std::unique_ptr<AgentSide>(new AgentSide(std::move(*connection)));
}

Result<AgentReport> AgentSide::ask(const AgentRequest& request) {
  return connection_->ask(request, kPatience, [this](const NumberedReport& report) { take(report); });
}

Status AgentSide::start(const CaseSetup& setup, const CaseClock& clock) {
  clock_ = clock;
  calls_.clear();
  events_.clear();
  AgentStart start;
  start.case_id = setup.id;
  start.ip = setup.ip;
  start.target = setup.target;
  start.tester = setup.tester;
  start.mtu = setup.mtu;
  start.seed = setup.seed;
  const Instant asked = clock_.now();
  const Result<AgentReport> answer = ask(start);
  if (!answer) return Error{answer.error()};
  const auto* started = std::get_if<AgentStarted>(&*answer);
  if (started == nullptr) {
    const auto* failed = std::get_if<AgentFailed>(&*answer);
    return Error{"the agent did not start the case: " +
                 (failed != nullptr ? failed->why : "it does not know Start")};
  }
  map_ = ClockMap(asked, clock_.now(), started->at);
  return Ok{};
}

void AgentSide::begin(CallId id, const SocketCall& call) {
  const Instant at = clock_.now();
  calls_.push_back({connection_->send(AgentCall{id, call}), id, at});
}

void AgentSide::cancel(CallId id) { (void)connection_->send(AgentCancel{id}); }

void AgentSide::take(const NumberedReport& report) {
  const auto answers = [&](const Begun& begun) { return report.id != 0 && begun.request == report.id; };
  const auto* done = std::get_if<AgentCompletion>(&report.body);
  const auto begun = std::ranges::find_if(
      calls_, [&](const Begun& one) { return done != nullptr ? one.id == done->id : answers(one); });
  if (begun == calls_.end()) return;  // the answer to a Cancel
  CallDone out;
  out.call = begun->id;
  Stamp returned{begun->at, clock_.now()};
  if (done != nullptr) {
    map_.not_before(begun->at, done->entered);
    map_.not_after(clock_.now(), done->returned);
    out.result = done->result;
    out.began = map_.stamp(done->entered);
    returned = map_.stamp(done->returned);
  } else {
    // What the agent cannot do at all is a call that fails.
    out.result.value = -1;
    out.result.error = std::holds_alternative<AgentUnsupported>(report.body) ? "ENOSYS" : "EIO";
    out.began = Stamp::at(begun->at);
  }
  calls_.erase(begun);
  events_.push_back({returned, std::move(out)});
}

std::vector<Event> AgentSide::collect() {
  while (!connection_->ended()) {
    const std::optional<NumberedReport> report = connection_->receive(Duration());
    if (!report) break;
    take(*report);
  }
  if (connection_->ended() && !mourned_) {
    mourned_ = true;
    events_.push_back({Stamp::at(clock_.now()), *connection_->ended()});
  }
  return std::exchange(events_, {});
}

Result<CallResult> AgentSide::call(const SocketCall& call, Duration patience) {
  const CallId id = ++last_own_;
  begin(id, call);
  const Timeout timeout(patience);
  while (!connection_->ended() && timeout.left() > Duration()) {
    if (const std::optional<NumberedReport> report = connection_->receive(timeout.left())) take(*report);
    const auto done = std::ranges::find_if(events_, [&](const Event& event) {
      const auto* one = std::get_if<CallDone>(&event.what);
      return one != nullptr && one->call == id;
    });
    if (done == events_.end()) continue;
    CallResult result = std::get<CallDone>(done->what).result;
    events_.erase(done);
    if (!result.error.empty()) return Error{result.error};
    return result;
  }
  return Error{"the agent does not answer"};
}

Result<Value> AgentSide::query(int handle) {
  const Result<AgentReport> answer = ask(AgentQuery{handle});
  if (!answer) return Error{answer.error()};
  if (const auto* value = std::get_if<AgentValue>(&*answer)) return Value(value->text);
  if (const auto* failed = std::get_if<AgentFailed>(&*answer)) return Error{failed->why};
  return Error{"the agent cannot tell"};
}

Status AgentSide::end() {
  if (connection_->ended()) return Ok{};
  const Result<AgentReport> answer = ask(AgentEnd{});
  calls_.clear();
  events_.clear();
  if (!answer) return Error{answer.error()};
  if (const auto* failed = std::get_if<AgentFailed>(&*answer)) return Error{failed->why};
  return Ok{};
}

}  // namespace tcpspec::target::wire
