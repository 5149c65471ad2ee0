// ByteQueue: octets of a stream, first in, first out, in a ring that doubles as it fills and is given back
// when it drains. Reads at an offset without taking, for text that is sent again. Does not bound itself: its
// owner does.
#ifndef STACK_BASE_BYTE_QUEUE_H_
#define STACK_BASE_BYTE_QUEUE_H_

#include <cstddef>
#include <cstdint>

#include "stack/base/bytes.h"

namespace tcpspec {

class ByteQueue {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }

  void append(ByteView octets);
  // `count` octets from `offset` on; both within the queue.
  [[nodiscard]] Bytes copy(std::size_t offset, std::size_t count) const;
  void drop_front(std::size_t count);
  [[nodiscard]] Bytes take_front(std::size_t count);
  void clear();

 private:
  void grow(std::size_t least);

  Bytes ring_;  // its size is a power of two, or zero
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tcpspec

#endif  // STACK_BASE_BYTE_QUEUE_H_
