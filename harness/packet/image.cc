#include "harness/packet/image.h"

#include <algorithm>

#include "stack/base/check.h"

namespace tcpspec::packet {
namespace {

constexpr std::uint8_t kTcp = 6;

// Takes octets off the front; `left()` is what nobody has taken yet.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : bytes_(bytes) {}
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }
  [[nodiscard]] ByteView peek() const { return bytes_; }
  ByteView take(std::size_t count) {
    const ByteView taken = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

 private:
  ByteView bytes_;
};

Bytes copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

Ipv4Header take_ipv4(Cursor& in) {
  const ByteView raw = in.take(20);
  Ipv4Header h;
  h.version = raw[0] >> 4;
  h.ihl = raw[0] & 15;
  h.tos = raw[1];
  h.total_length = load_be16(raw, 2);
  h.id = load_be16(raw, 4);
  h.flags_and_offset = load_be16(raw, 6);
  h.ttl = raw[8];
  h.protocol = raw[9];
  h.checksum = load_be16(raw, 10);
  h.source = IpAddress::from_bytes(raw.subspan(12, 4));
  h.destination = IpAddress::from_bytes(raw.subspan(16, 4));
  if (h.ihl > 5) h.options = copy(in.take((h.ihl - 5) * std::size_t{4}));
  return h;
}

Ipv6Header take_ipv6(Cursor& in) {
  const ByteView raw = in.take(40);
  const std::uint32_t first = load_be32(raw, 0);
  Ipv6Header h;
  h.version = static_cast<std::uint8_t>(first >> 28);
  h.traffic_class = static_cast<std::uint8_t>(first >> 20);
  h.flow_label = first & 0xfffff;
  h.payload_length = load_be16(raw, 4);
  h.next_header = raw[6];
  h.hop_limit = raw[7];
  h.source = IpAddress::from_bytes(raw.subspan(8, 16));
  h.destination = IpAddress::from_bytes(raw.subspan(24, 16));
  h.upper = h.next_header;
  return h;
}

// Size of the extension header at the front, RFC 8200 §4 and RFC 4302 §2.2; none for what is an upper layer,
// a true fragment, or cut off.
std::optional<std::size_t> extension_size(std::uint8_t kind, ByteView bytes) {
  constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kAuthentication = 51,
                         kDestination = 60;
  if (bytes.size() < 8) return std::nullopt;
  std::size_t size = 0;
  if (kind == kHopByHop || kind == kRouting || kind == kDestination) {
    size = (bytes[1] + std::size_t{1}) * 8;
  } else if (kind == kAuthentication) {
    size = (bytes[1] + std::size_t{2}) * 4;
  } else if (kind == kFragment && (load_be16(bytes, 2) & 0xfff9) == 0) {
    size = 8;  // an atomic fragment is whole (RFC 6946)
  }
  if (size == 0 || size > bytes.size()) return std::nullopt;
  return size;
}

void take_extensions(Ipv6Header& header, Cursor& body) {
  while (const auto size = extension_size(header.upper, body.peek())) {
    header.upper = body.peek()[0];
    append(header.extensions, body.take(*size));
  }
}

TcpHeader take_tcp(Cursor& in) {
  const ByteView raw = in.take(20);
  TcpHeader h;
  h.source_port = load_be16(raw, 0);
  h.destination_port = load_be16(raw, 2);
  h.seq = load_be32(raw, 4);
  h.ack = load_be32(raw, 8);
  const std::uint16_t word = load_be16(raw, 12);
  h.data_offset = static_cast<std::uint8_t>(word >> 12);
  h.reserved = (word >> 9) & 7;
  h.flags = word & 0x1ff;
  h.window = load_be16(raw, 14);
  h.checksum = load_be16(raw, 16);
  h.urgent = load_be16(raw, 18);
  if (h.data_offset > 5) h.options = copy(in.take((h.data_offset - 5) * std::size_t{4}));
  return h;
}

bool whole(const Ipv4Header& header) { return (header.flags_and_offset & 0x3fff) == 0; }

void put(Bytes& out, const Ipv4Header& h) {
  out.push_back(static_cast<std::uint8_t>((h.version << 4) | (h.ihl & 15)));
  out.push_back(h.tos);
  append_be16(out, h.total_length);
  append_be16(out, h.id);
  append_be16(out, h.flags_and_offset);
  out.push_back(h.ttl);
  out.push_back(h.protocol);
  append_be16(out, h.checksum);
  append(out, h.source.bytes());
  append(out, h.destination.bytes());
  append(out, h.options);
}

void put(Bytes& out, const Ipv6Header& h) {
  append_be32(out, (std::uint32_t{h.version} << 28) | (std::uint32_t{h.traffic_class} << 20) |
                       (h.flow_label & 0xfffff));
  append_be16(out, h.payload_length);
  out.push_back(h.next_header);
  out.push_back(h.hop_limit);
  append(out, h.source.bytes());
  append(out, h.destination.bytes());
  append(out, h.extensions);
}

void put(Bytes& out, const TcpHeader& h) {
  append_be16(out, h.source_port);
  append_be16(out, h.destination_port);
  append_be32(out, h.seq);
  append_be32(out, h.ack);
  append_be16(out, static_cast<std::uint16_t>(((h.data_offset & 15) << 12) | ((h.reserved & 7) << 9) |
                                              (h.flags & 0x1ff)));
  append_be16(out, h.window);
  append_be16(out, h.checksum);
  append_be16(out, h.urgent);
  append(out, h.options);
}

}  // namespace

