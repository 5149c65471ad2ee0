// Urgent data, RFC 9293 §3.8.5, §3.10.7.4 sixth; RFC 6093.
#include "stack/tcp/urgent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/tcp/testing/hand.h"
#include "stack/tcp/testing/two_connections.h"

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using testing::Hand;
using ::testing::IsEmpty;
using testing::stream;

Hand established(const Config& config = testing::plain_config()) {
  Hand hand(config);
  hand.establish();
  return hand;
}
// `hand` writes `count` octets of its stream as urgent.
struct Sender {
  Hand hand;
  std::uint32_t written = 1;
  SendResult urgent(std::size_t count) {
    const SendResult result = hand.tcp().send_urgent(stream(written, count), hand.now());
    written += static_cast<std::uint32_t>(result.accepted);
    return result;
  }
  SendResult ordinary(std::size_t count) {
    const SendResult result = hand.tcp().send(stream(written, count), true, hand.now());
    written += static_cast<std::uint32_t>(result.accepted);
    return result;
  }
  // "PU. 1:2(1) ack 1 urg 1"
  testing::Lines sent() {
    testing::Lines lines;
    for (const wire::Segment& segment : hand.segments()) {
      lines.push_back(testing::text_of(segment));
      if (segment.urgent != 0) lines.back() += fmt::format(" urg {}", segment.urgent);
    }
    return lines;
  }
};
void give(Hand& hand, std::string_view letters, std::uint32_t seq, std::size_t count, std::uint16_t pointer) {
  wire::Segment segment = hand.make(letters, seq, count, 1);
  segment.urgent = pointer;
  hand.give(segment);
}

TEST(UrgentField, IsTheDistanceToTheOctetAfterClippedAtItsReach) {
  const Seq32 una(10);
  EXPECT_EQ(urgent_field(Seq32(10), una, Seq32(11)), 1);
  EXPECT_EQ(urgent_field(Seq32(11), una, Seq32(11)), std::nullopt);
  EXPECT_EQ(urgent_field(Seq32(10), una, Seq32(10 + 65535)), 65535);
  EXPECT_EQ(urgent_field(Seq32(10), una, Seq32(10 + 65536)), 65535);
  // A keep-alive's number lies left of SND.UNA: nothing is outstanding.
  EXPECT_EQ(urgent_field(Seq32(10), Seq32(11), Seq32(11)), std::nullopt);
}

TEST(UrgentPointer, MovesWithTheStartOfASegment) {
  wire::Segment segment;
  segment.seq = Seq32(100);
  segment.flags = wire::Flag::kUrg | wire::Flag::kAck;
  segment.urgent = 10;
  EXPECT_EQ(urgent_pointer(segment), Seq32(110));
  move_start(segment, 9);
  EXPECT_EQ(urgent_pointer(segment), Seq32(110));
  move_start(segment, 1);
  EXPECT_EQ(urgent_pointer(segment), std::nullopt);
  EXPECT_EQ(segment.seq, Seq32(110));
  segment.urgent = 5;  // without URG the field means nothing
  EXPECT_EQ(urgent_pointer(segment), std::nullopt);
}

TEST(UrgentSend, ThePointerNamesTheOctetAfter) {
  Sender a{established()};
  a.urgent(10);
  EXPECT_THAT(a.sent(), ElementsAre("PU. 1:11(10) ack 1 urg 10"));
  a.hand.peer(".", 1, 0, 11);
  a.ordinary(5);
  EXPECT_THAT(a.sent(), ElementsAre("P. 11:16(5) ack 1"));
}

TEST(UrgentSend, EverySegmentAheadOfThePointerCarriesIt) {
  Config config = testing::plain_config();
  config.congestion = Congestion::kNone;
  Sender a{established(config)};
  a.urgent(2500);
  a.ordinary(1000);
  EXPECT_THAT(a.sent(), ElementsAre("U. 1:1001(1000) ack 1 urg 2500", "U. 1001:2001(1000) ack 1 urg 1500",
                                    "PU. 2001:2501(500) ack 1 urg 500", "P. 2501:3501(1000) ack 1"));
}

