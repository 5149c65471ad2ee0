// Arp: the Address Resolution Protocol of one IPv4 address, RFC 826, with the address conflict detection of
// RFC 5227 §2.4 and its announcements (§2.3). Owns the IPv4 neighbours. An address is never given up: it was
// configured, and so it is defended, once in an interval (§2.4 (c)). Not here: probing before use (§2.1.1).
#ifndef STACK_NET_ARP_H_
#define STACK_NET_ARP_H_

#include <cstdint>
#include <optional>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/net/link_config.h"
#include "stack/net/link_output.h"
#include "stack/net/neighbour_cache.h"
#include "stack/net/next_hops.h"
#include "stack/wire/arp.h"

namespace tcpspec::net {

class Arp {
 public:
  Arp(const LinkConfig& config, const IpAddress& own, Random random, LinkOutput& output);

  // What an ARP frame carries.
  void arrives(ByteView bytes, Instant now);
  // An IPv4 packet for a unicast destination that is not ours.
  void send(const IpAddress& destination, Bytes packet, Instant now);
  // What we send to this destination arrives, says the layer above.
  void confirm(const IpAddress& destination, Instant now);
  void on_deadline(Instant now);
  [[nodiscard]] Instant next_deadline() const;

  [[nodiscard]] NextHops& hops() { return hops_; }
  [[nodiscard]] const NextHops& hops() const { return hops_; }
  [[nodiscard]] const NeighbourCache& neighbours() const { return cache_; }

 private:
  void merge(const wire::ArpPacket& packet, Instant now);
  void conflict(Instant now);
  void announce();
  void flush();

  LinkConfig config_;
  IpAddress own_;
  LinkOutput& output_;
  NextHops hops_;
  NeighbourCache cache_;
  std::optional<Instant> defended_;
  std::uint32_t announcements_left_;
  Instant announce_at_ = Instant::never();
};

}  // namespace tcpspec::net

#endif  // STACK_NET_ARP_H_
