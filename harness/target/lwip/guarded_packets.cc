#include "harness/target/lwip/guarded_packets.h"

#include <sys/mman.h>

#include <algorithm>

#include "harness/target/lwip/lwip_api.h"
#include "stack/base/check.h"

namespace tcpspec::target::lwip {
namespace {

constexpr std::size_t kPage = 4096;
// The longest IP packet. Untouched pages cost nothing.
constexpr std::size_t kRoom = 65536;

}  // namespace

struct GuardedPackets::Slot {
  pbuf_custom custom{};  // first: lwIP hands a pointer to it back
  GuardedPackets* pool = nullptr;
  std::uint8_t* room = nullptr;
  bool held = false;

  // False: no memory. The guard is the page after the room.
  [[nodiscard]] bool map() {
    void* mapped = ::mmap(nullptr, kRoom + kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return false;
    room = static_cast<std::uint8_t*>(mapped);
    return ::mprotect(room, kRoom, PROT_READ | PROT_WRITE) == 0;
  }
  Slot() = default;
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() {
    if (room != nullptr) ::munmap(room, kRoom + kPage);
  }
};

GuardedPackets::GuardedPackets() = default;
GuardedPackets::~GuardedPackets() = default;

pbuf* GuardedPackets::make(ByteView packet, std::size_t padding) {
  CHECK(!packet.empty() && packet.size() + padding <= kRoom && packet.size() <= 65535);
  if (free_.empty()) {
    auto slot = std::make_unique<Slot>();
    slot->pool = this;
    if (!slot->map()) return nullptr;
    free_.push_back(slot.get());
    slots_.push_back(std::move(slot));
  }
  Slot* slot = free_.back();
  free_.pop_back();
  slot->held = true;
  std::uint8_t* at = slot->room + kRoom - packet.size() - padding;
  std::memcpy(at, packet.data(), packet.size());
  std::memset(at + packet.size(), 0, padding);
  slot->custom.custom_free_function = &GuardedPackets::release;
  const auto length = static_cast<std::uint16_t>(packet.size());
  pbuf* made = ::pbuf_alloced_custom(PBUF_RAW, length, PBUF_REF, &slot->custom, at, length);
  CHECK(made != nullptr);
  return made;
}

void GuardedPackets::release(pbuf* packet) {
  // pbuf_custom begins with the pbuf, and the slot with the pbuf_custom.
  auto* slot = reinterpret_cast<Slot*>(packet);
  CHECK(slot->held);
  slot->held = false;
  slot->pool->free_.push_back(slot);
}

void GuardedPackets::take_back() {
  // In the order of their making, so that every case meets them in the same one.
  free_.clear();
  for (const auto& slot : slots_) {
    slot->held = false;
    free_.push_back(slot.get());
  }
}

std::size_t GuardedPackets::held() const {
  return static_cast<std::size_t>(std::ranges::count_if(slots_, [](const auto& slot) { return slot->held; }));
}

}  // namespace tcpspec::target::lwip
