// Capture: one packet socket beside the target's device. Sees both directions with the kernel's stamps: what
// the target sends, and what we injected at the moment it reaches the stack, which proves the delivery.
#ifndef HARNESS_TARGET_CAPTURE_H_
#define HARNESS_TARGET_CAPTURE_H_

#include <memory>
#include <optional>

#include "harness/target/linux_clock.h"
#include "harness/target/linux_fd.h"
#include "harness/target/target.h"
#include "stack/base/result.h"

namespace tcpspec::target {

struct Captured {
  bool from_target = false;
  // The kernel's stamp, without width. Without one (stamping takes a moment to be switched on in the kernel):
  // from the last time when nothing was waiting until the packet was read.
  Stamp at;
  bool kernel_stamp = false;
  Bytes packet;  // from the IP header on
};

class Capture {
 public:
  [[nodiscard]] static Result<Capture> open(unsigned device, const CaseClock& clock);
  // Stamps count from this clock's zero from now on.
  void restart(const CaseClock& clock);
  // Readable when a packet waits.
  [[nodiscard]] int fd() const { return fd_.get(); }
  // The oldest packet that waits; nothing when none does. Packets other than IP are skipped.
  [[nodiscard]] std::optional<Captured> take();
  // Packets that did not fit in the socket's buffer since the last call.
  [[nodiscard]] std::uint64_t lost();

 private:
  Capture(Fd fd, const CaseClock& clock);

  Fd fd_;
  CaseClock clock_;
  Instant last_empty_;
  Bytes buffer_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_CAPTURE_H_
