#include "stack/net/interface.h"

#include <algorithm>
#include <array>
#include <utility>

#include "stack/base/check.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/mld.h"

namespace tcpspec::net {
namespace {

using wire::MacAddress;

IpAddress all_hosts() { return IpAddress::v4(224, 0, 0, 1); }

IpAddress all_nodes() {
  constexpr std::array<std::uint8_t, 16> kBytes{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return IpAddress::from_bytes(kBytes);
}

IpAddress source_of(ByteView packet) {
  return packet[0] >> 4 == 4 ? IpAddress::from_bytes(packet.subspan(12, 4))
                             : IpAddress::from_bytes(packet.subspan(8, 16));
}
IpAddress destination_of(ByteView packet) {
  return packet[0] >> 4 == 4 ? IpAddress::from_bytes(packet.subspan(16, 4))
                             : IpAddress::from_bytes(packet.subspan(24, 16));
}

}  // namespace

Interface::Interface(const LinkConfig& config, const IpAddress& v4, const IpAddress& v6, Random random,
                     DropCounters& drops)
    : config_(config), v4_(v4), v6_(v6), output_(config.mac, drops) {
  if (!is_ethernet()) return;
  if (!v4.is_unspecified()) arp_.emplace(config, v4, random.fork(1), output_);
  if (v6.is_unspecified()) return;
  nd_.emplace(config, v6, random.fork(2), output_);
  mld_.emplace(nd_->solicited_node_groups(), config.mld_robustness, random.fork(3), output_);
}

bool Interface::listens_to(const IpAddress& group) const {
  if (group == all_hosts()) return !v4_.is_unspecified();
  if (v6_.is_unspecified()) return false;
  if (group == all_nodes()) return true;
  if (!nd_) return group == wire::solicited_node_group(v6_);
  return std::ranges::any_of(nd_->solicited_node_groups(),
                             [&](const IpAddress& own) { return own == group; });
}

bool Interface::owns(const IpAddress& address) const {
  if (address.is_unspecified()) return false;
  if (nd_ && !address.is_v4()) return nd_->state(address) == NeighbourDiscovery::AddressState::kValid;
  return address == (address.is_v4() ? v4_ : v6_);
}

std::optional<IpAddress> Interface::source_for(const IpAddress& remote) const {
  const IpAddress& configured = remote.is_v4() ? v4_ : v6_;
  if (configured.is_unspecified()) return std::nullopt;
  const IpAddress source = nd_ && wire::is_link_local(remote) ? nd_->link_local() : configured;
  if (nd_ && nd_->state(source) == NeighbourDiscovery::AddressState::kDuplicate) return std::nullopt;
  return source;
}

bool Interface::is_for_us(const MacAddress& destination) const {
  if (destination == config_.mac || destination == MacAddress::broadcast()) return true;
  if (!destination.is_group()) return false;
  if (arp_ && destination == wire::group_mac(all_hosts())) return true;
  if (!nd_) return false;
  if (destination == wire::group_mac(all_nodes())) return true;
  return std::ranges::any_of(nd_->solicited_node_groups(),
                             [&](const IpAddress& own) { return destination == wire::group_mac(own); });
}

std::optional<ByteView> Interface::on_frame(ByteView bytes, Instant now) {
  if (!is_ethernet()) return bytes;
  const wire::Parsed<wire::EthernetFrame> frame = wire::parse_ethernet(bytes);
  if (!frame.ok()) {
    output_.drops.count(frame.fault());
    return std::nullopt;
  }
  if (!is_for_us(frame->destination)) {
    output_.drops.count(Drop::kLinkNotOurs);
    return std::nullopt;
  }
  switch (frame->type) {
    case wire::ether_type::kIpv4:
    case wire::ether_type::kIpv6:
      return on_ip(*frame);
    case wire::ether_type::kArp:
      if (arp_) {
        arp_->arrives(frame->payload, now);
        return std::nullopt;
      }
      break;
    case wire::ether_type::kRarp:
      output_.drops.count(Drop::kRarp);
      return std::nullopt;
    default:
      break;
  }
  output_.drops.count(Drop::kEtherType);
  return std::nullopt;
}

std::optional<ByteView> Interface::on_ip(const wire::EthernetFrame& frame) {
  const ByteView packet = frame.payload;
  const bool v4 = frame.type == wire::ether_type::kIpv4;
  if (packet.size() < (v4 ? wire::kIpv4HeaderSize : wire::kIpv6HeaderSize)) {
    output_.drops.count(Drop::kShort);
    return std::nullopt;
  }
  if (packet[0] >> 4 != (v4 ? 4 : 6)) {
    output_.drops.count(Drop::kVersion);
    return std::nullopt;
  }
  // RFC 1122 §3.3.6: in a frame for many there must be a packet for many, or one sender could make a whole
  // link answer.
  const IpAddress destination = destination_of(packet);
  if (frame.destination.is_group() && !destination.is_multicast() && !destination.is_broadcast()) {
    const bool for_subnet = arp_ && std::as_const(*arp_).hops().is_subnet_broadcast(destination);
    if (!for_subnet) {
      output_.drops.count(Drop::kLinkGroup);
      return std::nullopt;
    }
  }
  return packet;
}

void Interface::send_ip(Bytes packet, Instant now) {
  CHECK(is_ethernet());
  CHECK(packet.size() >= wire::kIpv4HeaderSize);
  if (packet[0] >> 4 == 4) return send_v4(std::move(packet), now);
  CHECK(packet.size() >= wire::kIpv6HeaderSize);
  send_v6(std::move(packet), now);
}

void Interface::send_v4(Bytes packet, Instant now) {
  CHECK(arp_);
  const IpAddress destination = destination_of(packet);
  if (destination.is_multicast()) {
    return output_.send(wire::group_mac(destination), wire::ether_type::kIpv4, packet);
  }
  // RFC 894 "Address Mappings": the broadcast address of IP is that of Ethernet.
  if (destination.is_broadcast() || arp_->hops().is_subnet_broadcast(destination)) {
    return output_.send(MacAddress::broadcast(), wire::ether_type::kIpv4, packet);
  }
  // Nobody else on the link is us.
  if (owns(destination)) return output_.undeliverable(std::move(packet), Drop::kNoRoute);
  arp_->send(destination, std::move(packet), now);
}

void Interface::send_v6(Bytes packet, Instant now) {
  CHECK(nd_);
  // RFC 4862 §5.4, §5.4.5: nothing is sent from an address that is not yet, or never will be, ours.
  if (!owns(source_of(packet))) return output_.drops.count(Drop::kTentative);
  const IpAddress destination = destination_of(packet);
  if (destination.is_multicast()) {
    return output_.send(wire::group_mac(destination), wire::ether_type::kIpv6, packet);
  }
  if (nd_->state(destination)) return output_.undeliverable(std::move(packet), Drop::kNoRoute);
  nd_->send(destination, std::move(packet), now);
}

void Interface::on_deadline(Instant now) {
  if (arp_) arp_->on_deadline(now);
  if (!nd_) return;
  // RFC 4862 §5.4.2: the group is joined before the address is asked about, so MLD has the first word.
  const IpAddress& local = nd_->link_local();
  mld_->on_deadline(owns(local) ? local : IpAddress::any(IpVersion::kV6), now);
  nd_->on_deadline(now);
}

Instant Interface::next_deadline() const {
  Instant earliest = Instant::never();
  if (arp_) earliest = std::min(earliest, arp_->next_deadline());
  if (nd_) earliest = std::min({earliest, nd_->next_deadline(), mld_->next_deadline()});
  return earliest;
}

void Interface::confirm(const IpAddress& remote, Instant now) {
  if (remote.is_v4() && arp_) arp_->confirm(remote, now);
  if (!remote.is_v4() && nd_) nd_->confirm(remote, now);
}

void Interface::on_neighbour_message(const IpAddress& source, const IpAddress& destination,
                                     std::uint8_t hop_limit, const wire::IcmpMessage& message, Instant now) {
  CHECK(wire::is_neighbour_message(message.type));
  if (!nd_) return output_.drops.count(Drop::kIcmpUnhandled);
  nd_->arrives(source, destination, hop_limit, message, now);
}

void Interface::on_listener_message(ByteView packet, const wire::IcmpMessage& message, Instant now) {
  CHECK(wire::is_listener_message(message.type));
  if (!mld_) return output_.drops.count(Drop::kIcmpUnhandled);
  mld_->arrives(packet, message, now);
}

void Interface::on_redirect(const IpAddress& from, const IpAddress& destination, const IpAddress& gateway,
                            Instant now) {
  if (!arp_ || !config_.accept_redirects) return output_.drops.count(Drop::kIcmpUnhandled);
  // RFC 1122 §3.2.2.2: discarded unless it comes from the first-hop gateway in use and names a gateway on
  // the connected net.
  const bool one_host = !gateway.is_unspecified() && !gateway.is_multicast() && !gateway.is_broadcast() &&
                        !arp_->hops().is_subnet_broadcast(gateway);
  if (!one_host || owns(gateway) || !arp_->hops().redirect(from, destination, gateway, now)) {
    output_.drops.count(Drop::kRedirect);
  }
}

}  // namespace tcpspec::net
