#include "harness/target/reference.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "harness/target/reference_policies.h"
#include "harness/target/reference_sockets.h"
#include "stack/base/check.h"
#include "stack/base/random.h"
#include "stack/net/host.h"

namespace tcpspec::target {
namespace {

// More deadlines than this at one instant mean that the stack's timers no longer let time pass.
constexpr int kMostDeadlinesAtOnce = 100'000;

net::HostConfig host_config(const CaseSetup& setup, const tcp::Config& tcp) {
  net::HostConfig config;
  (setup.target.is_v4() ? config.v4 : config.v6) = setup.target;
  if (setup.target.is_v4()) config.v6 = IpAddress::any(IpVersion::kV6);
  config.mtu = setup.mtu;
  config.seed = setup.seed;
  Random random = Random(setup.seed).fork(0x72656673);
  for (std::uint8_t& octet : config.isn_secret) octet = static_cast<std::uint8_t>(random.next32() >> 24);
  config.tcp = tcp;
  return config;
}

class Reference final : public Target {
 public:
  [[nodiscard]] const Profile& profile() const override { return profile_; }

  Status start(const CaseSetup& setup) override {
    tcp::Config config;
    const int headers = setup.ip == IpVersion::kV4 ? 40 : 60;
    if (setup.mtu < headers + 88) return Error{"an MTU of " + std::to_string(setup.mtu) + " is too small"};
    config.mss = config.path_mss = static_cast<std::uint16_t>(setup.mtu - headers);
    config.send_mss_default = setup.ip == IpVersion::kV4 ? 536 : 1220;
    const Status policies = apply_policies(setup.policies, profile_, config);
    if (!policies.ok()) return policies;
    sockets_.reset();
    host_ = std::make_unique<net::Host>(host_config(setup, config));
    sockets_.emplace(*host_);
    ready_.clear();
    now_ = Instant();
    next_call_ = 1;
    return Ok{};
  }

  [[nodiscard]] Instant now() const override { return now_; }

  Result<Stamp> inject(ByteView packet) override {
    CHECK(host_ != nullptr);
    host_->on_packet(packet, now_);
    collect();
    return Stamp::at(now_);
  }

  CallId begin(const SocketCall& call) override {
    CHECK(host_ != nullptr);
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
      const Instant due = std::min(host_->next_deadline(), sockets_->next_deadline());
      if (due > deadline) {
        now_ = std::max(now_, deadline);
        return std::nullopt;
      }
      if (due > now_) i = 0;
      now_ = std::max(now_, due);
      host_->on_deadline(now_);
      collect();
    }
    return Event{Stamp::at(now_), TargetDied{"its timers ask for the same instant without end"}};
  }

  Status end() override {
    sockets_.reset();
    host_.reset();
    ready_.clear();
    return Ok{};
  }

 private:
  // What the host has to say becomes events: packets first, then the calls that they, or the time, unblocked.
  void collect() {
    bool more = true;
    while (more) {
      more = false;
      while (auto packet = host_->take_packet()) {
        ready_.push_back(Event{Stamp::at(now_), PacketOut{std::move(*packet)}});
      }
      while (host_->take_event()) {  // calls look at the state itself
      }
      sockets_->retry(now_);
      while (auto done = sockets_->take_done()) {
        more = true;
        ready_.push_back(
            Event{Stamp::at(now_), CallDone{done->call, std::move(done->result), Stamp::at(done->began)}});
      }
    }
  }

  const Profile profile_ = reference_profile();
  std::unique_ptr<net::Host> host_;
  std::optional<ReferenceSockets> sockets_;
  std::deque<Event> ready_;
  Instant now_;
  CallId next_call_ = 1;
};

}  // namespace

std::unique_ptr<Target> make_reference_target() { return std::make_unique<Reference>(); }

}  // namespace tcpspec::target
