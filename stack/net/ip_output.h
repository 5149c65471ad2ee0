// What the host sends, on its way to the wire: puts an IP header in front, cuts what is too long where that
// is allowed, and queues the packets. Owns two queues: what is for the link, and what is for ourselves
// (127/8, ::1, our own addresses), which never sees a link (RFC 1122 §3.2.1.3 (g), RFC 4291 §2.5.3).
// The queue for ourselves is bounded; the one for the link is emptied after each call into Host.
#ifndef STACK_NET_IP_OUTPUT_H_
#define STACK_NET_IP_OUTPUT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace tcpspec::net {

// A packet that reached us, after the checks of its IP header, reassembled where that was needed.
struct Datagram {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint32_t protocol_at = 0;  // where in `whole` the octet stands that names the protocol
  ByteView payload;
  ByteView whole;  // for an ICMP error to quote
  std::uint8_t hop_limit = 0;
  std::uint8_t traffic_class = 0;  // all eight bits; the low two are the ECN field, RFC 3168 §5
  bool inside = false;             // we sent it to ourselves
  bool reassembled = false;        // came as more than one fragment
  bool to_group = false;           // the destination is a multicast or broadcast address
  ByteView options;                // IPv4, already checked
  IpAddress local;                 // the address of ours that an answer comes from; unspecified: none can
};

[[nodiscard]] std::size_t ip_header_size(IpVersion version);

struct IpSendOptions {
  std::optional<std::uint8_t> hop_limit;  // else the host's
  std::uint8_t traffic_class = 0;
  bool dont_fragment = true;  // IPv4's DF
  bool may_fragment = false;  // longer than the MTU: cut here, at the source
  std::uint16_t mtu = 0;      // of the path, where it is known to be below the link's; 0: unknown
  ByteView ipv4_options;      // at most 40 octets
};

struct IpOutputConfig {
  std::uint16_t mtu = 1500;
  std::uint16_t loopback_mtu = 16'384;
  std::size_t most_loopback_packets = 1024;
  std::uint8_t ttl = 64;
  std::uint32_t first_identification = 0;
  std::vector<IpAddress> own;
};

class IpOutput {
 public:
  explicit IpOutput(IpOutputConfig config);

  // False where the datagram cannot go out: beyond 65535 octets, from a loopback address to the link, or a
  // full loopback queue. What is longer than the MTU and may not be fragmented goes out as it is: the layers
  // above keep to the MTU.
  [[nodiscard]] bool send(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                          ByteView payload, const IpSendOptions& options = {});
  [[nodiscard]] std::optional<Bytes> take();
  // What we sent to ourselves.
  [[nodiscard]] std::optional<Bytes> take_loopback();
  [[nodiscard]] bool has_loopback() const { return !loopback_.empty(); }
  [[nodiscard]] bool stays_inside(const IpAddress& destination) const;
  // Of the way to `destination`.
  [[nodiscard]] std::uint16_t mtu_to(const IpAddress& destination) const;
  // The most octets that fit behind the IP header.
  [[nodiscard]] std::size_t max_payload(IpVersion version) const;
  void add_own(const IpAddress& address) { config_.own.push_back(address); }

 private:
  void send_v4(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, ByteView payload,
               const IpSendOptions& options, std::size_t mtu);
  void send_v6(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, ByteView payload,
               const IpSendOptions& options, std::size_t mtu);
  void queue(const IpAddress& destination, Bytes packet);

  IpOutputConfig config_;
  std::uint16_t identification_;
  std::uint32_t fragment_identification_;
  std::deque<Bytes> queue_;
  std::deque<Bytes> loopback_;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_IP_OUTPUT_H_
