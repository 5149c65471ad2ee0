#include "stack/tcp/timestamps.h"

#include <algorithm>

namespace tcpspec::tcp {
namespace {

constexpr std::int64_t kTickNanos = 1'000'000;
// RFC 7323 §5.5: after 24 days without a segment, a fast peer's clock may have wrapped half way round.
constexpr Duration kTooOld = Duration::seconds(24LL * 86'400);

// Timestamps are compared on the circle, as sequence numbers are.
bool older(std::uint32_t a, std::uint32_t b) { return Seq32(a).before(Seq32(b)); }

}  // namespace

std::uint32_t timestamp_clock(Instant now) { return static_cast<std::uint32_t>(now.nanos() / kTickNanos); }

Duration echoed_round_trip(std::uint32_t echo_reply, Instant now) {
  const std::int32_t ticks = Seq32(timestamp_clock(now)) - Seq32(echo_reply);
  return Duration::nanos(kTickNanos) * std::max(ticks, 0);
}

bool echo_is_from_the_future(std::uint32_t echo_reply, Instant now) {
  return older(timestamp_clock(now), echo_reply);
}

void TimestampsRecent::start(std::uint32_t value, Instant now) {
  value_ = value;
  at_ = now;
}

bool TimestampsRecent::paws_rejects(std::uint32_t value, Instant now) const {
  return older(value, value_) && now - at_ <= kTooOld;
}

void TimestampsRecent::update(std::uint32_t value, Seq32 seq, Seq32 last_ack_sent, Instant now) {
  if (seq.after(last_ack_sent)) return;
  // R3 wants TSval >= TS.Recent; a smaller one comes this far only when TS.Recent was too old.
  if (older(value, value_) && now - at_ <= kTooOld) return;
  value_ = value;
  at_ = now;
}

}  // namespace tcpspec::tcp
