// Digest: a running hash of octets (XXH3, 128 bits, by libxxhash), to compare what was sent with what arrived
// and one run with another. Not for secrets.
#ifndef HARNESS_INTEROP_DIGEST_H_
#define HARNESS_INTEROP_DIGEST_H_

#include <cstdint>
#include <memory>
#include <string>

#include "stack/base/bytes.h"

namespace tcpspec::interop {

class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void add(ByteView octets);
  void add(std::uint64_t number);
  // 32 hexadecimal digits of everything so far.
  [[nodiscard]] std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpspec::interop

#endif  // HARNESS_INTEROP_DIGEST_H_