TEST(UrgentSend, DoesNotWaitForNagle) {
  Sender a{established()};
  a.ordinary(1);
  a.ordinary(1);
  EXPECT_THAT(a.sent(), ElementsAre("P. 1:2(1) ack 1"));
  a.urgent(1);
  EXPECT_THAT(a.sent(), ElementsAre("PU. 2:4(2) ack 1 urg 2"));
}

TEST(UrgentSend, NothingUrgentWithoutAnOctet) {
  Sender a{established()};
  EXPECT_EQ(a.urgent(0).accepted, 0U);
  a.ordinary(3);
  EXPECT_THAT(a.sent(), ElementsAre("P. 1:4(3) ack 1"));
}

TEST(UrgentSend, IsToldAtOnceThroughAShutWindowAndByEveryProbe) {
  Sender a{established()};
  a.hand.peer_window = 0;
  a.hand.peer(".", 1, 0, 1);
  a.urgent(20);
  EXPECT_THAT(a.sent(), ElementsAre("U. 1:1(0) ack 1 urg 20"));
  a.hand.wait(Duration::seconds(1) - Duration::nanos(1));
  EXPECT_THAT(a.sent(), IsEmpty());
  a.hand.wait(Duration::nanos(1));
  EXPECT_THAT(a.sent(), ElementsAre("U. 1:2(1) ack 1 urg 20"));
  a.hand.peer_window = 60000;
  a.hand.peer(".", 1, 0, 2);
  EXPECT_THAT(a.sent(), ElementsAre("PU. 2:21(19) ack 1 urg 19"));
}

TEST(UrgentSend, IsRepeatedWithWhatIsRepeated) {
  Config config = testing::plain_config();
  config.tail_loss_probe = false;
  Sender a{established(config)};
  a.urgent(4);
  (void)a.sent();
  a.hand.wait(Duration::seconds(1));
  EXPECT_THAT(a.sent(), ElementsAre("PU. 1:5(4) ack 1 urg 4"));
}

TEST(UrgentSend, WaitsForTheHandshakeAndGoesOutInCloseWait) {
  Sender early{Hand()};
  early.hand.open();
  early.urgent(3);
  EXPECT_THAT(early.sent(), ElementsAre("S 0:0(0)"));
  early.hand.peer("S.", 0, 0, 1);
  EXPECT_THAT(early.sent(), ElementsAre("PU. 1:4(3) ack 1 urg 3"));
  Sender late{Hand()};
  late.hand.reach(State::kCloseWait);
  late.urgent(3);
  EXPECT_THAT(late.sent(), ElementsAre("PU. 1:4(3) ack 2 urg 3"));
  late.hand.close();
  EXPECT_EQ(late.urgent(3).error, CallError::kClosing);
}

TEST(UrgentSend, AnOldPointerNeverComesBack) {
  Sender a{established()};
  a.urgent(1);
  a.hand.peer(".", 1, 0, 2);
  EXPECT_EQ(a.hand.tcb().snd.up, a.hand.tcb().snd.una);
  for (int i = 0; i < 5; ++i) {
    a.ordinary(1000);
    a.hand.peer(".", 1, 0, a.written);
    EXPECT_EQ(a.hand.tcb().snd.up, a.hand.tcb().snd.una);
  }
}

TEST(UrgentReceive, TheUserIsToldOnceUntilAllOfItWasRead) {
  Hand hand = established();
  give(hand, "U.", 1, 0, 10);  // before any of it arrived
  EXPECT_THAT(hand.events(), ElementsAre("urgent"));
  EXPECT_EQ(hand.tcb().urgent_unread, 10U);
  give(hand, "PU.", 1, 4, 10);
  give(hand, "PU.", 5, 4, 12);  // the pointer moves on: invisible in urgent mode
  EXPECT_THAT(hand.events(), ElementsAre("readable", "readable"));
  ReceiveResult got = hand.receive();
  EXPECT_EQ(got.data, stream(1, 8));
  EXPECT_EQ(got.urgent_remaining, 8U);  // 9 to 16
  hand.peer("P.", 9, 20, 1);
  got = hand.receive(3);
  EXPECT_EQ(got.data, stream(9, 3));
  EXPECT_EQ(got.urgent_remaining, 5U);
  got = hand.receive();
  EXPECT_EQ(got.data, stream(12, 5));  // up to the pointer, and not beyond in one buffer
  EXPECT_EQ(got.urgent_remaining, 0U);
  EXPECT_EQ(hand.tcb().urgent_unread, 0U);
  EXPECT_EQ(hand.receive().data, stream(17, 12));
  (void)hand.events();
  give(hand, "PU.", 29, 1, 1);  // a new run
  EXPECT_THAT(hand.events(), ElementsAre("urgent", "readable"));
}

