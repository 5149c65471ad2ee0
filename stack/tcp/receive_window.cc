// RCV.WND: what we offer, RFC 9293 §3.8.6.2.2, with the granularity of RFC 7323 §2.3.
#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {
namespace {

constexpr std::uint32_t kMostField = 65535;

std::uint32_t round_up(std::uint32_t octets, std::uint8_t shift) {
  const std::uint32_t unit = 1U << shift;
  return (octets + unit - 1) / unit * unit;
}

}  // namespace

Reassembly::Limits Connection::Impl::reassembly_limits() const {
  // A scaled window is a multiple of its unit, so its edge may lie that much beyond the buffer.
  const std::uint32_t unit = config.window_scaling ? 1U << config.window_shift : 1U;
  return {config.receive_buffer + unit, config.most_reassembly_blocks};
}

std::uint32_t Connection::Impl::receive_space() const {
  const auto held = static_cast<std::uint32_t>(receive_queue.size());
  const std::uint32_t space = config.receive_buffer - std::min(config.receive_buffer, held);
  return std::min(space >> tcb.rcv.shift, kMostField) << tcb.rcv.shift;
}

// Called for each segment that will carry a window. SYNs have their own rule: the field is not scaled.
void Connection::Impl::update_receive_window() {
  const std::uint32_t space = receive_space();
  // RFC 9293 §3.8.6.2.2 [MUST-39]: the right edge stays until it can move by half the buffer or by a full
  // segment, whichever is less.
  const std::uint32_t step = std::min<std::uint32_t>(std::max(config.receive_buffer / 2, 1U), config.mss);
  if (space >= tcb.rcv.wnd && space - tcb.rcv.wnd >= step) tcb.rcv.wnd = space;
  // RFC 9293 §3.8.6 [SHLD-14]: the edge does not move left, so a scaled window is rounded up, not down.
  tcb.rcv.wnd = std::min(round_up(tcb.rcv.wnd, tcb.rcv.shift), kMostField << tcb.rcv.shift);
}

bool Connection::Impl::window_update_due() const {
  // The user made room. The peer is told without being asked only when it may have come to a stop: when the
  // window could at least double. Else the next ACK tells it.
  const std::uint32_t space = receive_space();
  const std::uint32_t step = std::min<std::uint32_t>(std::max(config.receive_buffer / 2, 1U), config.mss);
  return space >= tcb.rcv.wnd && space - tcb.rcv.wnd >= step && space / 2 >= tcb.rcv.wnd;
}

}  // namespace tcpspec::tcp
