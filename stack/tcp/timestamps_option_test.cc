// RFC 7323 §3 to §5 on a connection: TSval, TSecr, PAWS, round trips.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using testing::peer_next;

Config with_timestamps() {
  Config config = testing::plain_config();
  config.timestamps = true;
  config.min_rto = Duration::millis(1);
  return config;
}

// Established at 5 s; the peer's clock stood at 1000.
Hand established(const Config& config = with_timestamps()) {
  Hand hand(config);
  hand.wait(Duration::seconds(5));
  hand.peer_timestamps = wire::Timestamps{1000, 5000};
  hand.establish();
  return hand;
}
wire::Timestamps only_timestamps(Hand& hand) {
  const auto segments = hand.segments();
  EXPECT_EQ(segments.size(), 1U);
  EXPECT_TRUE(segments.at(0).options.timestamps);
  return segments.at(0).options.timestamps.value_or(wire::Timestamps());
}

TEST(TimestampsOption, EverySegmentCarriesClockAndEcho) {
  Hand hand = established();
  EXPECT_TRUE(hand.tcb().timestamps_on);
  hand.wait(Duration::millis(250));
  hand.send(10);
  EXPECT_EQ(only_timestamps(hand), (wire::Timestamps{5250, 1000}));
  hand.peer_timestamps = wire::Timestamps{1300, 5250};
  hand.peer(".", 1, 0, 11);
  hand.close();
  EXPECT_EQ(only_timestamps(hand), (wire::Timestamps{5250, 1300}));
}

TEST(TimestampsOption, TheOffsetIsAddedToTheClockAndTakenOffTheEcho) {
  const std::uint32_t offset = 0xffff'f000;
  Hand peer(with_timestamps());
  const auto tcp = Connection::open_active(with_timestamps(), testing::ours(), testing::theirs(),
                                           testing::kOurIss, Instant(), State::kClosed, offset);
  const auto syn = tcp->take_segment();
  EXPECT_EQ(syn.value().options.timestamps, (wire::Timestamps{offset, 0}));
  wire::Segment answer = peer.make("S.", 0, 0, 1);
  answer.options.timestamps = wire::Timestamps{1000, offset};
  tcp->segment_arrives(answer, Instant() + Duration::millis(30));
  EXPECT_EQ(tcp->tcb().srtt, Duration::millis(30));
  EXPECT_EQ(tcp->take_segment().value().options.timestamps, (wire::Timestamps{offset + 30, 1000}));
  const auto child = Connection::accept_syn(
      with_timestamps(),
      [&] {
        wire::Segment first = peer.make("S", 0, 0);
        first.options.timestamps = wire::Timestamps{5, 0};
        return first;
      }(),
      testing::kOurIss, Instant(), 7);
  EXPECT_EQ(child->take_segment().value().options.timestamps, (wire::Timestamps{7, 5}));
}

TEST(TimestampsOption, AResetCarriesThemWithoutEcho) {
  Hand hand = established();
  hand.tcp().abort(hand.now());
  EXPECT_EQ(only_timestamps(hand), (wire::Timestamps{5000, 0}));
}

TEST(TimestampsOption, ASegmentWithoutThemIsDroppedInSilence) {
  Hand hand = established();
  hand.peer_timestamps.reset();
  const Tcb before = hand.tcb();
  hand.peer("P.", 1, 10, 1);
  hand.peer("F.", 1, 0, 1);
  EXPECT_EQ(hand.tcb(), before);
  EXPECT_THAT(hand.sent(), IsEmpty());
  hand.peer("S", 1, 0);  // but a SYN is challenged
  EXPECT_EQ(hand.sent().size(), 1U);
  hand.peer("R", 1, 0);  // and a RST counts
  EXPECT_EQ(hand.state(), "CLOSED");
}

TEST(TimestampsOption, OnAConnectionWithoutThemTheyAreIgnored) {
  Hand hand;
  hand.establish();
  hand.peer_timestamps = wire::Timestamps{7, 0};
  hand.peer("P.", 1, 10, 1);
  EXPECT_EQ(hand.receive().data.size(), 10U);
  hand.wait(Duration::seconds(1));
  EXPECT_FALSE(hand.segments().at(0).options.timestamps);
}

TEST(TimestampsOption, ADelayedAckEchoesTheFirstSegmentItAnswers) {
  Hand hand = established();
  hand.peer_timestamps = wire::Timestamps{1100, 5000};
  hand.peer("P.", 1, 100, 1);
  hand.peer_timestamps = wire::Timestamps{1120, 5000};
  hand.peer("P.", 101, 100, 1);
  hand.wait(Duration::millis(40));
  EXPECT_EQ(only_timestamps(hand).echo_reply, 1100U);
}

TEST(TimestampsOption, WithAHoleTheEchoStaysAndTheSegmentThatFillsItMovesIt) {
  Hand hand = established();
  hand.peer_timestamps = wire::Timestamps{1100, 5000};
  hand.peer("P.", 101, 100, 1);
  EXPECT_EQ(only_timestamps(hand).echo_reply, 1000U);
  hand.peer_timestamps = wire::Timestamps{1200, 5000};
  hand.peer("P.", 1, 100, 1);
  EXPECT_EQ(only_timestamps(hand).echo_reply, 1200U);
}

