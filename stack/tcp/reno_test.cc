// RFC 5681 §3.1, §4.1, RFC 6928 §2 and RFC 3168 §6.1.2 as arithmetic: Reno by itself.
#include "stack/tcp/reno.h"

#include <gtest/gtest.h>

#include "stack/tcp/uncontrolled.h"

namespace tcpspec::tcp {
namespace {

constexpr std::uint32_t kSmss = 1000;

AckedData acked(std::uint32_t octets, bool in_recovery = false) {
  AckedData ack;
  ack.octets = octets;
  ack.in_recovery = in_recovery;
  return ack;
}
Reno& started(Reno& reno, int segments = 0, bool syn_lost = false) {
  reno.start(kSmss, segments, syn_lost);
  return reno;
}
// In congestion avoidance, with a window of `segments`.
void avoid(Reno& reno, std::uint32_t segments) {
  started(reno, 10);
  reno.on_loss_detected(2 * segments * kSmss, Instant());
  ASSERT_EQ(reno.cwnd(), segments * kSmss);
  ASSERT_FALSE(reno.in_slow_start());
}

TEST(InitialWindow, BySegmentSize) {
  struct Row {
    std::uint32_t smss;
    int segments;
    std::uint32_t window;
  };
  const Row rows[] = {
      {1, 0, 4},          {1095, 0, 4380},   {1096, 0, 3288},   {2190, 0, 6570}, {2191, 0, 4382},
      {65495, 0, 130990}, {1460, 10, 14600}, {1461, 10, 14600}, {536, 10, 5360}, {7300, 10, 14600},
      {7301, 10, 14602},  {1460, 1, 1460},   {9000, 1, 9000},   {1460, 3, 4380},
  };
  for (const Row& row : rows) EXPECT_EQ(initial_window(row.smss, row.segments), row.window) << row.smss;
}

TEST(InitialWindow, ALostSynMakesItOneSegment) {
  Reno reno;
  EXPECT_EQ(started(reno, 10, true).cwnd(), kSmss);
  EXPECT_EQ(started(reno, 10, false).cwnd(), 10 * kSmss);
  EXPECT_EQ(reno.ssthresh(), CongestionControl::kMostWindow);
}

TEST(SlowStart, GrowsByWhatWasAcknowledgedUpToOneSegmentForEachAck) {
  for (const auto& [octets, growth] :
       {std::pair{1U, 1U}, {999U, 999U}, {1000U, 1000U}, {1001U, 1000U}, {60000U, 1000U}}) {
    Reno reno;
    started(reno, 2).on_ack(acked(octets));
    EXPECT_EQ(reno.cwnd(), 2000 + growth);
  }
}

TEST(SlowStart, EndsAtSsthresh) {
  Reno reno;
  started(reno, 10);
  reno.on_timeout(10'000, false, Instant());
  EXPECT_EQ(reno.ssthresh(), 5000U);
  EXPECT_EQ(reno.cwnd(), 1000U);
  for (std::uint32_t cwnd = 2000; cwnd <= 5000; cwnd += 1000) {
    EXPECT_TRUE(reno.in_slow_start());
    reno.on_ack(acked(1000));
    EXPECT_EQ(reno.cwnd(), cwnd);
  }
  EXPECT_FALSE(reno.in_slow_start());
  reno.on_ack(acked(1000));
  EXPECT_EQ(reno.cwnd(), 5000U);
}

TEST(CongestionAvoidance, OneSegmentForEachWindowOfOctets) {
  Reno reno;
  avoid(reno, 4);
  reno.on_ack(acked(3999));
  EXPECT_EQ(reno.cwnd(), 4000U);
  reno.on_ack(acked(1));
  EXPECT_EQ(reno.cwnd(), 5000U);
  reno.on_ack(acked(4999));
  EXPECT_EQ(reno.cwnd(), 5000U);
  reno.on_ack(acked(1));
  EXPECT_EQ(reno.cwnd(), 6000U);
}

TEST(CongestionAvoidance, OneAckNeverGivesMoreThanOneSegment) {
  Reno reno;
  avoid(reno, 4);
  reno.on_ack(acked(1'000'000'000));
  EXPECT_EQ(reno.cwnd(), 5000U);
}

TEST(Growth, NoneDuringFastRecovery) {
  Reno reno;
  started(reno, 4).on_ack(acked(1000, true));
  EXPECT_EQ(reno.cwnd(), 4000U);
  avoid(reno, 4);
  for (int i = 0; i < 10; ++i) reno.on_ack(acked(1000, true));
  EXPECT_EQ(reno.cwnd(), 4000U);
}

TEST(Growth, StopsAtTheLargestWindow) {
  Reno reno;
  reno.start(65495, 10, false);
  for (int i = 0; i < 20'000; ++i) reno.on_ack(acked(65495));
  EXPECT_EQ(reno.cwnd(), CongestionControl::kMostWindow);
}

TEST(Loss, HalvesTheFlightAndKeepsTwoSegments) {
  struct Row {
    std::uint32_t flight, ssthresh;
  };
  for (const Row& row :
       {Row{10'000, 5000}, Row{4002, 2001}, Row{4000, 2000}, Row{3998, 2000}, Row{0, 2000}}) {
    Reno reno;
    started(reno, 10).on_loss_detected(row.flight, Instant());
    EXPECT_EQ(reno.ssthresh(), row.ssthresh);
    EXPECT_EQ(reno.cwnd(), row.ssthresh);
    Reno timed_out;
    started(timed_out, 10).on_timeout(row.flight, false, Instant());
    EXPECT_EQ(timed_out.ssthresh(), row.ssthresh);
    EXPECT_EQ(timed_out.cwnd(), kSmss);
  }
}

TEST(Loss, NeverRaisesTheWindow) {
  Reno reno;
  started(reno, 3).on_loss_detected(20'000, Instant());
  EXPECT_EQ(reno.ssthresh(), 10'000U);
  EXPECT_EQ(reno.cwnd(), 3000U);
}

TEST(Timeout, AgainForTheSameSegmentKeepsSsthresh) {
  Reno reno;
  started(reno, 10).on_timeout(10'000, false, Instant());
  reno.on_timeout(10'000, true, Instant());
  EXPECT_EQ(reno.ssthresh(), 5000U);
  EXPECT_EQ(reno.cwnd(), kSmss);
}

TEST(RecoveryExit, IsAtMostSsthreshAndWhatItIsTold) {
  Reno reno;
  avoid(reno, 5);
  reno.on_recovery_exit(CongestionControl::kMostWindow);
  EXPECT_EQ(reno.cwnd(), 5000U);
  reno.on_recovery_exit(2000);
  EXPECT_EQ(reno.cwnd(), 2000U);
}

TEST(IdleRestart, ToTheInitialWindowButNotUp) {
  Reno reno;
  started(reno, 0);
  for (int i = 0; i < 20; ++i) reno.on_ack(acked(1000));
  EXPECT_EQ(reno.cwnd(), 24'000U);
  reno.on_idle_restart();
  EXPECT_EQ(reno.cwnd(), 4000U);
  reno.on_timeout(4000, false, Instant());
  reno.on_idle_restart();
  EXPECT_EQ(reno.cwnd(), 1000U);
}

TEST(EcnEcho, HalvesDownToOneSegment) {
  Reno reno;
  started(reno, 10).on_ecn_echo(10'000, Instant());
  EXPECT_EQ(reno.cwnd(), 5000U);
  EXPECT_EQ(reno.ssthresh(), 5000U);
  for (int i = 0; i < 5; ++i) reno.on_ecn_echo(1000, Instant());
  EXPECT_EQ(reno.cwnd(), kSmss);
}

TEST(Smss, AnotherSegmentSizeLeavesTheWindow) {
  Reno reno;
  started(reno, 10).set_smss(500);
  EXPECT_EQ(reno.cwnd(), 10'000U);
  reno.on_ack(acked(1000));
  EXPECT_EQ(reno.cwnd(), 10'500U);
}

TEST(Uncontrolled, OnlyATimeoutHoldsItUntilTheNextAck) {
  Uncontrolled none;
  none.start(kSmss, 0, true);
  EXPECT_EQ(none.cwnd(), CongestionControl::kMostWindow);
  none.on_loss_detected(10'000, Instant());
  none.on_ecn_echo(10'000, Instant());
  none.on_idle_restart();
  none.on_recovery_exit(1);
  EXPECT_EQ(none.cwnd(), CongestionControl::kMostWindow);
  none.on_timeout(10'000, false, Instant());
  EXPECT_EQ(none.cwnd(), kSmss);
  none.on_ack(acked(1));
  EXPECT_EQ(none.cwnd(), CongestionControl::kMostWindow);
}

}  // namespace
}  // namespace tcpspec::tcp
