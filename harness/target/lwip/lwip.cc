#include "harness/target/lwip/lwip.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "harness/target/lwip/profile.h"
#include "harness/target/lwip/sockets.h"
#include "harness/target/lwip/stack.h"
#include "stack/base/check.h"

namespace tcpspec::target {
namespace {

// More deadlines than this at one instant mean that lwIP's timers no longer let time pass.
constexpr int kMostDeadlinesAtOnce = 100'000;
constexpr std::uint16_t kSmallestMtu = 128;

class Lwip final : public Target {
 public:
  explicit Lwip(const LwipOptions& options) : options_(options) {}

  [[nodiscard]] const Profile& profile() const override { return profile_; }

  Status start(const CaseSetup& setup) override {
    if (setup.mtu < kSmallestMtu) return Error{"an MTU of " + std::to_string(setup.mtu) + " is too small"};
    const Result<bool> nagle = lwip::nagle_for(setup.policies, profile_);
    if (!nagle.ok()) return Error{nagle.error()};
    sockets_.reset();
    stack_.start(setup);
    sockets_.emplace(*nagle);
    ready_.clear();
    now_ = Instant();
    next_call_ = 1;
    return Ok{};
  }

  [[nodiscard]] Instant now() const override { return now_; }

  Result<Stamp> inject(ByteView packet) override {
    CHECK(sockets_.has_value());
    if (packet.size() > 65'535) return Error{"no IP packet is longer than 65535 octets"};
    // A link without frames of its own cannot carry a packet of nothing.
    if (!packet.empty() && !stack_.inject(packet, options_.padding)) return Error{"no memory for a packet"};
    collect();
    return Stamp::at(now_);
  }

  CallId begin(const SocketCall& call) override {
    CHECK(sockets_.has_value());
    const CallId id = next_call_++;
    sockets_->begin(id, call, now_);
    collect();
    return id;
  }

  void cancel(CallId call) override { sockets_->cancel(call); }

  Result<Value> query(const Query& query) override {
    CHECK(query.kind == QueryKind::kState);
    std::optional<std::string> state = sockets_->state(query.handle);
    if (!state) return Error{"no open socket has this handle"};
    return Value(std::move(*state));
  }

  [[nodiscard]] std::optional<Event> next(Instant deadline) override {
    for (int i = 0; i < kMostDeadlinesAtOnce; ++i) {
      if (!ready_.empty()) {
        Event event = std::move(ready_.front());
        ready_.pop_front();
        return event;
      }
      const Instant due = std::min(stack_.next_deadline(), sockets_->next_deadline());
      if (due > deadline) {
        set_now(std::max(now_, deadline));
        return std::nullopt;
      }
      if (due > now_) i = 0;
      set_now(std::max(now_, due));
      stack_.run_timers();
      collect();
    }
    return Event{Stamp::at(now_),
                 TargetDied{"its timers ask for the same instant without end", Death::kHang}};
  }

  Status end() override {
    sockets_.reset();
    stack_.stop();
    ready_.clear();
    return Ok{};
  }

 private:
  void set_now(Instant now) {
    now_ = now;
    stack_.set_now(now);
  }

  // What lwIP has sent becomes events, then the calls that this, or the time, unblocked, and what they made
  // it send.
  void collect() {
    bool more = true;
    while (more) {
      more = false;
      while (auto packet = stack_.take_packet()) {
        ready_.push_back(Event{Stamp::at(now_), PacketOut{std::move(*packet)}});
      }
      sockets_->retry(now_);
      while (auto done = sockets_->take_done()) {
        more = true;
        ready_.push_back(
            Event{Stamp::at(now_), CallDone{done->call, std::move(done->result), Stamp::at(done->began)}});
      }
    }
  }

  const LwipOptions options_;
  const Profile profile_ = lwip::profile();
  lwip::Stack stack_;
  std::optional<lwip::Sockets> sockets_;
  std::deque<Event> ready_;
  Instant now_;
  CallId next_call_ = 1;
};

}  // namespace

std::unique_ptr<Target> make_lwip_target(const LwipOptions& options) {
  return std::make_unique<Lwip>(options);
}

}  // namespace tcpspec::target
