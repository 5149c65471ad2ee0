#include "harness/sim/peer.h"

#include <algorithm>

#include "harness/packet/stream.h"
#include "stack/base/check.h"
#include "stack/base/random.h"
#include "stack/net/host.h"

namespace tcpspec::sim {
namespace {

constexpr std::size_t kChunk = 65'536;
constexpr std::size_t kAhead = 4 * kChunk;  // of the pattern, made at once

tcp::EcnMode ecn_mode(PeerEcn ecn) {
  switch (ecn) {
    case PeerEcn::kOff:
      return tcp::EcnMode::kOff;
    case PeerEcn::kAccept:
      return tcp::EcnMode::kAccept;
    case PeerEcn::kRequest:
      return tcp::EcnMode::kRequest;
  }
  CHECK(false);
  return tcp::EcnMode::kOff;
}

void apply_knobs(const PeerSetup& setup, tcp::Config& config) {
  config.sack_permitted = setup.sack.value_or(config.sack_permitted);
  config.timestamps = setup.timestamps.value_or(config.timestamps);
  config.window_scaling = setup.window_scaling.value_or(config.window_scaling);
  config.nagle = setup.nagle.value_or(config.nagle);
  if (setup.ecn) config.ecn = ecn_mode(*setup.ecn);
  config.window_shift = setup.window_shift.value_or(config.window_shift);
  config.receive_buffer = setup.receive_buffer.value_or(config.receive_buffer);
  config.send_buffer = setup.send_buffer.value_or(config.send_buffer);
  config.delayed_ack = setup.delayed_ack.value_or(config.delayed_ack);
  config.fin_wait_2_timeout = setup.fin_wait_2_timeout.value_or(config.fin_wait_2_timeout);
  config.keepalive = setup.keepalive_idle.has_value();
  config.keepalive_idle = setup.keepalive_idle.value_or(config.keepalive_idle);
  config.keepalive_interval = setup.keepalive_interval.value_or(config.keepalive_interval);
}

net::HostConfig host_config(const PeerSetup& setup) {
  net::HostConfig config;
  config.v6 = IpAddress::any(IpVersion::kV6);
  (setup.local.address.is_v4() ? config.v4 : config.v6) = setup.local.address;
  config.mtu = setup.mtu;
  config.seed = setup.seed;
  Random random = Random(setup.seed).fork(0x70656572);
  for (std::uint8_t& octet : config.isn_secret) octet = static_cast<std::uint8_t>(random.next32() >> 24);
  const bool v4 = setup.local.address.is_v4();
  config.tcp.mss = config.tcp.path_mss = static_cast<std::uint16_t>(setup.mtu - (v4 ? 40 : 60));
  config.tcp.send_mss_default = v4 ? 536 : 1220;
  apply_knobs(setup, config.tcp);
  const Status valid = tcp::validate(config.tcp);
  CHECK(valid.ok());
  return config;
}

}  // namespace

struct Peer::Impl {
  explicit Impl(const PeerSetup& s) : setup(s), host(host_config(s)) {}

  void serve(Instant now);
  void notice_events(Instant now);
  void read(Instant now);
  void feed(Instant now);
  [[nodiscard]] ByteView pattern(std::uint64_t offset, std::size_t count);
  void adopt(std::optional<net::SocketId> child, Instant now);
  [[nodiscard]] const tcp::Tcb* tcb() const { return socket ? host.status(*socket) : nullptr; }

  PeerSetup setup;
  net::Host host;
  std::optional<net::SocketId> listener, socket;
  std::uint64_t to_send = 0, sent = 0, received = 0;
  std::uint64_t read_limit = UINT64_MAX;
  Bytes ahead;  // the pattern from `ahead_at`
  std::uint64_t ahead_at = 0;
  std::optional<std::uint64_t> corrupt_at;
  bool close_wanted = false;  // after what is queued
  bool shut = false, released = false;
  bool established = false, eof = false, reset = false, timed_out = false, aborted = false;
};

void Peer::Impl::adopt(std::optional<net::SocketId> child, Instant now) {
  socket = child;
  if (!socket || !setup.one_connection) return;
  host.close(*listener, now);
  listener.reset();
}

void Peer::Impl::notice_events(Instant now) {
  while (const auto event = host.take_event()) {
    if (listener && !socket && event->socket == *listener) adopt(host.accept(*listener), now);
    if (!socket || event->socket != *socket) continue;
    switch (event->event.kind) {
      case tcp::EventKind::kEstablished:
        established = true;
        break;
      case tcp::EventKind::kRefused:
      case tcp::EventKind::kReset:
        reset = true;
        break;
      case tcp::EventKind::kTimedOut:
      case tcp::EventKind::kUnreachable:
        timed_out = true;
        break;
      case tcp::EventKind::kReadable:
      case tcp::EventKind::kUrgent:
      case tcp::EventKind::kWritable:
      case tcp::EventKind::kClosed:
        break;
    }
  }
}

void Peer::Impl::read(Instant now) {
  while (!eof && received < read_limit) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, read_limit - received));
    const tcp::ReceiveResult got = host.receive(*socket, most, now);
    if (!got.data.empty() && !corrupt_at) {
      const std::size_t good = packet::stream_mismatch(received, got.data);
      if (good < got.data.size()) corrupt_at = received + good;
    }
    if (setup.on_received && !got.data.empty()) setup.on_received(got.data);
    received += got.data.size();
    eof = got.end_of_stream;
    if (got.data.empty()) return;
  }
}

