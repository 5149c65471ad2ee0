// For the tests: packets of one connection by relative numbers, fed to a Monitor.
#ifndef HARNESS_MONITOR_CONVERSATION_H_
#define HARNESS_MONITOR_CONVERSATION_H_

#include <functional>
#include <string>
#include <vector>

#include "harness/monitor/monitor.h"
#include "harness/monitor/segment.h"
#include "harness/packet/image.h"
#include "harness/packet/stream.h"

namespace tcpspec::monitor {

// What a test varies after the packet was made and before, or after, it is sealed.
struct Extra {
  Bytes options;
  std::uint16_t window = 10'000;
  Bytes text;                                 // instead of the stream's pattern
  std::function<void(packet::Image&)> spoil;  // after sealing
};

class Conversation {
 public:
  explicit Conversation(Before before = Before::kNothingOpen, bool v6 = false)
      : own_{IpAddress::parse(v6 ? "fd00::1" : "10.0.0.1").value(), 80},
        peer_{IpAddress::parse(v6 ? "fd00::2" : "10.0.0.2").value(), 40000},
        monitor_(own_.address, before) {}

  // Numbers count from the ISNs; `length` octets of text.
  void in(std::uint16_t flags, std::int64_t seq, std::int64_t ack, std::uint32_t length = 0,
          const Extra& extra = {}) {
    packet(Side::kToTarget, flags, peer_isn, seq, own_isn, ack, length, extra);
  }
  void out(std::uint16_t flags, std::int64_t seq, std::int64_t ack, std::uint32_t length = 0,
           const Extra& extra = {}) {
    packet(Side::kFromTarget, flags, own_isn, seq, peer_isn, ack, length, extra);
  }
  void wait(Duration duration) { now_ = now_ + duration; }
  void raw(Side side, const Bytes& bytes) { monitor_.packet(side, bytes, now_); }

  // We open; the SYNs carry these options.
  void passive(const Bytes& ours = {}, const Bytes& theirs = {}, std::uint16_t our_window = 10'000) {
    in(kSyn, 0, -static_cast<std::int64_t>(own_isn), 0, {ours, our_window, {}, {}});
    out(kSyn | kAck, 0, 1, 0, {theirs, 10'000, {}, {}});
    in(kAck, 1, 1, 0, {stamped(ours, theirs), our_window, {}, {}});
  }
  // The target opens.
  void active(const Bytes& ours = {}, const Bytes& theirs = {}) {
    out(kSyn, 0, -static_cast<std::int64_t>(peer_isn), 0, {theirs, 10'000, {}, {}});
    in(kSyn | kAck, 0, 1, 0, {ours, 10'000, {}, {}});
    out(kAck, 1, 1, 0, {stamped(ours, theirs), 10'000, {}, {}});
  }

  [[nodiscard]] std::vector<std::string> broken() const {
    std::vector<std::string> ids;
    for (const Finding& finding : monitor_.findings()) ids.emplace_back(finding.rule->id);
    return ids;
  }
  [[nodiscard]] const std::vector<Finding>& findings() const { return monitor_.findings(); }

  std::uint32_t own_isn = 0xfffffff0, peer_isn = 5000;  // one of them wraps

 private:
  // Timestamps go on once both SYNs have them.
  static Bytes stamped(const Bytes& ours, const Bytes& theirs) {
    const bool both = read_options(ours).timestamps && read_options(theirs).timestamps;
    return both ? Bytes{1, 1, 8, 10, 0, 0, 0, 100, 0, 0, 0, 100} : Bytes{};
  }

  void packet(Side side, std::uint16_t flags, std::uint32_t isn, std::int64_t seq, std::uint32_t other_isn,
              std::int64_t ack, std::uint32_t length, const Extra& extra) {
    const bool in = side == Side::kToTarget;
    packet::Image image = in ? packet::make_tcp(peer_, own_) : packet::make_tcp(own_, peer_);
    image.tcp->flags = flags;
    image.tcp->seq = isn + static_cast<std::uint32_t>(seq);
    image.tcp->ack = other_isn + static_cast<std::uint32_t>(ack);
    image.tcp->window = extra.window;
    image.tcp->options = extra.options;
    const std::uint64_t offset = static_cast<std::uint64_t>(seq + ((flags & kSyn) != 0 ? 1 : 0) - 1);
    image.payload = extra.text.empty() ? packet::stream(offset, length) : extra.text;
    packet::seal(image);
    if (extra.spoil) extra.spoil(image);
    monitor_.packet(side, packet::encode(image), now_);
    now_ = now_ + Duration::millis(1);
  }

  Endpoint own_, peer_;
  Monitor monitor_;
  Instant now_;
};

// A TSval and TSecr below 256.
inline Bytes timestamps(std::uint8_t value, std::uint8_t echo) {
  return {1, 1, 8, 10, 0, 0, 0, value, 0, 0, 0, echo};
}
inline Extra with(Bytes options) { return {std::move(options), 10'000, {}, {}}; }
inline Extra windowed(std::uint16_t window, Bytes options = {}) {
  return {std::move(options), window, {}, {}};
}
inline Extra carrying(Bytes text) { return {{}, 10'000, std::move(text), {}}; }
inline Extra spoiled(std::function<void(packet::Image&)> spoil) { return {{}, 10'000, {}, std::move(spoil)}; }

}  // namespace tcpspec::monitor

#endif  // HARNESS_MONITOR_CONVERSATION_H_
