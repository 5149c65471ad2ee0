#include "harness/packet/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

namespace tcpspec::packet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Image sample() {
  Image image = make_tcp({IpAddress::v4(10, 0, 0, 1), 1000}, {IpAddress::v4(10, 0, 0, 2), 80});
  image.tcp->flags = 0x18;
  image.tcp->seq = 1001;
  image.tcp->ack = 5001;
  image.tcp->window = 4000;
  image.tcp->urgent = 3;
  image.tcp->options = {2, 4, 5, 180, 3, 3, 7, 0};
  image.payload = {10, 11, 12};
  image.v4->tos = 0x11;
  seal(image);
  return image;
}

FieldPattern exactly(std::uint32_t value) {
  FieldPattern pattern;
  pattern.one_of = {value};
  return pattern;
}

OptionPattern option(std::uint8_t kind, std::vector<FieldPattern> fields = {}) {
  OptionPattern pattern;
  pattern.kind = kind;
  pattern.fields = std::move(fields);
  return pattern;
}

std::vector<Difference> differences(const SegmentPattern& pattern) {
  return match(pattern, sample(), nullptr);
}

TEST(FieldPattern, EachForm) {
  FieldPattern pattern;
  EXPECT_TRUE(pattern.any());
  EXPECT_TRUE(pattern.matches(0xffffffff));
  pattern.one_of = {3, 5};
  EXPECT_TRUE(pattern.matches(5));
  EXPECT_FALSE(pattern.matches(4));
  pattern = {};
  pattern.at_least = 10;
  pattern.at_most = 20;
  pattern.not_equal = 15;
  EXPECT_FALSE(pattern.matches(9));
  EXPECT_TRUE(pattern.matches(10));
  EXPECT_FALSE(pattern.matches(15));
  EXPECT_TRUE(pattern.matches(20));
  EXPECT_FALSE(pattern.matches(21));
}

TEST(FieldPattern, ABaseMakesComparisonsModular) {
  FieldPattern pattern;
  pattern.base = 0xfffffff0;
  pattern.at_least = 1;
  EXPECT_FALSE(pattern.matches(0xffffffef));
  EXPECT_FALSE(pattern.matches(0xfffffff0));
  EXPECT_TRUE(pattern.matches(0xfffffff1));
  EXPECT_TRUE(pattern.matches(0x10));
  pattern.one_of = {0x20};
  EXPECT_TRUE(pattern.matches(0x10));
  EXPECT_FALSE(pattern.matches(0x11));
}

TEST(Match, AnEmptyPatternMatchesEverySegment) { EXPECT_THAT(differences({}), IsEmpty()); }

TEST(Match, AFullPatternMatches) {
  SegmentPattern pattern;
  pattern.flags = {0x10, 0x18};
  pattern.seq = exactly(1001);
  pattern.ack = exactly(5001);
  pattern.window = exactly(4000);
  pattern.urgent = exactly(3);
  pattern.payload_length = 3;
  pattern.options_mode = OptionsMode::kExactly;
  pattern.options = {option(2, {exactly(1460)}), option(3, {exactly(7)}), option(0)};
  pattern.tos = 0x11;
  pattern.ecn = 1;
  pattern.ttl = 64;
  pattern.payload = Bytes{10, 11, 12};
  EXPECT_THAT(differences(pattern), IsEmpty());
}

TEST(Match, EveryFieldIsNamed) {
  SegmentPattern pattern;
  pattern.flags = {0x10, 0x11};
  pattern.seq = exactly(1);
  pattern.ack = exactly(2);
  pattern.window.at_least = 4001;
  pattern.urgent = exactly(0);
  pattern.payload_length = 4;
  pattern.options_mode = OptionsMode::kExactly;
  pattern.payload = Bytes{10, 99, 12};
  pattern.tos = 0;
  pattern.ecn = 0;
  pattern.ttl = 63;
  EXPECT_THAT(
      differences(pattern),
      ElementsAre(Difference{"flags", ". or F.", "P."}, Difference{"seq", "1", "1001"},
                  Difference{"ack", "2", "5001"}, Difference{"win", ">= 4001", "4000"},
                  Difference{"urg", "0", "3"}, Difference{"length", "4", "3"},
                  Difference{"options", "none", "<mss 1460,wscale 7,eol>"},
                  Difference{"payload", "octet 1 is 0x63", "octet 1 is 0x0b"}, Difference{"tos", "0", "17"},
                  Difference{"ecn", "0", "1"}, Difference{"ttl", "63", "64"}));
}

