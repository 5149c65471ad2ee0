#include "harness/target/wire/checksum.h"

#include <fmt/format.h>

#include "harness/packet/image.h"
#include "harness/target/wire/frame.h"

namespace tcpspec::target::wire {
namespace {

constexpr std::uint8_t kTcp = 6;

// A sender that leaves the checksum to its interface puts the folded sum of the pseudo-header into the field.
bool is_half_done(const packet::Image& image) {
  if (!image.tcp || !image.rest.empty()) return false;
  const std::size_t length = std::size_t{20} + image.tcp->options.size() + image.payload.size();
  const std::uint16_t half =
      fold(pseudo_sum(image.source_address(), image.destination_address(), kTcp, length));
  return image.tcp->checksum == half && image.tcp->checksum != packet::right_tcp_checksum(image);
}

}  // namespace

std::uint32_t add_words(ByteView bytes, std::uint32_t sum) {
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint32_t>(bytes[i] << 8) | (i + 1 < bytes.size() ? bytes[i + 1] : 0U);
  }
  return sum;
}

std::uint16_t fold(std::uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

std::uint32_t pseudo_sum(const IpAddress& from, const IpAddress& to, std::uint8_t protocol,
                         std::size_t length) {
  return add_words(to.bytes(), add_words(from.bytes(), 0)) + protocol + static_cast<std::uint32_t>(length);
}

std::string offload_trap(ByteView packet, std::size_t octets, std::uint16_t mtu) {
  if (octets > mtu) {
    return fmt::format(
        "the box sent {} octets in one packet: segments above the MTU of {}, which an interface was to cut: "
        "ethtool -K DEV gso off tso off gro off lro off, on the target (and gro off lro off here)",
        octets, mtu);
  }
  if (is_half_done(packet::decode(packet))) {
    return "the box's TCP checksums cover the pseudo-header only: checksums are left to hardware that is not "
           "there: "
           "ethtool -K DEV tx off on the target";
  }
  return {};
}

}  // namespace tcpspec::target::wire
