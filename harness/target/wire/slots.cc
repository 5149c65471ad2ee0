#include "harness/target/wire/slots.h"

#include "stack/base/check.h"

namespace tcpspec::target::wire {
namespace {

// Rounded up: never earlier than kReuse.
Duration tick_for(std::uint32_t blocks) {
  return Duration::nanos((kReuse.count_nanos() + blocks - 1) / blocks);
}

}  // namespace

SlotPlan::SlotPlan(const Pool& pool) : pool_(pool), lanes_(1), blocks_(kBlocks), tick_(tick_for(kBlocks)) {
  CHECK(pool.count > 0);
  lanes_ = (kLeastSlots + pool.count - 1) / pool.count;
  blocks_ = kBlocks / lanes_;
  tick_ = tick_for(blocks_);
}

Slot SlotPlan::slot(std::uint32_t index, std::int64_t tick) const {
  CHECK(index < count() && tick >= 0);
  const auto turn = static_cast<std::uint32_t>(tick % blocks_);
  const std::uint32_t block = turn * lanes_ + lane(index);
  return {address(index), static_cast<std::uint16_t>(kFirstOwnPort + block * kPortsPerSlot)};
}

Duration service_tick() { return tick_for(kServicePorts); }

std::uint16_t service_port(std::int64_t tick) {
  return static_cast<std::uint16_t>(kFirstServicePort + static_cast<std::uint32_t>(tick % kServicePorts));
}

}  // namespace tcpspec::target::wire
