#include "harness/target/lwip/lwip.h"

#include <optional>
#include <string>
#include <utility>

#include "harness/target/lwip/profile.h"
#include "harness/target/lwip/sockets.h"
#include "harness/target/lwip/stack.h"
#include "harness/target/virtual_time.h"
#include "stack/base/check.h"

namespace tcpspec::target {
namespace {

constexpr std::uint16_t kSmallestMtu = 128;

class Lwip final : public VirtualTimeTarget {
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
    begin_time();
    return Ok{};
  }

  Result<Stamp> inject(ByteView packet) override {
    CHECK(sockets_.has_value());
    if (packet.size() > 65'535) return Error{"no IP packet is longer than 65535 octets"};
    // A link without frames of its own cannot carry a packet of nothing.
    if (!packet.empty() && !stack_.inject(packet, options_.padding)) return Error{"no memory for a packet"};
    collect();
    return Stamp::at(now());
  }

  Status end() override {
    sockets_.reset();
    stack_.stop();
    return Ok{};
  }

 private:
  [[nodiscard]] EmulatedSockets& sockets() override {
    CHECK(sockets_.has_value());
    return *sockets_;
  }
  [[nodiscard]] std::optional<Bytes> take_packet() override { return stack_.take_packet(); }
  [[nodiscard]] Instant stack_deadline() const override { return stack_.next_deadline(); }
  void time_is(Instant now) override { stack_.set_now(now); }
  void run_timers(Instant) override { stack_.run_timers(); }

  const LwipOptions options_;
  const Profile profile_ = lwip::profile();
  lwip::Stack stack_;
  std::optional<lwip::Sockets> sockets_;
};

}  // namespace

std::unique_ptr<Target> make_lwip_target(const LwipOptions& options) {
  return std::make_unique<Lwip>(options);
}

}  // namespace tcpspec::target
