// SynCookies: the state of a half-open connection inside our initial sequence number, RFC 4987 §3.6, so that
// a flood of SYNs fills nothing. A cookie is
//
//     F1(tuple) + SEG.SEQ of the SYN + slot * 2^24 + ((F2(tuple, SEG.SEQ, slot) + class * 2^21) mod 2^24)
//
// with F1 and F2 keyed (SipHash-2-4), a slot of 64 seconds and a class of MSS. So it grows with the slots by
// about the 250,000 a second of RFC 9293 §3.4.1's clock, and faster than the client's own numbers: a new
// incarnation begins above the old one's. A cookie is good in the slot of its making and in the next: for 64
// to 128 seconds. Whoever did not see it guesses right once in 2^28 tries.
//
// What it cannot hold is lost: the MSS is rounded down to a class, and a connection opened by a cookie has no
// window scale, no SACK, no timestamps and no ECN; so its SYN-ACK offers none. The SYN-ACK is never repeated.
// Holds only a key and when the last cookie was made.
#ifndef STACK_NET_SYN_COOKIES_H_
#define STACK_NET_SYN_COOKIES_H_

#include <cstdint>
#include <optional>

#include "stack/base/address.h"
#include "stack/base/seq32.h"
#include "stack/base/siphash.h"
#include "stack/base/time.h"

namespace tcpspec::net {

class CookieJar {
 public:
  static constexpr Duration kSlot = Duration::seconds(64);

  // `secret` may serve others: what is derived from it is of no use to them.
  explicit CookieJar(const SipKey& secret);

  // The ISN that answers a SYN with number `irs` and this MSS; nothing where no class is as small as the MSS.
  [[nodiscard]] std::optional<Seq32> make(const Endpoint& local, const Endpoint& remote, Seq32 irs,
                                          std::uint16_t mss, Instant now);
  // The MSS behind a cookie that a segment acknowledges, or nothing if it is none of ours or too old.
  [[nodiscard]] std::optional<std::uint16_t> check(const Endpoint& local, const Endpoint& remote, Seq32 irs,
                                                   Seq32 cookie, Instant now) const;

 private:
  [[nodiscard]] Seq32 base(const Endpoint& local, const Endpoint& remote) const;
  [[nodiscard]] std::uint32_t mask(const Endpoint& local, const Endpoint& remote, Seq32 irs,
                                   std::int64_t slot) const;

  SipKey base_key_;
  SipKey mask_key_;
  // The slot of the last cookie; before the first, and two slots later, no number is tried as one.
  std::optional<std::int64_t> last_made_;
};

// The class a MSS is rounded down to.
[[nodiscard]] std::optional<std::uint16_t> cookie_mss(std::uint16_t mss);

}  // namespace tcpspec::net

#endif  // STACK_NET_SYN_COOKIES_H_
