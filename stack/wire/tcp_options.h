// TCP options, RFC 9293 §3.1 and §3.2, between the octets after the fixed header and TcpOptions. Says what
// an option holds, not whether it may stand in this segment or how far its value is believed: that is TCP's.
#ifndef STACK_WIRE_TCP_OPTIONS_H_
#define STACK_WIRE_TCP_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "stack/base/bytes.h"
#include "stack/wire/parsed.h"
#include "stack/wire/segment.h"

namespace tcpspec::wire {

inline constexpr std::size_t kMaxTcpOptions = 40;

// The kinds this stack implements.
inline constexpr std::uint8_t kOptionEnd = 0;
inline constexpr std::uint8_t kOptionNoOperation = 1;
inline constexpr std::uint8_t kOptionMss = 2;
inline constexpr std::uint8_t kOptionWindowScale = 3;
inline constexpr std::uint8_t kOptionSackPermitted = 4;
inline constexpr std::uint8_t kOptionSack = 5;
inline constexpr std::uint8_t kOptionTimestamps = 8;

// Fault::kTcpOption for a length octet below 2, past the header, or missing. A known kind with a length that
// is not its own is skipped like an unknown one. Of an option that comes twice, the last counts.
[[nodiscard]] Parsed<TcpOptions> parse_options(ByteView bytes);
// Padded to whole words, aligned as RFC 7323 Appendix A suggests. SACK blocks that do not fit into 40
// octets are left out, last ones first.
[[nodiscard]] Bytes build_options(const TcpOptions& options);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_TCP_OPTIONS_H_
