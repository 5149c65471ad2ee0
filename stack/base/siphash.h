// SipHash-2-4, the keyed hash behind RFC 6528's F(): 64 bits that a party without the key cannot predict.
#ifndef STACK_BASE_SIPHASH_H_
#define STACK_BASE_SIPHASH_H_

#include <array>
#include <cstdint>

#include "stack/base/bytes.h"

namespace tcpspec {

using SipKey = std::array<std::uint8_t, 16>;

[[nodiscard]] std::uint64_t siphash24(const SipKey& key, ByteView message);

}  // namespace tcpspec

#endif  // STACK_BASE_SIPHASH_H_
