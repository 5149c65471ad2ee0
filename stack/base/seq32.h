// A 32-bit sequence number, RFC 9293 §3.4: arithmetic modulo 2^32, comparison by signed difference.
// Deliberately without operator<: "less" has no meaning on a circle; `before` says what is asked.
#ifndef STACK_BASE_SEQ32_H_
#define STACK_BASE_SEQ32_H_

#include <cstdint>

namespace tcpspec {

class Seq32 {
 public:
  constexpr Seq32() = default;
  constexpr explicit Seq32(std::uint32_t raw) : raw_(raw) {}

  [[nodiscard]] constexpr std::uint32_t raw() const { return raw_; }

  constexpr bool operator==(const Seq32&) const = default;
  constexpr Seq32 operator+(std::uint32_t n) const { return Seq32(raw_ + n); }
  constexpr Seq32 operator-(std::uint32_t n) const { return Seq32(raw_ - n); }
  constexpr Seq32& operator+=(std::uint32_t n) {
    raw_ += n;
    return *this;
  }
  // How far *this lies behind (negative) or ahead of (positive) `other`, by the shorter way round.
  constexpr std::int32_t operator-(Seq32 other) const { return static_cast<std::int32_t>(raw_ - other.raw_); }

  [[nodiscard]] constexpr bool before(Seq32 other) const { return *this - other < 0; }
  [[nodiscard]] constexpr bool at_or_before(Seq32 other) const { return *this - other <= 0; }
  [[nodiscard]] constexpr bool after(Seq32 other) const { return *this - other > 0; }
  [[nodiscard]] constexpr bool at_or_after(Seq32 other) const { return *this - other >= 0; }
  // start <= *this < start + length, on the circle.
  [[nodiscard]] constexpr bool in(Seq32 start, std::uint32_t length) const {
    return raw_ - start.raw_ < length;
  }

 private:
  std::uint32_t raw_ = 0;
};

[[nodiscard]] constexpr Seq32 later(Seq32 a, Seq32 b) { return a.before(b) ? b : a; }
[[nodiscard]] constexpr Seq32 earlier(Seq32 a, Seq32 b) { return a.before(b) ? a : b; }

}  // namespace tcpspec

#endif  // STACK_BASE_SEQ32_H_
