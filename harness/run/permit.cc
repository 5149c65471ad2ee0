#include "harness/run/permit.h"

#include <algorithm>

#include "harness/scenario/scenario.h"

namespace tcpspec::run {
namespace {

using scenario::kAck;
using scenario::kFin;
using scenario::kRst;
using scenario::kSyn;

constexpr std::uint8_t kWscaleKind = 3, kSackPermittedKind = 4;

}  // namespace

std::string_view Permit::sent(const packet::Image& image, const target::Stamp& at) {
  if (!image.tcp) return "";
  const std::string_view permitted = classify(image, at);
  remember(image, at);
  return permitted;
}

std::string_view Permit::classify(const packet::Image& image, const target::Stamp& at) {
  const packet::TcpHeader& tcp = *image.tcp;
  if (!max_ || (tcp.flags & kRst) != 0) return "";
  const std::uint32_t length = image.sequence_length();
  if (length == 0) return classify_ack(tcp);
  const Seq32 start(tcp.seq);
  return classify_repeat(start, start + length, at);
}

std::string_view Permit::classify_ack(const packet::TcpHeader& tcp) const {
  if ((tcp.flags & kAck) == 0 || last_ack_ != tcp.ack || Seq32(tcp.seq) != *max_) return "";
  const std::uint32_t window = scaled_window(tcp);
  if (window == last_window_) return "repeated ACK";
  return window > last_window_ ? "window update" : "";
}

// Octets that were all sent before and were not all acknowledged when they left: our last ACK may cross them.
std::string_view Permit::classify_repeat(Seq32 start, Seq32 end, const target::Stamp& at) {
  const bool crossed = acknowledged_at_ && at.earliest < acknowledged_at_->latest;
  const Seq32 una = crossed ? before_una_ : *una_;
  if (start.before(*first_) || end.after(*max_) || !end.after(una)) return "";
  std::optional<Instant> last;
  for (const Transmission& t : sent_) {
    if (t.start.before(end) && start.before(t.end))
      last = std::max(last.value_or(t.at.earliest), t.at.earliest);
  }
  if (!last) return "";
  if (at.latest >= *last + min_rto_) return "retransmission";
  // RFC 8985 §7.2: with SACK, one probe of the tail after two round trips, or a second where none is known.
  const Duration pto = srtt_ ? *srtt_ * 2 : Duration::seconds(1);
  const bool probe = target_sack_ && tester_sack_ && !probed_ && end == *max_ && at.latest >= *last + pto;
  if (probe) probed_ = true;
  return probe ? "tail-loss probe" : "";
}

std::uint32_t Permit::scaled_window(const packet::TcpHeader& tcp) const {
  const bool scaled = target_shift_ && tester_shift_ && (tcp.flags & kSyn) == 0;
  return std::uint32_t{tcp.window} << (scaled ? std::min<int>(*target_shift_, 14) : 0);
}

void Permit::begin_incarnation(const packet::TcpHeader& syn) {
  const Seq32 start(syn.seq);
  if (first_ && *first_ == start) return;
  sent_.clear();
  first_ = una_ = max_ = start;
  srtt_.reset();
  acknowledged_at_.reset();
  probed_ = target_sack_ = false;
  target_shift_.reset();
  for (const packet::Option& option : packet::split_options(syn.options)) {
    if (option.kind == kSackPermittedKind) target_sack_ = true;
    if (option.kind == kWscaleKind && option.data.size() == 1) target_shift_ = option.data[0];
  }
}

void Permit::remember(const packet::Image& image, const target::Stamp& at) {
  const packet::TcpHeader& tcp = *image.tcp;
  if ((tcp.flags & kRst) != 0) return;
  if ((tcp.flags & kSyn) != 0) begin_incarnation(tcp);
  const Seq32 start(tcp.seq);
  if (!first_) first_ = una_ = max_ = start;
  const std::uint32_t length = image.sequence_length();
  if (length > 0) {
    const bool repeated = start.before(*max_);
    for (Transmission& t : sent_) {
      if (repeated && t.start.before(start + length) && start.before(t.end)) t.repeated = true;
    }
    sent_.push_back({start, start + length, at, repeated});
    max_ = later(*max_, start + length);
  }
  if ((tcp.flags & kAck) != 0) {
    last_ack_ = tcp.ack;
    last_window_ = scaled_window(tcp);
  }
}

void Permit::injected(const packet::Image& image, const target::Stamp& at) {
  if (!image.tcp) return;
  const packet::TcpHeader& tcp = *image.tcp;
  if ((tcp.flags & kSyn) != 0) {
    tester_sack_ = tester_shift_ = false;
    for (const packet::Option& option : packet::split_options(tcp.options)) {
      if (option.kind == kSackPermittedKind) tester_sack_ = true;
      if (option.kind == kWscaleKind) tester_shift_ = true;
    }
  }
  // A SYN or RST on an open connection brings no acknowledgment (RFC 9293 §3.10.7.4: second and fourth come
  // before fifth).
  if ((tcp.flags & (kSyn | kRst)) != 0 && una_ && *una_ != *first_) return;
  if ((tcp.flags & kAck) != 0 && una_ && Seq32(tcp.ack).after(*una_) && Seq32(tcp.ack).at_or_before(*max_)) {
    acknowledged(Seq32(tcp.ack), at);
  }
}

void Permit::acknowledged(Seq32 ack, const target::Stamp& at) {
  const auto newest = std::find_if(sent_.rbegin(), sent_.rend(),
                                   [&](const Transmission& t) { return t.end.at_or_before(ack); });
  // Karn's rule: only what was sent once says how long a round trip takes (RFC 6298 §3).
  if (newest != sent_.rend() && !newest->repeated && newest->end.after(*una_)) {
    const Duration sample = at.earliest - newest->at.latest;
    srtt_ = srtt_ ? (*srtt_ * 7 + sample) / 8 : sample;
  }
  before_una_ = *una_;
  acknowledged_at_ = at;
  una_ = ack;
  probed_ = false;
  std::erase_if(sent_, [&](const Transmission& t) { return t.end.at_or_before(before_una_); });
}

}  // namespace tcpspec::run
