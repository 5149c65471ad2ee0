#include "stack/base/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "stack/base/check.h"

namespace tcpspec {

IpAddress IpAddress::v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return from_bytes(std::array<std::uint8_t, 4>{a, b, c, d});
}

IpAddress IpAddress::from_bytes(ByteView bytes) {
  CHECK(bytes.size() == 4 || bytes.size() == 16);
  IpAddress address;
  address.version_ = bytes.size() == 4 ? IpVersion::kV4 : IpVersion::kV6;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string owned(text);
  std::array<std::uint8_t, 16> raw{};
  if (inet_pton(AF_INET, owned.c_str(), raw.data()) == 1) return from_bytes(ByteView(raw).first(4));
  if (inet_pton(AF_INET6, owned.c_str(), raw.data()) == 1) return from_bytes(raw);
  return Error{"not an IPv4 or IPv6 address: '" + owned + "'"};
}

IpAddress IpAddress::any(IpVersion version) {
  IpAddress address;
  address.version_ = version;
  return address;
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(bytes(), [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_multicast() const { return is_v4() ? (bytes_[0] & 0xf0) == 0xe0 : bytes_[0] == 0xff; }

bool IpAddress::is_broadcast() const {
  return is_v4() && std::ranges::all_of(bytes(), [](std::uint8_t b) { return b == 0xff; });
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[0] == 127;
  return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.begin() + 15, [](auto b) { return b == 0; });
}

std::string to_string(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(address.is_v4() ? AF_INET : AF_INET6, address.bytes().data(), text, sizeof text);
  return text;
}

std::string to_string(const Endpoint& endpoint) {
  const std::string address = to_string(endpoint.address);
  return (endpoint.address.is_v4() ? address : "[" + address + "]") + ":" + std::to_string(endpoint.port);
}

}  // namespace tcpspec
