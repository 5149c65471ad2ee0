// Slots: who talks from where, so that no case uses a 4-tuple that another one used less than four minutes
// ago (twice the MSL of RFC 9293 §3.4.2), whatever process or run the other one belonged to.
//
// The arithmetic. An own address has the ports 1024 to 65535, cut into blocks of 18: 16 for the case and 2
// for our own looks at the box. That makes 3584 blocks. Time is cut into ticks, counted from 1970 on the wall
// clock, and a tick names the block: tick modulo the number of blocks. A tick lasts four minutes divided by
// the number of blocks (67 ms), so a block comes round again after four minutes and never earlier. An address
// is leased to one case at a time; who has the lease takes the tick that comes next, and waits for its
// beginning before it sends anything. So the holder after it, which cannot have the lease before, gets a
// later tick. Nothing is written down anywhere, and a process that dies with its lease leaves nothing behind:
// two runs one after the other are like two cases. (A wall clock set back by hand breaks this; clocks that
// are slewed do not.)
//
// Fewer than 64 own addresses are shared: an address then has lanes, each with a lease, every so many-th
// block and a tick that is longer by as much, so that there are always 64 slots or more. Cases that share an
// address all have the same hardware address, and take only packets to their own ports.
//
// Where an agent listens for the case, its port comes from 10000 to 32767 in the same way, in ticks of 10.6
// ms.
#ifndef HARNESS_TARGET_WIRE_SLOTS_H_
#define HARNESS_TARGET_WIRE_SLOTS_H_

#include <cstdint>
#include <string>

#include "harness/target/target.h"
#include "harness/target/wire/options.h"

namespace tcpspec::target::wire {

inline constexpr Duration kReuse = Duration::seconds(240);
inline constexpr std::uint16_t kOwnProbes = 2;  // ports of a slot beyond those of the case
inline constexpr std::uint16_t kPortsPerSlot = kPortsPerCase + kOwnProbes;
inline constexpr std::uint32_t kFirstOwnPort = 1024;
inline constexpr std::uint32_t kBlocks = (65'536 - kFirstOwnPort) / kPortsPerSlot;
inline constexpr std::uint32_t kLeastSlots = 64;
inline constexpr std::uint32_t kFirstServicePort = 10'000, kServicePorts = 22'768;

// One case's place. Whole: [first_port, first_port + kPortsPerSlot).
struct Slot {
  IpAddress own;
  std::uint16_t first_port = 0;
  [[nodiscard]] bool has(std::uint16_t port) const {
    return port >= first_port && port - first_port < kPortsPerSlot;
  }
  [[nodiscard]] std::uint16_t probe_port(std::uint16_t which) const {
    return static_cast<std::uint16_t>(first_port + kPortsPerCase + which);
  }
};

class SlotPlan {
 public:
  explicit SlotPlan(const Pool& pool);
  // Leases that can be held at once.
  [[nodiscard]] std::uint32_t count() const { return pool_.count * lanes_; }
  [[nodiscard]] std::uint32_t lanes() const { return lanes_; }
  // Index 0 to count()-1: first every address once, then the second lane of each.
  [[nodiscard]] IpAddress address(std::uint32_t index) const { return pool_.at(index % pool_.count); }
  [[nodiscard]] std::uint32_t lane(std::uint32_t index) const { return index / pool_.count; }
  [[nodiscard]] Duration tick() const { return tick_; }
  // The next tick's number at this wall clock (nanoseconds since 1970), and when it begins.
  [[nodiscard]] std::int64_t next_tick(std::int64_t wall) const { return wall / tick_.count_nanos() + 1; }
  [[nodiscard]] std::int64_t begins(std::int64_t tick) const { return tick * tick_.count_nanos(); }
  [[nodiscard]] Slot slot(std::uint32_t index, std::int64_t tick) const;

 private:
  Pool pool_;
  std::uint32_t lanes_;
  std::uint32_t blocks_;  // of one lane
  Duration tick_;
};

// The same for the ports on which an agent listens.
[[nodiscard]] Duration service_tick();
[[nodiscard]] std::uint16_t service_port(std::int64_t tick);

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_SLOTS_H_
