// Resets: RFC 9293 §3.5.2 and the replies of §3.10.7.
#include "stack/tcp/impl.h"

namespace tcpspec::tcp {
namespace {

wire::Segment reset_answering(const wire::Segment& segment) {
  wire::Segment reset;
  reset.source = segment.destination;
  reset.destination = segment.source;
  if (segment.has_ack()) {
    // <SEQ=SEG.ACK><CTL=RST>: the number the sender of the segment expects.
    reset.seq = segment.ack;
    reset.flags = wire::Flag::kRst;
  } else {
    // <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>: the ACK proves that the segment was seen.
    reset.ack = segment.end();
    reset.flags = wire::Flag::kRst | wire::Flag::kAck;
  }
  // RFC 7323 §5.2: a RST that answers a segment with timestamps carries them too: its TSval as echo, none of
  // our own.
  if (segment.options.timestamps)
    reset.options.timestamps = wire::Timestamps{0, segment.options.timestamps->value};
  return reset;
}

}  // namespace

std::optional<wire::Segment> reset_for_closed(const wire::Segment& segment) {
  // RFC 9293 §3.10.7.1: everything but a RST is answered with a RST.
  if (segment.rst()) return std::nullopt;
  return reset_answering(segment);
}

void Connection::Impl::send_reset_for(const wire::Segment& segment) {
  CHECK(!segment.rst());
  put_out(reset_answering(segment));
}

void Connection::Impl::send_abort_reset(Instant now) {
  // RFC 9293 §3.10.5: <SEQ=SND.NXT><CTL=RST>. RFC 7323 §3.2: with timestamps on, a RST should carry one; it
  // has no ACK bit, so the echo is zero.
  put_out(make_segment(tcb.snd.nxt, wire::Flag::kRst, now));
}

}  // namespace tcpspec::tcp
