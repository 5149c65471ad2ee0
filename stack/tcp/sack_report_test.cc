// RFC 2018 §4 and the examples of RFC 2883 §4, as a receiver of text sees them.
#include "stack/tcp/sack_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tcpspec::tcp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Seq32 kZero(0xfffff800);  // number 2048 of the examples is zero on the circle

wire::SackBlock block(std::uint32_t left, std::uint32_t right) { return {kZero + left, kZero + right}; }

class SackReportTest : public ::testing::Test {
 protected:
  // A segment with octets left to right - 1 arrives; what its ACK reports.
  std::vector<wire::SackBlock> arrives(std::uint32_t left, std::uint32_t right,
                                       std::size_t most = SackReport::kMost) {
    note(left, right);
    const Seq32 begin = later(kZero + left, next);
    if (begin.before(kZero + right)) {
      held.insert(next, begin, Bytes(static_cast<std::size_t>(kZero + right - begin)));
      next += static_cast<std::uint32_t>(held.take(next).size());
    }
    return ack(most);
  }
  void note(std::uint32_t left, std::uint32_t right) {
    report.note_text(next, kZero + left, kZero + right, held);
  }
  std::vector<wire::SackBlock> ack(std::size_t most = SackReport::kMost) {
    std::vector<wire::SackBlock> blocks = report.blocks(next, held, most);
    report.forget();
    return blocks;
  }
  void received_up_to(std::uint32_t number) { next = kZero + number; }

  Reassembly held;
  SackReport report;
  Seq32 next = kZero;
};

// --- RFC 2883 §4.1 ---

TEST_F(SackReportTest, Example1ADuplicateSegment) {
  received_up_to(4000);
  EXPECT_THAT(arrives(3000, 3500), ElementsAre(block(3000, 3500)));
  EXPECT_THAT(ack(), IsEmpty());  // told once
}

TEST_F(SackReportTest, Example2AnOutOfOrderSegmentAndADuplicate) {
  received_up_to(4000);
  EXPECT_THAT(arrives(4500, 5000), ElementsAre(block(4500, 5000)));
  EXPECT_THAT(arrives(3000, 3500), ElementsAre(block(3000, 3500), block(4500, 5000)));
  EXPECT_THAT(ack(), ElementsAre(block(4500, 5000)));
}

TEST_F(SackReportTest, Example3ADuplicateOfAnOutOfOrderSegment) {
  received_up_to(4000);
  EXPECT_THAT(arrives(4500, 5000), ElementsAre(block(4500, 5000)));
  EXPECT_THAT(arrives(5000, 5500), ElementsAre(block(4500, 5500)));
  EXPECT_THAT(arrives(5000, 5500), ElementsAre(block(5000, 5500), block(4500, 5500)));
}

TEST_F(SackReportTest, ADuplicateOfAWholeBlockIsFollowedByTheSameBlock) {
  received_up_to(4000);
  arrives(4500, 5000);
  EXPECT_THAT(arrives(4500, 5000), ElementsAre(block(4500, 5000), block(4500, 5000)));
}

// --- RFC 2883 §4.2 ---

TEST_F(SackReportTest, Example4ASingleDuplicateSubsegment) {
  received_up_to(1000);
  arrives(2000, 2500);
  EXPECT_THAT(arrives(1000, 1500), ElementsAre(block(2000, 2500)));
  EXPECT_THAT(arrives(1000, 2000), ElementsAre(block(1000, 1500)));
  EXPECT_EQ(next, kZero + 2500);
}

TEST_F(SackReportTest, Example5TwoDuplicateSubsegmentsBelowTheAck) {
  received_up_to(1000);
  arrives(3000, 3500);
  EXPECT_THAT(arrives(1000, 1500), ElementsAre(block(3000, 3500)));
  EXPECT_THAT(arrives(2000, 2500), ElementsAre(block(2000, 2500), block(3000, 3500)));
  EXPECT_THAT(arrives(1000, 2500), ElementsAre(block(1000, 1500), block(3000, 3500)));
  EXPECT_EQ(next, kZero + 2500);
}

