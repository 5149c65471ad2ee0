#include "harness/packet/explain.h"

#include <gtest/gtest.h>

namespace tcpspec::packet {
namespace {

Image sample(std::uint16_t flags) {
  Image image = make_tcp({IpAddress::v4(10, 0, 0, 1), 1000}, {IpAddress::v4(10, 0, 0, 2), 80});
  image.tcp->flags = flags;
  image.tcp->seq = 1001;
  image.tcp->ack = 5002;
  image.tcp->window = 65535;
  seal(image);
  return image;
}

TEST(FlagsText, InTheLanguagesOrder) {
  EXPECT_EQ(flags_text(0), "-");
  EXPECT_EQ(flags_text(0x12), "S.");
  EXPECT_EQ(flags_text(0x1ff), "SFRP.UEWA");
  EXPECT_EQ(flags_text(0xc2), "SEW");
}

TEST(OptionsText, KnownOnesByName) {
  TcpHeader tcp;
  EXPECT_EQ(options_text(tcp, 0), "");
  tcp.options = {2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 0, 0};
  EXPECT_EQ(options_text(tcp, 0), "mss 1460,nop,wscale 7,sackOK,eol,eol");
  tcp.options = {8, 10, 0, 0, 0, 100, 0, 0, 0, 200, 1, 1};
  EXPECT_EQ(options_text(tcp, 0), "TS val 100 ecr 200,nop,nop");
  tcp.options = {5, 18, 0, 0, 0, 110, 0, 0, 0, 120, 0, 0, 0, 130, 0, 0, 0, 140};
  EXPECT_EQ(options_text(tcp, 100), "sack 10:20 30:40");
}

TEST(OptionsText, OddOnesAsTheyStand) {
  TcpHeader tcp;
  tcp.options = {254, 4, 0xf9, 0x89};
  EXPECT_EQ(options_text(tcp, 0), "kind 254 f989");
  tcp.options = {2, 0, 5, 180};
  EXPECT_EQ(options_text(tcp, 0), "kind 2 length 0 05b4");
  tcp.options = {2, 3, 5, 1};
  EXPECT_EQ(options_text(tcp, 0), "kind 2 05,nop");
  tcp.options = {1, 1, 1, 8};
  EXPECT_EQ(options_text(tcp, 0), "nop,nop,nop,kind 8 cut off");
  tcp.options = {0, 0, 7, 0};
  EXPECT_EQ(options_text(tcp, 0), "eol,padding 000700");
  tcp.options = {5, 4, 1, 2};
  EXPECT_EQ(options_text(tcp, 0), "kind 5 0102");
}

TEST(Summary, InPacketdrillsWords) {
  Image image = sample(0x11);
  EXPECT_EQ(summary(image, {1000, 5000}), "F. 1:1(0) ack 2 win 65535");
  image = sample(0x02);
  image.tcp->options = {2, 4, 5, 180};
  seal(image);
  EXPECT_EQ(summary(image, {1001, 0}), "S 0:0(0) win 65535 <mss 1460>");
  image = sample(0x38);
  image.payload = Bytes(10);
  image.tcp->urgent = 4;
  image.v4->tos = 2;
  seal(image);
  EXPECT_EQ(summary(image, {1000, 5000}), "[ect0] P.U 1:11(10) ack 2 win 65535 urg 4");
}

TEST(Summary, NumbersBeforeTheIsnAreNegativeAndTheCircleCloses) {
  EXPECT_EQ(summary(sample(0x10), {1002, 5002}), ". -1:-1(0) ack 0 win 65535");
  Image image = sample(0x10);
  image.tcp->seq = 4;
  EXPECT_EQ(summary(image, {0xfffffffe, 5001}), ". 6:6(0) ack 1 win 65535");
}

TEST(Summary, NamesWhatIsOddInTheHeader) {
  Image image = sample(0x10);
  image.tcp->data_offset = 3;
  image.tcp->reserved = 5;
  EXPECT_EQ(summary(image, {1000, 5000}), ". 1:1(0) ack 2 win 65535 (data offset 3) (reserved 5)");
}

TEST(Summary, OtherProtocols) {
  Image image = sample(0);
  image.tcp.reset();
  image.v4->protocol = 1;
  image.payload = {3, 3, 0, 0};
  EXPECT_EQ(summary(image, {}), "icmp destination unreachable (port)");
  image.payload = {200, 1};
  EXPECT_EQ(summary(image, {}), "icmp type 200 code 1");
  image.payload = {3};
  EXPECT_EQ(summary(image, {}), "icmp cut off after 1 octets");
  image.v4->protocol = 17;
  image.payload = Bytes(40);
  EXPECT_EQ(summary(image, {}), "17 (udp) 40 octets");
  image.v4->flags_and_offset = 0x2002;
  EXPECT_EQ(summary(image, {}), "17 (udp) 40 octets, fragment at 16");
  EXPECT_EQ(summary(decode(Bytes{0xff, 0}), {}), "no IP header, 2 octets");
  Image v6 = make_tcp({IpAddress::parse("::1").value(), 1}, {IpAddress::parse("::2").value(), 2});
  v6.tcp.reset();
  v6.v6->upper = 58;
  v6.payload = {2, 0};
  EXPECT_EQ(summary(v6, {}), "icmp6 packet too big");
}

TEST(Hexdump, SixteenOctetsALine) {
  Bytes bytes;
  for (int i = 0; i < 18; ++i) bytes.push_back(static_cast<std::uint8_t>('A' + i));
  bytes[1] = 7;
  EXPECT_EQ(hexdump(bytes),
            "0000  41 07 43 44 45 46 47 48  49 4a 4b 4c 4d 4e 4f 50  A.CDEFGHIJKLMNOP\n"
            "0010  51 52                                             QR\n");
  EXPECT_EQ(hexdump({}), "");
}

}  // namespace
}  // namespace tcpspec::packet
