#include "stack/base/random.h"

#include <bit>

#include "stack/base/check.h"

namespace tcpspec {
namespace {

// splitmix64: spreads any seed, zero included, over the generator's state.
std::uint64_t spread(std::uint64_t& x) {
  x += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = x;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed) : state_{} {
  for (std::uint64_t& word : state_) word = spread(seed);
}

std::uint64_t Random::next64() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  CHECK(bound > 0);
  // Rejection keeps the draw uniform where bound does not divide 2^64.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t draw = next64();
  while (draw >= limit) draw = next64();
  return draw % bound;
}

Random Random::fork(std::uint64_t label) const {
  std::uint64_t mix = state_[0] ^ std::rotl(state_[3], 23) ^ (label * 0x9e3779b97f4a7c15ULL);
  return Random(spread(mix));
}

}  // namespace tcpspec
