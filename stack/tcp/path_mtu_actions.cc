// What a connection does with ICMP errors about its segments: the size of what it sends (RFC 1191 §6.4, RFC
// 8201 §5.4), and soft and hard errors (RFC 9293 §3.9.2.2, RFC 5461). The host has checked the quote.
#include <algorithm>
#include <utility>

#include "stack/tcp/impl.h"
#include "stack/wire/tcp_options.h"

namespace tcpspec::tcp {

TooBig Connection::packet_too_big(std::uint32_t claimed_mtu, Seq32 quoted, Instant now) {
  if (!config_.path_mtu_discovery || tcb_.state == State::kClosed) return TooBig::kIgnored;
  const TooBig verdict = impl_->path.too_big(claimed_mtu, quoted, config_.path_mtu_timeouts);
  if (verdict != TooBig::kLowered) return verdict;
  impl_->update_send_mss();
  impl_->resend_too_big(now);
  impl_->finish_entry(now);
  return verdict;
}

void Connection::path_mtu_lowered(std::uint32_t mtu) {
  if (config_.path_mtu_discovery && impl_->path.lower_to(mtu)) impl_->update_send_mss();
}

void Connection::path_mtu_raised(std::uint32_t mtu) {
  // RFC 1191 §6.3: nothing is sent again because of it; what is sent next may be larger.
  impl_->path.raise_to(mtu);
  impl_->update_send_mss();
}

std::uint32_t Connection::path_mtu() const { return impl_->path.mtu(); }

std::optional<std::uint32_t> Connection::take_lowered_path_mtu() {
  return std::exchange(impl_->lowered_by_timeout, std::nullopt);
}

bool Connection::dont_fragment() const {
  // RFC 1191 §2, §3: DF on every packet of a path whose MTU is being discovered. Where the path takes less
  // than the least segment we are willing to send, routers may fragment.
  if (!config_.path_mtu_discovery) return false;
  return impl_->path.mtu() >= impl_->least_path_mtu();
}

void Connection::icmp_soft_error() { impl_->soft_error = true; }

bool Connection::icmp_hard_error(Instant now) {
  const bool handshake = tcb_.state == State::kSynSent || tcb_.state == State::kSynReceived;
  // RFC 5927 §5.2: once synchronized, a hard error may be forged or transient, and counts as soft. RFC 9293
  // §3.9.2.2 [SHLD-26] would abort always; Config::hard_errors chooses. RFC 5461 §3: before that, it ends
  // the attempt.
  if (!handshake && config_.hard_errors == HardErrors::kSoftOnceSynchronized) {
    icmp_soft_error();
    return false;
  }
  if (!handshake) impl_->send_abort_reset(now);
  impl_->become_closed(EventKind::kUnreachable, CallError::kUnreachable);
  impl_->finish_entry(now);
  return true;
}

void Connection::Impl::start_path() {
  path = PathMtu(tcb.local.address.version(), config.path_mss + header_octets(tcb.local.address.version()));
}

void Connection::Impl::set_peer_mss(std::uint16_t mss) {
  peer_mss = mss;
  update_send_mss();
}

std::uint32_t Connection::Impl::least_path_mtu() const {
  return std::min(config.least_path_mss, config.path_mss) + header_octets(tcb.local.address.version());
}

void Connection::Impl::update_send_mss() {
  // RFC 1191 §6.4, RFC 8201 §5.4: neither more than the path carries nor than the peer announced [MUST-16].
  // The least that an ICMP message can bring about is Config::least_path_mss: RFC 5927 §7.1, a path of 68
  // octets is an attack, or is served by fragments (dont_fragment()).
  const std::uint32_t most =
      std::max(path.mtu(), least_path_mtu()) - header_octets(tcb.local.address.version());
  tcb.send_mss =
      static_cast<std::uint16_t>(std::min({std::uint32_t{peer_mss}, std::uint32_t{config.path_mss}, most}));
}

std::uint32_t Connection::Impl::packet_octets(std::uint32_t text) const {
  constexpr std::uint32_t kTimestampsRoom = 12;
  return header_octets(tcb.local.address.version()) + (tcb.timestamps_on ? kTimestampsRoom : 0) + text;
}

void Connection::Impl::note_packet_sent(const wire::Segment& segment) {
  if (segment.payload.empty()) return;
  const auto sack = static_cast<std::uint32_t>(segment.options.sack_blocks.size());
  path.packet_sent(packet_octets(static_cast<std::uint32_t>(segment.payload.size())) +
                   (sack == 0 ? 0 : 4 + 8 * sack));
}

// SND.UNA is about to become `una`. The records of what it acknowledges are still there.
void Connection::Impl::note_arrived(Seq32 una) {
  for (const Sent& sent : retransmission_queue.records()) {
    if (sent.end.after(una)) break;
    path.packet_acked(packet_octets(sent.length()));
  }
  path.progress(una);
  // What was unreachable for a while is not any more.
  soft_error = false;
}

// Before the timed-out segment is sent again.
void Connection::Impl::path_mtu_timed_out() {
  if (!path.timed_out(config.path_mtu_timeouts)) return;
  update_send_mss();
  lowered_by_timeout = path.mtu();
}

// RFC 1191 §6.4: what a router refused may be sent again at once, in smaller pieces. RFC 8201 §5.4: that is
// no sign of congestion. So neither the congestion window nor the RTO change, and no retransmission is
// counted. One segment goes out; the ACKs that it brings clock out the others, which were refused as well.
void Connection::Impl::resend_too_big(Instant now) {
  if (!can_send_text(tcb.state) || !syn_acked || must_probe_window()) return;
  resegment_to(path.mtu() - packet_octets(0));
  if (retransmission_queue.lost_octets() > 0) restart_retransmission_timer(now);
}

EventKind Connection::Impl::timeout_event() const {
  // RFC 1122 §4.2.3.9, RFC 5461 §2.2: a soft error ends nothing, but says why nothing was heard.
  return soft_error ? EventKind::kUnreachable : EventKind::kTimedOut;
}

CallError Connection::Impl::timeout_error() const {
  return soft_error ? CallError::kUnreachable : CallError::kTimedOut;
}

}  // namespace tcpspec::tcp
