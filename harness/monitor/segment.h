// Segment: one TCP packet as the rules read it, with the options that are well formed. Borrows the image.
#ifndef HARNESS_MONITOR_SEGMENT_H_
#define HARNESS_MONITOR_SEGMENT_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/packet/image.h"
#include "stack/base/bytes.h"
#include "stack/base/seq32.h"
#include "stack/base/time.h"

namespace tcpspec::monitor {

inline constexpr std::uint16_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10, kUrg = 0x20,
                               kEce = 0x40, kCwr = 0x80, kAe = 0x100;

struct TimestampOption {
  std::uint32_t value = 0, echo = 0;
  bool operator==(const TimestampOption&) const = default;
};
struct SackEdges {
  Seq32 left, right;
};
struct Options {
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> wscale;
  bool sack_permitted = false;
  std::optional<TimestampOption> timestamps;
  std::vector<SackEdges> sack;
};
[[nodiscard]] Options read_options(ByteView raw);

// Numbers only; outlives the packet.
struct Summary {
  std::uint16_t flags = 0;
  Seq32 seq, ack;
  std::uint32_t text = 0;  // octets of payload
  std::uint16_t window = 0;
  Options options;
  Instant at;
  [[nodiscard]] bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
  [[nodiscard]] std::uint32_t length() const { return text + (has(kSyn) ? 1U : 0U) + (has(kFin) ? 1U : 0U); }
  [[nodiscard]] Seq32 end() const { return seq + length(); }
};

struct Segment : Summary {
  const packet::Image* image = nullptr;
  // The checksum field holds the pseudo-header's sum alone: captured before the network card filled it in.
  bool offloaded = false;
};
// Requires image.tcp.
[[nodiscard]] Segment read_segment(const packet::Image& image, Instant at);

// The IP header speaks of octets that are not there: damaged on purpose, or a capture that keeps only the
// front.
[[nodiscard]] bool cut_short(const packet::Image& image);
// Whole, and every checksum right: what a receiver would look at.
[[nodiscard]] bool deliverable(const packet::Image& image);

}  // namespace tcpspec::monitor

#endif  // HARNESS_MONITOR_SEGMENT_H_
