// Interface: the link of a host. Bare IP: packets pass as they are. Ethernet: frames in and out, with ARP,
// neighbour discovery and multicast listener reports beneath IP. Owns those, and the frames that nobody has
// taken yet. Sans-IO, as Host is. Bounds are those of its parts; frames leave when Host::take_packet() is
// called.
#ifndef STACK_NET_INTERFACE_H_
#define STACK_NET_INTERFACE_H_

#include <optional>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/net/arp.h"
#include "stack/net/drop.h"
#include "stack/net/link_config.h"
#include "stack/net/link_output.h"
#include "stack/net/multicast_listener.h"
#include "stack/net/neighbour_discovery.h"

namespace tcpspec::net {

class Interface {
 public:
  // An unspecified address: that family is not spoken. `drops` outlives the interface.
  Interface(const LinkConfig& config, const IpAddress& v4, const IpAddress& v6, Random random,
            DropCounters& drops);

  [[nodiscard]] bool is_ethernet() const { return config_.kind == LinkKind::kEthernet; }

  // The IP packet inside, if one is meant for us; ARP is dealt with here.
  [[nodiscard]] std::optional<ByteView> on_frame(ByteView frame, Instant now);
  // A well-formed IP packet of ours, to leave now or once its neighbour is known.
  void send_ip(Bytes packet, Instant now);
  [[nodiscard]] std::optional<Bytes> take_frame() { return output_.take(); }
  // Packets of ours that went nowhere, as they were given to send_ip().
  [[nodiscard]] std::vector<Bytes> take_undeliverable() { return output_.take_undeliverable(); }

  void on_deadline(Instant now);
  [[nodiscard]] Instant next_deadline() const;

  // RFC 4861 §7.3.1, RFC 1122 §2.3.2.1 (3): what we send to this address arrives, a layer above has seen.
  void confirm(const IpAddress& remote, Instant now);

  // Neighbour Discovery and MLD messages that IP has delivered; anything else is our own bug. On a link
  // without neighbours they are dropped, unhandled.
  void on_neighbour_message(const IpAddress& source, const IpAddress& destination, std::uint8_t hop_limit,
                            const wire::IcmpMessage& message, Instant now);
  void on_listener_message(ByteView packet, const wire::IcmpMessage& message, Instant now);
  // RFC 1122 §3.2.2.2: an ICMP redirect of IPv4, its quoted packet being one of ours.
  void on_redirect(const IpAddress& from, const IpAddress& destination, const IpAddress& gateway,
                   Instant now);

  // Addresses of this interface that may be used: the configured ones and the link-local one.
  [[nodiscard]] bool owns(const IpAddress& address) const;
  // 224.0.0.1, ff02::1 and the solicited-node groups of our addresses.
  [[nodiscard]] bool listens_to(const IpAddress& group) const;
  // The address of ours to speak from: RFC 6724 §5 rule 2, link-local to link-local. None: no such family, or
  // another station has the address.
  [[nodiscard]] std::optional<IpAddress> source_for(const IpAddress& remote) const;

  // To be read by whoever wants to know; null where the family is not spoken or the link has no neighbours.
  [[nodiscard]] const Arp* arp() const { return arp_ ? &*arp_ : nullptr; }
  [[nodiscard]] const NeighbourDiscovery* neighbour_discovery() const { return nd_ ? &*nd_ : nullptr; }

 private:
  [[nodiscard]] bool is_for_us(const wire::MacAddress& destination) const;
  [[nodiscard]] std::optional<ByteView> on_ip(const wire::EthernetFrame& frame);
  void send_v4(Bytes packet, Instant now);
  void send_v6(Bytes packet, Instant now);

  LinkConfig config_;
  IpAddress v4_, v6_;
  LinkOutput output_;
  std::optional<Arp> arp_;
  std::optional<NeighbourDiscovery> nd_;
  std::optional<MulticastListener> mld_;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_INTERFACE_H_
