#include "harness/scenario/testing.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;

TEST(ParsePacket, ReadsAnInjectedSegment) {
  const PacketSpec packet = injected("P. 1:11(10) ack 2 win 65535 urg 3");
  EXPECT_EQ(packet.form, PacketForm::kSegment);
  EXPECT_EQ(packet.flags, kPsh | kAck);
  EXPECT_EQ(packet.seq_start, literal(1));
  EXPECT_EQ(packet.seq_end, literal(11));
  EXPECT_EQ(packet.length, 10);
  EXPECT_EQ(packet.ack, exactly(2));
  EXPECT_EQ(packet.window, exactly(65535));
  EXPECT_EQ(packet.urgent, exactly(3));
  EXPECT_EQ(packet.options, OptionList{});
  EXPECT_EQ(packet.connection, "");
}

TEST(ParsePacket, KnowsEveryFlag) {
  EXPECT_EQ(injected("SFRPUEWA 0:0(0)").flags, kSyn | kFin | kRst | kPsh | kUrg | kEce | kCwr | kAe);
  EXPECT_EQ(injected("- 0:0(0)").flags, 0);
  EXPECT_EQ(expected(". 1:1(0) ack 1").flags, kAck);
  EXPECT_EQ(expected("5. 1:1(0) ack 1").flags, kAck | kAe | kEce);
  EXPECT_EQ(expected("2. 1:1(0) ack 1").flags, kAck | kCwr);
}

TEST(ParsePacket, AcceptedFlagSetsAreAlternativesOfExpectedPacketsOnly) {
  const PacketSpec packet = expected("F./FP./- 1:1(0) ack 2");
  EXPECT_EQ(packet.flags, kFin | kAck);
  EXPECT_EQ(packet.also_flags, (std::vector<std::uint16_t>{kFin | kPsh | kAck, 0}));
  EXPECT_EQ(error_of("+0 < F./FP. 1:1(0) ack 2"), "1:8: an injected packet has one set of flags");
}

TEST(ParsePacket, LeavesOutWhatIsNotCompared) {
  const PacketSpec packet = expected(". 1:1(0) ack 2");
  EXPECT_FALSE(packet.window.has_value());
  EXPECT_FALSE(packet.urgent.has_value());
  EXPECT_EQ(packet.options.match, OptionMatch::kExactly);
  EXPECT_TRUE(packet.options.options.empty());
  EXPECT_TRUE(expected("R ...").any_sequence);
}

TEST(ParsePacket, PatternsCaptureAndBound) {
  const PacketSpec packet =
      expected("S. 0:0(0) ack >= 1 let K win != 0 let W urg ... isn let I <mss <= 1460 let M>");
  EXPECT_EQ(packet.ack, (NumberPattern{Relation::kAtLeast, literal(1), "K"}));
  EXPECT_EQ(packet.window, (NumberPattern{Relation::kNotEqual, literal(0), "W"}));
  EXPECT_EQ(packet.urgent, (NumberPattern{Relation::kAny, {}, ""}));
  EXPECT_EQ(packet.capture_isn, "I");
  EXPECT_EQ(packet.options.options[0].values[0], (NumberPattern{Relation::kAtMost, literal(1460), "M"}));
}

TEST(ParsePacket, SumsOverCapturesStandWhereNumbersDo) {
  const PacketSpec packet = injected("P. $A+1:$A + 11(10) ack 1+$B-2");
  EXPECT_EQ(packet.seq_start, (Number{{Term{false, "A"}, Term{false, 1}}}));
  EXPECT_EQ(packet.seq_end, (Number{{Term{false, "A"}, Term{false, 11}}}));
  EXPECT_EQ(packet.ack->number, (Number{{Term{false, 1}, Term{false, "B"}, Term{true, 2}}}));
  EXPECT_EQ(injected(". -10:0(10) ack 1").seq_start, literal(-10));
}

