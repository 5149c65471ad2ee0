// Input: the fuzzer's bytes as decisions. Past the end everything is zero.
#ifndef FUZZ_INPUT_H_
#define FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "stack/base/bytes.h"

namespace tcpspec::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

  [[nodiscard]] bool empty() const { return left_.empty(); }
  [[nodiscard]] ByteView rest() const { return left_; }
  std::uint8_t octet() {
    const ByteView taken = take(1);
    return taken.empty() ? 0 : taken[0];
  }
  std::uint16_t word() {
    const std::uint8_t high = octet();
    return static_cast<std::uint16_t>((high << 8) | octet());
  }
  std::uint32_t number() {
    const std::uint32_t high = word();
    return (high << 16) | word();
  }
  // As many as there are, at most `count`.
  ByteView take(std::size_t count) {
    const ByteView taken = left_.first(std::min(count, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

 private:
  ByteView left_;
};

}  // namespace tcpspec::fuzz

#endif  // FUZZ_INPUT_H_
