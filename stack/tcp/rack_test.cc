// RFC 8985 §6, section by section, over a retransmission queue that is a plain vector.
#include "stack/tcp/rack.h"

#include <gtest/gtest.h>

#include <vector>

#include "stack/tcp/timestamps.h"

namespace tcpspec::tcp {
namespace {

constexpr Instant at(std::int64_t nanos) { return Instant::from_nanos(nanos); }
constexpr Duration ns(std::int64_t nanos) { return Duration::nanos(nanos); }
constexpr std::int64_t kMs = 1'000'000;
constexpr Seq32 kIss(0xFFFFFF00U);  // the numbers wrap in most tests

Seq32 seq(std::uint32_t offset) { return kIss + offset; }

// Segment n of 100 octets, sent once.
Sent record(std::uint32_t n, Instant sent) { return {seq(n * 100), seq(n * 100 + 100), sent, sent}; }

class RackTest : public ::testing::Test {
 protected:
  RackTest() {
    rack.start(kIss);
    rack.on_rtt_sample(ns(40 * kMs), at(0));
    facts.srtt = ns(100 * kMs);
  }

  void send(std::uint32_t n, std::int64_t nanos) { queue.push_back(record(n, at(nanos))); }
  void resend(std::size_t i, std::int64_t nanos) {
    queue[i].last_sent = at(nanos);
    queue[i].lost = false;
    ++queue[i].transmissions;
  }
  void sack(std::size_t i, std::int64_t nanos, std::optional<std::uint32_t> echo = {}) {
    rack.begin_ack({echo, kIss, seq(10'000)}, at(nanos));
    rack.delivered(queue[i]);
    queue[i].sacked = true;
  }
  Duration detect(std::int64_t nanos) {
    return rack.detect_losses(queue, facts, at(nanos), [](Sent& lost) { lost.lost = true; });
  }
  std::vector<int> lost() const {
    std::vector<int> which;
    for (std::size_t i = 0; i < queue.size(); ++i)
      if (queue[i].lost) which.push_back(static_cast<int>(i));
    return which;
  }

  Rack rack;
  RackFacts facts;
  std::vector<Sent> queue;
};
using Which = std::vector<int>;

// --- §6.2 step 2 ---

TEST_F(RackTest, Step2TakesTheSegmentSentLastAmongThoseDelivered) {
  send(0, 1 * kMs);
  send(1, 2 * kMs);
  send(2, 3 * kMs);
  rack.begin_ack({{}, seq(300), seq(300)}, at(50 * kMs));
  rack.delivered(queue[1]);  // in any order
  rack.delivered(queue[2]);
  rack.delivered(queue[0]);
  EXPECT_EQ(rack.xmit_ts(), at(3 * kMs));
  EXPECT_EQ(rack.end_seq(), seq(300));
  EXPECT_EQ(rack.rtt(), ns(47 * kMs));
}

TEST_F(RackTest, Step2BreaksATieOfTimesByTheNumber) {
  for (std::uint32_t n = 0; n < 3; ++n) send(n, kMs);
  sack(1, 50 * kMs);
  EXPECT_EQ(rack.end_seq(), seq(200));
  sack(0, 51 * kMs);
  EXPECT_EQ(rack.end_seq(), seq(200));
  sack(2, 52 * kMs);
  EXPECT_EQ(rack.end_seq(), seq(300));
}

TEST_F(RackTest, Step2MeasuresAnOvertakenSegmentButKeepsTheLaterOne) {
  send(0, 1 * kMs);
  send(1, 2 * kMs);
  sack(1, 45 * kMs);
  EXPECT_EQ(rack.rtt(), ns(43 * kMs));
  sack(0, 60 * kMs);
  EXPECT_EQ(rack.rtt(), ns(59 * kMs));
  EXPECT_EQ(rack.xmit_ts(), at(2 * kMs));
}

TEST_F(RackTest, Step2IgnoresARetransmissionYoungerThanTheLeastRoundTrip) {
  send(0, 1 * kMs);
  resend(0, 100 * kMs);
  rack.begin_ack({{}, kIss, seq(100)}, at(140 * kMs - 1));
  rack.delivered(queue[0]);
  EXPECT_FALSE(rack.xmit_ts());
  EXPECT_FALSE(rack.rtt());
  rack.begin_ack({{}, kIss, seq(100)}, at(140 * kMs));
  rack.delivered(queue[0]);
  EXPECT_EQ(rack.xmit_ts(), at(100 * kMs));
  EXPECT_EQ(rack.rtt(), ns(40 * kMs));
}

TEST_F(RackTest, Step2TrustsAnOriginalHoweverYoung) {
  send(0, 100 * kMs);
  sack(0, 100 * kMs + 1);
  EXPECT_EQ(rack.rtt(), ns(1));
}

TEST_F(RackTest, Step2IgnoresARetransmissionWhenAnOlderClockIsEchoed) {
  send(0, 1 * kMs);
  resend(0, 100 * kMs);
  const std::uint32_t clock = timestamp_clock(at(100 * kMs));
  sack(0, 200 * kMs, clock - 1);
  EXPECT_FALSE(rack.xmit_ts());
  sack(0, 200 * kMs, clock);
  EXPECT_EQ(rack.xmit_ts(), at(100 * kMs));
}

TEST_F(RackTest, Step2ReadsTheEchoOnlyForWhatWasSentAgain) {
  send(0, 100 * kMs);
  sack(0, 200 * kMs, timestamp_clock(at(100 * kMs)) - 1);
  EXPECT_EQ(rack.rtt(), ns(100 * kMs));
}

TEST_F(RackTest, Step2ComparesEchoesOnTheCircle) {
  // The millisecond clock passes zero between the echo and the retransmission.
  const std::int64_t wrap = (std::int64_t{1} << 32) * kMs;
  send(0, 1 * kMs);
  resend(0, wrap);
  sack(0, wrap + 50 * kMs, timestamp_clock(at(wrap - kMs)));
  EXPECT_FALSE(rack.xmit_ts());
  sack(0, wrap + 50 * kMs, timestamp_clock(at(wrap)) + 1);
  EXPECT_EQ(rack.xmit_ts(), at(wrap));
}

// --- §6.2 step 3 ---

TEST_F(RackTest, Step3SeesAnOvertakenOriginal) {
  send(0, 1 * kMs);
  send(1, 2 * kMs);
  sack(1, 50 * kMs);
  EXPECT_EQ(rack.fack(), seq(200));
  EXPECT_FALSE(rack.reordering_seen());
  sack(0, 51 * kMs);
  EXPECT_EQ(rack.fack(), seq(200));
  EXPECT_TRUE(rack.reordering_seen());
}

TEST_F(RackTest, Step3DoesNotCountARetransmission) {
  send(0, 1 * kMs);
  send(1, 2 * kMs);
  sack(1, 50 * kMs);
  resend(0, 51 * kMs);
  sack(0, 100 * kMs);
  EXPECT_FALSE(rack.reordering_seen());
}

TEST_F(RackTest, Step3DoesNotCountWhatOneAckDeliversTogether) {
  for (std::uint32_t n = 0; n < 3; ++n) send(n, kMs);
  rack.begin_ack({{}, seq(300), seq(300)}, at(50 * kMs));
  for (std::size_t i : {2U, 0U, 1U}) rack.delivered(queue[i]);
  EXPECT_EQ(rack.fack(), seq(300));
  EXPECT_FALSE(rack.reordering_seen());
}

// --- §6.2 step 4 ---

TEST_F(RackTest, Step4BeginsWithAQuarterOfTheLeastRoundTrip) {
  EXPECT_EQ(rack.reordering_window(facts), ns(10 * kMs));
  facts.srtt = ns(10 * kMs - 1);
  EXPECT_EQ(rack.reordering_window(facts), ns(10 * kMs - 1));
}

TEST_F(RackTest, Step4DoesNotWaitAtDupThreshOrInRecoveryWithoutReordering) {
  facts.segments_sacked = 2;
  EXPECT_EQ(rack.reordering_window(facts), ns(10 * kMs));
  facts.segments_sacked = 3;
  EXPECT_EQ(rack.reordering_window(facts), Duration());
  facts.segments_sacked = 0;
  facts.in_recovery = true;
  EXPECT_EQ(rack.reordering_window(facts), Duration());
  // Once reordering was seen it waits in every case.
  send(0, 1 * kMs);
  send(1, 2 * kMs);
  sack(1, 50 * kMs);
  sack(0, 51 * kMs);
  facts.segments_sacked = 3;
  EXPECT_EQ(rack.reordering_window(facts), ns(10 * kMs));
}

TEST_F(RackTest, Step4WidensOnceForEachRoundTripThatShowsADuplicate) {
  rack.adapt({{}, seq(0), seq(1000), true});
  EXPECT_EQ(rack.reordering_window(facts), ns(20 * kMs));
  rack.adapt({{}, seq(999), seq(2000), true});
  EXPECT_EQ(rack.window_multiplier(), 2);
  rack.adapt({{}, seq(1000), seq(2000), true});
  EXPECT_EQ(rack.window_multiplier(), 3);
  EXPECT_EQ(rack.dsack_round(), seq(2000));
  EXPECT_EQ(rack.reordering_window(facts), ns(30 * kMs));
  rack.adapt({{}, seq(2000), seq(3000), false});
  EXPECT_FALSE(rack.dsack_round());
  EXPECT_EQ(rack.window_multiplier(), 3);
}

TEST_F(RackTest, Step4IsBoundedBySrttHoweverManyDuplicatesAreReported) {
  for (std::uint32_t n = 1; n < 2'000'000; ++n) rack.adapt({{}, seq(n), seq(n), true});
  EXPECT_EQ(rack.window_multiplier(), Rack::kMostSteps);
  EXPECT_EQ(rack.reordering_window(facts), facts.srtt);
  rack = Rack();
  rack.on_rtt_sample(Duration::seconds(3'000'000), at(0));
  EXPECT_EQ(rack.reordering_window(facts), facts.srtt);
}

TEST_F(RackTest, Step4NarrowsAfterSixteenRecoveriesWithoutADuplicate) {
  rack.adapt({{}, seq(0), seq(1000), true});
  for (int recovery = 0; recovery < 15; ++recovery) rack.adapt({{}, seq(1000), seq(2000), false, true});
  EXPECT_EQ(rack.window_multiplier(), 2);
  EXPECT_EQ(rack.window_persist(), 1);
  rack.adapt({{}, seq(1000), seq(2000), false, false});  // an ACK that ends no recovery
  EXPECT_EQ(rack.window_multiplier(), 2);
  rack.adapt({{}, seq(1000), seq(2000), false, true});
  EXPECT_EQ(rack.window_multiplier(), 1);
  EXPECT_EQ(rack.window_persist(), 0);
  rack.adapt({{}, seq(1000), seq(2000), true, false});
  EXPECT_EQ(rack.window_persist(), 16);
}

// --- §6.2 step 5 ---

TEST_F(RackTest, Step5JudgesNothingBeforeSomethingWasDelivered) {
  send(0, 1 * kMs);
  EXPECT_EQ(detect(1'000'000 * kMs), Duration());
  EXPECT_EQ(lost(), Which{});
}

TEST_F(RackTest, Step5DeclaresLostWhenRoundTripAndWindowWentOverToTheNanosecond) {
  send(0, 1 * kMs);
  send(1, 2 * kMs);
  sack(1, 52 * kMs);  // RACK.rtt 50 ms, window 10 ms: segment 0 is lost at 61 ms
  EXPECT_EQ(detect(52 * kMs), ns(9 * kMs));
  EXPECT_EQ(detect(61 * kMs - 1), ns(1));
  EXPECT_EQ(lost(), Which{});
  EXPECT_EQ(detect(61 * kMs), Duration());
  EXPECT_EQ(lost(), Which{0});
  EXPECT_EQ(detect(62 * kMs), Duration());  // it is not marked twice
}

TEST_F(RackTest, Step5DeclaresAtOnceAtDupThresh) {
  for (std::uint32_t n = 0; n < 5; ++n) send(n, kMs + n);
  for (std::size_t i = 1; i < 4; ++i) sack(i, 52 * kMs + static_cast<std::int64_t>(i));
  facts.segments_sacked = 3;
  EXPECT_EQ(detect(52 * kMs + 3), Duration());
  EXPECT_EQ(lost(), Which{0});
}

TEST_F(RackTest, Step5SparesWhatWasSentAfterTheDeliveredOne) {
  for (std::uint32_t n = 0; n < 4; ++n) send(n, kMs);
  sack(1, 51 * kMs);
  EXPECT_EQ(detect(1'000 * kMs), Duration());
  EXPECT_EQ(lost(), Which{0});  // 2 and 3 left in the same nanosecond, with higher numbers
}

TEST_F(RackTest, Step5GivesTheTimeOfTheLastOneThatWaits) {
  send(0, 1 * kMs);
  send(1, 5 * kMs);
  send(2, 9 * kMs);
  sack(2, 59 * kMs);
  EXPECT_EQ(detect(59 * kMs), ns(6 * kMs));  // 1 is lost at 65 ms, 0 at 61 ms
  EXPECT_EQ(detect(61 * kMs), ns(4 * kMs));
  EXPECT_EQ(lost(), Which{0});
}

TEST_F(RackTest, Step5FindsALostRetransmission) {
  for (std::uint32_t n = 0; n < 3; ++n) send(n, kMs + n);
  sack(1, 51 * kMs);
  EXPECT_EQ(detect(61 * kMs), Duration());
  resend(0, 61 * kMs);
  send(3, 62 * kMs);
  sack(2, 63 * kMs);
  EXPECT_EQ(detect(500 * kMs), Duration());
  EXPECT_EQ(lost(), Which{});  // nothing sent after the retransmission came
  sack(3, 112 * kMs);
  EXPECT_EQ(detect(121 * kMs - 1), ns(1));
  EXPECT_EQ(detect(121 * kMs), Duration());
  EXPECT_EQ(lost(), Which{0});
}

TEST_F(RackTest, Step5LooksNoFurtherThanTheDeliveredSegment) {
  for (std::uint32_t n = 0; n < 5; ++n) send(n, kMs * n);
  sack(1, 50 * kMs);
  int looked_at = 0;
  struct Counting {
    std::vector<Sent>& records;
    int& count;
    struct Iterator {
      std::vector<Sent>::iterator at;
      int& count;
      Sent& operator*() const { return ++count, *at; }
      Iterator& operator++() { return ++at, *this; }
      bool operator!=(const Iterator& other) const { return at != other.at; }
    };
    Iterator begin() { return {records.begin(), count}; }
    Iterator end() { return {records.end(), count}; }
  };
  EXPECT_EQ(rack.detect_losses(Counting{queue, looked_at}, facts, at(50 * kMs), [](Sent&) {}), ns(9 * kMs));
  EXPECT_EQ(looked_at, 2);  // 0, and 1 which ends it
}

// --- §6.3 ---

TEST_F(RackTest, Section63MarksTheFirstAndWhatIsOverdue) {
  for (std::uint32_t n = 0; n < 4; ++n) send(n, 100 * kMs + kMs * n);
  send(4, 300 * kMs);
  queue[1].sacked = true;
  sack(4, 350 * kMs);  // RACK.rtt 50 ms
  queue[4].sacked = false;
  rack.mark_on_timeout(queue, kIss, at(152 * kMs), [](Sent& record) { record.lost = true; });
  EXPECT_EQ(lost(), (Which{0, 2}));  // 2: 102 + 50 ms; 3 one millisecond later; 1 is SACKed
}

TEST_F(RackTest, Section63AddsTheReorderingWindowToTheNanosecond) {
  send(0, 1 * kMs);
  send(1, 2 * kMs);
  send(2, 3 * kMs);
  sack(2, 53 * kMs);
  EXPECT_EQ(detect(53 * kMs), ns(9 * kMs));  // window 10 ms
  auto mark = [](Sent& record) { record.lost = true; };
  rack.mark_on_timeout(queue, kIss, at(62 * kMs - 1), mark);
  EXPECT_EQ(lost(), Which{0});
  rack.mark_on_timeout(queue, kIss, at(62 * kMs), mark);
  EXPECT_EQ(lost(), (Which{0, 1}));
}

TEST_F(RackTest, Section63MarksTheFirstAloneBeforeAnyRoundTripIsKnown) {
  send(0, 1 * kMs);
  send(1, 1 * kMs);
  rack.mark_on_timeout(queue, kIss, at(10'000 * kMs), [](Sent& record) { record.lost = true; });
  EXPECT_EQ(lost(), Which{0});
}

}  // namespace
}  // namespace tcpspec::tcp
