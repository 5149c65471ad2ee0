// Building and queueing what leaves: numbers, window, options.
#include <algorithm>
#include <utility>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {
namespace {

// Octets of options in the 32-bit words that the codec pads to.
constexpr std::uint32_t kTimestampsRoom = 12;
constexpr std::uint32_t sack_room(std::size_t blocks) {
  return blocks == 0 ? 0 : 4 + 8 * static_cast<std::uint32_t>(blocks);
}

}  // namespace

std::size_t Connection::Impl::sack_blocks_now() const {
  // RFC 2018 §3: four blocks fit into the option space, three beside timestamps.
  if (!tcb.sack_on || !reassembly.has_holes()) return 0;
  const std::size_t most = tcb.timestamps_on ? 3 : 4;
  return reassembly.sack_blocks(most).size();
}

std::uint32_t Connection::Impl::payload_limit() const {
  // RFC 9293 §3.7.1 [MUST-16], RFC 6691 §2: the MSS counts no options, so theirs come off the text. One octet
  // always goes, however small a peer's MSS.
  const std::uint32_t options = (tcb.timestamps_on ? kTimestampsRoom : 0) + sack_room(sack_blocks_now());
  return std::max<std::uint32_t>(tcb.send_mss, options + 1) - options;
}

wire::Segment Connection::Impl::make_segment(Seq32 seq, wire::Flags flags, Instant now) {
  wire::Segment segment;
  segment.source = tcb.local;
  segment.destination = tcb.remote;
  segment.seq = seq;
  segment.flags = flags;
  const bool ack = flags.has(wire::Flag::kAck);
  if (ack) segment.ack = tcb.rcv.nxt;
  if (flags.has(wire::Flag::kSyn)) {
    // RFC 7323 §2.2: the window of a SYN is never scaled. It is one that a scaled segment can repeat, so that
    // the right edge does not move left after it.
    const std::uint8_t shift = (ack ? scaling_agreed : config.window_scaling) ? own_shift() : 0;
    tcb.rcv.wnd = std::min<std::uint32_t>(config.receive_buffer, 65535) >> shift << shift;
    segment.window = static_cast<std::uint16_t>(tcb.rcv.wnd);
    add_syn_options(segment.options, ack);
    if (ack ? tcb.timestamps_on : config.timestamps)
      segment.options.timestamps = wire::Timestamps{timestamp_clock(now), ack ? tcb.ts_recent : 0};
    return segment;
  }
  if (tcb.timestamps_on)
    // RFC 7323 §3.2: in every segment; the echo is valid, and not zero, only with the ACK bit.
    segment.options.timestamps = wire::Timestamps{timestamp_clock(now), ack ? tcb.ts_recent : 0};
  if (!ack) return segment;
  update_receive_window();
  segment.window = static_cast<std::uint16_t>(tcb.rcv.wnd >> tcb.rcv.shift);
  segment.options.sack_blocks = reassembly.sack_blocks(sack_blocks_now());
  return segment;
}

void Connection::Impl::put_out(wire::Segment segment) {
  if (segment.has_ack() && !segment.rst()) {
    // Whatever carries RCV.NXT settles the ACK that was owed: RFC 9293 §3.8.6.3, piggybacking.
    ack_now = false;
    unacked_octets = 0;
    unacked_full_segments = 0;
    last_ack_sent = segment.ack;
    timers.stop(Timer::kDelayedAck);
  }
  segments_out.push_back(std::move(segment));
}

void Connection::Impl::send_ack(Instant now) {
  // <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>
  put_out(make_segment(tcb.snd.nxt, wire::Flag::kAck, now));
}

}  // namespace tcpspec::tcp
