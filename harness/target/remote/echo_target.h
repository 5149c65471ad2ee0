// For tests: a target in real time that answers every packet with itself after 20 ms, and every call at once.
// Its clock began long before ours. Header only; linked into tests.
#ifndef HARNESS_TARGET_REMOTE_ECHO_TARGET_H_
#define HARNESS_TARGET_REMOTE_ECHO_TARGET_H_

#include <deque>

#include <time.h>

#include "harness/target/linux_clock.h"
#include "harness/target/remote/agent_clock.h"

namespace tcpspec::target::testing {

class EchoTarget final : public Target {
 public:
  // `ahead`: what stamps of packets are wrong by.
  explicit EchoTarget(Duration ahead) : ahead_(ahead) {
    profile_.name = "echo";
    profile_.clock = ClockKind::kReal;
    profile_.isolation = Isolation::kReset;
  }
  [[nodiscard]] const Profile& profile() const override { return profile_; }
  Status start(const CaseSetup&) override {
    const timespec boot = to_timespec(Duration::millis(30));
    ::nanosleep(&boot, nullptr);
    return Ok{};
  }
  [[nodiscard]] Instant now() const override {
    return Instant::from_nanos(monotonic_nanos()) + Duration::seconds(1'000'000);
  }
  Result<Stamp> inject(ByteView packet) override {
    events_.push_back(
        {Stamp::at(now() + Duration::millis(20)), PacketOut{Bytes(packet.begin(), packet.end())}});
    return Stamp::at(now());
  }
  CallId begin(const SocketCall&) override {
    CallDone done;
    done.call = ++last_;
    done.began = Stamp::at(now());
    events_.push_front({done.began, done});
    return last_;
  }
  void cancel(CallId) override {}
  Result<Value> query(const Query&) override { return Error{"cannot tell"}; }
  [[nodiscard]] std::optional<Event> next(Instant deadline) override {
    const Instant due = events_.empty() ? deadline : std::min(deadline, events_.front().at.earliest);
    const timespec nap = to_timespec(std::max(Duration(), due - now()));
    ::nanosleep(&nap, nullptr);
    if (events_.empty() || events_.front().at.earliest > deadline) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    if (std::holds_alternative<PacketOut>(event.what)) event.at.latest = event.at.latest + ahead_;
    return event;
  }
  Status end() override {
    events_.clear();
    return Ok{};
  }

 private:
  Profile profile_;
  Duration ahead_;
  std::deque<Event> events_;
  CallId last_ = 0;
};

}  // namespace tcpspec::target::testing

#endif  // HARNESS_TARGET_REMOTE_ECHO_TARGET_H_
