// IP addresses and endpoints as values, both families in one type. No name resolution, no sockaddr.
#ifndef STACK_BASE_ADDRESS_H_
#define STACK_BASE_ADDRESS_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "stack/base/bytes.h"
#include "stack/base/result.h"

namespace tcpspec {

enum class IpVersion : std::uint8_t { kV4 = 4, kV6 = 6 };

class IpAddress {
 public:
  constexpr IpAddress() = default;  // 0.0.0.0
  [[nodiscard]] static IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);
  // 4 bytes are IPv4, 16 are IPv6; any other size is our own bug.
  [[nodiscard]] static IpAddress from_bytes(ByteView bytes);
  [[nodiscard]] static Result<IpAddress> parse(std::string_view text);
  [[nodiscard]] static IpAddress any(IpVersion version);

  [[nodiscard]] IpVersion version() const { return version_; }
  [[nodiscard]] bool is_v4() const { return version_ == IpVersion::kV4; }
  [[nodiscard]] ByteView bytes() const { return ByteView(bytes_).first(is_v4() ? 4 : 16); }
  [[nodiscard]] bool is_unspecified() const;
  // 224.0.0.0/4 or ff00::/8.
  [[nodiscard]] bool is_multicast() const;
  // 255.255.255.255 only: a subnet's broadcast address needs the subnet.
  [[nodiscard]] bool is_broadcast() const;
  [[nodiscard]] bool is_loopback() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  IpVersion version_ = IpVersion::kV4;
  std::array<std::uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

[[nodiscard]] std::string to_string(const IpAddress& address);
// "192.0.2.1:80" or "[2001:db8::1]:80".
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

}  // namespace tcpspec

#endif  // STACK_BASE_ADDRESS_H_
