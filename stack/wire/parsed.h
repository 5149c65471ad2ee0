// Parsed<T>: what a parser of this folder gives back, a checked value or the named reason why the bytes are
// none. Bytes from the wire are never our bug, so a Fault is an ordinary result, cheap and countable.
#ifndef STACK_WIRE_PARSED_H_
#define STACK_WIRE_PARSED_H_

#include <cstdint>
#include <utility>
#include <variant>

#include "stack/base/check.h"

namespace tcpspec::wire {

enum class Fault : std::uint8_t {
  kShort,            // fewer octets than the fixed IP header
  kVersion,          // not the IP version that was asked for
  kIpHeaderLength,   // IHL below five words, or past the packet
  kIpTotalLength,    // total or payload length past the octets that arrived
  kIpChecksum,       // IPv4 header checksum
  kExtensionHeader,  // an IPv6 extension header or option that may not be skipped, or is cut short
  kFragment,         // a piece of a datagram
  kProtocol,         // nothing above IP that this stack knows
  kTcpShort,
  kTcpDataOffset,
  kTcpChecksum,
  kTcpOption,  // an option whose length octet cannot be true
  kIcmpShort,
  kIcmpChecksum,
  kIcmpQuote,  // an error message whose quoted packet names no TCP segment
  kUdpShort,
  kUdpLength,
  kUdpChecksum,
  kEthernetShort,   // fewer octets than the Ethernet header
  kEthernetLength,  // an 802.3 length past the frame, or a number that is neither length nor type
  kEthernetLlc,     // an 802.3 frame without the LLC and SNAP headers of RFC 1042
  kEthernetSource,  // a group address as the sender of a frame
  kArpShort,
  kArpHardware,   // hardware that is not Ethernet
  kArpProtocol,   // addresses of a protocol that is not IPv4
  kArpLength,     // address lengths that are not 6 and 4
  kArpOperation,  // neither request nor reply
  kArpAddress,    // a sender that cannot be one host
  kRarp,          // Reverse ARP, RFC 903
  kNdHopLimit,    // came through a router
  kNdCode,
  kNdShort,
  kNdOption,   // an ND option whose length cannot be true
  kNdAddress,  // source, destination or target that the message may not have
  kIgmpShort,
  kIgmpChecksum,
  kIgmpType,   // a type nobody knows
  kIgmpGroup,  // a group that is none
  kMldShort,
  kMldSource,  // not from a link-local address, hop limit 1, with Router Alert
  kMldGroup,   // a group that is none
  kCount
};
// "IP header length", for traces.
[[nodiscard]] const char* to_string(Fault fault);

template <typename T>
class [[nodiscard]] Parsed {
 public:
  Parsed(T value) : state_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Parsed(Fault fault) : state_(fault) {}         // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
  [[nodiscard]] const T& value() const {
    CHECK(ok());
    return std::get<T>(state_);
  }
  [[nodiscard]] T& value() {
    CHECK(ok());
    return std::get<T>(state_);
  }
  [[nodiscard]] Fault fault() const {
    CHECK(!ok());
    return std::get<Fault>(state_);
  }
  const T& operator*() const { return value(); }
  T& operator*() { return value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

 private:
  std::variant<T, Fault> state_;
};

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_PARSED_H_
