#include "stack/base/bytes.h"

#include "stack/base/check.h"

namespace tcpspec {

std::uint16_t load_be16(ByteView bytes, std::size_t at) {
  CHECK(at + 2 <= bytes.size());
  return static_cast<std::uint16_t>((bytes[at] << 8) | bytes[at + 1]);
}

std::uint32_t load_be32(ByteView bytes, std::size_t at) {
  return (std::uint32_t{load_be16(bytes, at)} << 16) | load_be16(bytes, at + 2);
}

void store_be16(std::span<std::uint8_t> bytes, std::size_t at, std::uint16_t value) {
  CHECK(at + 2 <= bytes.size());
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

void store_be32(std::span<std::uint8_t> bytes, std::size_t at, std::uint32_t value) {
  store_be16(bytes, at, static_cast<std::uint16_t>(value >> 16));
  store_be16(bytes, at + 2, static_cast<std::uint16_t>(value));
}

void append(Bytes& to, ByteView more) { to.insert(to.end(), more.begin(), more.end()); }

void append_be16(Bytes& to, std::uint16_t value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8));
  to.push_back(static_cast<std::uint8_t>(value));
}

void append_be32(Bytes& to, std::uint32_t value) {
  append_be16(to, static_cast<std::uint16_t>(value >> 16));
  append_be16(to, static_cast<std::uint16_t>(value));
}

std::string to_hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

}  // namespace tcpspec
