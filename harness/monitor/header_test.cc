#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "harness/monitor/conversation.h"
#include "harness/monitor/rules.h"

namespace tcpspec::monitor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Rules, HaveUniqueNamesAndLedgerRows) {
  std::set<std::string_view> ids;
  for (const Rule& rule : rules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_EQ(rule.row.substr(0, 3), "RFC") << rule.id;
    EXPECT_NE(rule.row.find(':'), std::string_view::npos) << rule.id;
    EXPECT_FALSE(rule.clause.empty() || rule.says.empty()) << rule.id;
  }
  EXPECT_EQ(rule(RuleId::kEctUnasked).id, "ect-unasked");
  EXPECT_EQ(rule(RuleId::kRightEdge).id, "right-edge");
}

TEST(Rules, NameRowsOfTheLedger) {
  std::set<std::string, std::less<>> rows;
  for (const auto& file : std::filesystem::directory_iterator(TCPSPEC_SOURCE_DIR "/cases/ledger")) {
    std::ifstream lines(file.path());
    for (std::string line; std::getline(lines, line);) rows.insert(line);
  }
  for (const Rule& rule : rules()) EXPECT_TRUE(rows.contains(rule.row)) << rule.id << " " << rule.row;
}

TEST(TcpChecksum, WrongIsAFinding) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 0, spoiled([](packet::Image& image) { image.tcp->checksum ^= 0x100; }));
  EXPECT_THAT(c.broken(), ElementsAre("tcp-checksum"));
}

TEST(TcpChecksum, RightOnesOfBothFamiliesAreNot) {
  for (const bool v6 : {false, true}) {
    Conversation c(Before::kNothingOpen, v6);
    c.passive();
    for (std::uint32_t n = 0; n < 40; ++n) c.out(kAck, 1, 1, n);
    EXPECT_THAT(c.broken(), IsEmpty());
  }
}

TEST(TcpChecksum, LinkPaddingIsNotPartOfIt) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 0, spoiled([](packet::Image& image) { image.rest = Bytes(6, 0xaa); }));
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(TcpChecksum, ACutOffPacketCannotBeJudged) {
  Conversation c(Before::kUnknown);
  c.passive();
  c.out(kAck, 1, 1, 100, spoiled([](packet::Image& image) { image.payload.resize(20); }));
  c.out(kAck, 200, 1, 5000);
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(TcpChecksum, SaysWhatAnOffloadedOneIs) {
  Conversation c(Before::kUnknown);
  c.passive();
  // 10.0.0.1 + 10.0.0.2 + 6 + 20, the pseudo-header's sum for an empty segment.
  c.out(kAck, 1, 1, 0,
        spoiled([](packet::Image& image) { image.tcp->checksum = 0x0a00 + 1 + 0x0a00 + 2 + 6 + 20; }));
  ASSERT_THAT(c.broken(), ElementsAre("tcp-checksum"));
  EXPECT_NE(c.findings()[0].what.find("before the network card"), std::string::npos);
}

TEST(IpHeader, ChecksumAndLengths) {
  const std::function<void(packet::Image&)> spoils[] = {
      [](packet::Image& image) { image.v4->checksum ^= 1; },
      [](packet::Image& image) {
        image.v4->total_length = 19;
        image.v4->checksum = packet::right_ipv4_checksum(image);
      },
      [](packet::Image& image) {
        image.v4->ihl = 4;
        image.v4->checksum = packet::right_ipv4_checksum(image);
      }};
  for (const auto& spoil : spoils) {
    Conversation c;
    c.passive();
    c.out(kAck, 1, 1, 0, spoiled(spoil));
    EXPECT_THAT(c.broken(), ElementsAre("ip-header"));
  }
}

TEST(IpHeader, OptionsArePartOfIt) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 0, spoiled([](packet::Image& image) {
          image.v4->options = {1, 1, 1, 0};
          packet::seal(image);
        }));
  EXPECT_THAT(c.broken(), IsEmpty());
}

TEST(DataOffset, BelowFiveOrPastTheEnd) {
  for (const std::uint8_t offset : {0, 4, 6, 15}) {
    Conversation c;
    c.passive();
    c.out(kAck, 1, 1, 0, spoiled([&](packet::Image& image) {
            image.tcp->data_offset = offset;
            image.tcp->checksum = packet::right_tcp_checksum(image);
          }));
    EXPECT_THAT(c.broken(), ElementsAre("data-offset")) << int{offset};
  }
}

TEST(ReservedBits, MustBeZeroButAeIsAFlag) {
  for (const bool reserved : {true, false}) {
    Conversation c;
    c.passive();
    c.out(reserved ? kAck : kAck | kAe, 1, 1, 0, spoiled([&](packet::Image& image) {
            image.tcp->reserved = reserved ? 1 : 0;
            image.tcp->checksum = packet::right_tcp_checksum(image);
          }));
    if (reserved) {
      EXPECT_THAT(c.broken(), ElementsAre("reserved-bits"));
    } else {
      EXPECT_THAT(c.broken(), IsEmpty());
    }
  }
}

