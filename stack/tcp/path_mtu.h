// PathMtu: what one connection believes of its path, and which "packet too big" messages it believes. RFC
// 1191 §6.4, RFC 8201 §5.4; the checks are those of RFC 5927 §7.2, whose variables it holds by their names.
// Sizes are octets of whole IP packets. Knows no segments and sends nothing: path_mtu.cc does. The sequence
// check of RFC 5927 §4.1 was done by the caller. The estimates of all paths are net::PathMtuCache's.
#ifndef STACK_TCP_PATH_MTU_H_
#define STACK_TCP_PATH_MTU_H_

#include <cstdint>
#include <optional>

#include "stack/base/address.h"
#include "stack/base/seq32.h"

namespace tcpspec::tcp {

// What became of a "packet too big" message.
enum class TooBig : std::uint8_t {
  kIgnored,  // false, useless, or about what is settled already
  kPending,  // remembered; honoured if the segment times out (RFC 5927 §7.2)
  kLowered,  // believed: the estimate is lower now
};

// RFC 791 §3.2, RFC 8200 §5: every path carries packets of this size.
[[nodiscard]] constexpr std::uint32_t minimum_mtu(IpVersion version) {
  return version == IpVersion::kV4 ? 68 : 1280;
}
// IP and TCP header without options.
[[nodiscard]] constexpr std::uint32_t header_octets(IpVersion version) {
  return version == IpVersion::kV4 ? 40 : 60;
}

class PathMtu {
 public:
  PathMtu() = default;
  PathMtu(IpVersion version, std::uint32_t first_estimate)
      : minimum_(minimum_mtu(version)), mtu_(first_estimate), sent_(minimum_), acked_(minimum_) {}

  [[nodiscard]] std::uint32_t mtu() const { return mtu_; }
  [[nodiscard]] bool has_pending() const { return pending_.has_value(); }

  void packet_sent(std::uint32_t size);
  // The peer acknowledged a packet of this size.
  void packet_acked(std::uint32_t size);
  // Everything before `una` has arrived.
  void progress(Seq32 una);
  // A message claims that only `claimed` octets pass, and quotes the segment that began at `seq`.
  // `honour_after`: timeouts of a segment before a claim against the evidence is believed.
  [[nodiscard]] TooBig too_big(std::uint32_t claimed, Seq32 seq, int honour_after);
  // The oldest segment timed out. True if that honoured what was pending.
  [[nodiscard]] bool timed_out(int honour_after);
  // Another connection found a smaller path to the same destination. Evidence of our own weighs more: who
  // has seen larger packets arrive waits for a message of its own. True if the estimate fell.
  bool lower_to(std::uint32_t mtu);
  // The estimate aged: larger packets may be tried (RFC 1191 §6.3). Nothing but age raises it.
  void raise_to(std::uint32_t mtu);

 private:
  struct Pending {
    std::uint32_t claimed;
    Seq32 seq;
  };
  void honour(std::uint32_t claimed);

  std::uint32_t minimum_ = 68;
  std::uint32_t mtu_ = 0;
  std::uint32_t sent_ = 68;   // maxsizesent
  std::uint32_t acked_ = 68;  // maxsizeacked
  int timeouts_ = 0;          // nsegrto
  std::optional<Pending> pending_;
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_PATH_MTU_H_
