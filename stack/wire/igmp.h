// IGMP messages, versions 1 to 3 (RFC 1112 appendix I, RFC 2236 §2, RFC 3376 §4), as a host hears them. None
// is built here: a host that has joined no group but all-hosts, which is never reported, has nothing to say.
#ifndef STACK_WIRE_IGMP_H_
#define STACK_WIRE_IGMP_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"
#include "stack/wire/parsed.h"

namespace tcpspec::wire {

inline constexpr std::size_t kIgmpSize = 8;
inline constexpr std::size_t kIgmpV3QuerySize = 12;

struct IgmpMessage {
  enum class Kind : std::uint8_t { kQuery, kReport, kLeave };

  Kind kind = Kind::kQuery;
  std::uint8_t version = 3;        // of the sender
  Duration most_response_time;     // queries only
  IpAddress group;                 // 0.0.0.0 in a general query; of a version 3 report it stays so
  std::vector<IpAddress> sources;  // version 3 queries only
};

[[nodiscard]] Parsed<IgmpMessage> parse_igmp(ByteView bytes);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_IGMP_H_
