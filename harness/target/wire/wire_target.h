// WireTarget: a box on a cable, in real time. Packets go over the cable with a hardware address and IP
// addresses of our own, so that this machine's kernel has no part in the conversation; calls, where there are
// any, go through an agent on the box. Delivery is not proven: the runner sends controls to a closed port.
// Owns the cable's end, the case's slot and port leases, and the agent's channel.
//
// Before each case the box is asked where it is; after each case it must still answer (ARP, a SYN to the
// closed port, and to the case's own port), and every connection that the case left is reset. What was wrong
// with the way, the machine or the box as a whole is a disturbance(), so that no case fails for it. Packets
// of older 4-tuples are dropped and counted.
#ifndef HARNESS_TARGET_WIRE_WIRE_TARGET_H_
#define HARNESS_TARGET_WIRE_WIRE_TARGET_H_

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "harness/packet/image.h"
#include "harness/target/linux_clock.h"
#include "harness/target/target.h"
#include "harness/target/wire/agent_side.h"
#include "harness/target/wire/cable.h"
#include "harness/target/wire/findings.h"
#include "harness/target/wire/lease.h"
#include "harness/target/wire/options.h"

namespace tcpspec::target::wire {

class WireTarget final : public Target {
 public:
  WireTarget(Options options, Findings findings, Cable cable, std::unique_ptr<AgentSide> agent);
  ~WireTarget() override;

  // As it is for the IP version of the last place().
  const Profile& profile() const override { return profile_; }
  // Leases the case's slot; waits a fraction of a second for its time to come. Own addresses for which an
  // earlier case taught the box a smaller path MTU are passed over while there are others. What goes wrong,
  // start() says.
  Place place(IpVersion ip, Service service) override;
  // Without a place() before it, it takes one of its own, whatever addresses the setup names. A box that does
  // not answer is no Error here: nothing can be injected, and disturbance() says why.
  Status start(const CaseSetup& setup) override;
  Instant now() const override { return clock_.now(); }
  Result<Stamp> inject(ByteView packet) override;
  CallId begin(const SocketCall& call) override;
  void cancel(CallId call) override;
  Result<Value> query(const Query& query) override;
  std::optional<Event> next(Instant deadline) override;
  Status end() override;
  std::string disturbance() override;

  // Packets to our address that no connection of the case can have caused.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  // What the box said last on one connection: enough to reset it.
  struct Flow {
    std::uint32_t next = 0;  // of our sequence numbers, as the box sees it
    bool told = false;       // since the last reset
  };
  using Ports = std::pair<std::uint16_t, std::uint16_t>;  // ours, the box's

  Status take_slot(IpVersion ip);
  [[nodiscard]] std::uint16_t port_of(Service service) const;
  // For something to arrive.
  void wait(Duration time) const;
  void collect_packets();
  void collect_agent();
  void enqueue(Event event);
  [[nodiscard]] bool is_ours(const packet::Image& image) const;
  [[nodiscard]] bool is_our_port(std::uint16_t port) const;
  void remember(const packet::Image& image);
  void reset_flows();
  void look_again();
  [[nodiscard]] bool accepts(std::uint16_t port, std::uint16_t probe, std::uint16_t flags);
  [[nodiscard]] std::string trouble();

  Options options_;
  Findings findings_;
  Cable cable_;
  std::unique_ptr<AgentSide> agent_;
  Profile profile_;
  CaseClock clock_;

  IpVersion ip_ = IpVersion::kV4;
  Service service_ = Service::kNone;
  std::optional<LeasedSlot> slot_;
  std::optional<LeasedPort> service_lease_;
  Place place_;
  std::string no_place_;  // why place() failed
  bool started_ = false;
  std::deque<Event> queue_;  // in order of Stamp::earliest
  std::map<Ports, Flow> flows_;
  CallId last_call_ = 0;
  std::uint64_t dropped_ = 0;
  std::string gone_, trap_;  // of the case
  std::string disturbance_;
};

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_WIRE_TARGET_H_
