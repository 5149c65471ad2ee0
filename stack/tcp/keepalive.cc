// Keep-alive, RFC 9293 §3.8.4: optional [MAY-5], off unless the user asks [MUST-24, MUST-25].
#include <utility>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

// Anything from the peer proves that it lives.
void Connection::Impl::heard_from_peer(Instant now) {
  heard_at = now;
  probes_unanswered = 0;
}

void Connection::Impl::update_keepalive_timer() {
  // [MUST-26]: only on an idle connection, with nothing sent unacknowledged and nothing heard for the
  // interval. Text in flight has its own timer.
  const bool open =
      tcb.state == State::kEstablished || tcb.state == State::kCloseWait || tcb.state == State::kFinWait2;
  if (!config.keepalive || !open || outstanding()) return timers.stop(Timer::kKeepalive);
  timers.start(Timer::kKeepalive, probes_unanswered == 0 ? heard_at + config.keepalive_idle
                                                         : probed_at + config.keepalive_interval);
}

void Connection::Impl::on_keepalive_timeout(Instant now) {
  if (probes_unanswered >= config.keepalive_probes) {
    // [MUST-29]: one probe without answer proves nothing, this many do. The RST is not in the RFC; stacks in
    // the field send it, for a peer that hears but cannot be heard.
    send_abort_reset(now);
    return become_closed(timeout_event(), timeout_error());
  }
  ++probes_unanswered;
  probed_at = now;
  // SEG.SEQ = SND.NXT-1: left of the peer's window, so it must answer. [SHLD-12]: no text; [MAY-6]: one
  // garbage octet, for peers that answer nothing less.
  wire::Segment probe = make_segment(tcb.snd.nxt - 1, wire::Flag::kAck, now);
  if (config.keepalive_garbage_octet) probe.payload.push_back(0);
  put_out(std::move(probe));
}

}  // namespace tcpspec::tcp
