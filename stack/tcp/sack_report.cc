#include "stack/tcp/sack_report.h"

#include <algorithm>

namespace tcpspec::tcp {

void SackReport::note_text(Seq32 next, Seq32 begin, Seq32 end, const Reassembly& held) {
  duplicate_.reset();
  if (!begin.before(end)) return;
  if (begin.before(next)) {
    // RFC 2883 §4.1.1: left of RCV.NXT everything was received.
    duplicate_ = wire::SackBlock{begin, earlier(end, next)};
    return;
  }
  // RFC 2883 §4.2: of several parts that were received before, the first one alone is reported.
  duplicate_ = held.first_held(begin, end);
}

std::vector<wire::SackBlock> SackReport::blocks(Seq32 next, const Reassembly& held, std::size_t most) const {
  std::vector<wire::SackBlock> sack;
  std::optional<wire::SackBlock> container;
  if (duplicate_ && duplicate_->left.before(next)) {
    sack.push_back(*duplicate_);
  } else if (duplicate_) {
    // RFC 2883 §4 (4): above RCV.NXT the block that contains the duplicate follows it, even if it is no
    // larger: this is how the sender tells a duplicate from a first report.
    container = held.block_around(duplicate_->left);
    if (container) {
      sack.push_back(*duplicate_);
      sack.push_back(*container);
    }
  }
  for (const wire::SackBlock& block : held.sack_blocks(most))
    if (block != container) sack.push_back(block);
  sack.resize(std::min(sack.size(), most));
  return sack;
}

}  // namespace tcpspec::tcp
