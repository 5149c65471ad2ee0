// A connection that begins with the final ACK of its handshake: the SYN-ACK was a cookie, RFC 4987 §3.6.
#include <utility>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

std::unique_ptr<Connection> Connection::accept_cookie(const Config& config, wire::Segment ack,
                                                      std::uint16_t peer_mss, Instant now) {
  // The SYN as far as the cookie remembers it: no option but the MSS, and no text, which the cookie did not
  // acknowledge.
  wire::Segment syn;
  syn.source = ack.source;
  syn.destination = ack.destination;
  syn.seq = ack.seq - 1;
  syn.flags = wire::Flag::kSyn;
  syn.window = ack.window;
  syn.options.mss = peer_mss;
  std::unique_ptr<Connection> connection(new Connection(config, now));
  Impl& impl = *connection->impl_;
  impl.start_passive(syn, ack.ack - 1, now);
  // The SYN-ACK left long ago, and nobody knows when: RFC 6298 §3, Karn's rule, it tells no round trip.
  impl.segments_out.clear();
  impl.timed.reset();
  impl.retransmission_queue.sent_again(0, now);
  connection->segment_arrives(std::move(ack), now);
  return connection;
}

}  // namespace tcpspec::tcp
