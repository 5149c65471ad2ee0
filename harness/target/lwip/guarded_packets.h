// The packets that lwIP is given, each at the very end of a page and followed by one that nobody may touch: a
// read past the packet's end dies in every build, with or without a sanitizer. lwIP may keep a packet for as
// long as it likes; the room is used again when lwIP lets go of it, or when the case ends.
#ifndef HARNESS_TARGET_LWIP_GUARDED_PACKETS_H_
#define HARNESS_TARGET_LWIP_GUARDED_PACKETS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "stack/base/bytes.h"

struct pbuf;

namespace tcpspec::target::lwip {

class GuardedPackets {
 public:
  GuardedPackets();
  GuardedPackets(const GuardedPackets&) = delete;
  GuardedPackets& operator=(const GuardedPackets&) = delete;
  ~GuardedPackets();

  // A copy of the packet (1 to 65535 octets) as a pbuf that lwIP frees. With `padding`, so many octets after
  // the packet's end may be read. Null where the machine has no more memory.
  [[nodiscard]] pbuf* make(ByteView packet, std::size_t padding);
  // lwIP is gone, and with it every reference.
  void take_back();
  // How many packets lwIP holds.
  [[nodiscard]] std::size_t held() const;

 private:
  struct Slot;
  static void release(pbuf* packet);

  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
};

}  // namespace tcpspec::target::lwip

#endif  // HARNESS_TARGET_LWIP_GUARDED_PACKETS_H_
