// For faults that lie below the segment: where the headers of a packet stand, and its sums made right again
// after a change. Only packets whose IP header can be read and whose TCP header begins within them.
#ifndef STACK_FAULTS_PACKET_EDIT_H_
#define STACK_FAULTS_PACKET_EDIT_H_

#include <cstddef>
#include <functional>
#include <optional>

#include "stack/base/bytes.h"

namespace tcpspec::faults {

struct Headers {
  bool v4 = true;
  std::size_t tcp = 0;          // where the TCP header begins; its 20 fixed octets are there
  std::size_t options_end = 0;  // by the data offset, but never beyond the end
  std::size_t end = 0;          // of the datagram, by the IP header
};
// Nothing: no TCP over plain IPv4 or IPv6, or too short.
[[nodiscard]] std::optional<Headers> headers_of(ByteView packet);

// Each option's kind and place, until the end of the list or of what can be read.
void for_each_option(ByteView packet, const std::function<void(std::uint8_t kind, std::size_t at)>& tell);
[[nodiscard]] bool options_are_sound(ByteView packet);

// The sum over the pseudo-header and the segment as it stands; 0xffff or 0 if it is right.
[[nodiscard]] std::uint16_t tcp_sum(ByteView packet, const Headers& at);
// Puts in the IPv4 header checksum and the TCP checksum that the rest of the packet calls for.
void reseal(Bytes& packet);

}  // namespace tcpspec::faults

#endif  // STACK_FAULTS_PACKET_EDIT_H_