Image decode(ByteView packet) {
  Image image;
  Cursor all(packet);
  std::size_t claimed = 0;  // octets of the packet after the headers, by its own length field
  bool unfragmented = true;
  const int version = packet.empty() ? 0 : packet[0] >> 4;
  if (version == 4 && packet.size() >= 20) {
    image.v4 = take_ipv4(all);
    const std::size_t header = 20 + image.v4->options.size();
    claimed = image.v4->total_length > header ? image.v4->total_length - header : 0;
    unfragmented = whole(*image.v4);
  } else if (version == 6 && packet.size() >= 40) {
    image.v6 = take_ipv6(all);
    claimed = image.v6->payload_length;
  } else {
    image.rest = copy(packet);
    return image;
  }
  Cursor body(all.take(claimed));
  if (image.v6) take_extensions(*image.v6, body);
  if (image.protocol() == kTcp && unfragmented && body.left() >= 20) image.tcp = take_tcp(body);
  image.payload = copy(body.peek());
  image.rest = copy(all.peek());
  return image;
}

Bytes encode(const Image& image) {
  Bytes out;
  if (image.v4) put(out, *image.v4);
  if (image.v6) put(out, *image.v6);
  if (image.tcp) put(out, *image.tcp);
  append(out, image.payload);
  append(out, image.rest);
  return out;
}

Image make_tcp(const Endpoint& source, const Endpoint& destination) {
  CHECK(source.address.version() == destination.address.version());
  Image image;
  if (source.address.is_v4()) {
    image.v4.emplace();
    image.v4->source = source.address;
    image.v4->destination = destination.address;
  } else {
    image.v6.emplace();
    image.v6->source = source.address;
    image.v6->destination = destination.address;
  }
  image.tcp.emplace();
  image.tcp->source_port = source.port;
  image.tcp->destination_port = destination.port;
  return image;
}

std::optional<IpVersion> Image::version() const {
  if (v4) return IpVersion::kV4;
  if (v6) return IpVersion::kV6;
  return std::nullopt;
}

std::uint8_t Image::protocol() const {
  if (v4) return v4->protocol;
  return v6 ? v6->upper : 0;
}

IpAddress Image::source_address() const {
  CHECK(v4 || v6);
  return v4 ? v4->source : v6->source;
}

IpAddress Image::destination_address() const {
  CHECK(v4 || v6);
  return v4 ? v4->destination : v6->destination;
}

Endpoint Image::source() const {
  CHECK(tcp);
  return {source_address(), tcp->source_port};
}

Endpoint Image::destination() const {
  CHECK(tcp);
  return {destination_address(), tcp->destination_port};
}

std::uint32_t Image::sequence_length() const {
  CHECK(tcp);
  constexpr std::uint16_t kFin = 0x01, kSyn = 0x02;
  return static_cast<std::uint32_t>(payload.size()) + ((tcp->flags & kSyn) != 0 ? 1U : 0U) +
         ((tcp->flags & kFin) != 0 ? 1U : 0U);
}

}  // namespace tcpspec::packet
