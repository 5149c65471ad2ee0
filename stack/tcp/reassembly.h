// Text that arrived ahead of RCV.NXT, RFC 9293 §3.10.7.4 seventh [SHLD-31], and where the peer's FIN
// stands. Owns the octets it holds, in pages of one kibibyte, and the list of blocks that they form. Does not
// know RCV.WND, states or ACKs. Octets that were held first win over later copies.
//
// Bounds, whatever a peer sends. Text lies within `span` octets from RCV.NXT: at most span / 1 KiB + 2 pages,
// each kPageCost. Blocks: at most most_blocks(), which is Limits::blocks and not more than cost `span` octets
// at kBlockCost each, but kLeastBlocks however small the span. Together about twice the span and a few
// kibibytes. Text that would need one block more is refused, unless it continues at RCV.NXT. Nothing is
// allocated while nothing is held. To insert costs a logarithm of the number of blocks, and the text.
//
// RFC 2018 §8, reneging: what is held is kept until RCV.NXT reaches it. Refused text was never reported.
#ifndef STACK_TCP_REASSEMBLY_H_
#define STACK_TCP_REASSEMBLY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/seq32.h"
#include "stack/wire/segment.h"

namespace tcpspec::tcp {

class Reassembly {
 public:
  struct Limits {
    std::uint32_t span =
        65535;  // octets from RCV.NXT on, below 2^31: the receive buffer, with what rounds it up
    std::uint32_t blocks = 256;  // Config::most_reassembly_blocks
  };
  static constexpr std::size_t kPageSize = 1024;
  static constexpr std::size_t kPageCost = kPageSize + 96;  // with its place in the index
  static constexpr std::size_t kBlockCost = 128;
  static constexpr std::size_t kLeastBlocks = 8;

  Reassembly() : Reassembly(Limits()) {}
  explicit Reassembly(const Limits& limits) : limits_(limits) {}

  // Holds text that starts at or after `next` (RCV.NXT). Text beyond a known FIN or the span is dropped.
  // False: nothing of it was new or there was no room for one more block.
  bool insert(Seq32 next, Seq32 seq, ByteView text);
  // The peer's FIN has number `seq`. The first one counts; held text beyond it is dropped.
  void set_fin(Seq32 seq);

  // The octets that continue at `next`; they are no longer held.
  [[nodiscard]] Bytes take(Seq32 next);
  // What of a text that starts at `seq` lies before the FIN.
  [[nodiscard]] ByteView before_fin(Seq32 seq, ByteView text) const;
  [[nodiscard]] bool fin_at(Seq32 next) const { return fin_ && *fin_ == next; }
  [[nodiscard]] const std::optional<Seq32>& fin() const { return fin_; }

  [[nodiscard]] bool has_holes() const { return !recent_.empty(); }
  [[nodiscard]] std::size_t octets() const { return octets_; }
  [[nodiscard]] std::size_t blocks() const { return by_begin_.size(); }
  [[nodiscard]] std::size_t most_blocks() const;
  // An upper estimate of the heap memory in use, in octets.
  [[nodiscard]] std::size_t memory() const {
    return pages_.size() * kPageCost + by_begin_.size() * kBlockCost;
  }

  // RFC 2018 §4: the block that a segment touched last comes first, then the others by how lately one did.
  [[nodiscard]] std::vector<wire::SackBlock> sack_blocks(std::size_t most) const;
  // The first part of [begin, end) that is held already.
  [[nodiscard]] std::optional<wire::SackBlock> first_held(Seq32 begin, Seq32 end) const;
  // The block that holds the octet `seq`.
  [[nodiscard]] std::optional<wire::SackBlock> block_around(Seq32 seq) const;
  void clear();

 private:
  struct Before {
    bool operator()(Seq32 a, Seq32 b) const { return a.before(b); }
  };
  using Recent = std::list<wire::SackBlock>;
  using ByBegin = std::map<Seq32, Recent::iterator, Before>;
  using Page = std::array<std::uint8_t, kPageSize>;

  [[nodiscard]] static Seq32 page_of(Seq32 seq) {
    return Seq32(seq.raw() & ~static_cast<std::uint32_t>(kPageSize - 1));
  }
  [[nodiscard]] ByBegin::iterator first_touching(Seq32 seq);
  [[nodiscard]] ByBegin::const_iterator around(Seq32 seq) const;
  void write(Seq32 seq, ByteView text);
  [[nodiscard]] Bytes read(const wire::SackBlock& block) const;
  void erase(ByBegin::iterator block);

  // All keys lie within the span from RCV.NXT, less than half the circle, so that Before orders them.
  Limits limits_;
  Recent recent_;     // the block touched last comes first
  ByBegin by_begin_;  // the same blocks, apart from each other by at least one octet
  std::map<Seq32, std::unique_ptr<Page>, Before> pages_;  // by the number of the first octet
  std::size_t octets_ = 0;
  std::optional<Seq32> fin_;
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_REASSEMBLY_H_
