// The UDP header, RFC 768: checked when read, since only an intact datagram earns a port unreachable. Octets
// behind the length that it states are no part of the datagram.
#ifndef STACK_WIRE_UDP_H_
#define STACK_WIRE_UDP_H_

#include <cstddef>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/wire/parsed.h"

namespace tcpspec::wire {

inline constexpr std::size_t kUdpHeaderSize = 8;

struct UdpDatagram {
  Endpoint source;
  Endpoint destination;
  ByteView data;
};

// Without a checksum (zero), a datagram is good over IPv4 if `accept_unsummed` and never over IPv6.
[[nodiscard]] Parsed<UdpDatagram> parse_udp(const IpAddress& source, const IpAddress& destination,
                                            ByteView bytes, bool accept_unsummed = true);
// `summed` false leaves the checksum out, over IPv4 only. More than 65527 octets of data is our own bug.
[[nodiscard]] Bytes build_udp(const UdpDatagram& datagram, bool summed = true);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_UDP_H_
