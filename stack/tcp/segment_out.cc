// Building and queueing what leaves: numbers, window, options.
#include <algorithm>
#include <utility>

#include "stack/tcp/fault_points.h"
#include "stack/tcp/impl.h"

namespace tcpspec::tcp {
namespace {

// Octets of options in the 32-bit words that the codec pads to.
constexpr std::uint32_t kTimestampsRoom = 12;
constexpr std::uint32_t sack_room(std::size_t blocks) {
  return blocks == 0 ? 0 : 4 + 8 * static_cast<std::uint32_t>(blocks);
}

}  // namespace

std::vector<wire::SackBlock> Connection::Impl::sack_blocks_now() const {
  // RFC 2018 §4 [MUST NOT]: none without the peer's SACK-permitted. While text is held, in every segment with
  // an ACK.
  if (!tcb.sack_on) return {};
  const std::size_t most = tcb.timestamps_on ? SackReport::kMostWithTimestamps : SackReport::kMost;
  return sack_report.blocks(tcb.rcv.nxt, reassembly, most);
}

std::uint32_t Connection::Impl::payload_limit() const {
  // RFC 9293 §3.7.1 [MUST-16], RFC 6691 §2: the MSS counts no options, so theirs come off the text. One octet
  // always goes, however small a peer's MSS.
  const std::uint32_t options =
      (tcb.timestamps_on ? kTimestampsRoom : 0) + sack_room(sack_blocks_now().size());
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
    add_ecn_setup(segment);
    if (ack ? tcb.timestamps_on : config.timestamps)
      segment.options.timestamps = wire::Timestamps{own_timestamp(now), ack ? tcb.ts_recent : 0};
    return segment;
  }
  if (tcb.timestamps_on)
    // RFC 7323 §3.2: in every segment; the echo is valid, and not zero, only with the ACK bit.
    segment.options.timestamps = wire::Timestamps{own_timestamp(now), ack ? tcb.ts_recent : 0};
  if (!ack) return segment;
  if (ecn.echoes()) segment.flags = segment.flags | wire::Flag::kEce;
  add_urgent(segment);
  update_receive_window();
  segment.window = static_cast<std::uint16_t>(tcb.rcv.wnd >> tcb.rcv.shift);
  segment.options.sack_blocks = sack_blocks_now();
  return segment;
}

void Connection::Impl::put_out(wire::Segment segment) {
  note_packet_sent(segment);
  if (segment.has_ack() && !segment.rst()) {
    // Whatever carries RCV.NXT settles the ACK that was owed: RFC 9293 §3.8.6.3, piggybacking.
    ack_now = false;
    unacked_octets = 0;
    unacked_full_segments = 0;
    last_ack_sent = segment.ack;
    if (segment.flags.has(wire::Flag::kEce) && !segment.syn()) ecn.acknowledged();
    timers.stop(Timer::kDelayedAck);
    // RFC 2883 §4 (2): a duplicate is told once.
    sack_report.forget();
  }
  if (point::leaves(*this, segment)) segments_out.push_back(std::move(segment));
}

void Connection::Impl::send_ack(Instant now) {
  // <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>
  put_out(make_segment(tcb.snd.nxt, wire::Flag::kAck, now));
}

}  // namespace tcpspec::tcp
