#include "stack/tcp/timers.h"

#include <gtest/gtest.h>

namespace tcpspec::tcp {
namespace {

Instant at(std::int64_t ns) { return Instant::from_nanos(ns); }

TEST(Timers, NothingArmedNeverExpires) {
  Timers timers;
  EXPECT_EQ(timers.next(), Instant::never());
  EXPECT_FALSE(timers.take_expired(Instant::never()));
}

TEST(Timers, ExpiresAtItsInstantAndNotBefore) {
  Timers timers;
  timers.start(Timer::kDelayedAck, at(100));
  EXPECT_EQ(timers.next(), at(100));
  EXPECT_FALSE(timers.take_expired(at(99)));
  EXPECT_EQ(timers.take_expired(at(100)), Timer::kDelayedAck);
  EXPECT_FALSE(timers.running(Timer::kDelayedAck));
  EXPECT_FALSE(timers.take_expired(at(100)));
}

TEST(Timers, EarliestFirstThenWhatEndsTheConnection) {
  Timers timers;
  timers.start(Timer::kKeepalive, at(50));
  timers.start(Timer::kRetransmit, at(60));
  timers.start(Timer::kGiveUp, at(60));
  EXPECT_EQ(timers.take_expired(at(70)), Timer::kKeepalive);
  EXPECT_EQ(timers.take_expired(at(70)), Timer::kGiveUp);
  EXPECT_EQ(timers.take_expired(at(70)), Timer::kRetransmit);
  EXPECT_FALSE(timers.take_expired(at(70)));
}

TEST(Timers, StopAndRestart) {
  Timers timers;
  timers.start(Timer::kPersist, at(10));
  timers.start(Timer::kPersist, at(20));
  EXPECT_EQ(timers.at(Timer::kPersist), at(20));
  timers.stop(Timer::kPersist);
  EXPECT_FALSE(timers.running(Timer::kPersist));
  timers.start(Timer::kTimeWait, at(5));
  timers.start(Timer::kFinWait2, at(6));
  timers.stop_all();
  EXPECT_EQ(timers.next(), Instant::never());
}

}  // namespace
}  // namespace tcpspec::tcp
