#include "harness/packet/stream.h"

namespace tcpspec::packet {

std::uint8_t stream_octet(std::uint64_t offset) {
  // A mixing function rather than a counter: every period is far longer than any stream.
  std::uint64_t x = offset + 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return static_cast<std::uint8_t>(x ^ (x >> 31));
}

Bytes stream(std::uint64_t offset, std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = stream_octet(offset + i);
  return bytes;
}

std::size_t stream_mismatch(std::uint64_t offset, ByteView data) {
  std::size_t i = 0;
  while (i < data.size() && data[i] == stream_octet(offset + i)) ++i;
  return i;
}

}  // namespace tcpspec::packet