// `ack 1 +0 …`: the next event may follow on the same line, as in packetdrill.
TEST(ParsePacket, ASumEndsWhereTheNextTimeBegins) {
  const std::vector<Step> steps =
      steps_of("+0 < . 1:1(0) ack 1 +.5 > . 1:1(0) ack 1\n+0 > . 1:1(0) ack\n  7\n+1 close(4) = 0");
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(std::get<PacketSpec>(std::get<Inject>(steps[0].action).packet).ack, exactly(1));
  EXPECT_EQ(steps[1].time.from, Duration::millis(500));
  EXPECT_EQ(std::get<Expect>(steps[2].action).packet.ack, exactly(7));
}

TEST(ParsePacket, AbsoluteSequenceNumbers) {
  EXPECT_TRUE(injected("S 100!:100!(0)").absolute_sequence);
  EXPECT_TRUE(injected("S 100!:100(0)").absolute_sequence);
  EXPECT_EQ(error_of("+0 < S 100:100!(0)"), "1:16: both numbers are absolute (N!:N!) or none");
}

TEST(ParsePacket, DataMaySpanSegments) {
  const PacketSpec packet = expected("data 1:3001 fin ack >= 5 win let W <opts lack TS>");
  EXPECT_EQ(packet.form, PacketForm::kData);
  EXPECT_EQ(packet.length, 3000);
  EXPECT_TRUE(packet.with_fin);
  EXPECT_EQ(packet.ack->relation, Relation::kAtLeast);
  EXPECT_EQ(packet.options.lacking, std::vector{OptionKind::kTimestamps});
  EXPECT_EQ(expected("data 1:2").options.match, OptionMatch::kAnything);
  EXPECT_EQ(expected("data 1:1 fin").length, 0);
  EXPECT_EQ(error_of("+0 > data 5:4"), "1:13: data ends before it begins");
  EXPECT_EQ(error_of("+0 > data 5:5"), "1:13: data A:B needs at least one octet or fin");
  EXPECT_EQ(error_of("+0 > data 5"),
            "1:12: expected ':' and the number after the last octet, found the end of the line");
}

TEST(ParsePacket, AnAcknowledgmentOnly) {
  const PacketSpec packet = expected("ack >= 11 let K win 0");
  EXPECT_EQ(packet.form, PacketForm::kAck);
  EXPECT_EQ(packet.ack, (NumberPattern{Relation::kAtLeast, literal(11), "K"}));
  EXPECT_EQ(packet.window, exactly(0));
  EXPECT_EQ(packet.options.match, OptionMatch::kAnything);
  EXPECT_EQ(error_of("+0 > ack"), "1:9: expected the acknowledgment number, found the end of the line");
}

TEST(ParsePacket, IpMarksStandBeforeTheFlags) {
  EXPECT_EQ(injected("[ect0] . 1:1(0) ack 1").ip.ecn, EcnMark::kEct0);
  EXPECT_EQ(injected("[ect1] . 1:1(0) ack 1").ip.ecn, EcnMark::kEct1);
  EXPECT_EQ(injected("[ce] . 1:1(0) ack 1").ip.ecn, EcnMark::kCe);
  EXPECT_EQ(expected("[noecn] . 1:1(0) ack 1").ip.ecn, EcnMark::kNotEct);
  const PacketSpec packet = injected("[tos 0x10] [ttl 5] . 1:1(0) ack 1");
  EXPECT_EQ(packet.ip.tos, 0x10);
  EXPECT_EQ(packet.ip.ttl, 5);
  EXPECT_EQ(injected("[class 8, hlim 1] . 1:1(0) ack 1").ip, (IpSpec{EcnMark::kUnset, 8, 1}));
  EXPECT_EQ(error_of("+0 < [ect2] . 1:1(0) ack 1"),
            "1:7: expected noecn, ect0, ect1, ce, tos N or ttl N, found 'ect2'");
  EXPECT_EQ(error_of("+0 < [ttl 256] . 1:1(0) ack 1"), "1:11: ttl must be 0 to 255");
  EXPECT_EQ(error_of("+0 < [flowlabel 1] . 1:1(0) ack 1"), "1:7: the flow label is not supported yet");
}

