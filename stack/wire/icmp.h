// ICMP (RFC 792) and ICMPv6 (RFC 4443) messages: type, code, the four octets whose meaning the type gives,
// and the rest. Also the packet that an error message quotes, as far as TCP needs it to find a connection.
#ifndef STACK_WIRE_ICMP_H_
#define STACK_WIRE_ICMP_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/seq32.h"
#include "stack/wire/parsed.h"

namespace tcpspec::wire {

inline constexpr std::size_t kIcmpHeaderSize = 8;

namespace icmp4 {  // RFC 792, RFC 1122 §3.2.2
inline constexpr std::uint8_t kEchoReply = 0;
inline constexpr std::uint8_t kUnreachable = 3;
inline constexpr std::uint8_t kSourceQuench = 4;
inline constexpr std::uint8_t kRedirect = 5;
inline constexpr std::uint8_t kEchoRequest = 8;
inline constexpr std::uint8_t kTimeExceeded = 11;
inline constexpr std::uint8_t kParameterProblem = 12;
// Codes of kUnreachable.
inline constexpr std::uint8_t kCodeNetwork = 0;
inline constexpr std::uint8_t kCodeHost = 1;
inline constexpr std::uint8_t kCodeProtocol = 2;
inline constexpr std::uint8_t kCodePort = 3;
inline constexpr std::uint8_t kCodeFragmentationNeeded = 4;
inline constexpr std::uint8_t kCodeSourceRouteFailed = 5;
// Code of kTimeExceeded: fragments that never became whole.
inline constexpr std::uint8_t kCodeReassembly = 1;
}  // namespace icmp4

namespace icmp6 {  // RFC 4443 §2.1; types below 128 are errors
inline constexpr std::uint8_t kUnreachable = 1;
inline constexpr std::uint8_t kPacketTooBig = 2;
inline constexpr std::uint8_t kTimeExceeded = 3;
inline constexpr std::uint8_t kParameterProblem = 4;
inline constexpr std::uint8_t kEchoRequest = 128;
inline constexpr std::uint8_t kEchoReply = 129;
inline constexpr std::uint8_t kRedirect = 137;
// Codes of kUnreachable.
inline constexpr std::uint8_t kCodeNoRoute = 0;
inline constexpr std::uint8_t kCodeProhibited = 1;
inline constexpr std::uint8_t kCodeBeyondScope = 2;
inline constexpr std::uint8_t kCodeAddress = 3;
inline constexpr std::uint8_t kCodePort = 4;
inline constexpr std::uint8_t kCodePolicy = 5;
inline constexpr std::uint8_t kCodeRejectRoute = 6;
// Codes of kParameterProblem.
inline constexpr std::uint8_t kCodeErroneousField = 0;
inline constexpr std::uint8_t kCodeNextHeader = 1;
inline constexpr std::uint8_t kCodeOption = 2;
inline constexpr std::uint8_t kCodeHeaderChain = 3;  // RFC 7112 §5: a first fragment without all headers
// Code of kTimeExceeded: fragments that never became whole.
inline constexpr std::uint8_t kCodeReassembly = 1;
}  // namespace icmp6

struct IcmpMessage {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t rest_of_header = 0;  // identifier and sequence number, pointer, MTU, or unused
  ByteView body;                     // echo data, or the quoted packet
};

// The addresses are those of the packet that carries the message; ICMPv6 sums them, ICMP does not.
[[nodiscard]] Parsed<IcmpMessage> parse_icmp(const IpAddress& source, const IpAddress& destination,
                                             ByteView bytes);
[[nodiscard]] Bytes build_icmp(const IpAddress& source, const IpAddress& destination,
                               const IcmpMessage& message);

// Whether an error message may never be answered with another (RFC 1122 §3.2.2, RFC 4443 §2.4 (e)). True
// for redirects, and in IPv4 for every type not known to be a query.
[[nodiscard]] bool is_icmp_error(IpVersion version, std::uint8_t type);

// The segment of ours that an error message is about: its direction is the one it was sent in.
struct QuotedSegment {
  Endpoint source;
  Endpoint destination;
  Seq32 seq;
  std::uint16_t total_length = 0;  // IPv4: of the IP packet, as quoted
  std::uint16_t ip_header = 0;     // octets
};
// Reads a quote that may be cut after the first 8 octets of the TCP header (RFC 792). Neither its total
// length nor its checksum is trusted or required: routers change headers before they quote them.
[[nodiscard]] Parsed<QuotedSegment> parse_quote(IpVersion version, ByteView body);

// The UDP datagram of ours that an error message is about, from a quote cut after its 8 octets of header or
// later. A first fragment names its ports, a later one does not.
struct QuotedDatagram {
  Endpoint source;
  Endpoint destination;
};
[[nodiscard]] Parsed<QuotedDatagram> parse_udp_quote(IpVersion version, ByteView body);
// What the quoted packet carries, by its first protocol number; none where the quote is cut before that.
[[nodiscard]] std::optional<std::uint8_t> quoted_protocol(IpVersion version, ByteView body);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_ICMP_H_
