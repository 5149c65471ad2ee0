// What the host sends, on its way to the wire: puts an IP header in front and queues the packet. Never
// fragments: IPv4 packets carry DF, and the layers above keep to the MTU.
#ifndef STACK_NET_IP_OUTPUT_H_
#define STACK_NET_IP_OUTPUT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace tcpspec::net {

// A packet that reached us, after the checks of its IP header.
struct Datagram {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint32_t protocol_at = 0;  // where in `whole` the octet stands that names the protocol
  ByteView payload;
  ByteView whole;  // for an ICMP error to quote
};

[[nodiscard]] std::size_t ip_header_size(IpVersion version);

class IpOutput {
 public:
  IpOutput(std::uint16_t mtu, std::uint8_t ttl, std::uint16_t first_identification);

  void send(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, ByteView payload);
  [[nodiscard]] std::optional<Bytes> take();
  // The most octets that fit behind the IP header.
  [[nodiscard]] std::size_t max_payload(IpVersion version) const;

 private:
  std::uint16_t mtu_;
  std::uint8_t ttl_;
  std::uint16_t identification_;
  std::deque<Bytes> queue_;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_IP_OUTPUT_H_
