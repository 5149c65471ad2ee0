#include "stack/tcp/isn.h"

namespace tcpspec::tcp {
namespace {

constexpr std::int64_t kTickNanos = 4'000;

void append_endpoint(Bytes& to, const Endpoint& endpoint) {
  append(to, endpoint.address.bytes());
  append_be16(to, endpoint.port);
}

std::uint32_t hash(const SipKey& secret, const Endpoint& local, const Endpoint& remote) {
  Bytes message;
  append_endpoint(message, local);
  append_endpoint(message, remote);
  return static_cast<std::uint32_t>(siphash24(secret, message));
}

}  // namespace

Seq32 initial_sequence_number(const SipKey& secret, const Endpoint& local, const Endpoint& remote,
                              Instant now, Instant boot) {
  // RFC 9293 §3.4.1 [MUST-9]: F depends on both addresses, both ports and a secret.
  const std::uint32_t f = hash(secret, local, remote);
  const std::int64_t ticks = (now - boot).count_nanos() / kTickNanos;
  return Seq32(static_cast<std::uint32_t>(ticks) + f);
}

std::uint32_t timestamp_offset(const SipKey& secret, const Endpoint& local, const Endpoint& remote) {
  SipKey other = secret;
  for (std::uint8_t& octet : other) octet ^= 0x5c;
  return hash(other, local, remote);
}

}  // namespace tcpspec::tcp
