// lwIP itself, brought up afresh for each case: one interface that carries bare IP packets, the case's clock
// and seed, and what it sends. lwIP's state is the process's (variables.h), so one Stack exists at a time; a
// second one hits CHECK.
#ifndef HARNESS_TARGET_LWIP_STACK_H_
#define HARNESS_TARGET_LWIP_STACK_H_

#include <deque>
#include <memory>
#include <optional>

#include "harness/target/lwip/guarded_packets.h"
#include "harness/target/target.h"
#include "stack/base/random.h"

struct netif;

namespace tcpspec::target::lwip {

class Stack {
 public:
  Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack();

  // Time starts at zero.
  void start(const CaseSetup& setup);
  // Every connection, timer and packet is gone, and nothing is sent.
  void stop();

  // lwIP reads milliseconds: what is below one is not seen.
  void set_now(Instant now) { now_ = now; }
  // Before next_deadline() nothing happens by itself; at it run_timers() does what is due.
  [[nodiscard]] Instant next_deadline() const;
  void run_timers();
  // False: the machine has no memory for it. `padding`: see GuardedPackets.
  [[nodiscard]] bool inject(ByteView packet, std::size_t padding);
  [[nodiscard]] std::optional<Bytes> take_packet();

  // For lwIP's port.
  [[nodiscard]] std::uint32_t milliseconds() const;
  [[nodiscard]] std::uint32_t random() { return random_.next32(); }
  [[nodiscard]] static Stack& the_one();
  void sent(Bytes packet) { sent_.push_back(std::move(packet)); }

 private:
  void bring_up(const CaseSetup& setup);

  GuardedPackets packets_;
  std::unique_ptr<netif> interface_;
  std::deque<Bytes> sent_;
  Instant now_;
  Random random_{1};
};

}  // namespace tcpspec::target::lwip

#endif  // HARNESS_TARGET_LWIP_STACK_H_
