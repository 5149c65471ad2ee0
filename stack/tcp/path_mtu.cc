#include "stack/tcp/path_mtu.h"

#include <algorithm>

namespace tcpspec::tcp {

void PathMtu::packet_sent(std::uint32_t size) { sent_ = std::max(sent_, size); }

void PathMtu::packet_acked(std::uint32_t size) { acked_ = std::max(acked_, size); }

void PathMtu::progress(Seq32 una) {
  timeouts_ = 0;
  // RFC 5927 §7.2: what was said to be too big has arrived, so the message was false.
  if (pending_ && una.after(pending_->seq)) pending_.reset();
}

TooBig PathMtu::too_big(std::uint32_t claimed, Seq32 seq, int honour_after) {
  // RFC 1191 §3, RFC 8201 §4: no estimate below the least that every path carries. A message that asks for
  // one is discarded as a whole.
  if (claimed < minimum_) return TooBig::kIgnored;
  // RFC 1191 §3, RFC 8201 §4: a message never raises the estimate.
  if (claimed >= mtu_) return TooBig::kIgnored;
  // RFC 5927 §7.2: no router refused a packet that is no larger than what it says it takes. RFC 1191 §6.4:
  // the later messages of one burst are recognized by it too: since the first was honoured, nothing larger
  // was sent, and nothing is sent again for them.
  if (claimed >= sent_) return TooBig::kIgnored;
  // RFC 5927 §7.2, Initial Path-MTU Discovery: nothing so large ever arrived, so the network is believed. In
  // Path-MTU Update the claim contradicts what arrived: it waits for timeouts.
  if (claimed >= acked_ || timeouts_ >= honour_after) {
    honour(claimed);
    return TooBig::kLowered;
  }
  pending_ = Pending{claimed, seq};
  return TooBig::kPending;
}

bool PathMtu::timed_out(int honour_after) {
  ++timeouts_;
  if (!pending_ || timeouts_ < honour_after) return false;
  const bool lower = pending_->claimed < mtu_;
  if (lower) honour(pending_->claimed);
  pending_.reset();
  return lower;
}

void PathMtu::honour(std::uint32_t claimed) {
  mtu_ = claimed;
  sent_ = minimum_;
  acked_ = std::min(acked_, claimed);
  timeouts_ = 0;
  pending_.reset();
}

bool PathMtu::lower_to(std::uint32_t mtu) {
  if (mtu >= mtu_ || mtu < minimum_ || acked_ > mtu) return false;
  mtu_ = mtu;
  return true;
}

void PathMtu::raise_to(std::uint32_t mtu) { mtu_ = std::max(mtu_, mtu); }

}  // namespace tcpspec::tcp
