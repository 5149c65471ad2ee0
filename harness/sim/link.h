// Link: carries packets both ways and spoils some of them by rule and seed: loses, delays, duplicates,
// reorders, corrupts, marks as congested. Sans-IO. Without rules it is a perfect wire of no delay. Rules are
// those of the language's `link` steps.
#ifndef HARNESS_SIM_LINK_H_
#define HARNESS_SIM_LINK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "stack/base/bytes.h"
#include "stack/base/time.h"

namespace tcpspec::sim {

enum class Fault : std::uint8_t { kLose, kDelay, kDuplicate, kReorder, kCorrupt, kMark };
inline constexpr std::size_t kFaults = 6;
enum class Toward : std::uint8_t { kTarget, kPeer };

struct Rule {
  Fault fault = Fault::kLose;
  std::optional<Toward> toward;        // none: both ways
  std::string predicate = "any";       // any syn synack ack data fin fin-ack rst
  std::optional<std::uint64_t> first;  // the first N packets that fit
  std::optional<std::uint64_t> every;  // every Nth that fits
  std::optional<std::uint64_t> percent;
  Duration delay;  // kDelay: added; kReorder: how long the packet is held back so that others pass it
  // Beyond the language. kMark: Congestion Experienced, RFC 3168 §5, on packets that say they understand it.
  Duration jitter = {};   // kDelay, kReorder: up to so much more, drawn for each packet
  std::uint64_t row = 1;  // once it strikes, so many that fit are struck one after the other
  std::optional<Instant> from = {}, until = {};  // strikes only in this time
};

struct Carried {
  Toward toward = Toward::kTarget;
  Bytes packet;
  bool corrupted = false;
};

class Link {
 public:
  explicit Link(std::uint64_t seed);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void add(const Rule& rule);
  void clear();
  void send(Toward toward, ByteView packet, Instant now);
  // The next packet due at or before `now`, in order of time, then of sending.
  [[nodiscard]] std::optional<Carried> take(Instant now);
  [[nodiscard]] Instant next_deadline() const;
  // How often the fault was done to a packet.
  [[nodiscard]] std::uint64_t struck(Fault fault) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpspec::sim

#endif  // HARNESS_SIM_LINK_H_
