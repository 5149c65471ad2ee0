#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <set>

#include "harness/target/linux_clock.h"
#include "harness/target/wire/lease.h"
#include "harness/target/wire/slots.h"

namespace tcpspec::target::wire {
namespace {

using ::testing::HasSubstr;

Pool pool_of(std::uint32_t count) { return {IpAddress::v4(10, 9, 0, 100), count}; }

TEST(WireSlots, ThereAreAlwaysSixtyFourOrMore) {
  for (const std::uint32_t count : {1U, 2U, 3U, 16U, 63U, 64U, 65U, 256U}) {
    const SlotPlan plan(pool_of(count));
    EXPECT_GE(plan.count(), kLeastSlots) << count;
    EXPECT_LT(plan.count(), kLeastSlots + count) << count;
  }
  EXPECT_EQ(SlotPlan(pool_of(64)).lanes(), 1U);
  EXPECT_EQ(SlotPlan(pool_of(1)).lanes(), 64U);
}

TEST(WireSlots, NoBlockComesRoundBeforeFourMinutesAreOver) {
  for (const std::uint32_t count : {1U, 3U, 5U, 64U, 256U}) {
    const SlotPlan plan(pool_of(count));
    std::map<std::uint16_t, std::int64_t> used;  // first port -> when its tick ended, at the latest
    const std::int64_t start = plan.next_tick(std::int64_t{1'700'000'000} * 1'000'000'000);
    for (std::int64_t tick = start; tick < start + 9000; ++tick) {
      const Slot slot = plan.slot(0, tick);
      if (const auto before = used.find(slot.first_port); before != used.end()) {
        EXPECT_GE(plan.begins(tick) - before->second, kReuse.count_nanos()) << count;
      }
      used[slot.first_port] = plan.begins(tick);
    }
  }
}

TEST(WireSlots, SlotsOfOneAddressNeverShareAPort) {
  for (const std::uint32_t count : {1U, 3U, 7U, 64U}) {
    const SlotPlan plan(pool_of(count));
    std::vector<std::uint32_t> owner(65'536, plan.count());
    for (std::uint32_t index = 0; index < plan.count(); index += count) {  // those of the first address
      for (std::int64_t tick = 0; tick < kBlocks; ++tick) {
        const Slot slot = plan.slot(index, tick);
        ASSERT_EQ(slot.own, plan.address(0));
        ASSERT_GE(slot.first_port, kFirstOwnPort);
        ASSERT_LE(slot.first_port + std::uint32_t{kPortsPerSlot} - 1, 65'535U);
        for (const std::uint16_t port : {slot.first_port, slot.probe_port(kOwnProbes - 1)}) {
          ASSERT_TRUE(owner[port] == index || owner[port] == plan.count()) << count << " " << port;
          owner[port] = index;
        }
      }
    }
  }
}

TEST(WireSlots, TheBoxsOwnProbesHavePortsBehindTheCases) {
  const Slot slot{IpAddress::v4(10, 9, 0, 100), 2000};
  EXPECT_TRUE(slot.has(2000));
  EXPECT_TRUE(slot.has(2017));
  EXPECT_FALSE(slot.has(1999));
  EXPECT_FALSE(slot.has(2018));
  EXPECT_EQ(slot.probe_port(0), 2016);
  EXPECT_EQ(slot.probe_port(1), 2017);
}

TEST(WireSlots, AServicePortIsNotUsedAgainForFourMinutes) {
  EXPECT_EQ(service_port(0), 10'000);
  EXPECT_EQ(service_port(kServicePorts - 1), 32'767);
  EXPECT_EQ(service_port(kServicePorts), 10'000);
  EXPECT_GE(service_tick() * kServicePorts, kReuse);
}

std::string unique(const char* name) {
  return std::string("test/") + std::to_string(::getpid()) + "/" + name;
}

TEST(WireLease, OneHolderAtATime) {
  const std::string name = unique("one");
  {
    const auto first = Lease::take(name);
    ASSERT_TRUE(first->has_value());
    EXPECT_FALSE(Lease::take(name).value().has_value());
    EXPECT_TRUE(Lease::take(name + "x").value().has_value()) << "another name";
  }
  EXPECT_TRUE(Lease::take(name).value().has_value());
}

TEST(WireLease, ADeadHoldersLeaseComesBack) {
  const std::string name = unique("dead");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const auto lease = Lease::take(name);
    (void)!::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char octet = 0;
  ASSERT_EQ(::read(ready[0], &octet, 1), 1);
  EXPECT_FALSE(Lease::take(name).value().has_value());
  ::kill(pid, SIGKILL);
  ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
  EXPECT_TRUE(Lease::take(name).value().has_value());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(WireLease, ASlotIsUsedOnlyWhenItsTickHasBegun) {
  const SlotPlan plan(pool_of(64));
  const std::int64_t tick = plan.next_tick(realtime_nanos());
  const LeasedSlot slot = std::move(*lease_slot(unique("tick"), plan, {}, Duration::seconds(5)));
  const std::int64_t now = realtime_nanos();
  EXPECT_GE(now, plan.begins(tick));
  EXPECT_NE(slot.slot.first_port, plan.slot(0, plan.next_tick(now)).first_port)
      << "the next one's is a later one";
}

TEST(WireLease, TwoHoldersHaveTwoAddressesAndTakenOnesAreLeftOut) {
  const SlotPlan plan(pool_of(64));
  std::set<IpAddress> taken;
  for (std::uint32_t i = 2; i < 64; ++i) taken.insert(plan.address(i));
  const std::string name = unique("two");
  const Result<LeasedSlot> first = lease_slot(name, plan, taken, Duration::seconds(5));
  const Result<LeasedSlot> second = lease_slot(name, plan, taken, Duration::seconds(5));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->slot.own, second->slot.own);
  EXPECT_FALSE(taken.contains(first->slot.own) || taken.contains(second->slot.own));
  const Result<LeasedSlot> third = lease_slot(name, plan, taken, Duration::millis(30));
  ASSERT_FALSE(third.ok());
  EXPECT_THAT(third.error(), HasSubstr("fewer --jobs, or more addresses with self="));
}

TEST(WireLease, HoldersOfOneAddressAfterEachOtherHaveDifferentPorts) {
  const SlotPlan plan(pool_of(64));
  std::set<IpAddress> taken;
  for (std::uint32_t i = 1; i < 64; ++i) taken.insert(plan.address(i));
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(
        ports.insert(lease_slot(unique("after"), plan, taken, Duration::seconds(5))->slot.first_port).second);
  }
}

}  // namespace
}  // namespace tcpspec::target::wire
