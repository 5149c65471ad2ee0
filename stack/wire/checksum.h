// The Internet checksum, RFC 1071, fed in any number of pieces of any length, and the pseudo-headers that
// TCP, UDP and ICMPv6 put in front (RFC 9293 §3.1, RFC 8200 §8.1).
#ifndef STACK_WIRE_CHECKSUM_H_
#define STACK_WIRE_CHECKSUM_H_

#include <cstdint>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace tcpspec::wire {

class Checksum {
 public:
  // Pieces join as one run of octets: an odd piece leaves the next one to fill its word.
  void add(ByteView bytes);
  void add_be16(std::uint16_t value);
  void add_be32(std::uint32_t value);
  // Both addresses are of one family; `length` is that of header and data together.
  void add_pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                         std::uint32_t length);
  // The number for the checksum field, which was zero in what was added. Over bytes that carry their own
  // checksum the result is zero exactly when it is right.
  [[nodiscard]] std::uint16_t finish() const;

 private:
  std::uint64_t sum_ = 0;
  bool odd_ = false;
};

[[nodiscard]] std::uint16_t checksum(ByteView bytes);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_CHECKSUM_H_
