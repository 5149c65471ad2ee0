#include "stack/tcp/reassembly.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "stack/base/check.h"

namespace tcpspec::tcp {

std::size_t Reassembly::most_blocks() const {
  return std::min<std::size_t>(limits_.blocks, std::max(kLeastBlocks, limits_.span / kBlockCost));
}

ByteView Reassembly::before_fin(Seq32 seq, ByteView text) const {
  if (!fin_) return text;
  const std::int32_t room = std::max(*fin_ - seq, 0);
  return text.first(std::min(text.size(), static_cast<std::size_t>(room)));
}

// The block before or around `seq` if it reaches up to `seq`, else the first one after it.
Reassembly::ByBegin::iterator Reassembly::first_touching(Seq32 seq) {
  const auto after = by_begin_.upper_bound(seq);
  if (after == by_begin_.begin()) return after;
  const auto previous = std::prev(after);
  return previous->second->right.at_or_after(seq) ? previous : after;
}

bool Reassembly::insert(Seq32 next, Seq32 seq, ByteView text) {
  CHECK(seq.at_or_after(next));
  const std::size_t ahead = static_cast<std::size_t>(seq - next);
  const std::size_t room = limits_.span - std::min<std::size_t>(limits_.span, ahead);
  text = before_fin(seq, text.first(std::min(room, text.size())));
  if (text.empty()) return false;
  const Seq32 end = seq + static_cast<std::uint32_t>(text.size());

  auto held = first_touching(seq);
  const bool joins = held != by_begin_.end() && held->first.at_or_before(end);
  if (joins && held->first.at_or_before(seq) && held->second->right.at_or_after(end)) {
    // RFC 2018 §4: it triggers an ACK that has to tell its block first, though nothing of it is new.
    recent_.splice(recent_.begin(), recent_, held->second);
    return false;
  }
  // What continues at RCV.NXT leaves at once, so it may always come in.
  if (!joins && seq != next && by_begin_.size() >= most_blocks()) return false;

  wire::SackBlock block{seq, end};
  Seq32 at = seq;
  const auto fill_up_to = [&](Seq32 stop) {
    if (!at.before(stop)) return;
    write(at, text.subspan(static_cast<std::size_t>(at - seq), static_cast<std::size_t>(stop - at)));
  };
  while (held != by_begin_.end() && held->first.at_or_before(end)) {
    fill_up_to(held->first);
    at = later(at, held->second->right);
    block = {earlier(block.left, held->first), later(block.right, held->second->right)};
    const auto done = held++;
    erase(done);
  }
  fill_up_to(end);
  recent_.push_front(block);
  by_begin_.emplace(block.left, recent_.begin());
  return true;
}

void Reassembly::erase(ByBegin::iterator block) {
  recent_.erase(block->second);
  by_begin_.erase(block);
}

void Reassembly::write(Seq32 seq, ByteView text) {
  octets_ += text.size();
  while (!text.empty()) {
    const Seq32 begin = page_of(seq);
    std::unique_ptr<Page>& page = pages_[begin];
    if (!page) page = std::make_unique<Page>();
    const auto offset = static_cast<std::size_t>(seq - begin);
    const std::size_t part = std::min(text.size(), kPageSize - offset);
    std::copy_n(text.begin(), part, page->begin() + static_cast<std::ptrdiff_t>(offset));
    text = text.subspan(part);
    seq += static_cast<std::uint32_t>(part);
  }
}

Bytes Reassembly::read(const wire::SackBlock& block) const {
  Bytes text;
  text.reserve(static_cast<std::size_t>(block.right - block.left));
  Seq32 at = block.left;
  while (at != block.right) {
    const Seq32 begin = page_of(at);
    const Seq32 stop = earlier(begin + static_cast<std::uint32_t>(kPageSize), block.right);
    const auto page = pages_.find(begin);
    CHECK(page != pages_.end());
    text.insert(text.end(), page->second->begin() + (at - begin), page->second->begin() + (stop - begin));
    at = stop;
  }
  return text;
}

void Reassembly::set_fin(Seq32 seq) {
  if (fin_) return;
  fin_ = seq;
  while (!by_begin_.empty()) {
    const auto last = std::prev(by_begin_.end());
    wire::SackBlock& block = *last->second;
    if (block.right.at_or_before(seq)) break;
    octets_ -= static_cast<std::size_t>(block.right - later(block.left, seq));
    block.right = seq;
    if (block.left.before(seq)) break;
    erase(last);
  }
  while (!pages_.empty()) {
    const auto last = std::prev(pages_.end());
    if (!by_begin_.empty() && last->first.before(std::prev(by_begin_.end())->second->right)) break;
    pages_.erase(last);
  }
}

Bytes Reassembly::take(Seq32 next) {
  if (by_begin_.empty() || by_begin_.begin()->first != next) return {};
  Bytes text = read(*by_begin_.begin()->second);
  octets_ -= text.size();
  erase(by_begin_.begin());
  // The last page stays if the next block begins in it.
  const Seq32 end = next + static_cast<std::uint32_t>(text.size());
  const bool more = !by_begin_.empty();
  const Seq32 keep = more ? page_of(by_begin_.begin()->first) : end;
  while (!pages_.empty() && (!more || pages_.begin()->first.before(keep))) pages_.erase(pages_.begin());
  return text;
}

std::vector<wire::SackBlock> Reassembly::sack_blocks(std::size_t most) const {
  std::vector<wire::SackBlock> sack;
  for (const wire::SackBlock& block : recent_) {
    if (sack.size() >= most) break;
    sack.push_back(block);
  }
  return sack;
}

Reassembly::ByBegin::const_iterator Reassembly::around(Seq32 seq) const {
  const auto after = by_begin_.upper_bound(seq);
  if (after == by_begin_.begin()) return by_begin_.end();
  const auto block = std::prev(after);
  return seq.before(block->second->right) ? block : by_begin_.end();
}

std::optional<wire::SackBlock> Reassembly::first_held(Seq32 begin, Seq32 end) const {
  auto block = around(begin);
  if (block == by_begin_.end()) block = by_begin_.upper_bound(begin);
  if (block == by_begin_.end() || !block->first.before(end)) return std::nullopt;
  return wire::SackBlock{later(begin, block->first), earlier(end, block->second->right)};
}

std::optional<wire::SackBlock> Reassembly::block_around(Seq32 seq) const {
  const auto block = around(seq);
  if (block == by_begin_.end()) return std::nullopt;
  return *block->second;
}

void Reassembly::clear() {
  recent_.clear();
  by_begin_.clear();
  pages_.clear();
  octets_ = 0;
  fin_.reset();
}

}  // namespace tcpspec::tcp
