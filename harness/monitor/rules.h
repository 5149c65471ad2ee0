// The rules by name, for the checks. What each one says stands in rules.cc.
#ifndef HARNESS_MONITOR_RULES_H_
#define HARNESS_MONITOR_RULES_H_

#include <cstddef>
#include <cstdint>

#include "harness/monitor/monitor.h"

namespace tcpspec::monitor {

// In the order of rules().
enum class RuleId : std::uint8_t {
  kIpHeader,
  kTcpChecksum,
  kDataOffset,
  kReservedBits,
  kAckFlag,
  kOptionSyntax,
  kOptionLength,
  kOptionPadding,
  kMssOnSyn,
  kWscaleOnSyn,
  kWscaleRange,
  kWscaleUnasked,
  kSackPermittedOnSyn,
  kSackUnasked,
  kSackBlocks,
  kSackReceived,
  kTimestampsInSynAck,
  kTimestampsMissing,
  kTimestampsUnasked,
  kTimestampsBackwards,
  kTimestampsEcho,
  kTimestampsEchoUnset,
  kSynIsn,
  kAckBeyond,
  kAckHole,
  kAckBackwards,
  kRepeatedOctets,
  kFinNumber,
  kAfterFin,
  kRightEdge,
  kBeyondWindow,
  kMss,
  kProbeShape,
  kRstNumbers,
  kRstAckBit,
  kRstAnswered,
  kAckStorm,
  kEctUnasked,
};
inline constexpr std::size_t kRuleCount = 38;

[[nodiscard]] const Rule& rule(RuleId id);

}  // namespace tcpspec::monitor

#endif  // HARNESS_MONITOR_RULES_H_
