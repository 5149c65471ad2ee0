#include "stack/net/ip_reassembly.h"

#include <algorithm>
#include <utility>

#include "stack/base/check.h"
#include "stack/wire/checksum.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"

namespace tcpspec::net {
namespace {

using Outcome = IpReassembly::Outcome;

constexpr std::uint32_t kTcpHeader = 20;
constexpr std::uint8_t kEcnMask = 3;
constexpr std::uint8_t kCongestionExperienced = 3;

bool is_v4(const Fragment& fragment) { return fragment.key.source.is_v4(); }

// The length that the header's 16-bit field would have to hold: IPv4 counts the header, IPv6 only what
// follows its first 40 octets.
std::size_t length_field(bool v4, std::size_t head, std::size_t data) {
  return v4 ? head + data : head - wire::kIpv6HeaderSize + data;
}

// Same place and end, but other octets or another opinion about the end is no duplicate.
bool same_piece(const Bytes& held, ByteView data) { return std::ranges::equal(held, data); }

}  // namespace

std::optional<Outcome> IpReassembly::refuse(const Fragment& fragment) const {
  const bool v4 = is_v4(fragment);
  if (fragment.data.empty()) return Outcome::kEmpty;
  // RFC 791 §3.2, RFC 8200 §4.5: every fragment but the last carries a multiple of 8 octets.
  if (fragment.more && fragment.data.size() % 8 != 0) return Outcome::kBadLength;
  // RFC 8200 §4.5: a datagram beyond 65535 octets cannot be; nor can it in IPv4.
  if (length_field(v4, fragment.head.size(), fragment.offset + fragment.data.size()) > wire::kMostIpOctets) {
    return Outcome::kTooLong;
  }
  if (v4 && config_.refuse_tiny_fragments && fragment.key.protocol == wire::kProtocolTcp) {
    // RFC 1858 §3.2, RFC 3128: the TCP header comes in one piece, so that no fragment can rewrite the ports
    // and flags that a filter has seen.
    const bool cut = fragment.offset == 0 ? fragment.data.size() < kTcpHeader : fragment.offset < kTcpHeader;
    if (cut) return Outcome::kTiny;
  }
  // RFC 8200 §4.5, RFC 7112 §5: the first fragment holds every header up to and with the upper layer's.
  if (!v4 && fragment.offset == 0 && !wire::holds_header_chain(fragment.upper_protocol, fragment.data)) {
    return Outcome::kHeadless;
  }
  return std::nullopt;
}

IpReassembly::Arrival IpReassembly::arrives(const Fragment& fragment, Instant now) {
  Arrival arrival;
  if (const std::optional<Outcome> refusal = refuse(fragment)) {
    arrival.outcome = *refusal;
    return arrival;
  }
  const auto at = find_or_start(fragment, now, arrival);
  Pending& pending = at->second;
  if (pending.destroyed) {
    arrival.outcome = Outcome::kDestroyed;
    return arrival;
  }
  const std::uint32_t end = fragment.offset + static_cast<std::uint32_t>(fragment.data.size());
  const auto next = pending.pieces.lower_bound(fragment.offset);
  const bool end_agrees =
      fragment.more ? !pending.end || end < *pending.end : !pending.end || end == *pending.end;
  // RFC 8200 §4.5: an exact duplicate may be dropped while the rest stays.
  if (next != pending.pieces.end() && next->first == fragment.offset && end_agrees &&
      same_piece(next->second, fragment.data) && (fragment.more || pending.end)) {
    arrival.outcome = Outcome::kDuplicate;
    return arrival;
  }
  const bool overlaps_next = next != pending.pieces.end() && next->first < end;
  const bool overlaps_previous = next != pending.pieces.begin() &&
                                 std::prev(next)->first + std::prev(next)->second.size() > fragment.offset;
  const bool beyond_last = !fragment.more && !pending.pieces.empty() &&
                           pending.pieces.rbegin()->first + pending.pieces.rbegin()->second.size() > end;
  // RFC 5722 §4, RFC 8200 §4.5: any overlap, and the datagram is given up with all that is still to come.
  if (overlaps_next || overlaps_previous || beyond_last || !end_agrees) {
    destroy(at);
    arrival.outcome = Outcome::kOverlap;
    return arrival;
  }
  std::size_t cost = fragment.data.size() + kPieceOverhead;
  if (fragment.offset == 0) cost += fragment.head.size() + std::min(fragment.whole.size(), kMostQuoted);
  if (!make_room(fragment, cost, arrival)) {
    destroy(at);
    arrival.outcome = Outcome::kNoRoom;
    return arrival;
  }
  store(at, fragment, cost);
  if (pending.end && pending.received == *pending.end) arrival.outcome = finish(at, arrival.packet);
  return arrival;
}

void IpReassembly::store(Map::iterator at, const Fragment& fragment, std::size_t cost) {
  Pending& pending = at->second;
  charge(at, cost);
  const std::uint8_t ecn = fragment.traffic_class & kEcnMask;
  pending.congested |= ecn == kCongestionExperienced;
  pending.not_ect |= ecn == 0;
  if (fragment.offset == 0) {
    pending.head.assign(fragment.head.begin(), fragment.head.end());
    pending.next_header_at = fragment.next_header_at;
    // RFC 8200 §4.5: only the next header of the fragment at offset zero counts.
    pending.upper_protocol = fragment.upper_protocol;
    const ByteView quoted = fragment.whole.first(std::min(fragment.whole.size(), kMostQuoted));
    pending.first_packet.assign(quoted.begin(), quoted.end());
  }
  if (!fragment.more) pending.end = fragment.offset + static_cast<std::uint32_t>(fragment.data.size());
  pending.received += static_cast<std::uint32_t>(fragment.data.size());
  pending.pieces.emplace(fragment.offset, Bytes(fragment.data.begin(), fragment.data.end()));
}

Outcome IpReassembly::finish(Map::iterator at, Bytes& packet) {
  const Pending& pending = at->second;
  const bool v4 = at->first.source.is_v4();
  const std::size_t length = length_field(v4, pending.head.size(), pending.received);
  const bool mixed = pending.congested && pending.not_ect;
  if (length > wire::kMostIpOctets || mixed) {
    erase(at);
    return mixed ? Outcome::kMixedEcn : Outcome::kTooLong;
  }
  packet = pending.head;
  if (v4) {
    store_be16(packet, 2, static_cast<std::uint16_t>(length));
    store_be16(packet, 6, 0);
    // RFC 3168 §5.3: one fragment's congestion mark is the datagram's.
    if (pending.congested) packet[1] |= kCongestionExperienced;
    store_be16(packet, 10, 0);
    store_be16(packet, 10, wire::checksum(packet));
  } else {
    // RFC 8200 §4.5: the fragment header goes, and its predecessor names what followed it.
    store_be16(packet, 4, static_cast<std::uint16_t>(length));
    packet[pending.next_header_at] = pending.upper_protocol;
    if (pending.congested) packet[1] |= kCongestionExperienced << 4;
  }
  for (const auto& [offset, octets] : pending.pieces) append(packet, octets);
  erase(at);
  return Outcome::kComplete;
}

IpReassembly::Map::iterator IpReassembly::find_or_start(const Fragment& fragment, Instant now,
                                                        Arrival& arrival) {
  const auto found = pending_.find(fragment.key);
  if (found != pending_.end()) return found;
  while (pending_.size() >= config_.most_datagrams) {
    const auto victim = oldest(nullptr, fragment.key);
    arrival.sacrificed.push_back(victim->first);
    erase(victim);
  }
  Pending pending;
  pending.order = next_order_++;
  // RFC 1122 §3.3.2: the time is fixed, whatever the TTL says. RFC 8200 §4.5: it runs from the piece that
  // came first.
  pending.deadline = now + (is_v4(fragment) ? config_.ipv4_timeout : kIpv6Timeout);
  return pending_.emplace(fragment.key, std::move(pending)).first;
}

bool IpReassembly::make_room(const Fragment& fragment, std::size_t cost, Arrival& arrival) {
  const IpAddress& source = fragment.key.source;
  const auto evict = [&](const IpAddress* of) {
    const auto victim = oldest(of, fragment.key);
    if (victim == pending_.end()) return false;
    arrival.sacrificed.push_back(victim->first);
    erase(victim);
    return true;
  };
  while (octets_of(source) + cost > config_.most_octets_per_source) {
    if (!evict(&source)) return false;
  }
  while (octets_ + cost > config_.most_octets) {
    if (!evict(nullptr)) return false;
  }
  return true;
}

IpReassembly::Map::iterator IpReassembly::oldest(const IpAddress* source, const FragmentKey& but) {
  auto best = pending_.end();
  for (auto it = pending_.begin(); it != pending_.end(); ++it) {
    if (it->first == but || (source != nullptr && it->first.source != *source)) continue;
    if (best == pending_.end() || it->second.order < best->second.order) best = it;
  }
  return best;
}

std::size_t IpReassembly::octets_of(const IpAddress& source) const {
  const auto found = octets_of_.find(source);
  return found == octets_of_.end() ? 0 : found->second;
}

void IpReassembly::charge(Map::iterator at, std::size_t cost) {
  at->second.charged += cost;
  octets_of_[at->first.source] += cost;
  octets_ += cost;
}

void IpReassembly::destroy(Map::iterator at) {
  Pending& pending = at->second;
  octets_ -= pending.charged;
  octets_of_[at->first.source] -= pending.charged;
  if (octets_of_[at->first.source] == 0) octets_of_.erase(at->first.source);
  Pending left;
  left.order = pending.order;
  left.deadline = pending.deadline;
  left.destroyed = true;
  pending = std::move(left);
}

void IpReassembly::erase(Map::iterator at) {
  destroy(at);
  pending_.erase(at);
}

Instant IpReassembly::next_deadline() const {
  Instant earliest = Instant::never();
  for (const auto& [key, pending] : pending_) earliest = std::min(earliest, pending.deadline);
  return earliest;
}

std::vector<IpReassembly::Expired> IpReassembly::expire(Instant now) {
  std::vector<Map::iterator> due;
  for (auto it = pending_.begin(); it != pending_.end(); ++it) {
    if (it->second.deadline <= now) due.push_back(it);
  }
  std::ranges::sort(due, {}, [](const Map::iterator& it) { return it->second.order; });
  std::vector<Expired> expired;
  for (const Map::iterator& it : due) {
    if (!it->second.destroyed) expired.push_back({it->first, std::move(it->second.first_packet)});
    erase(it);
  }
  return expired;
}

}  // namespace tcpspec::net
