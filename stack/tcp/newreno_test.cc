// RFC 5681 §3.2, RFC 6582, RFC 3042: duplicate ACKs, limited transmit, fast retransmit and fast recovery
// without SACK. RFC 5681 §3.1 and §4.1 in a connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/sender.h"

namespace tcpspec::tcp {
namespace {

using testing::Sender;
using testing::sender_config;

constexpr Duration kNano = Duration::nanos(1);
constexpr Duration sec(std::int64_t n) { return Duration::seconds(n); }

// Ten segments were sent and `dups` duplicate ACKs came; what left by then is forgotten.
Sender after_duplicates(int dups, const Config& config = sender_config(LossRecovery::kNewReno),
                        std::size_t written = 30'000) {
  Sender sender(config);
  sender.send(written);
  sender.forget();
  for (int i = 0; i < dups; ++i) sender.ack(1);
  return sender;
}

TEST(InitialWindowOut, IsWhatLeavesAtOnce) {
  for (const auto& [segments, count] : {std::pair{0, 4U}, {1, 1U}, {10, 10U}}) {
    Sender sender(sender_config(LossRecovery::kNewReno, segments));
    sender.send(30'000);
    EXPECT_EQ(sender.sent().size(), count);
  }
}

TEST(InitialWindowOut, AfterALostSynItIsOneSegment) {
  testing::Hand hand(sender_config(LossRecovery::kNewReno));
  hand.open();
  hand.wait(sec(1));
  hand.peer("S.", 0, 0, 1);
  hand.forget();
  hand.send(30'000);
  EXPECT_EQ(hand.sent().size(), 1U);
}

TEST(SlowStartOut, TwoForEachAck) {
  Sender sender(sender_config(LossRecovery::kNewReno, 2));
  sender.send(30'000);
  EXPECT_EQ(sender.begun(), "1 1001");
  sender.ack(1001);
  EXPECT_EQ(sender.begun(), "2001 3001");
  sender.ack(2001);
  EXPECT_EQ(sender.begun(), "4001 5001");
  EXPECT_EQ(sender.cwnd(), 4000U);
  EXPECT_EQ(sender.pipe(), 4000U);
}

TEST(CwndLimit, ASegmentThatDoesNotFitWaitsForAnAckNotForATimer) {
  Config config = sender_config(LossRecovery::kNewReno, 2);
  Sender sender(config);
  sender.send(1500);
  sender.send(1500);
  EXPECT_EQ(sender.begun(), "1 1001:1501");  // 500 octets are left of the window, and 1000 would go
  sender.wait(Duration::millis(900));
  EXPECT_EQ(sender.begun(), "");
  sender.ack(1001);
  EXPECT_EQ(sender.begun(), "1501 2501:3001");
}

TEST(FastRetransmit, NothingForTwoDuplicatesAndTheSegmentForTheThird) {
  Sender sender(sender_config(LossRecovery::kNewReno));
  sender.send(10'000);
  sender.forget();
  sender.ack(1);
  sender.ack(1);
  EXPECT_EQ(sender.begun(), "");
  EXPECT_FALSE(sender.recovering());
  EXPECT_EQ(sender.tcb().duplicate_acks, 2);
  sender.ack(1);
  EXPECT_EQ(sender.begun(), "1");
  EXPECT_TRUE(sender.recovering());
  EXPECT_EQ(sender.tcb().ssthresh, 5000U);
  EXPECT_EQ(sender.cwnd(), 8000U);  // ssthresh and the three that left
  EXPECT_EQ(sender.tcb().retransmissions, 0);
  sender.ack(1);
  EXPECT_EQ(sender.begun(), "");  // once only
}

TEST(FastRetransmit, TheThresholdIsAKnob) {
  for (const int threshold : {2, 5}) {
    Config config = sender_config(LossRecovery::kNewReno);
    config.duplicate_ack_threshold = threshold;
    Sender sender = after_duplicates(threshold - 1, config, 10'000);
    EXPECT_EQ(sender.begun(), "");
    sender.ack(1);
    EXPECT_EQ(sender.begun(), "1");
  }
}

// RFC 5681 §2: what lacks one of (a) to (e) is no duplicate ACK.
TEST(DuplicateAck, AllFiveConditions) {
  struct Row {
    const char* what;
    void (*give)(Sender&);
  };
  const Row rows[] = {
      {"(b) text",
       [](Sender& s) {
         s.give(s.make(".", 1 + 10 * static_cast<std::uint32_t>(s.tcb().unread / 10), 10, 1001));
       }},
      {"(d) an older number", [](Sender& s) { s.ack(1); }},
      {"(e) another window",
       [](Sender& s) {
         s.peer_window = static_cast<std::uint16_t>(s.peer_window - 1);
         s.ack(1001);
       }},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Sender sender(sender_config(LossRecovery::kNewReno));
    sender.send(10'000);
    sender.ack(1001);
    sender.forget();
    for (int i = 0; i < 6; ++i) row.give(sender);
    EXPECT_FALSE(sender.recovering());
    EXPECT_EQ(sender.tcb().duplicate_acks, 0);
  }
  Sender fin(sender_config(LossRecovery::kNewReno));  // (c)
  fin.send(10'000);
  fin.peer("F.", 1, 0, 1);
  EXPECT_EQ(fin.tcb().duplicate_acks, 0);
  Sender idle(sender_config(LossRecovery::kNewReno));  // (a)
  for (int i = 0; i < 6; ++i) idle.ack(1);
  EXPECT_EQ(idle.tcb().duplicate_acks, 0);
}

TEST(LimitedTransmit, OneNewSegmentForEachOfTheFirstTwoDuplicates) {
  Sender sender = after_duplicates(0);
  sender.ack(1);
  EXPECT_EQ(sender.begun(), "10001");
  EXPECT_EQ(sender.cwnd(), 10'000U);
  sender.ack(1);
  EXPECT_EQ(sender.begun(), "11001");
  sender.ack(1);
  EXPECT_EQ(sender.begun(), "1");
  EXPECT_EQ(sender.tcb().ssthresh, 5000U);  // of the ten, not of the twelve
}

TEST(LimitedTransmit, NeedsThePeersWindowAndTheKnob) {
  Config config = sender_config(LossRecovery::kNewReno);
  config.limited_transmit = false;
  EXPECT_EQ(after_duplicates(2, config).begun(), "");
  testing::Hand hand(sender_config(LossRecovery::kNewReno));
  hand.peer_window = 10'999;
  hand.establish();
  hand.send(30'000);
  hand.forget();
  hand.peer(".", 1, 0, 1);
  EXPECT_THAT(hand.sent(), ::testing::IsEmpty());
}

TEST(FastRecovery, EachFurtherDuplicateLetsOneMoreOut) {
  Sender sender = after_duplicates(3, sender_config(LossRecovery::kNewReno), 40'000);
  EXPECT_EQ(sender.begun(), "10001 11001 1");
  // cwnd 8000, in flight 12000: four more duplicates fill it, the fifth lets one out.
  for (int i = 0; i < 4; ++i) sender.ack(1);
  EXPECT_EQ(sender.begun(), "");
  sender.ack(1);
  EXPECT_EQ(sender.begun(), "12001");
  EXPECT_EQ(sender.cwnd(), 13'000U);
}

TEST(FastRecovery, MadeUpDuplicatesInflateNoFurtherThanWhatIsInFlight) {
  Sender sender = after_duplicates(1000, sender_config(LossRecovery::kNewReno), 65'000);
  EXPECT_LE(sender.cwnd(), 5000U + sender.tcb().in_flight + 1000U);
  EXPECT_LE(sender.tcb().in_flight, 60'000U);
}

TEST(FastRecovery, AFullAckEndsItWithADeflatedWindow) {
  Sender sender = after_duplicates(3, sender_config(LossRecovery::kNewReno), 10'000);
  sender.forget();
  sender.ack(10'001);
  EXPECT_FALSE(sender.recovering());
  EXPECT_EQ(sender.cwnd(), 2000U);  // min(ssthresh, max(FlightSize, SMSS) + SMSS) with nothing in flight
  Sender busy = after_duplicates(9);
  busy.ack(10'001);  // 12 were sent before the third, so this is partial
  EXPECT_TRUE(busy.recovering());
  busy.ack(12'001);
  EXPECT_FALSE(busy.recovering());
  EXPECT_EQ(busy.cwnd(), 4000U);  // 3000 were in flight
}

TEST(FastRecovery, EachPartialAckSendsTheNextHoleAndDeflates) {
  Sender sender = after_duplicates(3, sender_config(LossRecovery::kNewReno), 10'000);
  sender.forget();
  sender.ack(3001);  // 1 was repaired; 3001 is missing as well
  EXPECT_TRUE(sender.recovering());
  EXPECT_EQ(sender.begun(), "3001");
  EXPECT_EQ(sender.cwnd(), 8000U - 3000 + 1000);
  sender.ack(3501);  // less than a segment: nothing is added back
  EXPECT_EQ(sender.begun(), "3501:4001");
  EXPECT_EQ(sender.cwnd(), 5500U);
  sender.ack(10'001);
  EXPECT_FALSE(sender.recovering());
  EXPECT_EQ(sender.begun(), "");
}

TEST(FastRecovery, OnlyTheFirstPartialAckRestartsTheTimer) {
  Sender sender = after_duplicates(3, sender_config(LossRecovery::kNewReno), 10'000);
  sender.wait(Duration::millis(400));
  sender.ack(2001);
  EXPECT_EQ(sender.until_deadline(), sec(1));
  sender.wait(Duration::millis(400));
  sender.ack(3001);
  EXPECT_EQ(sender.until_deadline(), Duration::millis(600));
  sender.ack(10'001);
  EXPECT_LT(sender.until_deadline(), Duration());
}

TEST(FastRecovery, ATimeoutEndsItInSlowStart) {
  Sender sender = after_duplicates(3, sender_config(LossRecovery::kNewReno), 10'000);
  sender.forget();
  sender.wait(sec(1) - kNano);
  EXPECT_EQ(sender.begun(), "");
  sender.wait(kNano);
  EXPECT_EQ(sender.begun(), "1");
  EXPECT_FALSE(sender.recovering());
  EXPECT_EQ(sender.cwnd(), 1000U);
  sender.ack(1001);
  EXPECT_EQ(sender.begun(), "1001 2001");
}

// RFC 6582 §3.2 steps 2 and 4.
TEST(Recover, DuplicatesThatTheTimeoutItselfCausedStartNothing) {
  Sender sender(sender_config(LossRecovery::kNewReno));
  sender.send(10'000);
  sender.wait(sec(1));
  sender.forget();
  for (int i = 0; i < 5; ++i) sender.ack(1);
  EXPECT_FALSE(sender.recovering());
  EXPECT_EQ(sender.begun(), "");
  EXPECT_EQ(sender.cwnd(), 1000U);
  // The receiver had all the others: the ACK jumps, and what goes again is echoed by duplicates.
  sender.ack(9001);
  EXPECT_EQ(sender.begun(), "9001");
  for (int i = 0; i < 5; ++i) sender.ack(9001);
  EXPECT_FALSE(sender.recovering());
}

TEST(Recover, TheAckHeuristicLetsALossAmongTheRetransmissionsBeRepaired) {
  Sender sender(sender_config(LossRecovery::kNewReno));
  sender.send(10'000);
  sender.wait(sec(1));
  sender.ack(1001);  // slow start again
  sender.ack(2001);
  sender.ack(3001);
  sender.forget();
  sender.ack(3001);
  sender.ack(3001);
  EXPECT_EQ(sender.begun(), "");
  sender.ack(3001);  // it advanced by no more than four segments, and cwnd is above one
  EXPECT_TRUE(sender.recovering());
  EXPECT_EQ(sender.begun().substr(0, 4), "3001");
}

TEST(Recover, BeyondItANewLossIsRepairedAsEver) {
  Sender sender = after_duplicates(3, sender_config(LossRecovery::kNewReno), 10'000);
  sender.ack(10'001);
  sender.send(10'000);
  sender.ack(11'001);
  sender.forget();
  for (int i = 0; i < 3; ++i) sender.ack(11'001);
  EXPECT_TRUE(sender.recovering());
  EXPECT_EQ(sender.begun(), "14001 15001 11001");
}

TEST(TimeoutOnly, DuplicatesDoNothing) {
  Sender sender = after_duplicates(20, sender_config(LossRecovery::kTimeoutOnly));
  EXPECT_EQ(sender.begun(), "");
}

TEST(Idle, AfterMoreThanAnRtoTheWindowIsTheInitialOneAgain) {
  for (const bool restart : {true, false}) {
    for (const Duration idle : {sec(1), sec(1) + kNano}) {
      Config config = sender_config(LossRecovery::kNewReno, 2);
      config.idle_restart = restart;
      Sender sender(config);
      sender.send(12'000);
      for (std::uint32_t at = 1001; at <= 12'001; at += 1000) sender.ack(at);
      EXPECT_EQ(sender.cwnd(), 14'000U);
      sender.forget();
      sender.wait(idle);
      sender.send(30'000);
      EXPECT_EQ(sender.sent().size(), restart && idle > sec(1) ? 2U : 14U);
    }
  }
}

TEST(WindowShrunk, ALossBeyondTheEdgeWaits) {
  Sender sender = after_duplicates(2, sender_config(LossRecovery::kNewReno), 10'000);
  sender.peer_window = 300;
  sender.ack(1);  // another window: no duplicate
  sender.ack(1);
  EXPECT_EQ(sender.begun(), "1:301");
}

TEST(Records, NewTextWaitsWhileThereAreTooMany) {
  Config config = sender_config(LossRecovery::kNewReno);
  config.congestion = Congestion::kNone;
  config.most_sent_records = 16;
  Sender sender(config);
  sender.send(30'000);
  EXPECT_EQ(sender.sent().size(), 16U);
  EXPECT_EQ(sender.tcp().sent_segments().size(), 16U);
  sender.ack(2001);
  EXPECT_EQ(sender.begun(), "16001 17001");
}

}  // namespace
}  // namespace tcpspec::tcp
