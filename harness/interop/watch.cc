#include "harness/interop/watch.h"

#include <utility>

#include "harness/packet/explain.h"

namespace tcpspec::interop {
namespace {

// Control bits: RFC 9293 §3.1.
constexpr std::uint16_t kFinBit = 0x01, kSynBit = 0x02, kRstBit = 0x04, kAckBit = 0x10;
constexpr std::uint8_t kFromPeer = 0, kToPeer = 1, kFromTarget = 2, kToTarget = 3;

run::TraceEvent event_of(run::TraceKind kind, ByteView packet, const target::Stamp& at) {
  run::TraceEvent event;
  event.kind = kind;
  event.at = at;
  event.packet.assign(packet.begin(), packet.end());
  event.matched = true;  // no script here that could have expected it
  return event;
}

}  // namespace

Watch::Watch(const IpAddress& target, const IpAddress& peer, std::size_t keep, bool hashed)
    : peer_monitor_(peer, monitor::Before::kNothingOpen),
      target_monitor_(target, monitor::Before::kNothingOpen),
      keep_(keep),
      hashed_(hashed) {}

void Watch::learn(Side& side, const packet::Image& image) {
  ++side.sent.packets;
  if (!image.tcp) return;
  const packet::TcpHeader& tcp = *image.tcp;
  const std::uint32_t length = image.sequence_length();
  const Seq32 begin(tcp.seq), end = begin + length;
  side.sent.octets += image.payload.size();
  if ((tcp.flags & kRstBit) != 0) {
    // A side whose end was acknowledged may know nothing of the connection any more: RFC 9293 §3.10.7.1.
    if (!side.sent.fin_acknowledged) ++side.sent.resets;
    return;
  }
  side.last = Last{image.source(), image.destination(), tcp.seq + length, tcp.ack};
  if ((tcp.flags & kSynBit) != 0) {
    if (side.isn != tcp.seq) side.highest.reset();
    side.isn = tcp.seq;
  }
  if ((tcp.flags & kFinBit) != 0) {
    side.sent.fin = true;
    side.fin_end = end;
  }
  if (length == 0) return;
  if (side.highest && begin.before(*side.highest)) ++side.sent.retransmissions;
  if (!side.highest || end.after(*side.highest)) side.highest = end;
}

void Watch::acknowledge(Side& side, const packet::Image& image) {
  if (!side.fin_end || !image.tcp || (image.tcp->flags & kAckBit) == 0 || (image.tcp->flags & kRstBit) != 0)
    return;
  if (Seq32(image.tcp->ack).at_or_after(*side.fin_end)) side.sent.fin_acknowledged = true;
}

void Watch::hash(std::uint8_t where, ByteView packet, Instant at) {
  if (!hashed_) return;
  hash_.add(where);
  hash_.add(static_cast<std::uint64_t>(at.nanos()));
  hash_.add(packet.size());
  hash_.add(packet);
}

void Watch::from_peer(ByteView packet, Instant at) {
  hash(kFromPeer, packet, at);
  peer_monitor_.packet(monitor::Side::kFromTarget, packet, at);
  learn(sides_[0], packet::decode(packet));
}

void Watch::to_peer(ByteView packet, Instant at, bool corrupted) {
  hash(kToPeer, packet, at);
  peer_monitor_.packet(monitor::Side::kToTarget, packet, at);
  if (!corrupted && sides_[0].fin_end) acknowledge(sides_[0], packet::decode(packet));
}

void Watch::from_target(ByteView packet, const target::Stamp& at) {
  settled(at.earliest);
  hash(kFromTarget, packet, at.earliest);
  target_monitor_.packet(monitor::Side::kFromTarget, packet, at.earliest);
  learn(sides_[1], packet::decode(packet));
  keep(event_of(run::TraceKind::kPacketOut, packet, at));
}

void Watch::to_target(ByteView packet, const target::Stamp& at, bool corrupted) {
  hash(kToTarget, packet, at.latest);
  injected_.push_back({Bytes(packet.begin(), packet.end()), at.latest});
  if (!corrupted && sides_[1].fin_end) acknowledge(sides_[1], packet::decode(packet));
  keep(event_of(run::TraceKind::kPacketIn, packet, at));
}

void Watch::settled(Instant at) {
  while (!injected_.empty() && injected_.front().at <= at) {
    target_monitor_.packet(monitor::Side::kToTarget, injected_.front().packet, injected_.front().at);
    injected_.pop_front();
  }
}

void Watch::note(std::string text, Instant at) {
  run::TraceEvent event;
  event.at = target::Stamp::at(at);
  event.text = std::move(text);
  keep(std::move(event));
}

void Watch::keep(run::TraceEvent event) {
  if (on_event) {
    run::TraceEvent now = event;
    now.text = text(event);
    on_event(now);
  }
  if (keep_ == 0) return;
  if (events_.size() == keep_) events_.pop_front();
  events_.push_back(std::move(event));
}

std::string Watch::text(const run::TraceEvent& event) const {
  if (event.packet.empty()) return event.text;
  const std::size_t sender = event.kind == run::TraceKind::kPacketOut ? 1 : 0;
  const packet::Numbering numbering{sides_[sender].isn.value_or(0), sides_[1 - sender].isn.value_or(0)};
  return packet::summary(packet::decode(event.packet), numbering);
}

run::Trace Watch::trace() const {
  run::Trace trace;
  for (const run::TraceEvent& event : events_) {
    trace.events.push_back(event);
    trace.events.back().text = text(event);
  }
  return trace;
}

}  // namespace tcpspec::interop
