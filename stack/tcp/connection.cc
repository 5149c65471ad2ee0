#include "stack/tcp/connection.h"

#include <algorithm>
#include <utility>

#include "stack/tcp/fault_points.h"
#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

Connection::Connection(const Config& config, Instant now)
    : config_(config), impl_(std::make_unique<Impl>(config_, tcb_)) {
  CHECK(validate(config).ok());
  point::configures(config_);
  impl_->heard_at = now;
}

Connection::~Connection() = default;

std::unique_ptr<Connection> Connection::open_active(const Config& config, const Endpoint& local,
                                                    const Endpoint& remote, Seq32 iss, Instant now,
                                                    State from, std::uint32_t timestamp_offset) {
  CHECK(from == State::kClosed || from == State::kListen);
  std::unique_ptr<Connection> connection(new Connection(config, now));
  if (from == State::kListen) enter_state(connection->tcb_, State::kListen);
  connection->impl_->timestamp_offset = timestamp_offset;
  connection->impl_->start_active(local, remote, iss, now);
  connection->impl_->finish_entry(now);
  return connection;
}

std::unique_ptr<Connection> Connection::accept_syn(const Config& config, const wire::Segment& syn, Seq32 iss,
                                                   Instant now, std::uint32_t timestamp_offset) {
  CHECK(arrives_at_listen(syn) == ListenDisposition::kNewConnection);
  std::unique_ptr<Connection> connection(new Connection(config, now));
  connection->impl_->timestamp_offset = timestamp_offset;
  connection->impl_->start_passive(syn, iss, now);
  connection->impl_->finish_entry(now);
  return connection;
}

void Connection::segment_arrives(wire::Segment segment, Instant now) {
  if (tcb_.state == State::kClosed) {
    if (auto reset = reset_for_closed(segment)) impl_->put_out(std::move(*reset));
    return;
  }
  if (!point::arrives(*impl_, segment, now)) return impl_->finish_entry(now);
  impl_->heard_from_peer(now);
  if (tcb_.state == State::kSynSent) {
    impl_->arrives_in_syn_sent(segment, now);
  } else {
    impl_->arrives_in_synchronized(std::move(segment), now);
  }
  impl_->finish_entry(now);
}

void Connection::deadline_reached(Instant now) {
  bool any = false;
  while (const std::optional<Timer> timer = impl_->timers.take_expired(now)) {
    if (point::fires(*impl_, *timer, now)) impl_->serve(*timer, now);
    point::fired(*impl_, *timer, now);
    impl_->finish_entry(now);
    any = true;
  }
  if (any) impl_->finish_entry(now);
}

Instant Connection::next_deadline() const { return impl_->timers.next(); }

SendResult Connection::send(ByteView data, bool push, Instant now) {
  SendResult result;
  if (point::calls(*impl_, UserCall::kSend, now)) result = impl_->user_send(data, push);
  impl_->finish_entry(now);
  return result;
}

ReceiveResult Connection::receive(std::size_t most, Instant now) {
  ReceiveResult result;
  if (point::calls(*impl_, UserCall::kReceive, now)) result = impl_->user_receive(most);
  impl_->finish_entry(now);
  return result;
}

SendResult Connection::send_urgent(ByteView data, Instant now) {
  const SendResult result = impl_->user_send_urgent(data);
  impl_->finish_entry(now);
  return result;
}

ReceiveResult Connection::receive_urgent(Instant now) {
  ReceiveResult result = impl_->user_receive_urgent();
  impl_->finish_entry(now);
  return result;
}

void Connection::close(Instant now) {
  if (point::calls(*impl_, UserCall::kClose, now)) impl_->user_close();
  impl_->finish_entry(now);
}

void Connection::stop_receiving(Instant now) {
  if (point::calls(*impl_, UserCall::kStopReceiving, now)) impl_->user_stop_receiving(now);
  impl_->finish_entry(now);
}

void Connection::abort(Instant now) {
  if (point::calls(*impl_, UserCall::kAbort, now)) impl_->user_abort(now);
  impl_->finish_entry(now);
}

void Connection::reconfigure(const Config& config, Instant now) {
  CHECK(validate(config).ok());
  config_ = config;
  point::configures(config_);
  impl_->finish_entry(now);
}

bool Connection::wants_reopen(const wire::Segment& syn, Instant) const { return impl_->wants_reopen(syn); }

std::span<const Sent> Connection::sent_segments() const { return impl_->retransmission_queue.records(); }

std::optional<wire::Segment> Connection::take_segment() {
  if (impl_->segments_out.empty()) return std::nullopt;
  return impl_->segments_out.take_front();
}

std::optional<Event> Connection::take_event() {
  if (impl_->events_out.empty()) return std::nullopt;
  return impl_->events_out.take_front();
}

