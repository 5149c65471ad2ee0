#include "stack/base/byte_queue.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "stack/base/check.h"

namespace tcpspec {
namespace {

constexpr std::size_t kLeastRing = 256;

}  // namespace

void ByteQueue::append(ByteView octets) {
  if (octets.empty()) return;
  if (size_ + octets.size() > ring_.size()) grow(size_ + octets.size());
  const std::size_t at = (head_ + size_) & (ring_.size() - 1);
  const std::size_t first = std::min(octets.size(), ring_.size() - at);
  std::copy_n(octets.begin(), first, ring_.begin() + static_cast<std::ptrdiff_t>(at));
  std::copy(octets.begin() + static_cast<std::ptrdiff_t>(first), octets.end(), ring_.begin());
  size_ += octets.size();
}

Bytes ByteQueue::copy(std::size_t offset, std::size_t count) const {
  CHECK(offset <= size_ && count <= size_ - offset);
  if (count == 0) return {};
  const std::size_t at = (head_ + offset) & (ring_.size() - 1);
  const std::size_t first = std::min(count, ring_.size() - at);
  Bytes octets;
  octets.reserve(count);
  const auto begin = ring_.begin() + static_cast<std::ptrdiff_t>(at);
  octets.insert(octets.end(), begin, begin + static_cast<std::ptrdiff_t>(first));
  octets.insert(octets.end(), ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(count - first));
  return octets;
}

void ByteQueue::drop_front(std::size_t count) {
  CHECK(count <= size_);
  size_ -= count;
  if (size_ == 0) return clear();
  head_ = (head_ + count) & (ring_.size() - 1);
}

Bytes ByteQueue::take_front(std::size_t count) {
  Bytes octets = copy(0, count);
  drop_front(count);
  return octets;
}

void ByteQueue::clear() {
  Bytes().swap(ring_);
  head_ = 0;
  size_ = 0;
}

void ByteQueue::grow(std::size_t least) {
  Bytes octets = copy(0, size_);
  octets.resize(std::bit_ceil(std::max(least, kLeastRing)));
  ring_ = std::move(octets);
  head_ = 0;
}

}  // namespace tcpspec
