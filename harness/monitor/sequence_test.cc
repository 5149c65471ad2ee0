#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/monitor/conversation.h"

namespace tcpspec::monitor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(AckBeyond, FiresOneNumberAfterWhatWasSent) {
  Conversation c;
  c.passive();
  c.in(kAck, 1, 1, 10);
  c.out(kAck, 1, 11);
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 1, 12);
  EXPECT_THAT(c.broken(), ElementsAre("ack-beyond"));
}

TEST(AckBeyond, AFinCountsForOne) {
  Conversation c;
  c.active();
  c.in(kAck | kFin, 1, 1, 10);
  c.out(kAck, 1, 12);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(AckBeyond, TextOfARstDoesNotCount) {
  Conversation c;
  c.passive();
  c.in(kRst, 4, 1, 10);
  c.out(kAck, 1, 12);
  EXPECT_THAT(c.broken(), ElementsAre("ack-beyond"));
}

TEST(AckBeyond, DamagedPacketsWereNeverSent) {
  Conversation c;
  c.passive();
  c.in(kAck, 1, 1, 10, spoiled([](packet::Image& image) { image.tcp->checksum ^= 1; }));
  c.out(kAck, 1, 11);
  EXPECT_THAT(c.broken(), ElementsAre("ack-beyond"));
}

TEST(AckBeyond, ASynAckThatAnswersNoSyn) {
  Conversation c;
  c.in(kSyn, 0, 0);
  c.out(kSyn | kAck, 0, 2);
  EXPECT_THAT(c.broken(), ElementsAre("ack-beyond"));
  Conversation text;
  text.in(kSyn, 0, 0, 10);
  text.out(kSyn | kAck, 0, 11);
  EXPECT_THAT(text.broken(), IsEmpty());
}

TEST(AckBeyond, FragmentsMayHaveCarriedIt) {
  Conversation c;
  c.passive();
  c.in(kAck, 1, 1, 10, spoiled([](packet::Image& image) {
         image.v4->flags_and_offset = 0x2000;
         image.v4->checksum = packet::right_ipv4_checksum(image);
       }));
  c.out(kAck, 1, 11);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(AckHole, CoversWhatHasNotCome) {
  Conversation c;
  c.passive();
  c.in(kAck, 11, 1, 10);
  c.out(kAck, 1, 1);
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 1, 21);
  EXPECT_THAT(c.broken(), ElementsAre("ack-hole"));
}

TEST(AckHole, IsFilledInAnyOrder) {
  Conversation c;
  c.passive();
  c.in(kAck, 11, 1, 10);
  c.in(kAck, 5, 1, 7);
  c.in(kAck, 1, 1, 4);
  c.out(kAck, 1, 21);
  EXPECT_THAT(c.broken(), IsEmpty());
}

// RFC 9293 §3.6.1 [MAY-2]: back to TIME-WAIT when the SYN that reopened the connection was an old duplicate.
TEST(AckBackwards, AReopeningThatIsResetFallsBackToTheOldNumbers) {
  for (const bool exact : {true, false}) {
    Conversation c;
    c.passive();
    c.out(kAck | kFin, 1, 1);
    c.in(kAck | kFin, 1, 2);
    c.out(kAck, 2, 2);
    c.in(kSyn, 100'000, 0);
    c.out(kSyn | kAck, 50'000, 100'001);
    c.in(kRst, exact ? 100'001 : 300'001, 0);
    c.in(kAck | kFin, 1, 2);
    c.out(kAck, 2, 2);
    if (exact) {
      EXPECT_THAT(c.broken(), IsEmpty());
    } else {
      EXPECT_THAT(c.broken(), testing::Contains("ack-backwards"));
    }
  }
}

TEST(AckBackwards, NeverGoesBack) {
  Conversation c;
  c.passive();
  c.in(kAck, 1, 1, 10);
  c.out(kAck, 1, 11, 0, windowed(9990));
  c.out(kAck, 1, 10, 0, windowed(9991));
  EXPECT_THAT(c.broken(), ElementsAre("ack-backwards"));
}

TEST(AckBackwards, ARepeatedSynAckMay) {
  Conversation c;
  c.passive();
  c.in(kAck, 1, 1, 10);
  c.out(kSyn | kAck, 0, 1);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(RepeatedOctets, AreTheOnesSentFirst) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 100);
  c.out(kAck, 1, 1, 100);
  c.out(kAck, 51, 1, 100);  // other cuts are fine
  EXPECT_THAT(c.broken(), IsEmpty());
  Bytes text = packet::stream(20, 10);
  text[3] ^= 0x40;
  c.out(kAck, 21, 1, 0, carrying(text));
  ASSERT_THAT(c.broken(), ElementsAre("repeated-octets"));
  EXPECT_NE(c.findings()[0].what.find("octet 24 differs"), std::string::npos);
}

TEST(RepeatedOctets, AKeepAliveMayCarryGarbage) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 100);
  c.in(kAck, 1, 101);
  c.wait(Duration::seconds(7200));
  c.out(kAck, 100, 1, 0, carrying({0}));
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(FinNumber, StaysWhereItWas) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 10);
  c.out(kAck | kFin, 11, 1);
  c.out(kAck | kFin, 6, 1, 5);  // repeated with text, same number
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck | kFin, 12, 1);
  EXPECT_THAT(c.broken(), ElementsAre("fin-number"));
}

