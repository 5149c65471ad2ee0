#include "harness/scenario/testing.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;

OptionList injected_options(std::string_view list) {
  return injected(". 1:1(0) ack 1 " + std::string(list)).options;
}
OptionList expected_options(std::string_view list) {
  return expected(". 1:1(0) ack 1 " + std::string(list)).options;
}

TEST(ParseOptions, KnowsEveryOption) {
  const OptionList list = injected_options("<mss 1460,nop,wscale 7,sackOK,TS val 100 ecr 0,eol>");
  ASSERT_EQ(list.options.size(), 6U);
  EXPECT_EQ(list.match, OptionMatch::kExactly);
  EXPECT_EQ(list.options[0], (OptionSpec{OptionKind::kMss, {exactly(1460)}, 0, {}, {}}));
  EXPECT_EQ(list.options[1].kind, OptionKind::kNop);
  EXPECT_EQ(list.options[2], (OptionSpec{OptionKind::kWscale, {exactly(7)}, 0, {}, {}}));
  EXPECT_EQ(list.options[3].kind, OptionKind::kSackPermitted);
  EXPECT_EQ(list.options[4], (OptionSpec{OptionKind::kTimestamps, {exactly(100), exactly(0)}, 0, {}, {}}));
  EXPECT_EQ(list.options[5].kind, OptionKind::kEol);
  EXPECT_EQ(injected_options("<sack 1001:2001 3001:4001>").options[0].values,
            (std::vector{exactly(1001), exactly(2001), exactly(3001), exactly(4001)}));
}

TEST(ParseOptions, UnknownKindsAreWrittenInHex) {
  EXPECT_EQ(injected_options("<kind 253 abcd>").options[0],
            (OptionSpec{OptionKind::kRaw, {}, 253, {0xAB, 0xCD}, {}}));
  EXPECT_EQ(injected_options("<kind 2 length 0 05b4>").options[0],
            (OptionSpec{OptionKind::kRaw, {}, 2, {0x05, 0xB4}, 0}));
  EXPECT_EQ(injected_options("<kind 8 length 10>").options[0], (OptionSpec{OptionKind::kRaw, {}, 8, {}, 10}));
  EXPECT_EQ(injected_options("<kind 7>").options[0], (OptionSpec{OptionKind::kRaw, {}, 7, {}, {}}));
}

TEST(ParseOptions, PacketdrillsNamesBecomeTheirOctets) {
  EXPECT_EQ(injected_options("<FO>").options[0], (OptionSpec{OptionKind::kRaw, {}, 34, {}, {}}));
  EXPECT_EQ(injected_options("<FO 1234abcd,nop>").options[0],
            (OptionSpec{OptionKind::kRaw, {}, 34, {0x12, 0x34, 0xAB, 0xCD}, {}}));
  EXPECT_EQ(injected_options("<FOEXP>").options[0],
            (OptionSpec{OptionKind::kRaw, {}, 254, {0xF9, 0x89}, {}}));
  EXPECT_EQ(injected_options("<md5 000102030405060708090a0b0c0d0e0f>").options[0].raw_data.size(), 16U);
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <FO TFO_COOKIE>"),
            "1:25: a cookie or key by name is not supported yet");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <md5 secret>"),
            "1:26: a cookie or key by name is not supported yet");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <md5>"),
            "1:22: md5 without its 16 octets in hex is not supported yet");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <ECN e1b 1 ceb 0 e0b 1>"),
            "1:22: the option ECN is not supported yet");
}

TEST(ParseOptions, ExpectedListsMayBeOpen) {
  EXPECT_EQ(expected_options("<...>").match, OptionMatch::kAnything);
  EXPECT_EQ(expected_options("<mss ...>").options[0].values[0].relation, Relation::kAny);
  EXPECT_EQ(expected_options("<TS val let T ecr 100>").options[0].values,
            (std::vector{NumberPattern{Relation::kAny, {}, "T"}, exactly(100)}));
}

TEST(ParseOptions, ContainAndLack) {
  const OptionList list = expected_options("<opts contain mss, sackOK, TS, sack lack wscale, eol>");
  EXPECT_EQ(list.match, OptionMatch::kContains);
  ASSERT_EQ(list.options.size(), 4U);
  EXPECT_EQ(list.options[0].values, (std::vector{NumberPattern{}}));
  EXPECT_EQ(list.options[2].values, (std::vector{NumberPattern{}, NumberPattern{}}));
  EXPECT_TRUE(list.options[3].values.empty());
  EXPECT_EQ(list.lacking, (std::vector{OptionKind::kWscale, OptionKind::kEol}));
  EXPECT_EQ(expected_options("<opts lack TS sackOK>").lacking,
            (std::vector{OptionKind::kTimestamps, OptionKind::kSackPermitted}));
  EXPECT_EQ(expected_options("<opts contain mss >= 536, wscale lack TS>").options[0].values[0].relation,
            Relation::kAtLeast);
}

TEST(ParseOptions, ErrorsPointAtTheWord) {
  const std::string what = "an option (mss, wscale, sackOK, sack, TS, nop, eol, kind N)";
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <mss>"), "1:25: expected the MSS, found '>'");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <mss 65536>"), "1:26: the MSS must be 0 to 65535");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <wscale 256>"), "1:29: the window scale must be 0 to 255");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <sackok>"),
            "1:22: expected " + what + ", found 'sackok'; did you mean 'sackOK'?");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <>"), "1:22: expected " + what + ", found '>'");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <nop"), "1:25: expected ',' or '>', found the end of the line");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <nop nop>"), "1:26: expected ',' or '>', found 'nop'");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <nop,>"), "1:26: expected " + what + ", found '>'");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <TS 5>"), "1:25: expected val N, found '5'");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <TS val 5>"), "1:30: expected ecr N, found '>'");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <sack 5>"),
            "1:28: expected ':' and the block's right edge, found '>'");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <sack>"), "1:26: expected a block's left edge, found '>'");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <kind 256>"), "1:27: the option's kind must be 0 to 255");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <kind 5 length>"),
            "1:35: expected the option's length octet, found '>'");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <...>"), "1:21: an injected packet needs its options");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <opts lack TS>"), "1:22: an injected packet needs its options");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 1 <opts>"), "1:26: expected contain or lack, found '>'");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 1 <opts lack kind 5>"),
            "1:32: expected an option's name (mss, wscale, sackOK, sack, TS, nop, eol), found 'kind'");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 1 <opts contain mss sack>"), "1:39: expected the MSS, found 'sack'");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 1 <nop> <nop>"), "1:27: the option list is there twice");
}

// RFC 9293 §3.1: the data offset leaves at most 40 octets.
TEST(ParseOptions, FortyOctetsFitFortyOneDoNot) {
  const std::string ts4 = "TS val 1 ecr 1,TS val 1 ecr 1,TS val 1 ecr 1,TS val 1 ecr 1";
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <" + ts4 + ">"), "");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <" + ts4 + ",nop>"),
            "1:21: these options take 41 octets; TCP has room for 40");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 <" + ts4 + ",nop> damage data-offset=15"), "");
}

}  // namespace
}  // namespace tcpspec::scenario
