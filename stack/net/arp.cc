#include "stack/net/arp.h"

#include <algorithm>
#include <utility>

namespace tcpspec::net {

using wire::ArpOperation;
using wire::ArpPacket;
using wire::MacAddress;

Arp::Arp(const LinkConfig& config, const IpAddress& own, Random random, LinkOutput& output)
    : config_(config),
      own_(own),
      output_(output),
      hops_(config, own),
      cache_(config.neighbours, random),
      announcements_left_(config.arp_announcements) {
  if (announcements_left_ > 0) announce_at_ = Instant();
}

void Arp::arrives(ByteView bytes, Instant now) {
  const wire::Parsed<ArpPacket> packet = wire::parse_arp(bytes);
  if (!packet.ok()) return output_.drops.count(packet.fault());
  // Our own words, come back over some loop in the wiring.
  if (packet->sender_mac == output_.mac()) return output_.drops.count(Drop::kArpAddress);
  // RFC 5227 §2.4: a packet of another station with our address as the sender's, whatever its operation.
  if (packet->sender == own_) return conflict(now);
  merge(*packet, now);
  // RFC 826 "Packet Reception": only after the merge the operation counts; a request for us is answered to
  // the station that asked, with the fields exchanged. RFC 5227 §2.1.1: so is a probe, from 0.0.0.0.
  if (packet->target == own_ && packet->operation == ArpOperation::kRequest) {
    const ArpPacket reply{ArpOperation::kReply, output_.mac(), own_, packet->sender_mac, packet->sender};
    output_.send(packet->sender_mac, wire::ether_type::kArp, wire::build_arp(reply));
  }
  flush();
}

void Arp::merge(const ArpPacket& packet, Instant now) {
  if (packet.sender.is_unspecified()) return;
  // RFC 826: whoever is known already gets the address that the packet says, whomever it is for. A reply to
  // us also shows that both ways work.
  const bool to_us = packet.target == own_;
  const NeighbourCache::Advertisement news{packet.sender_mac,
                                           to_us && packet.operation == ArpOperation::kReply, true, false};
  if (cache_.advertised(packet.sender, news, now)) return;
  // RFC 826: whoever is not is added only if we are the target, for then we will talk.
  if (to_us) cache_.heard(packet.sender, packet.sender_mac, now);
}

void Arp::conflict(Instant now) {
  output_.drops.count(Drop::kArpConflict);
  // RFC 5227 §2.4 (c): one announcement at most in DEFEND_INTERVAL, or two stubborn hosts would fill the
  // link.
  if (defended_ && now - *defended_ < config_.arp_defend_interval) return;
  defended_ = now;
  announce();
}

void Arp::announce() {
  // RFC 5227 §1.1: a request whose sender and target are both the announced address.
  const ArpPacket packet{ArpOperation::kRequest, output_.mac(), own_, MacAddress(), own_};
  output_.send(MacAddress::broadcast(), wire::ether_type::kArp, wire::build_arp(packet));
}

void Arp::send(const IpAddress& destination, Bytes packet, Instant now) {
  const std::optional<IpAddress> hop = hops_.next_hop(destination, now);
  if (!hop) return output_.undeliverable(std::move(packet), Drop::kNoRoute);
  cache_.send(*hop, std::move(packet), now);
  flush();
}

void Arp::confirm(const IpAddress& destination, Instant now) {
  // RFC 1122 §2.3.2.1 (3): progress in the layers above keeps an entry.
  if (const std::optional<IpAddress> hop = hops_.next_hop(destination, now)) cache_.confirm(*hop, now);
}

void Arp::on_deadline(Instant now) {
  if (announce_at_ <= now) {
    announce();
    --announcements_left_;
    announce_at_ = announcements_left_ > 0 ? now + config_.arp_announce_interval : Instant::never();
  }
  cache_.on_deadline(now);
  flush();
}

Instant Arp::next_deadline() const { return std::min(announce_at_, cache_.next_deadline()); }

void Arp::flush() {
  NeighbourCache::Output out = cache_.take_output();
  output_.send_packets(out, wire::ether_type::kIpv4);
  // RFC 1122 §3.3.1.4: a dead gateway is given up for another one.
  for (const NeighbourCache::Failure& failure : out.failures) hops_.unreachable(failure.neighbour);
  for (const NeighbourCache::Request& request : out.requests) {
    const ArpPacket packet{ArpOperation::kRequest, output_.mac(), own_, MacAddress(), request.target};
    output_.send(request.to.value_or(MacAddress::broadcast()), wire::ether_type::kArp,
                 wire::build_arp(packet));
  }
}

}  // namespace tcpspec::net