void Connection::Impl::finish_entry(Instant now) {
  point::decided(*this, now);
  if (tcb.state != State::kClosed) {
    leave_persist();
    output(now);
    if (outstanding() && !was_outstanding) progress_at = now;
    was_outstanding = outstanding();
    enter_persist(now);
    update_tail_loss_probe(now);
    set_give_up_timer(now);
    update_keepalive_timer();
    if (send_was_full && send_queue.size() < config.send_buffer && !close_requested) {
      send_was_full = false;
      emit(EventKind::kWritable);
    }
  }
  read_out_recovery();
  tcb.urgent_unread = urgent_remaining();
  tcb.ecn_on = ecn.may_send_ect();
  tcb.unread = static_cast<std::uint32_t>(receive_queue.size());
  tcb.unsent = unsent_octets();
  tcb.in_flight = tcb.state == State::kClosed ? 0 : static_cast<std::uint32_t>(tcb.snd.nxt - tcb.snd.una);
  tcb.out_of_order = static_cast<std::uint32_t>(reassembly.octets());
  point::settled(*this, now);
}

void Connection::Impl::serve(Timer timer, Instant now) {
  switch (timer) {
    case Timer::kTimeWait:  // RFC 9293 §3.10.8: the TIME-WAIT timeout deletes the TCB.
    case Timer::kFinWait2:
      return become_closed(EventKind::kClosed, CallError::kNone);
    case Timer::kGiveUp:
      // RFC 9293 §3.8.3 (c) [MUST-20] at R2, §3.10.8 at the user timeout: flush, tell the user, CLOSED. The
      // peer is not told: it does not hear us.
      return become_closed(timeout_event(), timeout_error());
    case Timer::kRetransmit:
      return on_retransmission_timeout(now);
    case Timer::kReorder:
      return detect_by_rack(now);
    case Timer::kTailLossProbe:
      return on_tail_loss_probe(now);
    case Timer::kPersist:
      return on_persist_timeout(now);
    case Timer::kSwsOverride:
      override_fired = true;
      return;
    case Timer::kDelayedAck:
      ack_now = true;
      return;
    case Timer::kCongestionPause:  // RFC 3168 §6.1.2: new text may leave again
      return;
    case Timer::kKeepalive:
      return on_keepalive_timeout(now);
    case Timer::kCount:
      break;
  }
  CHECK(false);
}

// RFC 9293 §3.10: "flush all queues, delete the TCB, enter CLOSED". After an orderly end the user may still
// take what had arrived; after an error it may not.
void Connection::Impl::become_closed(std::optional<EventKind> tell, CallError why) {
  enter_state(tcb, State::kClosed);
  timers.stop_all();
  send_queue.clear();
  push_marks.clear();
  retransmission_queue.clear();
  reassembly.clear();
  held_for_established.reset();
  if (why != CallError::kNone) receive_queue.clear();
  queue_base = tcb.snd.nxt;
  ack_now = false;
  error = why;
  if (tell) emit(*tell);
}

// RFC 9293 §3.10.7.4 second and fourth: a passive open falls back to LISTEN and its user is not told. The
// listener itself never left that state, so this child ends.
void Connection::Impl::return_to_listen() {
  enter_state(tcb, State::kListen);
  become_closed(std::nullopt, CallError::kNone);
}

void Connection::Impl::enter_time_wait(Instant now) {
  if (tcb.state != State::kTimeWait) {
    enter_state(tcb, State::kTimeWait);
    timers.stop_all();
  }
  // RFC 9293 §3.4.2 [MUST-13]: 2 MSL from now on; the other timers are off.
  timers.start(Timer::kTimeWait, now + config.msl * 2);
}

void Connection::Impl::start_fin_wait_2_timer(Instant now) {
  // No timeout in RFC 9293. The one that stacks in the field add is for connections that nobody can read.
  if (tcb.state != State::kFinWait2 || !stopped_receiving) return;
  if (config.fin_wait_2_timeout == Duration::nanos(0)) return;
  timers.start(Timer::kFinWait2, now + config.fin_wait_2_timeout);
}

void Connection::Impl::set_give_up_timer(Instant now) {
  Instant at = Instant::never();
  if (!retransmission_queue.empty() && !must_probe_window()) {
    // RFC 9293 §3.8.3 [MUST-20]: R2 bounds how long one segment is repeated. A SYN has its own [MUST-23]. R1
    // asks the IP layer for another route [MUST-20 (b)]; a host with one link has none.
    const Sent& oldest = retransmission_queue.front();
    at = std::max(oldest.first_sent, progress_at) + (syn_acked ? config.r2_data : config.r2_syn);
  }
  if (config.user_timeout > Duration::nanos(0) && outstanding())
    at = std::min(at, progress_at + config.user_timeout);
  timers.start(Timer::kGiveUp, at == Instant::never() ? at : std::max(at, now));
}

}  // namespace tcpspec::tcp
