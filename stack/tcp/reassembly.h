// Text that arrived ahead of RCV.NXT, RFC 9293 §3.10.7.4 seventh [SHLD-31], and where the peer's FIN
// stands. Owns the octets it holds. The caller has trimmed everything to the window, so memory is bounded by
// the window and by kMaxBlocks. Does not know RCV.WND, states or ACKs. Octets that were held first win over
// later copies.
#ifndef STACK_TCP_REASSEMBLY_H_
#define STACK_TCP_REASSEMBLY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/seq32.h"
#include "stack/wire/segment.h"

namespace tcpspec::tcp {

class Reassembly {
 public:
  static constexpr std::size_t kMaxBlocks = 256;

  // Holds text that starts at or after `next` (RCV.NXT). Text beyond a known FIN is dropped. False: nothing
  // of it was new or there was no room for one more hole.
  bool insert(Seq32 next, Seq32 seq, ByteView text);
  // The peer's FIN has number `seq`. The first one counts; held text beyond it is dropped.
  void set_fin(Seq32 seq);

  // The octets that continue at `next`; they are no longer held.
  [[nodiscard]] Bytes take(Seq32 next);
  [[nodiscard]] bool fin_at(Seq32 next) const { return fin_ && *fin_ == next; }
  [[nodiscard]] const std::optional<Seq32>& fin() const { return fin_; }

  [[nodiscard]] bool has_holes() const { return !blocks_.empty(); }
  [[nodiscard]] std::size_t octets() const;
  // RFC 2018 §4: the block that grew last comes first, then the others by how lately they grew.
  [[nodiscard]] std::vector<wire::SackBlock> sack_blocks(std::size_t most) const;
  void clear();

 private:
  struct Block {
    Seq32 begin;
    Bytes text;
    std::uint64_t touched;
    [[nodiscard]] Seq32 end() const { return begin + static_cast<std::uint32_t>(text.size()); }
  };
  void merge(Block block);

  std::vector<Block> blocks_;  // in sequence order, apart from each other by at least one octet
  std::optional<Seq32> fin_;
  std::uint64_t touches_ = 0;
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_REASSEMBLY_H_
