#include "stack/tcp/congestion.h"

#include "stack/base/check.h"
#include "stack/tcp/reno.h"
#include "stack/tcp/uncontrolled.h"

namespace tcpspec::tcp {

std::uint32_t initial_window(std::uint32_t smss, int segments) {
  // RFC 6928 §2: min(10*MSS, max(2*MSS, 14600)), here for any number of segments up to ten.
  constexpr std::uint32_t kUsualSegment = 1460;
  const auto count = static_cast<std::uint32_t>(segments);
  if (segments > 0) return std::min(count * smss, std::max(2 * smss, count * kUsualSegment));
  // RFC 5681 §3.1: two segments above 2190 octets, three above 1095, else four.
  if (smss > 2190) return 2 * smss;
  return smss > 1095 ? 3 * smss : 4 * smss;
}

std::unique_ptr<CongestionControl> make_congestion_control(Congestion kind) {
  switch (kind) {
    case Congestion::kNone:
      return std::make_unique<Uncontrolled>();
    case Congestion::kReno:
      return std::make_unique<Reno>();
  }
  CHECK(false);
}

}  // namespace tcpspec::tcp
