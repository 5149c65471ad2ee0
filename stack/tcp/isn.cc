#include "stack/tcp/isn.h"

namespace tcpspec::tcp {
namespace {

constexpr std::int64_t kTickNanos = 4'000;

void append_endpoint(Bytes& to, const Endpoint& endpoint) {
  append(to, endpoint.address.bytes());
  append_be16(to, endpoint.port);
}

}  // namespace

Seq32 initial_sequence_number(const SipKey& secret, const Endpoint& local, const Endpoint& remote,
                              Instant now, Instant boot) {
  // RFC 9293 §3.4.1 [MUST-9]: F depends on both addresses, both ports and a secret.
  Bytes message;
  append_endpoint(message, local);
  append_endpoint(message, remote);
  const auto f = static_cast<std::uint32_t>(siphash24(secret, message));
  const std::int64_t ticks = (now - boot).count_nanos() / kTickNanos;
  return Seq32(static_cast<std::uint32_t>(ticks) + f);
}

}  // namespace tcpspec::tcp
