// The memory that lwIP's own build allocates, every block of it: so that the end of a case frees what the
// stack has left, and what it uses after that is found by an address sanitizer. Debian's library has an
// allocator of its own.
#ifndef HARNESS_TARGET_LWIP_HEAP_H_
#define HARNESS_TARGET_LWIP_HEAP_H_

#include <cstddef>

namespace tcpspec::target::lwip {

// Frees every block that is still allocated.
void free_heap();
// Blocks that are allocated now.
[[nodiscard]] std::size_t heap_blocks();

}  // namespace tcpspec::target::lwip

#endif  // HARNESS_TARGET_LWIP_HEAP_H_
