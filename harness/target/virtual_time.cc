#include "harness/target/virtual_time.h"

#include <algorithm>
#include <utility>

#include "stack/base/check.h"

namespace tcpspec::target {
namespace {

// More deadlines than this at one instant mean that the stack's timers no longer let time pass.
constexpr int kMostDeadlinesAtOnce = 100'000;

}  // namespace

void VirtualTimeTarget::begin_time() {
  ready_.clear();
  now_ = Instant();
  next_call_ = 1;
}

CallId VirtualTimeTarget::begin(const SocketCall& call) {
  const CallId id = next_call_++;
  sockets().begin(id, call, now_);
  collect();
  return id;
}

void VirtualTimeTarget::cancel(CallId call) { sockets().cancel(call); }

Result<Value> VirtualTimeTarget::query(const Query& query) {
  CHECK(query.kind == QueryKind::kState);
  std::optional<std::string> state = sockets().state(query.handle);
  if (!state) return Error{"no open socket has this handle"};
  return Value(std::move(*state));
}

std::optional<Event> VirtualTimeTarget::next(Instant deadline) {
  for (int i = 0; i < kMostDeadlinesAtOnce; ++i) {
    if (!ready_.empty()) {
      Event event = std::move(ready_.front());
      ready_.pop_front();
      return event;
    }
    const Instant due = std::min(stack_deadline(), sockets().next_deadline());
    if (due > deadline) {
      now_ = std::max(now_, deadline);
      time_is(now_);
      return std::nullopt;
    }
    if (due > now_) i = 0;
    now_ = std::max(now_, due);
    time_is(now_);
    run_timers(now_);
    collect();
  }
  return Event{Stamp::at(now_), TargetDied{"its timers ask for the same instant without end", Death::kHang}};
}

void VirtualTimeTarget::collect() {
  // Also a call that goes on waiting may have sent something: a write that found a little room.
  const auto take_packets = [&] {
    bool any = false;
    while (std::optional<Bytes> packet = take_packet()) {
      any = true;
      ready_.push_back(Event{Stamp::at(now_), PacketOut{std::move(*packet)}});
    }
    return any;
  };
  take_packets();
  for (bool more = true; more;) {
    more = false;
    sockets().retry(now_);
    while (std::optional<EndedCall> ended = sockets().take_ended()) {
      more = true;
      ready_.push_back(
          Event{Stamp::at(now_), CallDone{ended->call, std::move(ended->result), Stamp::at(ended->began)}});
    }
    more = take_packets() || more;
  }
}

}  // namespace tcpspec::target
