// Image: one IP packet exactly as it is on the wire, as fields. Nothing is illegal: every byte string
// decodes, and encode(decode(bytes)) == bytes for all of them. What a header has no room for stays in `rest`.
// Lengths, offsets and checksums are fields like any other: seal() computes them, edit.h spoils them. The
// harness's own codec (law 2).
#ifndef HARNESS_PACKET_IMAGE_H_
#define HARNESS_PACKET_IMAGE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace tcpspec::packet {

struct Ipv4Header {
  std::uint8_t version = 4, ihl = 5;  // ihl in 32-bit words
  std::uint8_t tos = 0;
  std::uint16_t total_length = 0, id = 0;
  std::uint16_t flags_and_offset = 0x4000;  // DF
  std::uint8_t ttl = 64, protocol = 6;
  std::uint16_t checksum = 0;
  IpAddress source, destination;
  Bytes options;  // what ihl says, as far as the bytes go
  bool operator==(const Ipv4Header&) const = default;
};

struct Ipv6Header {
  std::uint8_t version = 6, traffic_class = 0;
  std::uint32_t flow_label = 0;
  std::uint16_t payload_length = 0;
  std::uint8_t next_header = 6, hop_limit = 64;
  IpAddress source = IpAddress::any(IpVersion::kV6), destination = IpAddress::any(IpVersion::kV6);
  Bytes extensions;        // extension headers between the fixed header and the upper layer, as they stand
  std::uint8_t upper = 6;  // protocol after the extensions
  bool operator==(const Ipv6Header&) const = default;
};

struct TcpHeader {
  std::uint16_t source_port = 0, destination_port = 0;
  std::uint32_t seq = 0, ack = 0;
  std::uint8_t data_offset = 5;  // 32-bit words
  std::uint8_t reserved = 0;     // the three bits left of AE
  std::uint16_t flags = 0;       // nine bits, AE included
  std::uint16_t window = 0, checksum = 0, urgent = 0;
  Bytes options;  // what data_offset says, as far as the bytes go; padding included
  bool operator==(const TcpHeader&) const = default;
};

struct Image {
  std::optional<Ipv4Header> v4;  // at most one of v4, v6; none: the bytes are no IP header, all in rest
  std::optional<Ipv6Header> v6;
  std::optional<TcpHeader> tcp;  // only for an unfragmented TCP packet whose fixed header is whole
  Bytes payload;                 // after the last header that was understood, up to the IP length
  Bytes rest;                    // beyond the IP length, or all that was not understood
  bool operator==(const Image&) const = default;

  [[nodiscard]] std::optional<IpVersion> version() const;
  [[nodiscard]] std::uint8_t protocol() const;     // 0 without an IP header
  [[nodiscard]] IpAddress source_address() const;  // requires an IP header
  [[nodiscard]] IpAddress destination_address() const;
  [[nodiscard]] Endpoint source() const;  // requires tcp
  [[nodiscard]] Endpoint destination() const;
  // Octets of sequence space: payload, SYN, FIN. Requires tcp.
  [[nodiscard]] std::uint32_t sequence_length() const;
};

[[nodiscard]] Image decode(ByteView packet);
[[nodiscard]] Bytes encode(const Image& image);

// An empty TCP packet from one endpoint to the other, ready to be filled and sealed.
[[nodiscard]] Image make_tcp(const Endpoint& source, const Endpoint& destination);
// Computes data offset (padding options with EOL to a word), lengths and checksums.
void seal(Image& image);
// The checksum that the TCP header ought to carry; requires tcp.
[[nodiscard]] std::uint16_t right_tcp_checksum(const Image& image);
[[nodiscard]] std::uint16_t right_ipv4_checksum(const Image& image);

// ---- TCP options, lossless --------------------------------------------------------------------------------
struct Option {
  std::uint8_t kind = 0;
  std::optional<std::uint8_t> length;  // the length octet as it stands; none: EOL, NOP, or cut off
  Bytes data;                          // what follows, as far as length says and the bytes go
  bool operator==(const Option&) const = default;
};
// join(split(raw)) == raw. After EOL or an impossible length (0, 1, beyond the end) the remaining octets
// become one last Option holding them in `data` (its `length` says what stood there).
[[nodiscard]] std::vector<Option> split_options(ByteView raw);
[[nodiscard]] Bytes join_options(const std::vector<Option>& options);

}  // namespace tcpspec::packet

#endif  // HARNESS_PACKET_IMAGE_H_