TEST(ParsePacket, PayloadIsTextOrHex) {
  EXPECT_EQ(injected("P. 1:6(5) ack 1 payload \"hello\"").payload, (Bytes{'h', 'e', 'l', 'l', 'o'}));
  EXPECT_EQ(injected(R"(P. 1:6(5) ack 1 payload "\n\r\t\0\x41")").payload, (Bytes{'\n', '\r', '\t', 0, 'A'}));
  EXPECT_EQ(injected("P. 1:4(3) ack 1 payload hex 00fFA0").payload, (Bytes{0, 0xFF, 0xA0}));
  EXPECT_EQ(error_of("+0 < P. 1:4(3) ack 1 payload \"hell\""),
            "1:30: the payload has 4 octets, the packet's length is 3");
  EXPECT_EQ(error_of("+0 < P. 1:3(2) ack 1 payload hex 0g"), "1:35: expected a hex digit, found 'g'");
  EXPECT_EQ(error_of("+0 < P. 1:3(2) ack 1 payload hex 012"),
            "1:34: an odd number of hex digits: each octet has two");
  EXPECT_EQ(error_of("+0 < P. 1:3(2) ack 1 payload x"),
            "1:30: expected a string in quotes or hex AABB, found 'x'");
  EXPECT_EQ(error_of(R"(+0 < P. 1:3(2) ack 1 payload "\q.")"), R"(1:31: expected \n \r \t \0 \\ \" or \xHH)");
  EXPECT_EQ(error_of("+0 < P. 1:3(2) ack 1 payload \"ab"), "1:30: this string has no closing \"");
  EXPECT_EQ(expected("P. 1:3(2) ack 1 payload \"ab\"").payload, (Bytes{'a', 'b'}));
  EXPECT_EQ(error_of("+0 > data 1:3 payload \"ab\""),
            "1:15: payload is for packets with flags and start:end(length)");
}

TEST(ParsePacket, DamageTakesWordsOfItsList) {
  const PacketSpec packet = injected(". 1:1(0) ack 1 damage bad-checksum data-offset=4");
  EXPECT_EQ(packet.damage, (std::vector<Damage>{{"bad-checksum", {}}, {"data-offset", 4}}));
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 damage bad-cheksum"),
            "1:28: unknown damage 'bad-cheksum'; did you mean 'bad-checksum'?");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 damage truncate"),
            "1:36: expected '=' and a number, found the end of the line");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 damage bad-checksum=1"),
            "1:40: expected no value for bad-checksum, found '='");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 1 damage bad-checksum"),
            "1:21: damage is for injected packets (`<`)");
}

TEST(ParsePacket, FlagErrorsPointAtTheLetter) {
  EXPECT_EQ(error_of("+0   >  FX 1:1(0) ack 2"), "1:10: expected a flag (S F R P . U E W A or -), found 'X'");
  EXPECT_EQ(error_of("+0 > F.F 1:1(0) ack 2"), "1:8: the flag 'F' is there twice");
  EXPECT_EQ(error_of("+0 > 1:1(0) ack 2"),
            "1:6: expected flags (S F R P . U E W A or -) before the sequence numbers, found '1:1(0)'");
  EXPECT_EQ(error_of("+0 >\n+0 > . 1:1(0) ack 1"),
            "1:5: expected a flag (S F R P . U E W A or -), found the end of the line");
}