TEST(UrgentReceive, ARepeatedOrRecedingPointerChangesNothing) {
  Hand hand = established();
  give(hand, "PU.", 1, 10, 10);
  give(hand, "PU.", 1, 10, 10);
  give(hand, "PU.", 11, 1, 0);
  give(hand, "PU.", 12, 1, 1);
  give(hand, "U.", 0, 0, 3);  // left of the window altogether
  EXPECT_THAT(hand.events(), ElementsAre("urgent", "readable", "readable", "readable"));
  EXPECT_EQ(hand.receive().data.size(), 12U);
  (void)hand.events();
  give(hand, "PU.", 10, 5, 2);  // names what was read
  EXPECT_THAT(hand.events(), ElementsAre("readable"));
  EXPECT_EQ(hand.receive().data, stream(13, 2));
}

TEST(UrgentReceive, APointerWithoutUrgMeansNothing) {
  Hand hand = established();
  give(hand, "P.", 1, 10, 5);
  EXPECT_THAT(hand.events(), ElementsAre("readable"));
  EXPECT_EQ(hand.receive().data.size(), 10U);
}

TEST(UrgentReceive, NonsenseIsHarmless) {
  for (const std::uint16_t pointer : {0, 1, 9, 10, 11, 30'000, 65'535}) {
    Hand hand = established();
    give(hand, "PU.", 1, 10, pointer);
    Bytes got;
    while (true) {
      const ReceiveResult part = hand.receive();
      if (part.data.empty()) break;
      append(got, part.data);
    }
    EXPECT_EQ(got, stream(1, 10)) << pointer;
    hand.peer("F.", 11, 0, 1);
    EXPECT_TRUE(hand.receive().end_of_stream) << pointer;
    EXPECT_EQ(hand.tcb().urgent_unread, 0U) << pointer;  // the stream ended before the pointer
  }
}

TEST(UrgentReceive, CountsThroughAZeroWindow) {
  Config config = testing::plain_config();
  config.receive_buffer = 100;
  Hand hand = established(config);
  hand.peer("P.", 1, 100, 1);
  (void)hand.events();
  EXPECT_EQ(hand.tcb().rcv.wnd, 0U);
  give(hand, "U.", 101, 1, 5);  // [MUST-66]
  EXPECT_THAT(hand.events(), ElementsAre("urgent"));
  EXPECT_EQ(hand.tcb().urgent_unread, 105U);
}

TEST(UrgentReceive, OnlyUntilThePeersFin) {
  for (const State state : testing::kSynchronized) {
    Hand hand;
    hand.reach(state);
    wire::Segment segment = hand.make("U.", testing::peer_next(hand), 0, testing::our_next(hand));
    segment.urgent = 9;
    hand.give(segment);
    const bool told = state == State::kEstablished || state == State::kFinWait1 || state == State::kFinWait2;
    const testing::Lines events = hand.events();
    EXPECT_EQ(std::count(events.begin(), events.end(), "urgent"), told ? 1 : 0) << to_string(state);
  }
}

TEST(UrgentReceive, WithTheSynItWaitsForTheHandshake) {
  Hand hand;
  wire::Segment syn = hand.make("SU", 0, 4);
  syn.urgent = 3;  // counted from the SYN: octets 1 and 2
  hand.accept(syn);
  EXPECT_THAT(hand.events(), IsEmpty());
  hand.peer(".", 5, 0, 1);
  EXPECT_THAT(hand.events(), ::testing::Contains("urgent"));
  EXPECT_EQ(hand.receive().data, stream(1, 2));
  EXPECT_EQ(hand.receive().data, stream(3, 2));
}

