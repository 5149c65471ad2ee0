#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/target/wire/options.h"

namespace tcpspec::target::wire {
namespace {

using ::testing::HasSubstr;

Options good(const std::string& text) {
  Result<Options> options = parse_options(text);
  EXPECT_TRUE(options.ok()) << options.error();
  return options.ok() ? *options : Options{};
}

std::string wrong(const std::string& text) {
  const Result<Options> options = parse_options(text);
  EXPECT_FALSE(options.ok()) << text;
  return options.ok() ? std::string() : options.error();
}

TEST(WireOptions, TheShortestFormHasDefaultsForAllTheRest) {
  const Options options = good("eth1,dut=10.9.0.2");
  EXPECT_EQ(options.interface, "eth1");
  EXPECT_EQ(options.dut4, IpAddress::v4(10, 9, 0, 2));
  EXPECT_FALSE(options.dut6 || options.port || options.vlan || options.mtu || options.mac || options.slack);
  EXPECT_EQ(options.closed, 4);
  EXPECT_EQ(options.echo, 7);
  EXPECT_EQ(options.discard, 9);
  EXPECT_EQ(options.chargen, 19);
  EXPECT_EQ(options.ask, "GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(to_string(options.pool(IpVersion::kV4)), "10.9.0.160-10.9.0.223");
}

TEST(WireOptions, EveryKeyIsRead) {
  const Options options = good(
      "eth1.5,dut=10.9.0.2,dut6=fd00::2,port=80,closed=81,echo=0,discard=909,chargen=1919,ask="
      "QUIT\\r\\n\\x41\\\\,"
      "self=10.9.0.100-10.9.0.163,self6=fd00::100/"
      "120,mac=02:00:00:00:00:0a,vlan=5,mtu=9000,slack=20ms,min-rto=30ms,"
      "msl=60s,delayed-ack=200ms,agent=tcp:10.9.0.2:7709,token=/tmp/"
      "t,choice=rfc5961:on,choice=sack:off,lack=ip-options");
  EXPECT_EQ(to_string(*options.dut6), "fd00::2");
  EXPECT_EQ(options.port, 80);
  EXPECT_EQ(options.closed, 81);
  EXPECT_EQ(options.echo, 0);
  EXPECT_EQ(options.discard, 909);
  EXPECT_EQ(options.chargen, 1919);
  EXPECT_EQ(options.ask, "QUIT\r\nA\\");
  EXPECT_EQ(to_string(*options.self4), "10.9.0.100-10.9.0.163");
  EXPECT_EQ(to_string(*options.self6), "fd00::101-fd00::1ff");
  EXPECT_EQ(to_string(*options.mac), "02:00:00:00:00:0a");
  EXPECT_EQ(options.vlan, 5);
  EXPECT_EQ(options.mtu, 9000);
  EXPECT_EQ(options.slack, Duration::millis(20));
  EXPECT_EQ(options.min_rto, Duration::millis(30));
  EXPECT_EQ(options.msl, Duration::seconds(60));
  EXPECT_EQ(options.delayed_ack, Duration::millis(200));
  EXPECT_EQ(options.agent, "tcp:10.9.0.2:7709,token=/tmp/t");
  EXPECT_EQ(options.choices, (std::map<std::string, std::string>{{"rfc5961", "on"}, {"sack", "off"}}));
  EXPECT_EQ(options.lacks, std::vector<std::string>{"ip-options"});
}

TEST(WireOptions, WhatIsAskedIsHttpALineOrOctets) {
  const auto ask = [](const std::string& text) { return good("e,dut=10.9.0.2,ask=" + text).ask; };
  EXPECT_EQ(ask("http"), "GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(ask("QUIT"), "QUIT\r\n");
  EXPECT_EQ(ask("a\\x00b"), std::string("a\0b", 3));
  EXPECT_EQ(ask(""), "");
}

TEST(WireOptions, AnErrorNamesTheWordAndSaysWhatWasExpected) {
  EXPECT_THAT(wrong(""), HasSubstr("expected wire:INTERFACE,dut=ADDRESS"));
  EXPECT_THAT(wrong("dut=10.9.0.2"), HasSubstr("expected wire:INTERFACE,dut=ADDRESS"));
  EXPECT_THAT(wrong("eth1"), HasSubstr("expected dut=ADDRESS"));
  EXPECT_THAT(wrong("eth1,dut=box"), HasSubstr("dut=box: expected an IPv4 address"));
  EXPECT_THAT(wrong("eth1,dut=fd00::2"), HasSubstr("expected an IPv4 address"));
  EXPECT_THAT(wrong("eth1,dut=224.0.0.1"), HasSubstr("one machine on the cable"));
  EXPECT_THAT(wrong("eth1,dut=127.0.0.1"), HasSubstr("one machine on the cable"));
  EXPECT_THAT(wrong("eth1,dut6=10.9.0.2"), HasSubstr("expected an IPv6 address"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,prot=80"), HasSubstr("'prot=80': expected one of dut=, dut6=, port="));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,port"), HasSubstr("'port': expected one of"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,port=0"), HasSubstr("a port between 1 and 65535"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,port=65536"), HasSubstr("a port between 1 and 65535"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,port=8o"), HasSubstr("a port between"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,vlan=4095"), HasSubstr("a VLAN between 1 and 4094"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,mtu=575"), HasSubstr("an MTU between 576 and 65535"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,slack=50"), HasSubstr("a time such as 50ms"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,mac=01:00:00:00:00:01"), HasSubstr("one station's"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,agent=exec:ssh"), HasSubstr("unix:PATH or tcp:HOST:PORT"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,token=x"), HasSubstr("token= without agent="));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,choice=sack"), HasSubstr("POLICY:VALUE"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,choice=sock:on"), HasSubstr("POLICY:VALUE"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,lack=legs"), HasSubstr("a word that `needs` knows"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,ask=a\\q"), HasSubstr("behind a backslash"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,ask=a\\"), HasSubstr("behind a backslash"));
  EXPECT_THAT(wrong("eth1,dut=10.9.0.2,port=4"), HasSubstr("port= and closed= are both 4"));
  EXPECT_THAT(wrong("eth1,dut6=fd00::2,self=10.9.0.4"), HasSubstr("self= without dut="));
}

TEST(WireOptions, OurAddressesAreAnAddressARangeOrAPrefix) {
  const auto self = [](const std::string& text) { return good("e,dut=10.9.0.2,self=" + text).self4.value(); };
  EXPECT_EQ(self("10.9.0.5").count, 1U);
  EXPECT_EQ(to_string(self("10.9.0.5-10.9.0.5")), "10.9.0.5");
  EXPECT_EQ(to_string(self("10.9.0.250-10.9.1.3")), "10.9.0.250-10.9.1.3");
  EXPECT_EQ(to_string(self("10.9.0.77/26")), "10.9.0.65-10.9.0.126")
      << "neither the network's nor the broadcast address";
  EXPECT_EQ(self("10.9.0.7/32").count, 1U);
  EXPECT_EQ(self("10.9.4.0/23").count, kLargestPool);
  EXPECT_THAT(wrong("e,dut=10.9.0.2,self=10.9.0.9-10.9.0.8"), HasSubstr("not before its first"));
  EXPECT_THAT(wrong("e,dut=10.9.0.2,self=10.9.0.9/33"), HasSubstr("a prefix length between 8 and 32"));
  EXPECT_THAT(wrong("e,dut=10.9.0.2,self=10.9.0.1-10.9.0.9"), HasSubstr("contain the box's, 10.9.0.2"));
}

TEST(WireOptions, TheDefaultAddressesAreNeverTheBoxs) {
  for (int last = 0; last < 256; ++last) {
    const IpAddress dut = IpAddress::v4(10, 9, 0, static_cast<std::uint8_t>(last));
    const Pool pool = default_pool(dut);
    EXPECT_EQ(pool.count, 64U);
    EXPECT_FALSE(pool.contains(dut)) << last;
  }
  EXPECT_EQ(to_string(default_pool(IpAddress::v4(10, 9, 0, 159))), "10.9.0.160-10.9.0.223");
  EXPECT_EQ(to_string(default_pool(IpAddress::v4(10, 9, 0, 160))), "10.9.0.96-10.9.0.159");
  EXPECT_EQ(to_string(default_pool(IpAddress::v4(10, 9, 0, 223))), "10.9.0.96-10.9.0.159");
  EXPECT_EQ(to_string(default_pool(IpAddress::v4(10, 9, 0, 224))), "10.9.0.160-10.9.0.223");
  EXPECT_EQ(to_string(default_pool(IpAddress::parse("fd00::2").value())), "fd00::a0-fd00::df");
}

}  // namespace
}  // namespace tcpspec::target::wire
