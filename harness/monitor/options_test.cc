#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/monitor/conversation.h"

namespace tcpspec::monitor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Bytes kWscale = {3, 3, 2, 1}, kSackOk = {4, 2, 1, 1};

Bytes sack(std::vector<std::uint32_t> edges) {
  Bytes option = {1, 1, 5, static_cast<std::uint8_t>(2 + edges.size() * 4)};
  for (const std::uint32_t edge : edges) append_be32(option, 5000 + edge);
  return option;
}

TEST(SynAck, MayOnlyAnswerWhatTheSynOffered) {
  Conversation c;
  c.passive({}, {3, 3, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0});
  EXPECT_THAT(c.broken(), ElementsAre("wscale-unasked", "timestamps-in-synack"));
  Conversation asked;
  asked.passive({3, 3, 0, 1, 1, 1, 8, 10, 0, 0, 0, 100, 0, 0, 0, 0},
                {3, 3, 2, 1, 1, 1, 8, 10, 0, 0, 0, 100, 0, 0, 0, 100});
  EXPECT_THAT(asked.broken(), IsEmpty());
}

TEST(SynAck, SackPermittedNeedsNoOffer) {
  Conversation c;
  c.passive({}, kSackOk);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(SynAck, CrossingSynsAreBothOffers) {
  Conversation c;
  c.out(kSyn, 0, 0, 0, with({3, 3, 2, 1}));
  c.in(kSyn, 0, 0);
  c.out(kSyn | kAck, 0, 1, 0, with({3, 3, 2, 1}));
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(Timestamps, MissingOnceNegotiated) {
  Conversation c;
  c.passive(timestamps(100, 0), timestamps(100, 100));
  c.out(kAck, 1, 1, 10, with(timestamps(101, 100)));
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 11, 1, 10);
  EXPECT_THAT(c.broken(), ElementsAre("timestamps-missing"));
}

TEST(Timestamps, RstsMayLackThem) {
  Conversation c;
  c.passive(timestamps(100, 0), timestamps(100, 100));
  c.out(kRst | kAck, 1, 1);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(Timestamps, NotAgreedWhenOneSynHadNone) {
  Conversation c;
  c.active({}, timestamps(100, 0));
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 1, 1, 0, with(timestamps(101, 0)));
  EXPECT_THAT(c.broken(), ElementsAre("timestamps-unasked"));
}

TEST(Timestamps, UnclearAgreementIsSilent) {
  Conversation c;
  c.in(kSyn, 0, 0, 0, with(timestamps(1, 0)));
  c.in(kSyn, 0, 0);  // the same SYN without them: which one was taken?
  c.out(kSyn | kAck, 0, 1, 0, with(timestamps(100, 1)));
  c.in(kAck, 1, 1);
  c.out(kAck, 1, 1, 10);
  c.out(kAck, 11, 1, 10, with(timestamps(100, 1)));
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(TimestampsBackwards, ByTheShorterWayRound) {
  Conversation c;
  c.passive(timestamps(100, 0), timestamps(100, 100));
  c.out(kAck, 1, 1, 0, with({1, 1, 8, 10, 255, 255, 255, 255, 0, 0, 0, 100}));
  c.out(kAck, 1, 1, 10, with({1, 1, 8, 10, 255, 255, 255, 255, 0, 0, 0, 100}));
  c.out(kAck, 11, 1, 10, with(timestamps(3, 100)));
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 21, 1, 10, with(timestamps(2, 100)));
  EXPECT_THAT(c.broken(), ElementsAre("timestamps-backwards"));
}

TEST(TimestampsBackwards, OvertakenPacketsOfACaptureDoNot) {
  Conversation c(Before::kUnknown);
  c.passive(timestamps(100, 0), timestamps(100, 100));
  c.in(kAck, 1, 1, 10, with(timestamps(101, 100)));
  c.out(kAck, 1, 11, 0, with(timestamps(110, 101)));
  c.out(kAck, 1, 1, 0, with(timestamps(105, 100)));
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 1, 11, 10, with(timestamps(109, 101)));  // new text, older clock
  EXPECT_THAT(c.broken(), ElementsAre("timestamps-backwards"));
}

TEST(TimestampsEcho, IsAValueThatWeSent) {
  Conversation c;
  c.passive(timestamps(100, 0), timestamps(100, 100));
  c.in(kAck, 1, 1, 5, with(timestamps(120, 100)));
  c.out(kAck, 1, 6, 0, with(timestamps(101, 120)));
  c.out(kAck, 1, 6, 10, with(timestamps(101, 100)));  // not the newest, but one of ours
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 11, 6, 10, with(timestamps(101, 119)));
  EXPECT_THAT(c.broken(), ElementsAre("timestamps-echo"));
}