TEST(UrgentReceive, AheadOfAHoleItIsToldAtOnce) {
  Hand hand = established();
  give(hand, "PU.", 11, 10, 5);
  EXPECT_THAT(hand.events(), ElementsAre("urgent"));
  EXPECT_EQ(hand.tcb().urgent_unread, 15U);
}

Config apart() {
  Config config = testing::plain_config();
  config.urgent_inline = false;
  return config;
}

TEST(UrgentApart, TheStreamPassesOverTheLastUrgentOctet) {
  Hand hand = established(apart());
  EXPECT_EQ(hand.tcp().receive_urgent(hand.now()).error, CallError::kWouldBlock);
  give(hand, "PU.", 1, 10, 4);  // the fourth octet
  EXPECT_EQ(hand.receive().data, stream(1, 3));
  EXPECT_EQ(hand.receive().data, stream(5, 6));
  EXPECT_EQ(hand.tcp().receive_urgent(hand.now()).data, stream(4, 1));
  EXPECT_EQ(hand.tcp().receive_urgent(hand.now()).error, CallError::kWouldBlock);
}

TEST(UrgentApart, ItMayBeFetchedBeforeTheStreamComesToIt) {
  Hand hand = established(apart());
  give(hand, "PU.", 1, 10, 4);
  EXPECT_EQ(hand.tcp().receive_urgent(hand.now()).data, stream(4, 1));
  EXPECT_EQ(hand.tcp().receive_urgent(hand.now()).error, CallError::kWouldBlock);
  give(hand, "PU.", 11, 10, 10);  // another one, while the first still stands in the queue
  EXPECT_EQ(hand.receive().data, stream(1, 3));
  EXPECT_EQ(hand.receive().data, stream(5, 15));
  EXPECT_EQ(hand.receive().error, CallError::kWouldBlock);
  EXPECT_EQ(hand.tcp().receive_urgent(hand.now()).data, stream(20, 1));
}

TEST(UrgentApart, TwoBesideEachOtherAreBothPassedOver) {
  Hand hand = established(apart());
  give(hand, "PU.", 1, 4, 4);
  EXPECT_EQ(hand.tcp().receive_urgent(hand.now()).data, stream(4, 1));
  give(hand, "PU.", 5, 6, 1);
  EXPECT_EQ(hand.receive().data, stream(1, 3));
  EXPECT_EQ(hand.receive().data, stream(6, 5));
  EXPECT_EQ(hand.tcp().receive_urgent(hand.now()).data, stream(5, 1));
}

TEST(UrgentApart, BeforeItArrivedThereIsNothingToFetch) {
  Hand hand = established(apart());
  give(hand, "PU.", 1, 5, 6);
  EXPECT_EQ(hand.tcp().receive_urgent(hand.now()).error, CallError::kWouldBlock);
  EXPECT_EQ(hand.receive().data, stream(1, 5));
  hand.peer("P.", 6, 1, 1);
  EXPECT_EQ(hand.receive().error, CallError::kWouldBlock);
  EXPECT_EQ(hand.tcp().receive_urgent(hand.now()).data, stream(6, 1));
}

TEST(UrgentBothWays, AnyLengthArrivesWhole) {
  testing::TwoConnections two;
  two.b.listening = true;
  two.open_a();
  two.run(Duration::seconds(1));
  const Bytes text = stream(1, 50'000);
  EXPECT_EQ(two.a.tcp->send_urgent(text, two.now()).accepted, text.size());
  two.a.close_when_sent = true;
  two.run(Duration::seconds(30));
  EXPECT_EQ(two.b.got, text);
  EXPECT_TRUE(two.b.end_of_stream);
  EXPECT_EQ(std::count(two.b.events.begin(), two.b.events.end(), "urgent"), 1);
}

}  // namespace
}  // namespace tcpspec::tcp
