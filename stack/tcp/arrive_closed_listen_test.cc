// RFC 9293 §3.10.7.1 (CLOSED), §3.10.7.2 (LISTEN), and what a SYN's child sends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::flags_of;
using testing::Hand;
using ::testing::IsEmpty;
using testing::kOurIss;
using testing::kPeerIss;

wire::Segment arriving(std::string_view letters, std::size_t count = 0) {
  wire::Segment segment;
  segment.source = testing::theirs();
  segment.destination = testing::ours();
  segment.seq = Seq32(0xfffffffe);
  segment.ack = Seq32(777);
  segment.flags = flags_of(letters);
  segment.payload.resize(count);
  return segment;
}

TEST(ArriveClosed, WithoutAckTheResetHasNumberZeroAndAcknowledgesTheSegment) {
  const struct {
    const char* letters;
    std::size_t count;
    std::uint32_t ack;
  } rows[] = {{"S", 0, 0xffffffff}, {"", 5, 3}, {"F", 0, 0xffffffff}, {"SF", 4, 4}, {"", 0, 0xfffffffe}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.letters);
    const auto reset = reset_for_closed(arriving(row.letters, row.count));
    ASSERT_TRUE(reset);
    EXPECT_EQ(reset->seq, Seq32(0));
    EXPECT_EQ(reset->ack, Seq32(row.ack));
    EXPECT_EQ(reset->flags, flags_of("R."));
    EXPECT_EQ(reset->source, testing::ours());
    EXPECT_EQ(reset->destination, testing::theirs());
    EXPECT_TRUE(reset->payload.empty());
    EXPECT_EQ(reset->options, wire::TcpOptions());
  }
}

TEST(ArriveClosed, WithAckTheResetTakesItsNumberFromThere) {
  for (const char* letters : {".", "S.", "F.", "P."}) {
    SCOPED_TRACE(letters);
    const auto reset = reset_for_closed(arriving(letters, 3));
    ASSERT_TRUE(reset);
    EXPECT_EQ(reset->seq, Seq32(777));
    EXPECT_EQ(reset->flags, flags_of("R"));
    EXPECT_EQ(reset->ack, Seq32());
  }
}

TEST(ArriveClosed, AResetIsNeverAnswered) {
  for (const char* letters : {"R", "R.", "SR", "SR.", "FR"})
    EXPECT_FALSE(reset_for_closed(arriving(letters))) << letters;
}

TEST(ArriveClosed, AConnectionThatEndedAnswersLikeNone) {
  Hand hand;
  hand.reach(State::kClosed);
  hand.peer("P.", 1, 10, 1);
  EXPECT_THAT(hand.sent(), ElementsAre("R 1:1(0)"));
  hand.peer("R", 1, 0);
  EXPECT_THAT(hand.sent(), IsEmpty());
}

TEST(ArriveListen, EveryCombinationOfFlags) {
  for (unsigned bits = 0; bits < 256; ++bits) {
    wire::Segment segment = arriving("");
    segment.flags = wire::Flags::from_bits(static_cast<std::uint8_t>(bits));
    ListenDisposition expected = ListenDisposition::kIgnore;          // fourth
    if (segment.syn()) expected = ListenDisposition::kNewConnection;  // third
    if (segment.has_ack()) expected = ListenDisposition::kReset;      // second
    if (segment.rst()) expected = ListenDisposition::kIgnore;         // first
    EXPECT_EQ(arrives_at_listen(segment), expected) << bits;
  }
}

TEST(AcceptSyn, AnswersWithSynAckAndEntersSynReceived) {
  Hand hand;
  hand.accept(hand.make("S", 0, 0));
  EXPECT_EQ(hand.state(), "SYN-RECEIVED");
  EXPECT_THAT(hand.sent(), ElementsAre("S. 0:0(0) ack 1"));
  EXPECT_THAT(hand.events(), IsEmpty());
  const Tcb& tcb = hand.tcb();
  EXPECT_TRUE(tcb.passive);
  EXPECT_EQ(tcb.rcv.irs, kPeerIss);
  EXPECT_EQ(tcb.rcv.nxt, kPeerIss + 1);
  EXPECT_EQ(tcb.snd.una, kOurIss);
  EXPECT_EQ(tcb.snd.nxt, kOurIss + 1);
  EXPECT_EQ(tcb.local, testing::ours());
  EXPECT_EQ(tcb.remote, testing::theirs());
}

TEST(AcceptSyn, TextOnTheSynIsDeliveredOnceEstablished) {
  Hand hand;
  hand.accept(hand.make("S", 0, 20));
  EXPECT_THAT(hand.sent(), ElementsAre("S. 0:0(0) ack 1"));
  EXPECT_EQ(hand.receive().error, CallError::kWouldBlock);
  hand.peer(".", 1, 0, 1);
  EXPECT_THAT(hand.events(), ElementsAre("established", "readable"));
  EXPECT_EQ(hand.receive().data, testing::stream(1, 20));
  hand.wait(Duration::millis(40));
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 21"));
}

TEST(AcceptSyn, FinOnTheSynIsProcessedOnceEstablished) {
  Hand hand;
  hand.accept(hand.make("SF", 0, 5));
  EXPECT_EQ(hand.state(), "SYN-RECEIVED");
  hand.forget();
  hand.peer(".", 7, 0, 1);
  EXPECT_EQ(hand.state(), "CLOSE-WAIT");
  EXPECT_THAT(hand.sent(), ElementsAre(". 1:1(0) ack 7"));
  EXPECT_EQ(hand.receive().data.size(), 5U);
  EXPECT_TRUE(hand.receive().end_of_stream);
}

TEST(AcceptSyn, TextBeyondTheWindowOfTheSynAckIsCut) {
  Config config = testing::plain_config();
  config.receive_buffer = 8;
  Hand hand(config);
  hand.accept(hand.make("SF", 0, 20));
  hand.forget();
  hand.peer(".", 1, 0, 1);
  EXPECT_EQ(hand.state(), "ESTABLISHED");
  EXPECT_EQ(hand.receive().data, testing::stream(1, 8));
  EXPECT_FALSE(hand.receive().end_of_stream);
}

}  // namespace
}  // namespace tcpspec::tcp
