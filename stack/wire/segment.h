// Segment: one TCP segment as the stack reasons about it (RFC 9293 §3.1, SEG.* of §3.3.1), after its
// bytes were checked and before they are written. Keeps the flag *set*, since combinations carry meaning.
// Reserved bits, header padding and unknown options are gone: the stack refines what it hears.
#ifndef STACK_WIRE_SEGMENT_H_
#define STACK_WIRE_SEGMENT_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/seq32.h"

namespace tcpspec::wire {

// RFC 9293 §3.1, low byte of the flag field.
enum class Flag : std::uint8_t {
  kFin = 0x01,
  kSyn = 0x02,
  kRst = 0x04,
  kPsh = 0x08,
  kAck = 0x10,
  kUrg = 0x20,
  kEce = 0x40,
  kCwr = 0x80,
};

class Flags {
 public:
  constexpr Flags() = default;
  constexpr Flags(Flag flag)
      : bits_(static_cast<std::uint8_t>(flag)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] static constexpr Flags from_bits(std::uint8_t bits) {
    Flags flags;
    flags.bits_ = bits;
    return flags;
  }
  [[nodiscard]] constexpr std::uint8_t bits() const { return bits_; }
  [[nodiscard]] constexpr bool has(Flag flag) const { return (bits_ & static_cast<std::uint8_t>(flag)) != 0; }
  constexpr Flags operator|(Flags other) const { return from_bits(bits_ | other.bits_); }
  [[nodiscard]] constexpr Flags without(Flag flag) const {
    return from_bits(static_cast<std::uint8_t>(bits_ & ~static_cast<std::uint8_t>(flag)));
  }
  constexpr bool operator==(const Flags&) const = default;

 private:
  std::uint8_t bits_ = 0;
};
[[nodiscard]] constexpr Flags operator|(Flag a, Flag b) { return Flags(a) | Flags(b); }

// The ECN field of the IP header that carries the segment, RFC 3168 §5: low two bits of the traffic class.
enum class Ecn : std::uint8_t { kNotEct = 0, kEct1 = 1, kEct0 = 2, kCe = 3 };

struct SackBlock {
  Seq32 left;   // first octet of the block
  Seq32 right;  // the octet just after it
  bool operator==(const SackBlock&) const = default;
};

struct Timestamps {
  std::uint32_t value = 0;
  std::uint32_t echo_reply = 0;
  bool operator==(const Timestamps&) const = default;
};

// RFC 9293 §3.1 (MSS), RFC 7323 §2 (window scale) and §3 (timestamps), RFC 2018 §2, §3 (SACK).
struct TcpOptions {
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;
  bool sack_permitted = false;
  std::optional<Timestamps> timestamps;
  std::vector<SackBlock> sack_blocks;
  bool operator==(const TcpOptions&) const = default;
};

struct Segment {
  Endpoint source;
  Endpoint destination;
  Seq32 seq;
  Seq32 ack;
  Flags flags;
  std::uint16_t window = 0;
  std::uint16_t urgent = 0;
  Ecn ecn = Ecn::kNotEct;  // of the IP packet around it: as it came, or as it is to leave
  TcpOptions options;
  Bytes payload;

  [[nodiscard]] bool syn() const { return flags.has(Flag::kSyn); }
  [[nodiscard]] bool fin() const { return flags.has(Flag::kFin); }
  [[nodiscard]] bool rst() const { return flags.has(Flag::kRst); }
  [[nodiscard]] bool has_ack() const { return flags.has(Flag::kAck); }
  // SEG.LEN: octets of sequence space, SYN and FIN included (RFC 9293 §3.4).
  [[nodiscard]] std::uint32_t length() const {
    return static_cast<std::uint32_t>(payload.size()) + (syn() ? 1U : 0U) + (fin() ? 1U : 0U);
  }
  // The number just after the segment's last octet.
  [[nodiscard]] Seq32 end() const { return seq + length(); }
  bool operator==(const Segment&) const = default;
};

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_SEGMENT_H_
