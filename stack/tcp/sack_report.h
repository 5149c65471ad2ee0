// SackReport: the SACK blocks of the next ACK, RFC 2018 §4, with the duplicate that triggers it in the first
// one, RFC 2883 §4. Remembers one duplicate at most, until an ACK told it. Does not hold text, nor decide
// whether SACK is in use or when an ACK leaves.
#ifndef STACK_TCP_SACK_REPORT_H_
#define STACK_TCP_SACK_REPORT_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "stack/base/seq32.h"
#include "stack/tcp/reassembly.h"
#include "stack/wire/segment.h"

namespace tcpspec::tcp {

class SackReport {
 public:
  // RFC 2018 §3: as many as fit into forty octets of options, beside timestamps (RFC 7323) or alone.
  static constexpr std::size_t kMost = 4;
  static constexpr std::size_t kMostWithTimestamps = 3;

  // Text [begin, end) arrived, acceptable or not; `held` does not have it yet. Keeps its first part that was
  // received before. Replaces what was noted of an earlier segment.
  void note_text(Seq32 next, Seq32 begin, Seq32 end, const Reassembly& held);
  [[nodiscard]] bool has_duplicate() const { return duplicate_.has_value(); }
  // The duplicate was told, or is not going to be.
  void forget() { duplicate_.reset(); }

  // Blocks for an ACK of `next`, the duplicate first, then the block that contains it, then the others by how
  // lately a segment touched them.
  [[nodiscard]] std::vector<wire::SackBlock> blocks(Seq32 next, const Reassembly& held,
                                                    std::size_t most) const;

 private:
  std::optional<wire::SackBlock> duplicate_;
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_SACK_REPORT_H_
