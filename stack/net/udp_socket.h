// A UDP socket of the host, RFC 768, RFC 1122 §4.1: bound to one port, for any number of remote ones. Owns
// what has arrived and was not read. Bounds: IpConfig::most_udp_datagrams and most_udp_octets for each
// socket; what comes on top is dropped and counted. No connected sockets, no group membership.
#ifndef STACK_NET_UDP_SOCKET_H_
#define STACK_NET_UDP_SOCKET_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace tcpspec::net {

enum class UdpStatus : std::uint8_t {
  kOk,
  kNoSocket,     // no such socket
  kBound,        // it has its port already
  kPortTaken,    // another socket has it, or no ephemeral port is left
  kUnreachable,  // no address of ours leads there, or of another family
  kNoRemote,     // no address or no port to send to
  kTooLong,      // beyond 65535 octets, or beyond the MTU and not to be fragmented
  kNoRoom,       // the queue to ourselves is full
};

// RFC 1122 §4.1.4: the user learns the specific destination address, and the octets of the IP header that
// applications use.
struct UdpMessage {
  Endpoint source;
  Endpoint destination;
  Bytes data;
  std::uint8_t hop_limit = 0;
  std::uint8_t traffic_class = 0;
  bool operator==(const UdpMessage&) const = default;
};

// RFC 1122 §4.1.3.3: an ICMP error about a datagram that this socket sent.
struct UdpError {
  Endpoint remote;  // where the datagram was going
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t rest_of_header = 0;  // the MTU of a Packet Too Big, the pointer of a Parameter Problem
  bool operator==(const UdpError&) const = default;
};

struct UdpSendOptions {
  std::optional<std::uint8_t> hop_limit;  // else the host's, and 1 to a multicast group (RFC 1112 §6.1)
  std::uint8_t traffic_class = 0;
  bool dont_fragment = false;    // and then nothing longer than the MTU goes out
  std::optional<bool> checksum;  // over IPv4; else IpConfig::udp_checksum
};

struct UdpSocket {
  IpVersion version = IpVersion::kV4;
  std::optional<Endpoint> bound;
  std::deque<UdpMessage> received;
  std::size_t received_octets = 0;
  std::optional<UdpError> error;  // the latest, until the user takes it
};

}  // namespace tcpspec::net

#endif  // STACK_NET_UDP_SOCKET_H_
