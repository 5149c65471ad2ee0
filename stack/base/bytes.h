// Bytes as they stand on the wire, and the big-endian loads and stores every header codec needs.
// Owns nothing but the two type names. Does not know any header layout.
#ifndef STACK_BASE_BYTES_H_
#define STACK_BASE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tcpspec {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// Callers have checked the length; an index past the end is our own bug and hits CHECK.
[[nodiscard]] std::uint16_t load_be16(ByteView bytes, std::size_t at);
[[nodiscard]] std::uint32_t load_be32(ByteView bytes, std::size_t at);
void store_be16(std::span<std::uint8_t> bytes, std::size_t at, std::uint16_t value);
void store_be32(std::span<std::uint8_t> bytes, std::size_t at, std::uint32_t value);

void append(Bytes& to, ByteView more);
void append_be16(Bytes& to, std::uint16_t value);
void append_be32(Bytes& to, std::uint32_t value);

// Lower-case hex without separators: "4500003c".
[[nodiscard]] std::string to_hex(ByteView bytes);

}  // namespace tcpspec

#endif  // STACK_BASE_BYTES_H_
