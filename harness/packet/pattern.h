// SegmentPattern: what may come back. Each field any, exactly, one of, or absent; in absolute numbers (the
// runner has resolved relative ones and captures). Matching names every field that differs. Never used to
// build packets.
#ifndef HARNESS_PACKET_PATTERN_H_
#define HARNESS_PACKET_PATTERN_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/packet/image.h"

namespace tcpspec::packet {

// Any when nothing is set. Comparisons at_least/at_most are plain for windows and options; the runner makes
// sequence comparisons modular by giving `base`: then every member is relative to it, what is compared is
// value - base, and the half circle before the base is less than zero.
struct FieldPattern {
  std::vector<std::uint32_t> one_of;
  std::optional<std::uint32_t> at_least, at_most, not_equal;
  std::uint32_t base = 0;
  [[nodiscard]] bool any() const { return one_of.empty() && !at_least && !at_most && !not_equal; }
  [[nodiscard]] bool matches(std::uint32_t value) const;
};

struct OptionPattern {
  std::uint8_t kind = 1;
  std::vector<FieldPattern> fields;  // mss: one 16-bit; wscale: one 8-bit; TS: two; SACK: left,right pairs
  std::optional<Bytes> data;         // exact octets (raw options)
};
enum class OptionsMode : std::uint8_t { kAny, kExactly, kContains };

struct SegmentPattern {
  std::vector<std::uint16_t> flags;  // one of these sets; empty: any
  FieldPattern seq, ack, window, urgent;
  bool ack_absent = false;  // the ACK flag must be clear (then the field is not compared)
  std::optional<std::uint32_t> payload_length;
  OptionsMode options_mode = OptionsMode::kAny;
  std::vector<OptionPattern> options;
  std::vector<std::uint8_t> lacking;  // kinds
  std::optional<std::uint8_t> tos, ttl, ecn;
  std::optional<Bytes> payload;
};

struct Difference {
  std::string field;    // "flags", "seq", "ack", "win", "length", "options", "payload"
  std::string allowed;  // in absolute numbers; the runner prints relative ones through `show`
  std::string actual;
  bool operator==(const Difference&) const = default;
};

// How sequence-like numbers are shown in differences: field name and value -> text.
using NumberText = std::function<std::string(const std::string& field, std::uint32_t value)>;

// Empty: the image matches.
[[nodiscard]] std::vector<Difference> match(const SegmentPattern& pattern, const Image& image,
                                            const NumberText& show);

}  // namespace tcpspec::packet

#endif  // HARNESS_PACKET_PATTERN_H_
