#include "stack/wire/checksum.h"

#include <array>

#include "stack/base/check.h"

namespace tcpspec::wire {

void Checksum::add(ByteView bytes) {
  for (const std::uint8_t byte : bytes) {
    sum_ += odd_ ? std::uint64_t{byte} : std::uint64_t{byte} << 8;
    odd_ = !odd_;
  }
}

void Checksum::add_be16(std::uint16_t value) {
  add(std::array<std::uint8_t, 2>{static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
}

void Checksum::add_be32(std::uint32_t value) {
  add_be16(static_cast<std::uint16_t>(value >> 16));
  add_be16(static_cast<std::uint16_t>(value));
}

void Checksum::add_pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                 std::uint32_t length) {
  CHECK(source.version() == destination.version());
  add(source.bytes());
  add(destination.bytes());
  // The two families order and size these fields differently; the sum is the same.
  add_be32(length);
  add_be32(protocol);
}

std::uint16_t Checksum::finish() const {
  std::uint64_t sum = sum_;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

std::uint16_t checksum(ByteView bytes) {
  Checksum sum;
  sum.add(bytes);
  return sum.finish();
}

}  // namespace tcpspec::wire