TEST_F(SackReportTest, Example6TwoDuplicateSubsegmentsAboveTheAck) {
  received_up_to(1000);
  arrives(3500, 4000);
  EXPECT_THAT(arrives(1500, 2000), ElementsAre(block(1500, 2000), block(3500, 4000)));
  EXPECT_THAT(arrives(2500, 3000), ElementsAre(block(2500, 3000), block(1500, 2000), block(3500, 4000)));
  EXPECT_THAT(arrives(1500, 3000), ElementsAre(block(1500, 2000), block(1500, 3000), block(3500, 4000)));
}

TEST_F(SackReportTest, ADuplicateInsideASegmentThatFillsTheHoleIsBelowTheAckThen) {
  received_up_to(1000);
  arrives(1500, 2000);
  EXPECT_THAT(arrives(1000, 2500), ElementsAre(block(1500, 2000)));
  EXPECT_EQ(next, kZero + 2500);
}

TEST_F(SackReportTest, TextThatEndsAtTheEdgeOfWhatIsHeldIsNoDuplicate) {
  received_up_to(1000);
  arrives(1500, 2000);
  EXPECT_THAT(arrives(1400, 1500), ElementsAre(block(1400, 2000)));
  EXPECT_THAT(arrives(2000, 2001), ElementsAre(block(1400, 2001)));
  EXPECT_THAT(arrives(1399, 1401), ElementsAre(block(1400, 1401), block(1399, 2001)));
  EXPECT_THAT(arrives(999, 1000), ElementsAre(block(999, 1000), block(1399, 2001)));
  EXPECT_THAT(arrives(1000, 1000), ElementsAre(block(1399, 2001)));  // no text
}

TEST_F(SackReportTest, ANewerSegmentReplacesWhatWasNotTold) {
  received_up_to(1000);
  note(500, 600);
  EXPECT_TRUE(report.has_duplicate());
  note(1000, 1100);
  EXPECT_FALSE(report.has_duplicate());
}

// --- RFC 2018 §3, §4 ---

TEST_F(SackReportTest, NeverMoreThanFitAndTheDuplicateCounts) {
  for (std::uint32_t n = 1; n <= 6; ++n) arrives(n * 100, n * 100 + 50);
  EXPECT_THAT(ack(4), ElementsAre(block(600, 650), block(500, 550), block(400, 450), block(300, 350)));
  EXPECT_THAT(ack(3), ElementsAre(block(600, 650), block(500, 550), block(400, 450)));
  EXPECT_THAT(arrives(110, 120, 4),
              ElementsAre(block(110, 120), block(100, 150), block(600, 650), block(500, 550)));
  EXPECT_THAT(arrives(210, 220, 3), ElementsAre(block(210, 220), block(200, 250), block(100, 150)));
}

TEST_F(SackReportTest, EachBlockIsFirstOnceAndThenRepeatedInThreeAcks) {
  arrives(100, 150);
  EXPECT_THAT(arrives(300, 350, 3), ElementsAre(block(300, 350), block(100, 150)));
  EXPECT_THAT(arrives(500, 550, 3), ElementsAre(block(500, 550), block(300, 350), block(100, 150)));
  EXPECT_THAT(arrives(700, 750, 3), ElementsAre(block(700, 750), block(500, 550), block(300, 350)));
}

TEST_F(SackReportTest, OlderBlocksReturnWhenNewerOnesAreGone) {
  for (std::uint32_t n = 1; n <= 5; ++n) arrives(n * 100, n * 100 + 50);
  // 300, 400 and 500 become one with it, and leave room for the oldest.
  EXPECT_THAT(arrives(310, 510, 4),
              ElementsAre(block(310, 350), block(300, 550), block(200, 250), block(100, 150)));
}

}  // namespace
}  // namespace tcpspec::tcp