TEST(Sack, OnlyToAPeerThatPermitsIt) {
  Conversation c;
  c.passive({}, kSackOk);
  c.in(kAck, 11, 1, 10);
  c.out(kAck, 1, 1, 0, with(sack({11, 21})));
  EXPECT_THAT(c.broken(), ElementsAre("sack-unasked"));
}

TEST(Sack, OfReceivedOctetsAboveTheAckIsRight) {
  Conversation c;
  c.passive(kSackOk, kSackOk);
  c.in(kAck, 11, 1, 10);
  c.out(kAck, 1, 1, 0, with(sack({11, 21})));
  c.in(kAck | kFin, 31, 1, 10);
  c.out(kAck, 1, 1, 0, with(sack({31, 42, 11, 21})));
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(Sack, OfWhatWasNeverSent) {
  Conversation c;
  c.passive(kSackOk, kSackOk);
  c.in(kAck, 11, 1, 10);
  c.out(kAck, 1, 1, 0, with(sack({11, 22})));
  EXPECT_THAT(c.broken(), ElementsAre("sack-received"));
}

TEST(Sack, DuplicatesOnlyInTheFirstBlock) {
  Conversation c;
  c.passive(kSackOk, kSackOk);
  c.in(kAck, 1, 1, 10);
  c.in(kAck, 1, 1, 10);
  c.out(kAck, 1, 11, 0, with(sack({1, 11})));
  c.in(kAck, 21, 1, 10);
  c.in(kAck, 21, 1, 5);
  c.out(kAck, 1, 11, 0,
        with(sack({21, 26, 21, 31})));  // RFC 2883: the block that holds the duplicate follows
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 1, 11, 0, with(sack({21, 31, 1, 11})));
  EXPECT_THAT(c.broken(), ElementsAre("sack-received"));
}

TEST(Sack, BlocksAreWholeAndForward) {
  Conversation c;
  c.passive(kSackOk, kSackOk);
  c.in(kAck, 11, 1, 10);
  c.out(kAck, 1, 1, 0, with(sack({21, 11})));
  EXPECT_THAT(c.broken(), ElementsAre("sack-blocks"));
  Conversation odd;
  odd.passive(kSackOk, kSackOk);
  odd.out(kAck, 1, 1, 0, with({5, 6, 0, 0, 0, 0, 1, 1}));
  EXPECT_THAT(odd.broken(), ElementsAre("sack-blocks"));
  Conversation empty;
  empty.passive(kSackOk, kSackOk);
  empty.out(kAck, 1, 1, 0, with({5, 2, 1, 1}));
  EXPECT_THAT(empty.broken(), ElementsAre("sack-blocks"));
}

TEST(Ect, NeedsBothSyns) {
  const auto ect = [](packet::Image& image) {
    image.v4->tos = 2;
    packet::seal(image);
  };
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 10, spoiled(ect));
  EXPECT_THAT(c.broken(), ElementsAre("ect-unasked"));
  Conversation agreed;
  agreed.in(kSyn | kEce | kCwr, 0, 0);
  agreed.out(kSyn | kAck | kEce, 0, 1);
  agreed.in(kAck, 1, 1);
  agreed.out(kAck, 1, 1, 10, spoiled(ect));
  EXPECT_THAT(agreed.broken(), IsEmpty());
}

TEST(Mss, LimitsTextAndOptions) {
  Conversation c;
  c.passive({2, 4, 3, 232, 1, 1, 8, 10, 0, 0, 0, 100, 0, 0, 0, 0}, timestamps(100, 100));  // 1000
  c.out(kAck, 1, 1, 988, with(timestamps(100, 100)));
  EXPECT_THAT(c.broken(), IsEmpty());
  c.out(kAck, 989, 1, 989, with(timestamps(100, 100)));
  EXPECT_THAT(c.broken(), ElementsAre("mss"));
}

TEST(Mss, HasADefaultForEachFamily) {
  for (const bool v6 : {false, true}) {
    Conversation c(Before::kNothingOpen, v6);
    const std::uint32_t limit = v6 ? 1220 : 536;
    c.active();
    c.out(kAck, 1, 1, limit);
    EXPECT_THAT(c.broken(), IsEmpty());
    c.out(kAck, 1 + limit, 1, limit + 1);
    EXPECT_THAT(c.broken(), ElementsAre("mss"));
  }
}

TEST(Mss, OfABlindSynIsNotThePeers) {
  Conversation c;
  c.passive({2, 4, 5, 180});
  c.in(kSyn, 4000, 0, 0, with({2, 4, 0, 100}));
  c.out(kAck, 1, 1, 1460);
  EXPECT_THAT(c.broken(), IsEmpty());
}

}  // namespace
}  // namespace tcpspec::monitor
