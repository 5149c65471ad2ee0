// Lease: a name that one holder has among all processes of this machine's network namespace. It is an
// abstract Unix socket: the kernel gives it back when the holder dies, however it dies, and there is no file
// to clean up. Also the waiting that makes a slot (slots.h) safe to use.
#ifndef HARNESS_TARGET_WIRE_LEASE_H_
#define HARNESS_TARGET_WIRE_LEASE_H_

#include <optional>
#include <set>
#include <string>

#include "harness/target/linux_fd.h"
#include "harness/target/wire/slots.h"
#include "stack/base/result.h"

namespace tcpspec::target::wire {

class Lease {
 public:
  // Nothing: somebody has it.
  [[nodiscard]] static Result<std::optional<Lease>> take(const std::string& name);

 private:
  explicit Lease(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

struct LeasedSlot {
  Slot slot;
  Lease lease;
};
// A slot on `interface` whose tick has begun, on none of the addresses `taken` by others. Waits, at most
// `patience`, while all are leased.
[[nodiscard]] Result<LeasedSlot> lease_slot(const std::string& interface, const SlotPlan& plan,
                                            const std::set<IpAddress>& taken, Duration patience);

struct LeasedPort {
  std::uint16_t port = 0;
  Lease lease;
};
// A port of the box `dut` on which its agent may listen now.
[[nodiscard]] Result<LeasedPort> lease_service_port(const std::string& dut);

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_LEASE_H_
