#include "stack/tcp/reassembly.h"

#include <algorithm>
#include <utility>

#include "stack/base/check.h"

namespace tcpspec::tcp {

bool Reassembly::insert(Seq32 next, Seq32 seq, ByteView text) {
  CHECK(seq.at_or_after(next));
  if (fin_) {
    const std::int32_t room = *fin_ - seq;
    if (room <= 0) return false;
    text = text.first(std::min(text.size(), static_cast<std::size_t>(room)));
  }
  if (text.empty()) return false;
  const Seq32 end = seq + static_cast<std::uint32_t>(text.size());
  const bool known = std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& held) {
    return held.begin.at_or_before(seq) && end.at_or_before(held.end());
  });
  if (known) return false;
  // What continues at RCV.NXT leaves at once, so it may always come in.
  if (seq != next && blocks_.size() >= kMaxBlocks) return false;
  merge(Block{seq, Bytes(text.begin(), text.end()), ++touches_});
  return true;
}

void Reassembly::merge(Block block) {
  std::vector<Block> apart;
  for (Block& held : blocks_) {
    if (held.end().before(block.begin) || block.end().before(held.begin)) {
      apart.push_back(std::move(held));
      continue;
    }
    const Seq32 begin = earlier(held.begin, block.begin);
    const Seq32 end = later(held.end(), block.end());
    Bytes both(static_cast<std::size_t>(end - begin));
    std::copy(block.text.begin(), block.text.end(), both.begin() + (block.begin - begin));
    std::copy(held.text.begin(), held.text.end(), both.begin() + (held.begin - begin));
    block.begin = begin;
    block.text = std::move(both);
  }
  const auto place = std::find_if(apart.begin(), apart.end(),
                                  [&](const Block& other) { return block.begin.before(other.begin); });
  apart.insert(place, std::move(block));
  blocks_ = std::move(apart);
}

void Reassembly::set_fin(Seq32 seq) {
  if (fin_) return;
  fin_ = seq;
  for (Block& held : blocks_) {
    const std::int32_t keep = std::max(seq - held.begin, 0);
    if (static_cast<std::size_t>(keep) < held.text.size()) held.text.resize(static_cast<std::size_t>(keep));
  }
  std::erase_if(blocks_, [](const Block& held) { return held.text.empty(); });
}

Bytes Reassembly::take(Seq32 next) {
  if (blocks_.empty() || blocks_.front().begin != next) return {};
  Bytes text = std::move(blocks_.front().text);
  blocks_.erase(blocks_.begin());
  return text;
}

std::size_t Reassembly::octets() const {
  std::size_t sum = 0;
  for (const Block& held : blocks_) sum += held.text.size();
  return sum;
}

std::vector<wire::SackBlock> Reassembly::sack_blocks(std::size_t most) const {
  std::vector<const Block*> order;
  for (const Block& held : blocks_) order.push_back(&held);
  std::sort(order.begin(), order.end(),
            [](const Block* a, const Block* b) { return a->touched > b->touched; });
  std::vector<wire::SackBlock> sack;
  for (std::size_t i = 0; i < std::min(most, order.size()); ++i)
    sack.push_back({order[i]->begin, order[i]->end()});
  return sack;
}

void Reassembly::clear() {
  blocks_.clear();
  fin_.reset();
}

}  // namespace tcpspec::tcp
