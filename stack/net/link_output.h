// LinkOutput: the frames that a host sends, and what could not be sent, until somebody takes them. One for
// all the protocols of an Ethernet, whose drops it counts.
#ifndef STACK_NET_LINK_OUTPUT_H_
#define STACK_NET_LINK_OUTPUT_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/net/drop.h"
#include "stack/net/neighbour_cache.h"
#include "stack/wire/ethernet.h"

namespace tcpspec::net {

class LinkOutput {
 public:
  LinkOutput(const wire::MacAddress& mac, DropCounters& counters) : drops(counters), mac_(mac) {}

  void send(const wire::MacAddress& to, std::uint16_t ether_type, ByteView payload) {
    frames_.push_back(wire::build_ethernet({to, mac_, ether_type, payload}));
  }
  // An IP packet of ours that went nowhere; the layer above hears of it.
  void undeliverable(Bytes packet, Drop reason) {
    drops.count(reason);
    undeliverable_.push_back(std::move(packet));
  }
  // The packets of a cache's output: those that are ready leave, those that failed are undeliverable.
  void send_packets(NeighbourCache::Output& output, std::uint16_t ether_type) {
    for (const NeighbourCache::Ready& ready : output.ready) send(ready.to, ether_type, ready.packet);
    for (NeighbourCache::Failure& failure : output.failures) {
      for (Bytes& packet : failure.waiting) undeliverable(std::move(packet), Drop::kUnresolved);
    }
    for (std::uint32_t i = 0; i < output.pushed_out; ++i) drops.count(Drop::kNeighbourQueue);
  }

  [[nodiscard]] std::optional<Bytes> take() {
    if (frames_.empty()) return std::nullopt;
    Bytes frame = std::move(frames_.front());
    frames_.pop_front();
    return frame;
  }
  [[nodiscard]] std::vector<Bytes> take_undeliverable() { return std::exchange(undeliverable_, {}); }

  [[nodiscard]] const wire::MacAddress& mac() const { return mac_; }

  DropCounters& drops;

 private:
  wire::MacAddress mac_;
  std::deque<Bytes> frames_;
  std::vector<Bytes> undeliverable_;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_LINK_OUTPUT_H_
