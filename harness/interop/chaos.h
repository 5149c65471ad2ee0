// Chaos: seeded conversations of the reference stack with itself in virtual time, with everything at once.
// All knobs of a run stand in one struct that is drawn from the seed; plan_of() makes a conversation of it,
// lenient in one thing only: where the link or a program gives cause, a clean error is as good as delivery.
#ifndef HARNESS_INTEROP_CHAOS_H_
#define HARNESS_INTEROP_CHAOS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "harness/interop/plan.h"

namespace tcpspec::interop {

struct LinkKnobs {  // one direction; percent of its packets
  std::uint64_t lost = 0, duplicated = 0, reordered = 0, corrupted = 0, marked = 0;
  std::uint64_t bursts = 0;      // percent of packets that begin a loss of…
  std::uint64_t burst = 2;       // …so many in a row
  Duration delay, jitter;        // of every packet; jitter reorders too
  Duration held_back;            // of reordered ones
  Duration outage_from, outage;  // nothing passes; zero: none
  bool operator==(const LinkKnobs&) const = default;
};

struct SideKnobs {
  Program program;
  std::uint16_t mtu = 1500;                                     // 576 to 9000; IPv6 from 1280
  std::uint32_t receive_buffer = 65'535, send_buffer = 65'536;  // octets
  bool sack = true, timestamps = true, window_scaling = true, nagle = true, delayed_ack = true;
  bool ecn = false;
  std::optional<Duration> keepalive;  // idle time before the first probe
};

struct Knobs {
  std::uint64_t seed = 1;
  IpVersion ip = IpVersion::kV4;
  Opening opening = Opening::kPeer;
  SideKnobs peer, target;
  LinkKnobs to_target, to_peer;
};

[[nodiscard]] Knobs draw(std::uint64_t seed);
[[nodiscard]] Plan plan_of(const Knobs& knobs);
// What is not as usual, one line, for people: "v6, both connect; to target lost 5 % …".
[[nodiscard]] std::string describe(const Knobs& knobs);

}  // namespace tcpspec::interop

#endif  // HARNESS_INTEROP_CHAOS_H_
