// IpReassembly: puts IPv4 (RFC 791 §3.2, RFC 815) and IPv6 (RFC 8200 §4.5) fragments together again. Owns
// every datagram that is not yet whole. Time comes in, whole IP packets and expired datagrams go out; sends
// nothing itself.
//
// Overlap, both families: RFC 5722 §4. A piece that overlaps another one, or contradicts what is known of
// the datagram's end, destroys the datagram, and all its later pieces vanish until its time is over. RFC 791
// lets IPv4 copy the newer octets over the older; no sender of today makes such pieces, attackers do
// (RFC 1858 §4). An exact duplicate, same place and same octets, is ignored (RFC 8200 §4.5).
//
// Bounds: ReassemblyConfig. Octets are those held, and kPieceOverhead for each piece. When a piece needs
// room, the oldest datagrams go first: those of its source if the source's share is full, else anybody's.
// So an attacker can lose others their datagrams, as with any finite store, but not take more memory.
#ifndef STACK_NET_IP_REASSEMBLY_H_
#define STACK_NET_IP_REASSEMBLY_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"
#include "stack/net/ip_config.h"

namespace tcpspec::net {

// RFC 791 §3.2: source, destination, protocol and identification name an IPv4 datagram. RFC 8200 §4.5: in
// IPv6 the protocol does not count (0 here).
struct FragmentKey {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint32_t identification = 0;
  auto operator<=>(const FragmentKey&) const = default;
};

// One fragment, its IP header already checked.
struct Fragment {
  FragmentKey key;
  std::uint32_t offset = 0;  // octets, a multiple of 8
  bool more = false;
  std::uint8_t traffic_class = 0;
  std::uint8_t upper_protocol = 0;  // what the fragment says it carries a piece of
  // IPv4: the header with its options. IPv6: what stands before the fragment header.
  ByteView head;
  std::size_t next_header_at = 0;  // IPv6: the octet of `head` that announces the fragment header
  ByteView data;
  ByteView whole;  // the packet that carried it, for an ICMP error to quote
};

class IpReassembly {
 public:
  enum class Outcome : std::uint8_t {
    kHeld,
    kComplete,
    kDuplicate,  // exactly what is there already
    kEmpty,      // no octets: it can add nothing
    kBadLength,  // not the last one, and no multiple of 8 octets
    kTooLong,    // the datagram would exceed 65535 octets
    kTiny,       // IPv4: cuts the TCP header
    kHeadless,   // IPv6: the first one, without the whole header chain (RFC 7112 §5)
    kOverlap,    // this piece destroyed its datagram
    kDestroyed,  // a later piece of such a datagram
    kNoRoom,     // alone more than its source's share: destroyed
    kMixedEcn,   // complete, but CE met Not-ECT: RFC 3168 §5.3
  };
  struct Arrival {
    Outcome outcome = Outcome::kHeld;
    Bytes packet;                         // kComplete: the datagram as one packet, lengths and sum corrected
    std::vector<FragmentKey> sacrificed;  // what went to make room
  };
  // A datagram whose time ran out.
  struct Expired {
    FragmentKey key;
    // The start of the packet that brought offset 0, as much as an ICMP error can quote; empty if none came,
    // and then nothing is to be said (RFC 792, RFC 8200 §4.5).
    Bytes first_packet;
  };

  static constexpr std::size_t kPieceOverhead = 128;  // octets charged for each piece beside its own
  static constexpr std::size_t kMostQuoted = 1280;
  // RFC 8200 §4.5: fixed.
  static constexpr Duration kIpv6Timeout = Duration::seconds(60);

  explicit IpReassembly(const ReassemblyConfig& config) : config_(config) {}

  [[nodiscard]] Arrival arrives(const Fragment& fragment, Instant now);
  [[nodiscard]] Instant next_deadline() const;
  // Those due at `now`, oldest first. Destroyed datagrams leave without a word.
  [[nodiscard]] std::vector<Expired> expire(Instant now);

  [[nodiscard]] std::size_t datagrams() const { return pending_.size(); }
  [[nodiscard]] std::size_t octets() const { return octets_; }

 private:
  struct Pending {
    std::uint64_t order = 0;  // of first arrival
    Instant deadline;
    bool destroyed = false;
    std::map<std::uint32_t, Bytes> pieces;  // by offset; they never overlap
    std::uint32_t received = 0;             // octets in `pieces`
    std::optional<std::uint32_t> end;       // known from the last fragment
    Bytes head;                             // of the fragment at offset 0
    std::size_t next_header_at = 0;
    std::uint8_t upper_protocol = 0;
    Bytes first_packet;
    bool congested = false, not_ect = false;
    std::size_t charged = 0;
  };
  using Map = std::map<FragmentKey, Pending>;

  [[nodiscard]] std::optional<Outcome> refuse(const Fragment& fragment) const;
  [[nodiscard]] Map::iterator find_or_start(const Fragment& fragment, Instant now, Arrival& arrival);
  [[nodiscard]] bool make_room(const Fragment& fragment, std::size_t cost, Arrival& arrival);
  // The first to have come of all, or of one source; never `but`.
  [[nodiscard]] Map::iterator oldest(const IpAddress* source, const FragmentKey& but);
  [[nodiscard]] std::size_t octets_of(const IpAddress& source) const;
  void store(Map::iterator at, const Fragment& fragment, std::size_t cost);
  [[nodiscard]] Outcome finish(Map::iterator at, Bytes& packet);
  void charge(Map::iterator at, std::size_t cost);
  void destroy(Map::iterator at);
  void erase(Map::iterator at);

  ReassemblyConfig config_;
  Map pending_;
  std::map<IpAddress, std::size_t> octets_of_;
  std::size_t octets_ = 0;
  std::uint64_t next_order_ = 0;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_IP_REASSEMBLY_H_
