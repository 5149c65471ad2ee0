#include "harness/target/lwip/variables.h"

#include <link.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "harness/target/lwip/lwip_api.h"
#include "stack/base/check.h"

#ifndef TCPSPEC_LWIP_DEBIAN
// Made by the linker around the sections into which the build has put lwIP's variables.
extern "C" {
extern char __start_lwip_data[] __attribute__((visibility("hidden")));
extern char __stop_lwip_data[] __attribute__((visibility("hidden")));
extern char __start_lwip_bss[] __attribute__((visibility("hidden")));
extern char __stop_lwip_bss[] __attribute__((visibility("hidden")));
}
#endif

namespace tcpspec::target::lwip {
namespace {

struct Range {
  char* begin;
  char* end;
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};

#ifdef TCPSPEC_LWIP_DEBIAN
// The writable segments of the shared object in which lwip_init lies, without what the loader has made
// read-only.
int note_segments(dl_phdr_info* info, std::size_t, void* to) {
  auto& ranges = *static_cast<std::vector<Range>*>(to);
  const auto wanted = reinterpret_cast<std::uintptr_t>(&tcp_ticks);
  std::vector<Range> found;
  Range read_only{nullptr, nullptr};
  bool is_it = false;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    const std::uintptr_t begin = info->dlpi_addr + header.p_vaddr, end = begin + header.p_memsz;
    const Range range{reinterpret_cast<char*>(begin), reinterpret_cast<char*>(end)};
    if (header.p_type == PT_GNU_RELRO) read_only = range;
    if (header.p_type != PT_LOAD) continue;
    if ((header.p_flags & PF_W) == 0) continue;
    is_it = is_it || (begin <= wanted && wanted < end);
    found.push_back(range);
  }
  if (!is_it) return 0;
  // The loader protects whole pages.
  constexpr std::uintptr_t kLoaderPage = 4096;
  for (Range range : found) {
    if (read_only.begin != nullptr && range.begin <= read_only.begin && read_only.begin < range.end) {
      range.begin = reinterpret_cast<char*>(
          (reinterpret_cast<std::uintptr_t>(read_only.end) + kLoaderPage - 1) & ~(kLoaderPage - 1));
    }
    if (range.begin < range.end) ranges.push_back(range);
  }
  return 1;
}

std::vector<Range> find_ranges() {
  std::vector<Range> ranges;
  ::dl_iterate_phdr(note_segments, &ranges);
  return ranges;
}
#else
std::vector<Range> find_ranges() {
  return {{__start_lwip_data, __stop_lwip_data}, {__start_lwip_bss, __stop_lwip_bss}};
}
#endif

// A sanitizer's red zones lie between the variables. They are copied, too: nobody changes them.
__attribute__((no_sanitize("address", "undefined"))) void copy_unwatched(char* to, const char* from,
                                                                         std::size_t size) {
  volatile char* target = to;
  const volatile char* source = from;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::size_t at = 0;
  if ((reinterpret_cast<std::uintptr_t>(to) | reinterpret_cast<std::uintptr_t>(from)) % kWord == 0) {
    for (; at + kWord <= size; at += kWord) {
      *reinterpret_cast<volatile std::uint64_t*>(to + at) =
          *reinterpret_cast<const volatile std::uint64_t*>(from + at);
    }
  }
  for (; at < size; ++at) target[at] = source[at];
}

class Variables {
 public:
  Variables() : ranges_(find_ranges()) {
    CHECK(!ranges_.empty());
    for (const Range& range : ranges_) {
      copies_.emplace_back(range.size());
      copy_unwatched(copies_.back().data(), range.begin, range.size());
    }
  }
  void restore() const {
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      copy_unwatched(ranges_[i].begin, copies_[i].data(), ranges_[i].size());
    }
  }
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
  std::vector<std::vector<char>> copies_;
};

const Variables& variables() {
  static const Variables kVariables;
  return kVariables;
}

}  // namespace

void restore_variables() { variables().restore(); }

std::size_t variables_size() {
  std::size_t size = 0;
  for (const Range& range : variables().ranges()) size += range.size();
  return size;
}

bool is_variable(const void* address) {
  return std::ranges::any_of(variables().ranges(), [&](const Range& range) {
    return range.begin <= address && address < range.end;
  });
}

}  // namespace tcpspec::target::lwip