TEST(Match, AckMayHaveToBeAbsentOrPresent) {
  SegmentPattern pattern;
  pattern.ack_absent = true;
  EXPECT_THAT(differences(pattern), ElementsAre(Difference{"ack", "absent", "5001"}));
  Image image = sample();
  image.tcp->flags = 0x04;
  EXPECT_THAT(match(pattern, image, nullptr), IsEmpty());
  SegmentPattern needs;
  needs.ack = exactly(5001);
  EXPECT_THAT(match(needs, image, nullptr), ElementsAre(Difference{"ack", "5001", "absent"}));
  // Without an ACK pattern, the field is of no interest.
  EXPECT_THAT(match({}, image, nullptr), IsEmpty());
}

TEST(Match, NumbersAreShownByTheCallersText) {
  SegmentPattern pattern;
  pattern.seq.base = 1000;
  pattern.seq.one_of = {2, 3};
  const NumberText show = [](const std::string& field, std::uint32_t value) {
    return fmt::format("{}+{}", field, value - 1000);
  };
  EXPECT_THAT(match(pattern, sample(), show), ElementsAre(Difference{"seq", "seq+2 or seq+3", "seq+1"}));
}

TEST(Match, PayloadLengthShowsWhereOctetsAgree) {
  SegmentPattern pattern;
  pattern.payload = Bytes{10, 11};
  EXPECT_THAT(differences(pattern), ElementsAre(Difference{"payload", "2 octets", "3 octets"}));
}

TEST(MatchOptions, ContainsAndLacks) {
  SegmentPattern pattern;
  pattern.options_mode = OptionsMode::kContains;
  pattern.options = {option(3)};
  pattern.lacking = {8, 4};
  EXPECT_THAT(differences(pattern), IsEmpty());
  pattern.options = {option(3, {exactly(8)})};
  EXPECT_THAT(differences(pattern), ElementsAre(Difference{"options", "contain wscale 8 lack TS lack sackOK",
                                                           "<mss 1460,wscale 7,eol>"}));
  pattern.options.clear();
  pattern.lacking = {2};
  EXPECT_THAT(differences(pattern),
              ElementsAre(Difference{"options", "lack mss", "<mss 1460,wscale 7,eol>"}));
}

TEST(MatchOptions, ExactlyMeansOrderAndPadding) {
  SegmentPattern pattern;
  pattern.options_mode = OptionsMode::kExactly;
  pattern.options = {option(2), option(3)};
  EXPECT_THAT(differences(pattern),
              ElementsAre(Difference{"options", "<mss,wscale>", "<mss 1460,wscale 7,eol>"}));
  pattern.options = {option(3), option(2), option(0)};
  EXPECT_EQ(differences(pattern).size(), 1u);
  Image padded = sample();
  padded.tcp->options = {1, 1, 0, 0};
  pattern.options = {option(1), option(1), option(0), option(0)};
  EXPECT_THAT(match(pattern, padded, nullptr), IsEmpty());
}

TEST(MatchOptions, SackBlocksAndTimestamps) {
  Image image = sample();
  image.tcp->options = {5, 10, 0, 0, 0, 110, 0, 0, 0, 120, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
  FieldPattern left = exactly(10), right = exactly(20);
  left.base = right.base = 100;
  SegmentPattern pattern;
  pattern.options_mode = OptionsMode::kExactly;
  pattern.options = {option(5, {left, right}), option(8, {exactly(1), {}})};
  EXPECT_THAT(match(pattern, image, nullptr), IsEmpty());
  pattern.options = {option(5, {left, right, left, right}), option(8, {exactly(1), {}})};
  EXPECT_THAT(match(pattern, image, nullptr),
              ElementsAre(Difference{"options", "<sack 110:120 110:120,TS val 1 ecr any>",
                                     "<sack 110:120,TS val 1 ecr 2>"}));
}

TEST(MatchOptions, RawOctetsAndMalformedOnes) {
  Image image = sample();
  image.tcp->options = {254, 4, 1, 2};
  SegmentPattern pattern;
  pattern.options_mode = OptionsMode::kContains;
  pattern.options = {option(254)};
  pattern.options[0].data = Bytes{1, 2};
  EXPECT_THAT(match(pattern, image, nullptr), IsEmpty());
  pattern.options[0].data = Bytes{1, 3};
  EXPECT_THAT(match(pattern, image, nullptr),
              ElementsAre(Difference{"options", "contain kind 254 0103", "<kind 254 0102>"}));
  image.tcp->options = {4, 9, 0, 0};
  pattern.options = {option(4)};
  EXPECT_EQ(match(pattern, image, nullptr).size(), 1u);
}

TEST(Match, WhatIsNotTcpSaysSo) {
  EXPECT_THAT(match({}, decode(Bytes{1, 2, 3}), nullptr),
              ElementsAre(Difference{"protocol", "tcp", "no IP header, 3 octets"}));
}

}  // namespace
}  // namespace tcpspec::packet
