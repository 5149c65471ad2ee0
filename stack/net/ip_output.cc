#include "stack/net/ip_output.h"

#include <utility>

#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"

namespace tcpspec::net {

std::size_t ip_header_size(IpVersion version) {
  return version == IpVersion::kV4 ? wire::kIpv4HeaderSize : wire::kIpv6HeaderSize;
}

IpOutput::IpOutput(std::uint16_t mtu, std::uint8_t ttl, std::uint16_t first_identification)
    : mtu_(mtu), ttl_(ttl), identification_(first_identification) {}

void IpOutput::send(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                    ByteView payload) {
  if (source.is_v4()) {
    wire::Ipv4Header header;
    header.source = source;
    header.destination = destination;
    header.protocol = protocol;
    // RFC 9293 §3.9.2 [MUST-49]: the TTL of TCP is configurable.
    header.ttl = ttl_;
    header.identification = identification_++;
    header.dont_fragment = true;
    queue_.push_back(wire::build_ipv4(header, payload));
    return;
  }
  wire::Ipv6Header header;
  header.source = source;
  header.destination = destination;
  header.next_header = protocol;
  header.hop_limit = ttl_;
  queue_.push_back(wire::build_ipv6(header, payload));
}

std::optional<Bytes> IpOutput::take() {
  if (queue_.empty()) return std::nullopt;
  Bytes packet = std::move(queue_.front());
  queue_.pop_front();
  return packet;
}

std::size_t IpOutput::max_payload(IpVersion version) const {
  const std::size_t header = ip_header_size(version);
  return mtu_ > header ? mtu_ - header : 0;
}

}  // namespace tcpspec::net
