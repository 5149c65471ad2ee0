#include "stack/base/siphash.h"

#include <bit>
#include <cstddef>

namespace tcpspec {
namespace {

std::uint64_t load_le(ByteView bytes, std::size_t at, std::size_t count) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{bytes[at + i]} << (8 * i);
  return word;
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void rounds(int count) {
    for (int i = 0; i < count; ++i) {
      v0 += v1;
      v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32) + v3;
      v2 += v1;
      v3 = std::rotl(v3, 21) ^ v0;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  }
};

}  // namespace

std::uint64_t siphash24(const SipKey& key, ByteView message) {
  const std::uint64_t k0 = load_le(key, 0, 8);
  const std::uint64_t k1 = load_le(key, 8, 8);
  SipState s{k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL, k0 ^ 0x6c7967656e657261ULL,
             k1 ^ 0x7465646279746573ULL};
  const std::size_t whole = message.size() / 8 * 8;
  for (std::size_t at = 0; at < whole; at += 8) {
    const std::uint64_t word = load_le(message, at, 8);
    s.v3 ^= word;
    s.rounds(2);
    s.v0 ^= word;
  }
  const std::uint64_t last =
      load_le(message, whole, message.size() - whole) | (std::uint64_t{message.size() & 0xff} << 56);
  s.v3 ^= last;
  s.rounds(2);
  s.v0 ^= last;
  s.v2 ^= 0xff;
  s.rounds(4);
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace tcpspec
