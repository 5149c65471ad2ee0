// NeighbourDiscovery: RFC 4861 as a host does it, on one Ethernet, for one configured IPv6 address and the
// link-local one made of the MAC. Owns both addresses' states (duplicate address detection, RFC 4862 §5.4, is
// a choice), the IPv6 neighbours, routers, prefixes and redirects. Not here: addresses from advertised
// prefixes (RFC 4862 §5.5), and the MTU and hop limit that a router advertises; both are configured.
#ifndef STACK_NET_NEIGHBOUR_DISCOVERY_H_
#define STACK_NET_NEIGHBOUR_DISCOVERY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/net/link_config.h"
#include "stack/net/link_output.h"
#include "stack/net/neighbour_cache.h"
#include "stack/net/next_hops.h"
#include "stack/wire/neighbour_discovery.h"

namespace tcpspec::net {

class NeighbourDiscovery {
 public:
  enum class AddressState : std::uint8_t {
    kTentative,  // being detected: neither spoken from nor answered for
    kValid,
    kDuplicate,  // another station has it: never used, RFC 4862 §5.4.5
  };

  NeighbourDiscovery(const LinkConfig& config, const IpAddress& own, Random random, LinkOutput& output);

  // An ICMPv6 message of wire::is_neighbour_message(), from a packet with these fields.
  void arrives(const IpAddress& source, const IpAddress& destination, std::uint8_t hop_limit,
               const wire::IcmpMessage& message, Instant now);
  // An IPv6 packet for a unicast destination that is not ours, from a valid address of ours.
  void send(const IpAddress& destination, Bytes packet, Instant now);
  void confirm(const IpAddress& destination, Instant now);
  void on_deadline(Instant now);
  [[nodiscard]] Instant next_deadline() const;

  // None: not an address of this interface.
  [[nodiscard]] std::optional<AddressState> state(const IpAddress& address) const;
  [[nodiscard]] const IpAddress& link_local() const { return addresses_.front().address; }
  [[nodiscard]] std::vector<IpAddress> solicited_node_groups() const;
  [[nodiscard]] NextHops& hops() { return hops_; }
  [[nodiscard]] const NextHops& hops() const { return hops_; }
  [[nodiscard]] const NeighbourCache& neighbours() const { return cache_; }

 private:
  struct Own {
    IpAddress address;
    AddressState standing = AddressState::kValid;
    std::uint32_t sent = 0;  // solicitations of the detection
    Instant timer = Instant::never();
  };
  struct Context {
    IpAddress source, destination;
    Instant now;
  };
  struct Handler;

  void arrived(const Context& context, const wire::RouterSolicitation& message);
  void arrived(const Context& context, const wire::RouterAdvertisement& message);
  void arrived(const Context& context, const wire::NeighbourSolicitation& message);
  void arrived(const Context& context, const wire::NeighbourAdvertisement& message);
  void arrived(const Context& context, const wire::Redirect& message);

  [[nodiscard]] Own* find(const IpAddress& address);
  void duplicate(Own& own);
  void answer(const Context& context, const wire::NeighbourSolicitation& solicitation);
  void detect(Own& own, Instant now);
  void solicit_router(Instant now);
  void solicit(const NeighbourCache::Request& request);
  [[nodiscard]] std::optional<IpAddress> source_for(const IpAddress& neighbour) const;
  [[nodiscard]] static Bytes packet(const IpAddress& source, const IpAddress& destination,
                                    const wire::NeighbourMessage& message);
  void flush();

  LinkConfig config_;
  LinkOutput& output_;
  NextHops hops_;
  NeighbourCache cache_;
  std::vector<Own> addresses_;  // the link-local one first
  std::uint32_t router_solicitations_left_;
  Instant solicit_router_at_ = Instant::never();
};

}  // namespace tcpspec::net

#endif  // STACK_NET_NEIGHBOUR_DISCOVERY_H_
