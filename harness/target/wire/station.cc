#include "harness/target/wire/station.h"

#include <fmt/format.h>

#include <algorithm>

#include "stack/base/check.h"

namespace tcpspec::target::wire {
namespace {

constexpr std::size_t kIpv4Header = 20, kIpv6Header = 40;
constexpr std::uint8_t kTcp = 6, kRst = 4;

struct Addresses {
  IpAddress source, destination;
};

std::optional<Addresses> addresses_of(ByteView packet) {
  if (packet.size() >= kIpv4Header && packet[0] >> 4 == 4) {
    return Addresses{IpAddress::from_bytes(packet.subspan(12, 4)),
                     IpAddress::from_bytes(packet.subspan(16, 4))};
  }
  if (packet.size() >= kIpv6Header && packet[0] >> 4 == 6) {
    return Addresses{IpAddress::from_bytes(packet.subspan(8, 16)),
                     IpAddress::from_bytes(packet.subspan(24, 16))};
  }
  return std::nullopt;
}

bool is_rst(ByteView packet) {
  const bool v4 = packet[0] >> 4 == 4;
  const std::size_t tcp = v4 ? std::size_t{4} * (packet[0] & 15U) : kIpv6Header;
  return (v4 ? packet[9] : packet[6]) == kTcp && packet.size() > tcp + 13 && (packet[tcp + 13] & kRst) != 0;
}

}  // namespace

void Station::become(const IpAddress& own, const IpAddress& box) {
  CHECK(own.version() == box.version());
  if (box_ != box) box_mac_.reset();
  own_ = own;
  box_ = box;
  rival_.reset();
}

Frame Station::tagged(Frame frame) const {
  frame.vlan = vlan_;
  return frame;
}

Frame Station::wrap(ByteView packet) const {
  CHECK(box_mac_.has_value());
  return tagged(
      {*box_mac_, mac_, {}, ethertype_of(packet, own_.version()), Bytes(packet.begin(), packet.end())});
}

Frame Station::question() const { return tagged(make_question(own_, mac_, box_)); }

Frame Station::owner_probe(const IpAddress& asked) const { return tagged(make_owner_probe(mac_, asked)); }

std::string Station::filter() const {
  const std::string own = tcpspec::to_string(own_);
  const std::string inner =
      own_.is_v4() ? fmt::format("arp or host {}", own)
                   : fmt::format("host {} or (icmp6 and (ip6[40] == 135 or ip6[40] == 136))", own);
  return vlan_ ? fmt::format("vlan {} and ({})", *vlan_, inner) : inner;
}

void Station::notice(const Mac& mac, std::string how) {
  if (!rival_) rival_ = Rival{mac, std::move(how)};
}

Reception Station::hear(const Frame& frame) {
  Reception reception;
  reception.from = frame.from;
  // Tag 0 says a priority and no VLAN.
  if (frame.from == mac_ || frame.vlan.value_or(0) != vlan_.value_or(0)) return reception;
  if (const std::optional<Neighbour> neighbour = decode_neighbour(frame)) {
    hear_neighbour(*neighbour, frame, reception);
  } else if (frame.ethertype == kEthertypeIpv4 || frame.ethertype == kEthertypeIpv6) {
    hear_packet(frame, reception);
  }
  return reception;
}

void Station::hear_neighbour(const Neighbour& neighbour, const Frame& frame, Reception& reception) {
  const bool claims_ours =
      neighbour.kind == NeighbourKind::kAnswer ? neighbour.asked == own_ : neighbour.sender == own_;
  if (claims_ours && neighbour.sender_mac && *neighbour.sender_mac != mac_) {
    notice(*neighbour.sender_mac, fmt::format("says that {} is its own", tcpspec::to_string(own_)));
    return;
  }
  // Of an answer `asked` is who it is about; a question tells where the asker is (RFC 826, RFC 4861 §7.2.3).
  const bool about_box =
      neighbour.kind == NeighbourKind::kAnswer ? neighbour.asked == box_ : neighbour.sender == box_;
  if (about_box && neighbour.sender_mac) {
    box_mac_ = *neighbour.sender_mac;
    reception.box_told = true;
  }
  if (neighbour.kind == NeighbourKind::kQuestion && neighbour.asked == own_) {
    reception.answer = tagged(make_answer(neighbour, own_, mac_, frame.from));
  }
}

void Station::hear_packet(const Frame& frame, Reception& reception) {
  const std::optional<Addresses> addresses = addresses_of(frame.payload);
  if (!addresses) return;
  if (addresses->source == own_) return notice(frame.from, "sends packets from our address");
  if (addresses->destination != own_) return;
  if (box_mac_ && frame.from != *box_mac_ && addresses->source == box_ && is_rst(frame.payload)) {
    notice(frame.from, "sent an RST in the box's name");
  }
  reception.packet = without_padding(frame.payload);
}

}  // namespace tcpspec::target::wire