TEST(AckFlag, IsOnEverySegmentButSynAndSomeRsts) {
  Conversation c;
  c.passive();
  c.out(kPsh, 1, 1, 10);
  EXPECT_THAT(c.broken(), ElementsAre("ack-flag"));
  Conversation fin;
  fin.passive();
  fin.out(kFin, 1, 1);
  EXPECT_THAT(fin.broken(), ElementsAre("ack-flag"));
  Conversation legal;
  legal.active();
  legal.in(kAck, 1, 1);
  legal.out(kRst, 1, 0);
  EXPECT_THAT(legal.broken(), IsEmpty());
}

// One SYN-ACK with these options, after a SYN with every option.
std::vector<std::string> syn_ack_with(const Bytes& options) {
  Conversation c;
  c.in(kSyn, 0, 0, 0, with({2, 4, 5, 180, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 100, 0, 0, 0, 0}));
  c.out(kSyn | kAck, 0, 1, 0, with(options));
  return c.broken();
}

TEST(OptionSyntax, LengthsThatCannotBe) {
  EXPECT_THAT(syn_ack_with({2, 0, 5, 180}), ElementsAre("option-syntax"));
  EXPECT_THAT(syn_ack_with({1, 1, 254, 1}), ElementsAre("option-syntax"));
  EXPECT_THAT(syn_ack_with({1, 1, 1, 254}), ElementsAre("option-syntax"));
  EXPECT_THAT(syn_ack_with({254, 5, 1, 2}), ElementsAre("option-syntax"));
  EXPECT_THAT(syn_ack_with({254, 4, 1, 2}), IsEmpty());
  EXPECT_THAT(syn_ack_with({254, 2, 1, 1}), IsEmpty());
}

TEST(OptionLength, OfKnownKindsIsFixed) {
  EXPECT_THAT(syn_ack_with({2, 3, 5, 1}), ElementsAre("option-length"));
  EXPECT_THAT(syn_ack_with({3, 4, 5, 1}), ElementsAre("option-length"));
  EXPECT_THAT(syn_ack_with({4, 4, 5, 1}), ElementsAre("option-length"));
  EXPECT_THAT(syn_ack_with({8, 8, 5, 1, 1, 1, 1, 1}), ElementsAre("option-length"));
  EXPECT_THAT(syn_ack_with({2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 100}), IsEmpty());
}

TEST(OptionPadding, IsZero) {
  EXPECT_THAT(syn_ack_with({1, 0, 0, 1}), ElementsAre("option-padding"));
  EXPECT_THAT(syn_ack_with({1, 0, 0, 0}), IsEmpty());
}

TEST(WscaleRange, EndsAtFourteen) {
  EXPECT_THAT(syn_ack_with({3, 3, 15, 1}), ElementsAre("wscale-range"));
  EXPECT_THAT(syn_ack_with({3, 3, 14, 1}), IsEmpty());
}

TEST(OnSynOnly, MssWscaleAndSackPermitted) {
  Conversation c;
  c.passive();
  c.out(kAck, 1, 1, 0, with({2, 4, 5, 180}));
  c.out(kAck, 1, 1, 0, with({3, 3, 7, 0}));
  c.out(kAck, 1, 1, 0, with({4, 2, 0, 0}));
  EXPECT_THAT(c.broken(), ElementsAre("mss-on-syn", "wscale-on-syn", "sack-permitted-on-syn"));
}

TEST(TimestampsEchoUnset, OnASynIsZero) {
  Conversation c;
  c.out(kSyn, 0, 0, 0, with(timestamps(5, 1)));
  EXPECT_THAT(c.broken(), ElementsAre("timestamps-echo-unset"));
  Conversation zero;
  zero.out(kSyn, 0, 0, 0, with(timestamps(5, 0)));
  EXPECT_THAT(zero.broken(), IsEmpty());
}

TEST(Findings, NameThePacketTheTimeAndComeOnceAConnection) {
  Conversation c;
  c.passive();
  c.wait(Duration::seconds(1));
  for (int i = 0; i < 3; ++i) c.out(kAck, 1, 1, 0, with({4, 2, 0, 0}));
  ASSERT_EQ(c.findings().size(), 1u);
  EXPECT_EQ(c.findings()[0].packet, 3u);
  EXPECT_EQ(c.findings()[0].at, Instant::from_nanos(1'003'000'000));
  EXPECT_EQ(c.findings()[0].what, ". 1:1(0) ack 1 win 10000 <sackOK,eol,eol>: SACK-permitted without SYN");
}

}  // namespace
}  // namespace tcpspec::monitor
