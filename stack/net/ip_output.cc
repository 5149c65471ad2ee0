#include "stack/net/ip_output.h"

#include <algorithm>
#include <utility>

#include "stack/wire/ipv4.h"
#include "stack/wire/ipv4_options.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"

namespace tcpspec::net {
namespace {

constexpr std::size_t kLeastIpv6Mtu = 1280;
constexpr std::uint8_t kCopiedFlag = 0x80;
constexpr std::uint8_t kEndOfList = 0;
constexpr std::uint8_t kNoOperation = 1;

// What each fragment but the last carries: RFC 791 §3.2, RFC 8200 §4.5: a multiple of 8 octets.
std::size_t piece_size(std::size_t mtu, std::size_t headers) {
  return mtu > headers ? (mtu - headers) / 8 * 8 : 0;
}

// RFC 791 §3.1: of the options, later fragments carry those whose copied flag is set. The options are ours,
// or were checked when they arrived.
Bytes copied_options(ByteView options) {
  Bytes copied;
  std::size_t at = 0;
  while (at < options.size() && options[at] != kEndOfList) {
    const bool single = options[at] == kNoOperation;
    if (!single && at + 1 == options.size()) break;
    const std::size_t length = single ? 1 : std::max<std::size_t>(options[at + 1], 2);
    if (at + length > options.size()) break;
    if (!single && (options[at] & kCopiedFlag) != 0) append(copied, options.subspan(at, length));
    at += length;
  }
  return copied;
}

std::size_t padded(std::size_t options) { return (options + 3) / 4 * 4; }

}  // namespace

std::size_t ip_header_size(IpVersion version) {
  return version == IpVersion::kV4 ? wire::kIpv4HeaderSize : wire::kIpv6HeaderSize;
}

IpOutput::IpOutput(IpOutputConfig config)
    : config_(std::move(config)),
      identification_(static_cast<std::uint16_t>(config_.first_identification)),
      fragment_identification_(config_.first_identification) {}

bool IpOutput::stays_inside(const IpAddress& destination) const {
  return destination.is_loopback() || std::ranges::find(config_.own, destination) != config_.own.end();
}

std::uint16_t IpOutput::mtu_to(const IpAddress& destination) const {
  return stays_inside(destination) ? config_.loopback_mtu : config_.mtu;
}

bool IpOutput::send(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                    ByteView payload, const IpSendOptions& options) {
  const bool inside = stays_inside(destination);
  // RFC 1122 §3.2.1.3 (g): nothing on a link has a loopback address.
  if (source.is_loopback() && !inside) return false;
  if (inside && loopback_.size() >= config_.most_loopback_packets) return false;
  const std::size_t header = source.is_v4() ? wire::kIpv4HeaderSize + padded(options.ipv4_options.size()) : 0;
  if (header + payload.size() > wire::kMostIpOctets || options.ipv4_options.size() > wire::kMostIpv4Options) {
    return false;
  }
  std::size_t mtu = inside ? config_.loopback_mtu : config_.mtu;
  if (options.mtu != 0 && !inside) mtu = std::min<std::size_t>(mtu, options.mtu);
  if (source.is_v4()) {
    send_v4(source, destination, protocol, payload, options, mtu);
  } else {
    send_v6(source, destination, protocol, payload, options, mtu);
  }
  return true;
}

void IpOutput::send_v4(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                       ByteView payload, const IpSendOptions& options, std::size_t mtu) {
  wire::Ipv4Header header;
  header.source = source;
  header.destination = destination;
  header.protocol = protocol;
  // RFC 9293 §3.9.2 [MUST-49]: the TTL of TCP is configurable.
  header.ttl = options.hop_limit.value_or(config_.ttl);
  header.type_of_service = options.traffic_class;
  header.identification = identification_++;
  header.dont_fragment = options.dont_fragment;
  const std::size_t first_header = wire::kIpv4HeaderSize + padded(options.ipv4_options.size());
  const Bytes later_options = copied_options(options.ipv4_options);
  const std::size_t piece = piece_size(mtu, first_header);
  if (first_header + payload.size() <= mtu || !options.may_fragment || piece == 0) {
    return queue(destination, wire::build_ipv4(header, payload, options.ipv4_options));
  }
  // RFC 791 §3.2: DF on a fragment made here would only keep routers from cutting it again; off.
  header.dont_fragment = false;
  for (std::size_t at = 0; at < payload.size(); at += piece) {
    const ByteView part = payload.subspan(at, std::min(piece, payload.size() - at));
    header.fragment_offset = static_cast<std::uint16_t>(at / 8);
    header.more_fragments = at + part.size() < payload.size();
    queue(destination,
          wire::build_ipv4(header, part, at == 0 ? options.ipv4_options : ByteView(later_options)));
  }
}

void IpOutput::send_v6(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                       ByteView payload, const IpSendOptions& options, std::size_t mtu) {
  wire::Ipv6Header header;
  header.source = source;
  header.destination = destination;
  header.next_header = protocol;
  header.hop_limit = options.hop_limit.value_or(config_.ttl);
  header.traffic_class = options.traffic_class;
  // RFC 8200 §5: a path of less than 1280 octets is not asked of the source.
  if (config_.mtu >= kLeastIpv6Mtu) mtu = std::max(mtu, kLeastIpv6Mtu);
  const std::size_t piece = piece_size(mtu, wire::kIpv6HeaderSize + wire::kIpv6FragmentHeaderSize);
  if (wire::kIpv6HeaderSize + payload.size() <= mtu || !options.may_fragment || piece == 0) {
    return queue(destination, wire::build_ipv6(header, payload));
  }
  // RFC 8200 §4.5: only the source fragments; each datagram has its own identification.
  header.next_header = wire::kProtocolFragment;
  const std::uint32_t identification = fragment_identification_++;
  for (std::size_t at = 0; at < payload.size(); at += piece) {
    const ByteView part = payload.subspan(at, std::min(piece, payload.size() - at));
    Bytes octets = wire::build_fragment_header(protocol, static_cast<std::uint32_t>(at),
                                               at + part.size() < payload.size(), identification);
    append(octets, part);
    queue(destination, wire::build_ipv6(header, octets));
  }
}

void IpOutput::queue(const IpAddress& destination, Bytes packet) {
  (stays_inside(destination) ? loopback_ : queue_).push_back(std::move(packet));
}

std::optional<Bytes> IpOutput::take() {
  if (queue_.empty()) return std::nullopt;
  Bytes packet = std::move(queue_.front());
  queue_.pop_front();
  return packet;
}

std::optional<Bytes> IpOutput::take_loopback() {
  if (loopback_.empty()) return std::nullopt;
  Bytes packet = std::move(loopback_.front());
  loopback_.pop_front();
  return packet;
}

std::size_t IpOutput::max_payload(IpVersion version) const {
  const std::size_t header = ip_header_size(version);
  return config_.mtu > header ? config_.mtu - header : 0;
}

}  // namespace tcpspec::net
