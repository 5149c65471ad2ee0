// FlatQueue: first in, first out, in one piece of memory; none at all while it is empty, so that ten thousand
// idle connections cost what they hold. Amortised constant time at both ends. Iterators end with any change.
#ifndef STACK_BASE_FLAT_QUEUE_H_
#define STACK_BASE_FLAT_QUEUE_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "stack/base/check.h"

namespace tcpspec {

template <typename T>
class FlatQueue {
 public:
  using const_iterator = typename std::vector<T>::const_iterator;

  [[nodiscard]] bool empty() const { return head_ == items_.size(); }
  [[nodiscard]] std::size_t size() const { return items_.size() - head_; }
  [[nodiscard]] const T& front() const {
    CHECK(!empty());
    return items_[head_];
  }
  [[nodiscard]] T& front() {
    CHECK(!empty());
    return items_[head_];
  }
  [[nodiscard]] const T& back() const {
    CHECK(!empty());
    return items_.back();
  }
  [[nodiscard]] const_iterator begin() const { return items_.begin() + static_cast<std::ptrdiff_t>(head_); }
  [[nodiscard]] const_iterator end() const { return items_.end(); }

  void push_back(T item) { items_.push_back(std::move(item)); }
  void pop_front() {
    CHECK(!empty());
    ++head_;
    if (empty()) return clear();
    // The front half is gone: what is left moves down, at most once for each item taken.
    if (head_ * 2 <= items_.size() || head_ < kLeastMove) return;
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  [[nodiscard]] T take_front() {
    T item = std::move(front());
    pop_front();
    return item;
  }
  void clear() {
    // A queue that drains after every packet keeps its small piece only while it is in use.
    std::vector<T>().swap(items_);
    head_ = 0;
  }

 private:
  static constexpr std::size_t kLeastMove = 16;
  std::vector<T> items_;
  std::size_t head_ = 0;
};

}  // namespace tcpspec

#endif  // STACK_BASE_FLAT_QUEUE_H_
