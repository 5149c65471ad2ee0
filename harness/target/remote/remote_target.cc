// RemoteTarget during a case: requests, reports, time.
#include "harness/target/remote/remote_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/target/linux_clock.h"
#include "harness/target/remote/printable.h"

namespace tcpspec::target {
namespace {

// Advances in a row that neither report nor let time pass.
constexpr int kMostIdle = 1000;
// Events that nobody has taken. More is an agent that talks without end.
constexpr std::size_t kMostQueued = 50'000;
constexpr int kMostAtOnce = 1000;
// How far a real stamp may lie ahead of what our clock says: a network's delay is never negative, clocks
// drift a little.
constexpr Duration kAhead = Duration::seconds(1);
constexpr Duration kLongAgo = Duration::seconds(3600);

double seconds(double nanos) { return nanos / 1e9; }

}  // namespace

Instant RemoteTarget::now() const {
  return is_virtual() ? Instant::from_nanos(agent_now_ - zero_) : clock_.now(monotonic_nanos());
}

void RemoteTarget::notice_death() {
  if (mourned_ || connection_ == nullptr || !connection_->ended()) return;
  mourned_ = true;
  queue_.push_back(Event{Stamp::at(now()), *connection_->ended()});
}

std::optional<AgentReport> RemoteTarget::ask(const AgentRequest& request) {
  if (agent() == nullptr) return std::nullopt;
  Result<AgentReport> answer =
      connection_->ask(request, options_.patience, [this](const NumberedReport& report) { take(report); });
  notice_death();
  if (!answer || agent() == nullptr) return std::nullopt;
  return std::move(*answer);
}

void RemoteTarget::take(const NumberedReport& report) {
  if (!running_ || agent() == nullptr) return;
  if (const auto* packet = std::get_if<AgentPacket>(&report.body)) {
    take_packet(*packet);
  } else if (const auto* done = std::get_if<AgentCompletion>(&report.body)) {
    take_completion(*done);
  } else if (std::holds_alternative<AgentUnsupported>(report.body)) {
    refuse_call(report.id, "ENOSYS");
  } else if (std::holds_alternative<AgentFailed>(report.body)) {
    refuse_call(report.id, "EIO");
  }
}

void RemoteTarget::take_packet(const AgentPacket& packet) {
  if (!credible(packet.at, packet.at)) return;
  enqueue(Event{stamp_of(packet.at, packet.at), PacketOut{packet.packet}});
}

void RemoteTarget::take_completion(const AgentCompletion& done) {
  std::erase_if(calls_, [&](const auto& call) { return call.second.id == done.id; });
  if (cancelled_.erase(done.id) > 0) return;
  if (!AgentClock::plausible(done.entered) || done.entered > done.returned)
    return connection_->condemn(fmt::format("completed call {} before it entered it", done.id));
  if (!credible(done.returned, done.returned)) return;
  CallDone out{done.id, done.result, stamp_of(done.entered, done.entered)};
  out.result.error = done.result.value >= 0 ? "" : printable(done.result.error, 40);
  if (done.result.value < 0 && out.result.error.empty()) out.result.error = "EIO";
  enqueue(Event{stamp_of(done.returned, done.returned), std::move(out)});
}

// What the agent cannot do at all is a call that fails.
void RemoteTarget::refuse_call(std::uint64_t number, const std::string& error) {
  const auto call = calls_.find(number);
  if (call == calls_.end()) return;  // the answer to a Cancel
  CallDone done;
  done.call = call->second.id;
  done.result.value = -1;
  done.result.error = error;
  done.began = Stamp{call->second.at, call->second.at};
  calls_.erase(call);
  if (cancelled_.erase(done.call) == 0) enqueue(Event{Stamp{done.began.earliest, now()}, done});
}

bool RemoteTarget::credible_virtual(std::int64_t earliest, std::int64_t latest) {
  const auto ran = [&](const char* what, std::int64_t a, std::int64_t b) {
    connection_->condemn(
        fmt::format("{} {:.9f} s", what, seconds(static_cast<double>(a) - static_cast<double>(b))));
    return false;
  };
  if (earliest < agent_now_) return ran("let time go back by", agent_now_, earliest);
  if (latest > limit_) return ran("let time go beyond what it was told, by", latest, limit_);
  agent_now_ = latest;
  return true;
}

bool RemoteTarget::credible(std::int64_t earliest, std::int64_t latest) {
  if (is_virtual()) return credible_virtual(earliest, latest);
  if (!AgentClock::plausible(earliest) || !AgentClock::plausible(latest) || earliest > latest) {
    connection_->condemn(fmt::format("stamped something {} to {} ns, which is no time", earliest, latest));
    return false;
  }
  const Stamp stamp = clock_.stamp(earliest, latest);
  if (stamp.earliest > now() + kAhead) {
    connection_->condemn(
        fmt::format("stamped something {} s ahead of time", to_string(stamp.earliest - now())));
    return false;
  }
  if (stamp.latest < Instant() - kLongAgo) {
    connection_->condemn("stamped something more than an hour before the case began");
    return false;
  }
  return true;
}

Stamp RemoteTarget::stamp_of(std::int64_t earliest, std::int64_t latest) const {
  if (!is_virtual()) return clock_.stamp(earliest, latest);
  return {Instant::from_nanos(earliest - zero_), Instant::from_nanos(latest - zero_)};
}

// Virtual time reports in order; real agents have threads.
void RemoteTarget::enqueue(Event event) {
  if (queue_.size() >= kMostQueued)
    return connection_->condemn(fmt::format("reported {} things that nobody asked for", kMostQueued));
  if (is_virtual()) return queue_.push_back(std::move(event));
  const auto at = std::ranges::upper_bound(queue_, event.at.earliest, {},
                                           [](const Event& queued) { return queued.at.earliest; });
  queue_.insert(at, std::move(event));
}

Result<Stamp> RemoteTarget::inject(ByteView packet) {
  if (agent() == nullptr) return Error{"not delivered: the agent is gone"};
  const Instant before = now();
  const std::int64_t asked = monotonic_nanos();
  settled_ = false;
  const std::optional<AgentReport> answer = ask(AgentInject{Bytes(packet.begin(), packet.end())});
  if (!answer) return Stamp{before, now()};
  if (const auto* unsupported = std::get_if<AgentUnsupported>(&*answer))
    return Error{"not delivered: the agent does not take packets: " + printable(unsupported->what)};
  if (const auto* failed = std::get_if<AgentFailed>(&*answer))
    return Error{"not delivered: " + printable(failed->why)};
  const auto& injected = std::get<AgentInjected>(*answer);
  dirty_ = false;  // everything before it was told before it
  if (!credible(injected.earliest, injected.latest)) {
    notice_death();
    return Stamp{before, now()};
  }
  if (!is_virtual()) clock_.compare({asked, monotonic_nanos(), injected.earliest, injected.latest});
  return stamp_of(injected.earliest, injected.latest);
}

CallId RemoteTarget::begin(const SocketCall& call) {
  const CallId id = ++last_call_;
  if (agent() == nullptr) return id;
  const Instant at = now();
  calls_[connection_->send(AgentCall{id, call})] = {id, at};
  dirty_ = true;
  settled_ = false;
  return id;
}

void RemoteTarget::cancel(CallId call) {
  const bool outstanding =
      std::ranges::any_of(calls_, [&](const auto& begun) { return begun.second.id == call; });
  if (agent() == nullptr || !outstanding) return;
  cancelled_.insert(call);
  (void)connection_->send(AgentCancel{call});
  dirty_ = true;
  settled_ = false;
}

Result<Value> RemoteTarget::query(const Query& query) {
  const std::optional<AgentReport> answer = ask(AgentQuery{query.handle});
  if (!answer) return Error{"the agent is gone"};
  if (const auto* failed = std::get_if<AgentFailed>(&*answer)) return Error{printable(failed->why)};
  if (const auto* unsupported = std::get_if<AgentUnsupported>(&*answer))
    return Error{"the agent cannot tell: " + printable(unsupported->what)};
  return Value(printable(std::get<AgentValue>(*answer).text, 60));
}

std::optional<Event> RemoteTarget::pop() {
  if (queue_.empty()) return std::nullopt;
  std::optional<Event> event = std::move(queue_.front());
  queue_.pop_front();
  return event;
}

std::optional<Event> RemoteTarget::next(Instant deadline) {
  return is_virtual() ? next_virtual(deadline) : next_real(deadline);
}

// False: the agent is no more.
bool RemoteTarget::advance(Instant until) {
  limit_ = zero_ + until.nanos();
  const std::optional<AgentReport> answer = ask(AgentAdvance{limit_});
  if (answer && !std::holds_alternative<AgentAdvanced>(*answer))
    connection_->condemn("says clock VIRTUAL and does not know Advance");
  if (const auto* advanced = answer ? std::get_if<AgentAdvanced>(&*answer) : nullptr; advanced != nullptr)
    (void)credible(advanced->now, advanced->now);
  limit_ = agent_now_;
  dirty_ = false;
  notice_death();
  return agent() != nullptr;
}

std::optional<Event> RemoteTarget::next_virtual(Instant deadline) {
  for (int idle = 0; idle < kMostIdle;) {
    if (!queue_.empty()) return pop();
    if (agent() == nullptr || (!dirty_ && (deadline < now() || (settled_ && deadline == now())))) {
      agent_now_ = std::max(agent_now_, zero_ + deadline.nanos());
      return std::nullopt;
    }
    const Instant before = now();
    // What a call caused is told before time goes on.
    const Instant until = dirty_ ? before : std::max(before, deadline);
    if (!advance(until) || !queue_.empty()) continue;
    settled_ = now() == until;
    if (settled_ && until >= deadline) return std::nullopt;
    idle = now() > before || settled_ ? 0 : idle + 1;
  }
  connection_->condemn(fmt::format("did not let time go on, asked {} times", kMostIdle));
  notice_death();
  return pop();
}

std::optional<Event> RemoteTarget::next_real(Instant deadline) {
  const Timeout timeout(deadline - now());
  const auto due = [&] { return !queue_.empty() && queue_.front().at.earliest <= deadline; };
  for (;;) {
    // Even when an event is at hand: an older one may have arrived.
    for (int i = 0; i < kMostAtOnce && agent() != nullptr; ++i) {
      const std::optional<NumberedReport> report = connection_->receive(Duration());
      if (!report) break;
      take(*report);
    }
    notice_death();
    if (due() || (mourned_ && !queue_.empty())) return pop();
    const Duration left = timeout.left();
    if (left == Duration()) return std::nullopt;
    if (agent() == nullptr) {
      const timespec nap = to_timespec(left);
      ::nanosleep(&nap, nullptr);
      continue;
    }
    if (const std::optional<NumberedReport> report = connection_->receive(left)) take(*report);
  }
}

}  // namespace tcpspec::target