TEST(ParsePacket, SequenceErrors) {
  EXPECT_EQ(error_of("+0 > F."),
            "1:8: expected a sequence number (start:end(length)), found the end of the line");
  EXPECT_EQ(error_of("+0 > F. x"), "1:9: expected a sequence number (start:end(length)), found 'x'");
  EXPECT_EQ(error_of("+0 > F. 1"),
            "1:10: expected ':' and the end of the sequence numbers, found the end of the line");
  EXPECT_EQ(error_of("+0 > F. 1:1"), "1:12: expected '(' and the length, found the end of the line");
  EXPECT_EQ(error_of("+0 > F. 1:1(x)"), "1:13: expected the length, found 'x'");
  EXPECT_EQ(error_of("+0 > F. 1:1(0"), "1:14: expected ')', found the end of the line");
  EXPECT_EQ(error_of("+0 > F. 1:11(9) ack 1"), "1:14: the length is 9 but end - start is 10");
  EXPECT_EQ(error_of("+0 > F. $A:$A+2(3) ack 1"), "1:17: the length is 3 but end - start is 2");
  EXPECT_EQ(error_of("+0 > F. 4294967296:4294967296(0) ack 1"),
            "1:9: a sequence number (start:end(length)) must be -2147483648 to 4294967295");
  EXPECT_EQ(error_of("+0 > F. 1:70001(70000) ack 1"), "1:17: the length must be 0 to 65535");
  EXPECT_EQ(error_of("+0 < F. ... ack 1"), "1:9: an injected packet needs its sequence numbers");
  EXPECT_EQ(error_of("+0 > F. 99999999999999999999:1(0)"), "1:9: the number is too large");
}

TEST(ParsePacket, ANumberMayWrapAtTheEnd) {
  EXPECT_EQ(error_of("+0 > P. 4294967290:4294967300(10) ack 1"), "");
  EXPECT_EQ(error_of("+0 > P. 4294967290:4(10) ack 1"), "");
  EXPECT_EQ(error_of("+0 > P. 4294967290:5(10) ack 1"),
            "1:22: the length is 10 but end - start is -4294967285");
}

TEST(ParsePacket, FieldErrors) {
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack"),
            "1:18: expected the acknowledgment number, found the end of the line");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 4294967296"),
            "1:19: the acknowledgment number must be -2147483648 to 4294967295");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 1 win 65536"), "1:25: the window must be 0 to 65535");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 1 win -1"), "1:25: the window must be 0 to 65535");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 1 urg 65536"), "1:25: the urgent pointer must be 0 to 65535");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 1 ack 2"), "1:21: ack is there twice");
  EXPECT_EQ(error_of("+0 > . 1:1(0) akc 1"),
            "1:15: expected ack, win, urg, isn, <options> or payload, found 'akc'; did you mean 'ack'?");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 wim 1"),
            "1:21: expected ack, win, urg, <options>, payload or damage, found 'wim'; did you mean 'win'?");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 1 ]"),
            "1:21: expected ack, win, urg, isn, <options>, payload or the end of the line, found ']'");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack 1 isn 5"), "1:25: expected let NAME, found '5'");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack let"), "1:22: expected a name after let, found the end of the line");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack let X"),
            "1:19: only a packet of the target (`>`) can be captured with `let`");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack >= 1"), "1:19: an injected packet has one value here, not a pattern");
  EXPECT_EQ(error_of("+0 < . 1:1(0) win 1"), "1:6: an injected packet with the ACK flag needs `ack N`");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1+"), "1:21: expected a number or $NAME, found the end of the line");
}

TEST(ParsePacket, ACaptureIsKnownOnlyAfterItsPacket) {
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack $C"), "1:19: $C is used before any `let C`");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack let C win $C"), "1:29: $C is used before any `let C`");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack let C\n+0 < . 1:1(0) ack $C"), "");
  EXPECT_EQ(error_of("+0 > . 1:1(0) ack let Window\n+0 < . 1:1(0) ack $Windw"),
            "2:19: $Windw is used before any `let Windw`; did you mean 'Window'?");
}

