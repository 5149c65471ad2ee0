// A seeded generator (xoshiro256**): the same seed gives the same numbers on every machine and compiler.
// Not for secrets. Forked streams keep one consumer's draws from shifting another's.
#ifndef STACK_BASE_RANDOM_H_
#define STACK_BASE_RANDOM_H_

#include <array>
#include <cstdint>

namespace tcpspec {

class Random {
 public:
  explicit Random(std::uint64_t seed);

  [[nodiscard]] std::uint64_t next64();
  [[nodiscard]] std::uint32_t next32() { return static_cast<std::uint32_t>(next64() >> 32); }
  // Uniform in [0, bound); bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  // True with the chance parts / per, e.g. chance(5, 100).
  [[nodiscard]] bool chance(std::uint64_t parts, std::uint64_t per) { return below(per) < parts; }
  // An independent stream, named by a label so that adding one does not disturb the others.
  [[nodiscard]] Random fork(std::uint64_t label) const;

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace tcpspec

#endif  // STACK_BASE_RANDOM_H_
