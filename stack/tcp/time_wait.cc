// What TIME-WAIT adds: a SYN may begin a new incarnation, RFC 9293 §3.6.1 [MAY-2], RFC 6191.
#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

bool Connection::Impl::wants_reopen(const wire::Segment& syn) const {
  if (tcb.state != State::kTimeWait || !config.time_wait_reopen) return false;
  if (!syn.syn() || syn.has_ack() || syn.rst()) return false;
  // RFC 9293 §3.6.1 [MAY-2], RFC 6191 §2: the last number of the previous incarnation is its FIN's, one less
  // than RCV.NXT.
  const bool above_last = syn.seq.at_or_after(tcb.rcv.nxt);
  if (!config.rfc6191) return above_last;
  const bool timestamps_again = config.timestamps && syn.options.timestamps.has_value();
  // With timestamps before and again: a later one proves a new SYN, an equal one leaves it to the number.
  if (tcb.timestamps_on && timestamps_again) {
    const Seq32 value(syn.options.timestamps->value);
    const Seq32 last(tcb.ts_recent);
    return value.after(last) || (value == last && above_last);
  }
  // Timestamps only now: PAWS will keep the incarnations apart. Never, or only before: the number decides.
  return timestamps_again || above_last;
}

Disposition Connection::Impl::segment_in_time_wait(const wire::Segment& segment) const {
  // RFC 9293 §3.10.7.4 first, last note: where RFC 6191 is implemented, the sequence check is not for SYNs
  // with timestamps; one that may not reopen is dropped in silence (RFC 6191 §2).
  const bool rfc6191_syn = segment.syn() && !segment.has_ack() && !segment.rst() &&
                           segment.options.timestamps && config.timestamps && config.time_wait_reopen &&
                           config.rfc6191;
  if (rfc6191_syn && !wants_reopen(segment)) return Disposition::kDrop;
  return Disposition::kContinue;
}

}  // namespace tcpspec::tcp