TEST(ParsePacket, ConnectionsAreDeclared) {
  EXPECT_EQ(std::get<PacketSpec>(action_of<Inject>("+0 [B] < S 0:0(0)").packet).connection, "B");
  EXPECT_EQ(action_of<Expect>("+0 [main] > S. 0:0(0) ack 1").packet.connection, "");
  EXPECT_EQ(error_of("+0 [C] < S 0:0(0)"), "1:5: no `//@ connection C` declares this connection");
  EXPECT_EQ(error_of("+0 [] < S 0:0(0)"), "1:5: expected a connection's name, found ']'");
  EXPECT_EQ(error_of("+0 [B < S 0:0(0)"), "1:7: expected ']', found '<'");
  EXPECT_EQ(error_of("+0 [B] silence 1"), "1:8: expected <, > or >?, found 'silence'");
}

TEST(ParsePacket, WhatPacketdrillHasAndThisHasNotYetIsNamed) {
  EXPECT_EQ(error_of("+0 < udp (100)"), "1:6: UDP is not supported yet");
  EXPECT_EQ(error_of("+0 > icmp unreachable"), "1:6: ICMP from the target is not supported yet");
  EXPECT_EQ(error_of("+0 < gre: . 1:1(0)"), "1:6: encapsulation is not supported yet");
  EXPECT_EQ(error_of("+0 < ipv4 1.1.1.1 > 2.2.2.2: . 1:1(0)"), "1:6: encapsulation is not supported yet");
  EXPECT_EQ(error_of("+0 < . 1:1(0) ack 1 /udp(1 > 2)"), "1:21: TCP over UDP is not supported yet");
}

TEST(ParseIcmp, ReadsTypesCodesMtuAndTheQuotedPacket) {
  const auto icmp = [](std::string_view text) {
    return std::get<IcmpSpec>(action_of<Inject>("+0 < icmp " + std::string(text)).packet);
  };
  EXPECT_EQ(icmp("destination_unreachable host_unreachable [1:1001(1000)]"),
            (IcmpSpec{"", "destination_unreachable", "host_unreachable", {}, literal(1)}));
  EXPECT_EQ(icmp("unreachable frag_needed mtu 1200 [1:1461(1460)]"),
            (IcmpSpec{"", "destination_unreachable", "frag_needed", 1200, literal(1)}));
  EXPECT_EQ(icmp("packet_too_big mtu 1280"), (IcmpSpec{"", "packet_too_big", "", 1280, {}}));
  EXPECT_EQ(icmp("source_quench [$A:$A(0)]").quoted_seq, (Number{{Term{false, "A"}}}));
  EXPECT_EQ(error_of("+0 < icmp 3 4"), "1:11: expected an ICMP type by name, found '3'");
  EXPECT_EQ(error_of("+0 < icmp source_quench ttl_exceeded"), "1:25: source_quench has no codes here");
  EXPECT_EQ(error_of("+0 < icmp sourcequench"),
            "1:11: unknown ICMP type 'sourcequench'; did you mean 'source_quench'?");
  EXPECT_EQ(error_of("+0 < icmp time_exceeded ttl_exceded"),
            "1:25: unknown ICMP code 'ttl_exceded'; did you mean 'ttl_exceeded'?");
  EXPECT_EQ(error_of("+0 < icmp"), "1:10: expected an ICMP type by name, found the end of the line");
  EXPECT_EQ(error_of("+0 < icmp time_exceeded mtu 65536"), "1:29: the MTU must be 0 to 65535");
  EXPECT_EQ(error_of("+0 < icmp time_exceeded [udp 5]"),
            "1:26: a quoted packet other than TCP's is not supported yet");
  EXPECT_EQ(error_of("+0 < icmp time_exceeded [1:1(0)"), "1:32: expected ']', found the end of the line");
  EXPECT_EQ(error_of("+0 < icmp time_exceeded ]"),
            "1:25: expected mtu N, [start:end(length)] or the end of the line, found ']'");
}

}  // namespace
}  // namespace tcpspec::scenario
