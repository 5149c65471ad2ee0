// The parts of a PacketSpec that become FieldPatterns and OptionPatterns.
#ifndef HARNESS_RUN_EXPECT_OPTIONS_H_
#define HARNESS_RUN_EXPECT_OPTIONS_H_

#include "harness/packet/pattern.h"
#include "harness/run/connections.h"
#include "harness/scenario/scenario.h"

namespace tcpspec::run {

// Relative to `base`.
[[nodiscard]] Result<packet::FieldPattern> field_pattern(const scenario::NumberPattern& number,
                                                         const Connections& connections, std::uint32_t base);
[[nodiscard]] Status option_patterns(const scenario::OptionList& list, const Connections& connections,
                                     const Connection& connection, packet::SegmentPattern& pattern);
[[nodiscard]] std::uint8_t option_kind(const scenario::OptionSpec& spec);
[[nodiscard]] std::uint8_t option_kind(scenario::OptionKind kind);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_EXPECT_OPTIONS_H_