TEST(TimestampsOption, TextRepackagedOverADelayedAckCountsFromWhereItBegan) {
  Hand hand = established();
  hand.peer_timestamps = wire::Timestamps{1100, 5000};
  hand.peer("P.", 1, 100, 1);  // its ACK waits: Last.ACK.sent is 1
  hand.peer_timestamps = wire::Timestamps{1200, 5000};
  hand.peer("P.", 1, 200, 1);  // SEG.SEQ is not after Last.ACK.sent, though RCV.NXT is 101
  EXPECT_EQ(hand.tcb().ts_recent, 1200U);
  hand.peer_timestamps = wire::Timestamps{1300, 5000};
  hand.wait(Duration::millis(40));
  hand.peer("P.", 201, 100, 1);
  hand.peer_timestamps = wire::Timestamps{1400, 5000};
  hand.peer("P.", 301, 100, 1);  // after Last.ACK.sent, 201
  EXPECT_EQ(hand.tcb().ts_recent, 1300U);
}

TEST(TimestampsOption, ASegmentWhoseAckIsNotGoodLeavesNone) {
  Hand hand = established();
  for (const std::uint32_t ack : {2U, 1U - 60'001U}) {
    hand.peer_timestamps = wire::Timestamps{9000, 5000};
    hand.peer("P.", 1, 10, ack);
    EXPECT_EQ(hand.tcb().ts_recent, 1000U);
  }
  hand.peer("P", 1, 10);  // no ACK at all
  EXPECT_EQ(hand.tcb().ts_recent, 1000U);
  hand.peer_timestamps = wire::Timestamps{1001, 5000};
  hand.peer("P.", 1, 10, 1);
  EXPECT_EQ(peer_next(hand), 11U);
}

TEST(TimestampsOption, AResetThatAnswersEchoesAndTellsNoClock) {
  wire::Segment segment = Hand().make("P.", 1, 10, 1);
  EXPECT_FALSE(reset_for_closed(segment)->options.timestamps);
  segment.options.timestamps = wire::Timestamps{77, 5};
  EXPECT_EQ(reset_for_closed(segment)->options.timestamps, (wire::Timestamps{0, 77}));
}

TEST(PawsOption, ASynWithAnOldTimestampIsChallengedWhereChallengesAreOn) {
  for (const bool rfc5961 : {false, true}) {
    Config config = with_timestamps();
    config.rfc5961 = rfc5961;
    Hand hand = established(config);
    hand.peer_timestamps = wire::Timestamps{999, 0};
    hand.peer("S", 1, 0);
    EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
    EXPECT_EQ(hand.state(), "ESTABLISHED");
  }
}

TEST(PawsOption, AnOldTimestampIsAnsweredAndDropped) {
  Hand hand = established();
  hand.peer_timestamps = wire::Timestamps{999, 5000};
  const Tcb before = hand.tcb();
  hand.peer("P.", 1, 10, 1);
  EXPECT_EQ(hand.tcb(), before);
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 1"));
  hand.peer_timestamps = wire::Timestamps{1000, 5000};
  hand.peer("P.", 1, 10, 1);
  EXPECT_EQ(peer_next(hand), 11U);
}

TEST(PawsOption, AResetIsExempt) {
  Hand hand = established();
  hand.peer_timestamps = wire::Timestamps{1, 5000};
  hand.peer("R", 1, 0);
  EXPECT_EQ(hand.state(), "CLOSED");
}

TEST(PawsOption, AnUnacceptableSegmentDoesNotMoveTsRecent) {
  Hand hand = established();
  hand.peer_timestamps = wire::Timestamps{9000, 5000};
  hand.peer("P.", 1 + 70'000, 10, 1);
  EXPECT_EQ(hand.tcb().ts_recent, 1000U);
  hand.peer("P.", 11, 10, 1);  // ahead of Last.ACK.sent
  EXPECT_EQ(hand.tcb().ts_recent, 1000U);
  hand.peer("P.", 1, 10, 1);
  EXPECT_EQ(hand.tcb().ts_recent, 9000U);
}

TEST(PawsOption, AfterMoreThan24IdleDaysAnOldTimestampPasses) {
  for (const bool past : {false, true}) {
    Hand hand = established();
    hand.wait(Duration::seconds(24 * 86'400) + Duration::nanos(past ? 1 : 0));
    hand.peer_timestamps = wire::Timestamps{1, 5000};
    hand.peer("P.", 1, 10, 1);
    EXPECT_EQ(peer_next(hand), past ? 11U : 1U);
  }
}

TEST(RoundTrip, EveryAckMeasuresEvenOfWhatWasSentTwice) {
  Hand hand = established();
  EXPECT_EQ(hand.tcb().srtt, Duration());
  hand.send(10);
  hand.wait(Duration::millis(1));  // RTO is one millisecond: sent again
  EXPECT_EQ(hand.tcb().retransmissions, 1);
  hand.wait(Duration::micros(500));
  hand.peer_timestamps = wire::Timestamps{1001, 5001};
  hand.wait(Duration::micros(500));
  hand.peer(".", 1, 0, 11);
  // The echo is of the second copy, 1 ms ago: SRTT 7/8*0 + 1/8*1.
  EXPECT_EQ(hand.tcb().srtt, Duration::micros(125));
}

TEST(RoundTrip, AnEchoFromTheFutureIsNoSample) {
  Hand hand = established();
  hand.send(10);
  hand.peer_timestamps = wire::Timestamps{1001, 6000};
  const Duration rto = hand.tcb().rto;
  hand.peer(".", 1, 0, 11);
  EXPECT_EQ(hand.tcb().rto, rto);
  EXPECT_EQ(hand.tcb().in_flight, 0U);
}

TEST(RoundTrip, ALostSynStillMakesItThreeSeconds) {
  Config config = with_timestamps();
  Hand hand(config);
  hand.open();
  hand.wait(Duration::seconds(1));
  hand.peer_timestamps = wire::Timestamps{1000, 1000};
  hand.peer("S.", 0, 0, 1);
  EXPECT_EQ(hand.tcb().rto, Duration::seconds(3));
}

}  // namespace
}  // namespace tcpspec::tcp
