// talk(): holds one conversation between a target and our reference stack, over a faulty link, and judges it.
// Time is the target's, virtual or real; no clock of its own. What was stuck, broken or wrong at the end
// becomes the story of a failure (run/verdict.h); what was measured, Figures in Outcome::details.
#ifndef HARNESS_INTEROP_CONVERSATION_H_
#define HARNESS_INTEROP_CONVERSATION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "harness/interop/plan.h"
#include "harness/run/trace.h"
#include "harness/run/verdict.h"
#include "harness/target/target.h"

namespace tcpspec::interop {

struct TalkOptions {
  std::size_t keep = 64;  // packets of the trace, the last ones
  bool hash_packets = false;
  // Called for every packet at the target's edge as it goes by; may be empty.
  std::function<void(const run::TraceEvent&)> on_event;
};

// What one side's program was told.
struct SideFigures {
  std::uint64_t sent = 0, received = 0;            // octets
  std::string sent_digest, received_digest;        // XXH3-128 of them
  std::uint64_t packets = 0, retransmissions = 0;  // of this side
  std::string told;                                // the error; empty: none
  bool operator==(const SideFigures&) const = default;
};
struct Figures {
  Duration elapsed;  // from the opening until both ends were in order
  SideFigures peer, target;
  std::uint64_t lost = 0, duplicated = 0, reordered = 0, corrupted = 0, marked = 0;  // by the link
  std::uint64_t undelivered = 0;  // packets that did not reach the target, though the link carried them
  std::string packet_hash;        // of all packets with their times; empty: not asked for
  bool operator==(const Figures&) const = default;
};
[[nodiscard]] std::string to_json(const Figures& figures);
// Everything at its default where the text is none of to_json()'s.
[[nodiscard]] Figures figures_of(const std::string& json);

[[nodiscard]] run::Outcome talk(const Plan& plan, target::Target& target, const TalkOptions& options);

}  // namespace tcpspec::interop

#endif  // HARNESS_INTEROP_CONVERSATION_H_
