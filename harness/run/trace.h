// Trace: everything that happened in one run of one case, in order; append-only. The one source of captures,
// ladders, failure texts and reports. Its text form is byte-identical for equal runs in virtual time.
#ifndef HARNESS_RUN_TRACE_H_
#define HARNESS_RUN_TRACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/target/target.h"
#include "stack/base/bytes.h"

namespace tcpspec::run {

enum class TraceKind : std::uint8_t {
  kPacketIn,   // injected towards the target
  kPacketOut,  // came from the target
  kCallBegin,  // text: "connect(3, …)"
  kCallEnd,    // text: "connect(3, …) = 0"
  kNote,       // text: what the runner did or saw ("permitted: window update", "tester late by 12 ms")
};
struct TraceEvent {
  TraceKind kind = TraceKind::kNote;
  target::Stamp at;
  int step = -1;  // index of the scenario's step this belongs to, -1: none
  Bytes packet;
  std::string text;      // packets: the summary in relative numbers
  bool matched = false;  // kPacketOut: a step expected it
  bool failing = false;  // where the case failed
  bool operator==(const TraceEvent&) const = default;
};

struct Trace {
  std::vector<TraceEvent> events;
  bool operator==(const Trace&) const = default;
};

// One line an event: time, direction, text, hex of packets.
[[nodiscard]] std::string to_text(const Trace& trace);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_TRACE_H_
