// Deliberate damage to a sealed packet, by the names of the language's `damage` (scenario/vocabulary.h).
#ifndef HARNESS_PACKET_EDIT_H_
#define HARNESS_PACKET_EDIT_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "stack/base/bytes.h"
#include "stack/base/result.h"

namespace tcpspec::packet {

// Changes the packet's bytes in place. An unknown kind, a missing or an impossible value is an Error.
[[nodiscard]] Status damage(Bytes& packet, std::string_view kind, std::optional<std::int64_t> value);

}  // namespace tcpspec::packet

#endif  // HARNESS_PACKET_EDIT_H_