TEST(FinNumber, IsAfterAllText) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 10);
  c.out(kAck | kFin, 10, 1);
  EXPECT_THAT(c.broken(), ElementsAre("fin-number"));
}

TEST(FinNumber, AnEarlierOneMayHaveBeenMissed) {
  Conversation c(Before::kUnknown);
  c.passive();
  c.out(kAck, 1, 1, 10);
  c.out(kAck, 12, 1);  // after a FIN that the capture lost
  c.out(kAck | kFin, 6, 1, 5);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(AfterFin, NothingFollows) {
  Conversation c;
  c.passive();
  c.out(kAck | kFin, 1, 1, 10);
  c.out(kAck, 12, 1);
  c.out(kAck, 1, 1, 10);
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 12, 1, 1);
  EXPECT_THAT(c.broken(), ElementsAre("after-fin"));
}

TEST(SynIsn, IsKeptInRepetitions) {
  Conversation c;
  c.in(kSyn, 0, 0);
  c.out(kSyn | kAck, 0, 1);
  c.wait(Duration::seconds(1));
  c.out(kSyn | kAck, 0, 1);
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kSyn | kAck, 7, 1);
  EXPECT_THAT(c.broken(), ElementsAre("syn-isn"));
}

TEST(SynIsn, ANewSynMayDrawANewOne) {
  Conversation c;
  c.in(kSyn, 0, 0);
  c.out(kSyn | kAck, 0, 1);
  c.in(kSyn, 0, 0);
  c.out(kSyn | kAck, 7, 1);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(ProbeShape, CarriesOneOctetAtMost) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 10);
  c.in(kAck, 1, 11);
  c.wait(Duration::seconds(7200));
  c.out(kAck, 10, 1);
  c.wait(Duration::seconds(75));
  c.out(kAck, 10, 1, 1);
  EXPECT_THAT(c.broken(), IsEmpty());
  c.wait(Duration::seconds(75));
  c.out(kAck, 10, 1, 2);
  EXPECT_THAT(c.broken(), ElementsAre("probe-shape"));
}

TEST(ProbeShape, ARetransmissionIsNoProbe) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 10);
  c.in(kAck, 1, 2);
  c.wait(Duration::seconds(2));
  c.out(kAck, 1, 1, 10);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(Lives, ANewSynStartsAnew) {
  Conversation c;
  c.passive();
  c.out(kAck | kFin, 1, 1);
  c.in(kAck | kFin, 1, 2);
  c.out(kAck, 2, 2);
  c.peer_isn += 100'000;
  c.own_isn += 7777;
  c.passive({2, 4, 0, 200});
  c.in(kAck, 1, 1, 10);
  c.out(kAck, 1, 11, 200);
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 201, 11, 201);
  EXPECT_THAT(c.broken(), ElementsAre("mss"));
}

TEST(Lives, BlindPacketsDoNotConfuse) {
  Conversation c;
  c.passive({3, 3, 0, 1}, {3, 3, 0, 1});
  c.in(kSyn, 50'000, 0);  // blind SYN: challenge ACK
  c.out(kAck, 1, 1);
  c.in(kSyn | kAck, 60'000, 77'777);  // blind SYN-ACK
  c.out(kAck, 1, 1);
  c.in(kRst, 50, 0);  // in-window RST: challenge ACK
  c.out(kAck, 1, 1);
  c.in(kAck, 1, 30'000'000, 10);  // acknowledges what was never sent
  c.out(kAck, 1, 1);
  c.in(kAck, 1, 1, 10);
  c.out(kAck, 1, 11, 500);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(Lives, SimultaneousOpenAndClose) {
  Conversation c;
  c.out(kSyn, 0, 0);
  c.in(kSyn, 0, 0);
  c.out(kSyn | kAck, 0, 1);
  c.in(kSyn | kAck, 0, 1);
  c.out(kAck, 1, 1);
  c.out(kAck | kFin, 1, 1);
  c.in(kAck | kFin, 1, 1);
  c.out(kAck, 2, 2);
  c.in(kAck, 2, 2);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(Lives, ACaptureFromTheMiddleIsSilent) {
  Conversation c(Before::kUnknown);
  c.out(kAck, 1000, 2000, 1400);
  c.in(kAck, 2000, 2400);
  c.out(kAck | kFin, 5000, 9000, 3000, windowed(1));
  c.out(kRst, 77, 0);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(Lives, TheSecondSynAckMayBeTheOneThatWasTaken) {
  // The target refuses the first for its timestamps and answers with a RST; then it takes the second.
  Conversation c;
  c.out(kSyn, 0, 0, 0, with(timestamps(50, 0)));
  c.peer_isn = 900;
  c.in(kSyn | kAck, 0, 1, 0, with(timestamps(1, 200)));
  c.out(kRst, 1, 0);
  c.peer_isn = 5000;
  c.in(kSyn | kAck, 0, 1);
  c.out(kAck, 1, 1);
  c.in(kAck, 1, 1, 10);
  c.out(kAck, 1, 11);
  EXPECT_THAT(c.broken(), IsEmpty());
}

}  // namespace
}  // namespace tcpspec::monitor
