// NeighbourCache: who on the link has which address, and whether they are there. RFC 4861 §7.3 for ARP and
// neighbour discovery alike: ARP (RFC 826) has no states of its own, and RFC 1122 §2.3.2.1 wants of it what
// these states do, to ask again and to drop what is stale. Owns the entries of one family and the packets
// that wait for one. Sans-IO: packets, news and time in; requests to send, packets to send, failures out.
//
// Bounds: most_entries neighbours; when full, the least recently used one goes, first among those that answer
// for nothing (STALE), then any. most_waiting packets each; the oldest goes (RFC 4861 §7.2.2).
// Rate: one request in request_interval for a neighbour (RFC 1122 §2.3.2.1), unless its entry was pushed out.
// Time: only requests need a deadline. REACHABLE ends, and an unused entry is forgotten, when somebody looks.
#ifndef STACK_NET_NEIGHBOUR_CACHE_H_
#define STACK_NET_NEIGHBOUR_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/net/link_config.h"
#include "stack/wire/mac_address.h"

namespace tcpspec::net {

// RFC 4861 §7.3.2.
enum class NeighbourState : std::uint8_t { kIncomplete, kReachable, kStale, kDelay, kProbe };

class NeighbourCache {
 public:
  struct Request {
    IpAddress target;
    std::optional<wire::MacAddress> to;  // the one station to probe; none: everybody
  };
  struct Ready {
    wire::MacAddress to;
    Bytes packet;
  };
  struct Failure {
    IpAddress neighbour;
    bool router = false;         // it said that it was one
    std::vector<Bytes> waiting;  // what was to go there
  };
  struct Output {
    std::vector<Ready> ready;
    std::vector<Request> requests;
    std::vector<Failure> failures;     // never answered
    std::vector<IpAddress> no_router;  // was a router, and says no longer
    std::uint32_t pushed_out = 0;      // packets that lost their place in a queue
  };

  // What a neighbour advertisement says (RFC 4861 §4.4); for ARP, what a reply amounts to.
  struct Advertisement {
    std::optional<wire::MacAddress> mac;
    bool solicited = false;
    bool override_entry = false;
    bool router = false;
  };

  NeighbourCache(const NeighbourConfig& config, Random random);

  // A packet for this neighbour, now or when it answers.
  void send(const IpAddress& neighbour, Bytes packet, Instant now);
  // False if there is no entry, and then there still is none: RFC 4861 §7.2.5.
  bool advertised(const IpAddress& neighbour, const Advertisement& advertisement, Instant now);
  // The neighbour's address, learnt in passing from what it asked or announced: RFC 4861 §7.2.3. Makes an
  // entry.
  void heard(const IpAddress& neighbour, const wire::MacAddress& mac, Instant now);
  // A router spoke, or a redirect named one.
  void set_router(const IpAddress& neighbour);
  // RFC 4861 §7.3.1: a layer above has seen that what we send arrives.
  void confirm(const IpAddress& neighbour, Instant now);

  void on_deadline(Instant now);
  [[nodiscard]] Instant next_deadline() const;
  [[nodiscard]] Output take_output();

  // RFC 4861 §6.3.4: what a router advertised for the link; clamped to the ranges of NeighbourConfig.
  void set_base_reachable_time(Duration base);
  void set_request_interval(Duration interval);

  [[nodiscard]] std::optional<NeighbourState> state(const IpAddress& neighbour, Instant now) const;
  [[nodiscard]] std::optional<wire::MacAddress> mac(const IpAddress& neighbour, Instant now) const;
  [[nodiscard]] Duration reachable_time() const { return reachable_time_; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    NeighbourState reachability = NeighbourState::kIncomplete;
    wire::MacAddress mac;
    Instant timer = Instant::never();  // of the next request, or the end of DELAY
    Instant reachable_until;
    Instant last_used;
    std::uint32_t requests = 0;
    bool router = false;
    std::deque<Bytes> waiting;
  };
  using Map = std::map<IpAddress, Entry>;

  [[nodiscard]] Entry* find(const IpAddress& neighbour, Instant now);
  [[nodiscard]] Entry& insert(const IpAddress& neighbour, Instant now);
  void evict_one();
  [[nodiscard]] bool forgotten(const Entry& entry, Instant now) const;
  void use(Entry& entry, Instant now);
  void wait(Entry& entry, Bytes packet);
  // The entry has an address, new or changed; what waited goes out.
  void resolved(Entry& entry, const wire::MacAddress& mac, Instant now);
  void become_reachable(Entry& entry, Instant now);
  static void become_stale(Entry& entry);
  void advertised_known(Entry& entry, const Advertisement& advertisement, Instant now);
  // False if the entry has asked often enough in vain.
  [[nodiscard]] bool ask(const IpAddress& neighbour, Entry& entry, Instant now);

  NeighbourConfig config_;
  Random random_;
  Duration reachable_time_;
  Map entries_;
  Output output_;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_NEIGHBOUR_CACHE_H_
