// The target itself: a stack in virtual time, fresh in every case.
#include "harness/target/lwip/lwip.h"

#include "harness/target/lwip/heap.h"
#include "harness/target/lwip/test_bench.h"

namespace tcpspec::target {
namespace {

class LwipTest : public LwipBench {
 protected:
  // What a case makes it send: a handshake, some text, a close.
  std::vector<Bytes> play(std::uint64_t seed) {
    start(IpVersion::kV4, {}, seed);
    const int handle = accepted();
    EXPECT_EQ(value(write_call(handle, 3000)), 3000);
    inject(kAck, 1, 3001);
    static_cast<void>(call(close_call(handle)));
    wait(Duration::seconds(5));
    const int active = socket();
    static_cast<void>(call(connect_call(active)));
    wait(Duration::seconds(5));
    return bytes;
  }
};

TEST_F(LwipTest, ShakesHandsInBothIpVersions) {
  for (const IpVersion ip : {IpVersion::kV4, IpVersion::kV6}) {
    start(ip);
    const int handle = accepted();
    ASSERT_GE(handle, 4);
    EXPECT_EQ(state(handle), "ESTABLISHED");
    EXPECT_EQ(sent.front().tcp->source_port, 8080);
    inject(kAck, 1, 1, 10);
    const auto result = call(read_call(handle, 100));
    ASSERT_TRUE(result);
    EXPECT_EQ(result->data, packet::stream(0, 10));
  }
}

TEST_F(LwipTest, ConnectsInBothIpVersions) {
  for (const IpVersion ip : {IpVersion::kV4, IpVersion::kV6}) {
    start(ip);
    const int handle = connected();
    EXPECT_EQ(state(handle), "ESTABLISHED");
  }
}

TEST_F(LwipTest, HandlesBeginAtThree) { EXPECT_EQ(socket(), 3); }

// RFC 9293 §3.8.4: two hours, then a probe every 75 seconds; lwIP looks twice a second.
TEST_F(LwipTest, KeepAliveIsSeenAfterTwoVirtualHours) {
  const int handle = accepted();
  EXPECT_EQ(value(set(handle, SocketOption::kKeepAlive, 1)), 0);
  sent.clear();
  sent_at.clear();
  wait(Duration::seconds(7199));
  EXPECT_TRUE(sent.empty());
  wait(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(last().seq, isn);
  wait(Duration::seconds(9 * 75));
  ASSERT_EQ(sent.size(), 10U);
  EXPECT_EQ(sent_at[1] - sent_at[0], Duration::seconds(75));
  EXPECT_EQ(last().flags & kRst, kRst);
  EXPECT_EQ(state(handle), "CLOSED");
  EXPECT_EQ(error(read_call(handle, 1)), "ETIMEDOUT");
}

TEST_F(LwipTest, TimeNeverPassesTheDeadline) {
  const int handle = connecting();
  static_cast<void>(handle);
  const Instant deadline = target->now() + Duration::nanos(1'234'567'891);
  drain(deadline);
  EXPECT_EQ(target->now(), deadline);
}

TEST_F(LwipTest, EachCaseFindsAFreshStack) {
  const std::vector<Bytes> first = play(7);
  const std::vector<Bytes> second = play(7);
  EXPECT_GE(first.size(), 5U);
  EXPECT_EQ(first, second);
}

TEST_F(LwipTest, TheSeedChoosesTheLocalPort) {
  const std::vector<Bytes> first = play(7);
  EXPECT_NE(first, play(8));
}

TEST_F(LwipTest, AThousandStartsLeaveNothingBehind) {
  static_cast<void>(play(1));
  ASSERT_TRUE(target->end().ok());
  EXPECT_EQ(lwip::heap_blocks(), 0U);
  start(IpVersion::kV4);
  const std::size_t fresh = lwip::heap_blocks();
  for (int i = 0; i < 1000; ++i) {
    start(i % 2 == 0 ? IpVersion::kV4 : IpVersion::kV6);
    ASSERT_EQ(lwip::heap_blocks(), fresh);
    const int handle = accepted();
    inject(kAck, 100, 1, 50);  // stays in lwIP's queue of segments out of order
    static_cast<void>(call(write_call(handle, 5000)));
  }
  ASSERT_TRUE(target->end().ok());
  EXPECT_EQ(lwip::heap_blocks(), 0U);
}

TEST_F(LwipTest, AConnectionOfTheCaseBeforeIsGone) {
  static_cast<void>(accepted());
  const std::uint32_t old = isn;
  start(IpVersion::kV4);
  static_cast<void>(listener());
  isn = old;
  inject(kAck, 1, 1, 10);
  drain();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(last().flags & kRst, kRst);
}

// lwIP 2.1.3 looks for the length of an option whose kind is the header's last octet.
TEST_F(LwipTest, AReadPastThePacketsEndDies) {
  static_cast<void>(listener());
  packet::Image syn = segment(kSyn, 0, 0);
  syn.tcp->options = {1, 1, 1, 2};
  packet::seal(syn);
  const Bytes packet = packet::encode(syn);
  EXPECT_DEATH(static_cast<void>(target->inject(packet)), "");
}

TEST_F(LwipTest, PaddingLetsLwipReadOn) {
  target.reset();
  target = make_lwip_target({.padding = 64});
  start(IpVersion::kV4);
  static_cast<void>(listener());
  packet::Image syn = segment(kSyn, 0, 0);
  syn.tcp->options = {1, 1, 1, 2};
  inject(syn);
  drain();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(last().flags, kSyn | kAck);
}

TEST_F(LwipTest, ASecondTargetIsRefused) {
  EXPECT_DEATH(static_cast<void>(make_lwip_target()), "the_stack == nullptr");
}

TEST_F(LwipTest, APolicyThatLwipDoesNotHaveIsRefused) {
  CaseSetup setup;
  setup.target = remote.address;
  setup.tester = tester.address;
  setup.policies = {{"simultaneous-open", "yes"}};
  const Status refused = target->start(setup);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().starts_with("policy "));
  setup.policies = {{"simultaneous-open", "no"}, {"nagle", "off"}};
  EXPECT_TRUE(target->start(setup).ok());
  setup.mtu = 60;
  EXPECT_FALSE(target->start(setup).ok());
}

TEST_F(LwipTest, NagleIsTheOnePolicyThatCanBeSet) {
  for (const char* nagle : {"on", "off"}) {
    start(IpVersion::kV4, {{"nagle", nagle}});
    const int handle = accepted();
    sent.clear();
    EXPECT_EQ(value(write_call(handle, 10)), 10);
    EXPECT_EQ(value(write_call(handle, 10)), 10);
    EXPECT_EQ(sent.size(), nagle == std::string("on") ? 1U : 2U);
  }
}

TEST_F(LwipTest, TheMtuBoundsTheSegments) {
  CaseSetup setup;
  setup.target = remote.address;
  setup.tester = tester.address;
  setup.mtu = 576;
  ASSERT_TRUE(target->start(setup).ok());
  const int handle = accepted();
  sent.clear();
  bytes.clear();
  EXPECT_EQ(value(write_call(handle, 1000)), 1000);
  ASSERT_FALSE(bytes.empty());
  for (const Bytes& packet : bytes) EXPECT_LE(packet.size(), 576U);
}

TEST_F(LwipTest, PacketsOfNoLengthAndOfTooMuchAreNoMatter) {
  EXPECT_TRUE(target->inject({}).ok());
  EXPECT_FALSE(target->inject(Bytes(65'536)).ok());
  EXPECT_TRUE(target->inject(Bytes(65'535, 0x45)).ok());
  drain();
}

TEST_F(LwipTest, ReassemblesFragments) {
  const int handle = accepted();
  packet::Image whole = segment(kAck, 1, 1, 96);
  packet::seal(whole);
  const Bytes packet = packet::encode(whole);
  const auto part = [&](std::size_t from, std::size_t to, bool more) {
    Bytes fragment(packet.begin(), packet.begin() + 20);
    append(fragment, ByteView(packet).subspan(20 + from, to - from));
    store_be16(fragment, 2, static_cast<std::uint16_t>(fragment.size()));
    store_be16(fragment, 6, static_cast<std::uint16_t>(from / 8 | (more ? 0x2000 : 0)));
    store_be16(fragment, 10, 0);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < 20; i += 2) sum += load_be16(fragment, i);
    while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
    store_be16(fragment, 10, static_cast<std::uint16_t>(~sum));
    return fragment;
  };
  ASSERT_TRUE(target->inject(part(40, 116, false)).ok());
  ASSERT_TRUE(target->inject(part(0, 40, true)).ok());
  const auto result = call(read_call(handle, 1000));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->data, packet::stream(0, 96));
}

}  // namespace
}  // namespace tcpspec::target