ByteView Peer::Impl::pattern(std::uint64_t offset, std::size_t count) {
  if (offset < ahead_at || offset + count > ahead_at + ahead.size()) {
    ahead = packet::stream(
        offset, std::max(count, static_cast<std::size_t>(std::min<std::uint64_t>(to_send - offset, kAhead))));
    ahead_at = offset;
  }
  return ByteView(ahead).subspan(static_cast<std::size_t>(offset - ahead_at), count);
}

void Peer::Impl::feed(Instant now) {
  while (sent < to_send && !shut) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(to_send - sent, kChunk));
    const ByteView text = pattern(sent, count);
    const std::size_t accepted = host.send(*socket, text, true, now).accepted;
    if (setup.on_sent && accepted > 0) setup.on_sent(text.first(accepted));
    sent += accepted;
    if (accepted < count) return;
  }
  if (close_wanted && !shut && tcb() != nullptr) {
    shut = true;
    host.shutdown_write(*socket, now);
  }
}

void Peer::Impl::serve(Instant now) {
  notice_events(now);
  if (listener && !socket) adopt(host.accept(*listener), now);
  if (!socket || released) return;
  const tcp::Tcb* block = tcb();
  const bool open = block != nullptr && block->state != tcp::State::kSynSent &&
                    block->state != tcp::State::kSynReceived && block->state != tcp::State::kListen &&
                    block->state != tcp::State::kClosed;
  established = established || open;
  if (open) {
    read(now);
    feed(now);
  } else if (block == nullptr && established && !reset && !timed_out && !aborted) {
    read(now);  // what had arrived before the connection ended in order
  }
  notice_events(now);
}

Peer::Peer(const PeerSetup& setup) : impl_(std::make_unique<Impl>(setup)) {}
Peer::~Peer() = default;

void Peer::on_packet(ByteView packet, Instant now) {
  impl_->host.on_packet(packet, now);
  impl_->serve(now);
}

void Peer::on_deadline(Instant now) {
  impl_->host.on_deadline(now);
  impl_->serve(now);
}

Instant Peer::next_deadline() const { return impl_->host.next_deadline(); }

std::optional<Bytes> Peer::take_packet() { return impl_->host.take_packet(); }

void Peer::connect(Instant now) {
  CHECK(!impl_->socket && !impl_->listener);
  impl_->socket = impl_->host.socket(impl_->setup.local.address.version());
  CHECK(impl_->host.bind(*impl_->socket, impl_->setup.local) == tcp::CallError::kNone);
  CHECK(impl_->host.connect(*impl_->socket, impl_->setup.remote, now) == tcp::CallError::kNone);
  impl_->serve(now);
}

void Peer::listen() {
  CHECK(!impl_->socket && !impl_->listener);
  impl_->listener = impl_->host.socket(impl_->setup.local.address.version());
  CHECK(impl_->host.bind(*impl_->listener, impl_->setup.local) == tcp::CallError::kNone);
  CHECK(impl_->host.listen(*impl_->listener, 1) == tcp::CallError::kNone);
}

void Peer::send(std::uint64_t count, Instant now) {
  impl_->to_send += count;
  impl_->serve(now);
}

void Peer::shutdown(Instant now) {
  impl_->close_wanted = true;
  impl_->serve(now);
}

void Peer::close(Instant now) {
  impl_->close_wanted = true;
  impl_->serve(now);
}

void Peer::abort(Instant now) {
  if (impl_->socket) impl_->host.abort(*impl_->socket, now);
  impl_->aborted = true;
}

void Peer::release(Instant now) {
  if (impl_->released || !impl_->socket) return;
  impl_->host.close(*impl_->socket, now);
  impl_->released = true;
}

void Peer::read_up_to(std::uint64_t offset, Instant now) {
  impl_->read_limit = offset;
  impl_->serve(now);
}

bool Peer::established() const { return impl_->established; }
std::uint64_t Peer::received() const { return impl_->received; }
std::optional<std::uint64_t> Peer::corrupt_at() const { return impl_->corrupt_at; }
bool Peer::eof() const { return impl_->eof; }

bool Peer::closed() const {
  if (!impl_->established || impl_->reset || impl_->timed_out || impl_->aborted) return false;
  const tcp::Tcb* tcb = impl_->tcb();
  return tcb == nullptr || tcb->state == tcp::State::kClosed || tcb->state == tcp::State::kTimeWait;
}

bool Peer::reset() const { return impl_->reset; }
bool Peer::timed_out() const { return impl_->timed_out; }
std::uint64_t Peer::sent() const { return impl_->sent; }
bool Peer::gone() const {
  return impl_->host.connection_count() == 0 && impl_->host.next_deadline() == Instant::never();
}

std::string Peer::status() const {
  const Impl& peer = *impl_;
  const tcp::Tcb* tcb = peer.tcb();
  std::string text = tcb != nullptr   ? tcp::to_string(tcb->state)
                     : !peer.socket   ? "not yet open"
                     : peer.reset     ? "reset"
                     : peer.timed_out ? "timed out"
                     : peer.aborted   ? "aborted"
                                      : "CLOSED";
  text += ", sent " + std::to_string(peer.sent) + " of " + std::to_string(peer.to_send) + ", received " +
          std::to_string(peer.received);
  if (tcb != nullptr) text += ", unacknowledged " + std::to_string(tcb->in_flight);
  if (peer.eof) text += ", end of file";
  if (peer.corrupt_at) text += ", octet " + std::to_string(*peer.corrupt_at) + " is not the stream's";
  return text;
}

}  // namespace tcpspec::sim
