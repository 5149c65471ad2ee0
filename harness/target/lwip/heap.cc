#include "harness/target/lwip/heap.h"

#include <sanitizer/asan_interface.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace tcpspec::target::lwip {
namespace {

// In front of each block, out of bounds for lwIP where a sanitizer watches.
struct alignas(16) Header {
  Header* before;
  Header* after;
};

// The hooks that lwIP calls carry no argument that could say whose heap it is: there is one.
Header* newest = nullptr;
std::size_t blocks = 0;

void watch([[maybe_unused]] Header* header) { ASAN_POISON_MEMORY_REGION(header, sizeof(Header)); }
void unwatch([[maybe_unused]] Header* header) { ASAN_UNPOISON_MEMORY_REGION(header, sizeof(Header)); }

void link(Header* header) {
  header->before = nullptr;
  header->after = newest;
  if (newest != nullptr) {
    unwatch(newest);
    newest->before = header;
    watch(newest);
  }
  newest = header;
  ++blocks;
}

void unlink(const Header* header) {
  if (header->before != nullptr) {
    unwatch(header->before);
    header->before->after = header->after;
    watch(header->before);
  } else {
    newest = header->after;
  }
  if (header->after != nullptr) {
    unwatch(header->after);
    header->after->before = header->before;
    watch(header->after);
  }
  --blocks;
}

void* allocate(std::size_t size) {
  if (size > SIZE_MAX - sizeof(Header)) return nullptr;
  auto* header = static_cast<Header*>(std::malloc(sizeof(Header) + size));
  if (header == nullptr) return nullptr;
  link(header);
  watch(header);
  return header + 1;
}

void release(void* memory) {
  if (memory == nullptr) return;
  Header* header = static_cast<Header*>(memory) - 1;
  unwatch(header);
  unlink(header);
  std::free(header);
}

}  // namespace

void free_heap() {
  while (newest != nullptr) release(newest + 1);
}

std::size_t heap_blocks() { return blocks; }

}  // namespace tcpspec::target::lwip

extern "C" {
void* tcpspec_lwip_malloc(std::size_t size);
void* tcpspec_lwip_calloc(std::size_t count, std::size_t size);
void tcpspec_lwip_free(void* memory);

// Filled, so that what lwIP reads before it wrote is the same in every run.
void* tcpspec_lwip_malloc(std::size_t size) {
  void* memory = tcpspec::target::lwip::allocate(size);
  if (memory != nullptr) std::memset(memory, 0xA5, size);
  return memory;
}

void* tcpspec_lwip_calloc(std::size_t count, std::size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return nullptr;
  void* memory = tcpspec::target::lwip::allocate(count * size);
  if (memory != nullptr) std::memset(memory, 0, count * size);
  return memory;
}

void tcpspec_lwip_free(void* memory) { tcpspec::target::lwip::release(memory); }
}
