#include "harness/target/reference.h"

#include <optional>
#include <utility>

#include "harness/target/reference_faults.h"
#include "harness/target/reference_policies.h"
#include "harness/target/reference_sockets.h"
#include "harness/target/virtual_time.h"
#include "stack/base/check.h"
#include "stack/base/random.h"
#include "stack/net/host.h"
#ifdef TCPSPEC_FAULTS
#include "stack/faults/catalogue.h"
#endif

namespace tcpspec::target {
namespace {

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

class Reference final : public VirtualTimeTarget {
 public:
  Reference() = default;
#ifdef TCPSPEC_FAULTS
  explicit Reference(const faults::Fault& fault) : fault_(&fault) {
    profile_.setting += std::string(", FAULT ") + fault.id;
  }
#endif

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
    set_fault(config);
    host_ = std::make_unique<net::Host>(host_config(setup, config));
    sockets_.emplace(*host_);
    begin_time();
    return Ok{};
  }

  Result<Stamp> inject(ByteView packet) override {
    CHECK(host_ != nullptr);
    host_->on_packet(packet, now());
    collect();
    return Stamp::at(now());
  }

  Status end() override {
    sockets_.reset();
    host_.reset();
    return Ok{};
  }

 private:
  [[nodiscard]] EmulatedSockets& sockets() override {
    CHECK(sockets_.has_value());
    return *sockets_;
  }
  [[nodiscard]] std::optional<Bytes> take_packet() override {
    while (host_->take_event()) {  // calls look at the state itself
    }
    return host_->take_packet();
  }
  [[nodiscard]] Instant stack_deadline() const override { return host_->next_deadline(); }
  void time_is(Instant) override {}
  void run_timers(Instant now) override { host_->on_deadline(now); }

#ifdef TCPSPEC_FAULTS
  // Fresh in every case, as the host is, which must be gone first.
  void set_fault(tcp::Config& config) {
    if (fault_ == nullptr) return;
    host_.reset();
    points_ = faults::switch_on(*fault_);
    config.fault = points_.get();
  }
  const faults::Fault* fault_ = nullptr;
  std::unique_ptr<tcp::FaultPoints> points_;
#else
  static void set_fault(tcp::Config&) {}
#endif

  Profile profile_ = reference_profile();
  std::unique_ptr<net::Host> host_;
  std::optional<ReferenceSockets> sockets_;
};

}  // namespace

std::unique_ptr<Target> make_reference_target() { return std::make_unique<Reference>(); }

std::unique_ptr<Target> make_faulty_reference_target([[maybe_unused]] const std::string& id) {
#ifdef TCPSPEC_FAULTS
  const faults::Fault* fault = faults::find(id);
  CHECK(fault != nullptr);
  return std::make_unique<Reference>(*fault);
#else
  CHECK(false);  // the caller has asked reference_has_faults()
#endif
}

}  // namespace tcpspec::target
