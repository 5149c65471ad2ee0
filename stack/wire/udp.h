// The UDP header, RFC 768: checked when read, since only an intact datagram earns a port unreachable.
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

[[nodiscard]] Parsed<UdpDatagram> parse_udp(const IpAddress& source, const IpAddress& destination,
                                            ByteView bytes);
[[nodiscard]] Bytes build_udp(const UdpDatagram& datagram);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_UDP_H_
