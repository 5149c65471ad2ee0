#include "stack/net/syn_cookies.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "stack/base/bytes.h"

namespace tcpspec::net {
namespace {

// Least first. 536 and 1220 stand for a SYN without the option; 1360 leaves room for a tunnel, 1440 and 1460
// fill an Ethernet of either family, 8940 a jumbo frame.
constexpr std::array<std::uint16_t, 8> kClasses{64, 256, 536, 1220, 1360, 1440, 1460, 8940};
constexpr std::uint32_t kMaskBits = 24;
constexpr std::uint32_t kMask = (1U << kMaskBits) - 1;
// The class stands in the mask's highest bits, so that no number near a cookie is one.
constexpr std::uint32_t kClassShift = kMaskBits - 3;

std::optional<std::size_t> class_of(std::uint16_t mss) {
  const auto* const above = std::upper_bound(kClasses.begin(), kClasses.end(), mss);
  if (above == kClasses.begin()) return std::nullopt;
  return static_cast<std::size_t>(above - kClasses.begin()) - 1;
}

// A key of its own for each purpose, so that nobody's output tells of another's.
SipKey derive(const SipKey& secret, std::uint8_t purpose) {
  SipKey key{};
  for (std::uint8_t half = 0; half < 2; ++half) {
    const Bytes label{'c', 'o', 'o', 'k', 'i', 'e', purpose, half};
    const std::uint64_t bits = siphash24(secret, label);
    for (std::size_t i = 0; i < 8; ++i) key.at(half * 8U + i) = static_cast<std::uint8_t>(bits >> (8 * i));
  }
  return key;
}

Bytes tuple(const Endpoint& local, const Endpoint& remote) {
  Bytes message;
  for (const Endpoint& endpoint : {local, remote}) {
    append(message, endpoint.address.bytes());
    append_be16(message, endpoint.port);
  }
  return message;
}

std::int64_t slot_of(Instant now) { return now.nanos() / CookieJar::kSlot.count_nanos(); }

}  // namespace

std::optional<std::uint16_t> cookie_mss(std::uint16_t mss) {
  const std::optional<std::size_t> index = class_of(mss);
  return index ? std::optional(kClasses.at(*index)) : std::nullopt;
}

CookieJar::CookieJar(const SipKey& secret) : base_key_(derive(secret, 1)), mask_key_(derive(secret, 2)) {}

Seq32 CookieJar::base(const Endpoint& local, const Endpoint& remote) const {
  return Seq32(static_cast<std::uint32_t>(siphash24(base_key_, tuple(local, remote))));
}

std::uint32_t CookieJar::mask(const Endpoint& local, const Endpoint& remote, Seq32 irs,
                              std::int64_t slot) const {
  Bytes message = tuple(local, remote);
  append_be32(message, irs.raw());
  append_be32(message, static_cast<std::uint32_t>(slot >> 32));
  append_be32(message, static_cast<std::uint32_t>(slot));
  return static_cast<std::uint32_t>(siphash24(mask_key_, message)) & kMask;
}

std::optional<Seq32> CookieJar::make(const Endpoint& local, const Endpoint& remote, Seq32 irs,
                                     std::uint16_t mss, Instant now) {
  const std::optional<std::size_t> index = class_of(mss);
  // RFC 9293 §3.7.1 [MUST-16]: never more than the peer announced, so none for less than the least class.
  if (!index) return std::nullopt;
  const std::int64_t slot = slot_of(now);
  last_made_ = slot;
  const std::uint32_t low =
      (mask(local, remote, irs, slot) + (static_cast<std::uint32_t>(*index) << kClassShift)) & kMask;
  return base(local, remote) + irs.raw() + (static_cast<std::uint32_t>(slot) << kMaskBits) + low;
}

std::optional<std::uint16_t> CookieJar::check(const Endpoint& local, const Endpoint& remote, Seq32 irs,
                                              Seq32 cookie, Instant now) const {
  const std::int64_t slot = slot_of(now);
  if (!last_made_ || *last_made_ < slot - 1) return std::nullopt;
  const auto rest = static_cast<std::uint32_t>(cookie - (base(local, remote) + irs.raw()));
  // The slot modulo 256 stands above the mask: this one or the one before.
  const std::uint32_t age = (static_cast<std::uint32_t>(slot) - (rest >> kMaskBits)) & 0xffU;
  if (age > 1) return std::nullopt;
  const std::uint32_t mark = (rest - mask(local, remote, irs, slot - age)) & kMask;
  if ((mark & ((1U << kClassShift) - 1)) != 0) return std::nullopt;
  return kClasses.at(mark >> kClassShift);
}

}  // namespace tcpspec::net
