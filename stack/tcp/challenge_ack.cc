#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

// RFC 5961 §7: an ACK throttle, so that a flood of forged segments does not become a flood of ACKs. The
// second begins with its first challenge ACK. The budget is this connection's own: a shared one would tell
// an attacker what other connections do (RFC 5961 errata 4772).
void Connection::Impl::challenge_ack(Instant now) {
  if (!challenged_before || now - challenge_second >= Duration::seconds(1)) {
    challenged_before = true;
    challenge_second = now;
    challenges_in_second = 0;
  }
  if (challenges_in_second >= config.challenge_acks_per_second) return;
  ++challenges_in_second;
  ack_now = true;
}

}  // namespace tcpspec::tcp
