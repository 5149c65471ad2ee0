#include "harness/sim/link.h"

#include <bit>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "harness/packet/image.h"

namespace tcpspec::sim {
namespace {

constexpr std::uint16_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kAck = 0x10;

Bytes segment(std::uint16_t flags, std::uint32_t seq = 100, std::uint32_t ack = 0, std::size_t length = 0) {
  packet::Image image =
      packet::make_tcp({IpAddress::v4(192, 0, 2, 1), 1000}, {IpAddress::v4(192, 168, 0, 1), 80});
  image.tcp->flags = flags;
  image.tcp->seq = seq;
  image.tcp->ack = ack;
  image.payload.assign(length, 'x');
  packet::seal(image);
  return packet::encode(image);
}

Rule rule(Fault fault, const std::string& predicate, Duration delay = Duration()) {
  Rule made;
  made.fault = fault;
  made.predicate = predicate;
  made.delay = delay;
  return made;
}

// How many of the packets that were sent arrive at once.
int arrived(Link& link, Instant now) {
  int count = 0;
  while (link.take(now)) ++count;
  return count;
}

TEST(Link, WithoutRulesIsAPerfectWire) {
  Link link(1);
  EXPECT_EQ(link.next_deadline(), Instant::never());
  const Bytes first = segment(kSyn), second = segment(kAck);
  link.send(Toward::kTarget, first, Instant());
  link.send(Toward::kPeer, second, Instant());
  const auto one = link.take(Instant()), two = link.take(Instant());
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->packet, first);
  EXPECT_EQ(one->toward, Toward::kTarget);
  EXPECT_EQ(two->packet, second);
  EXPECT_EQ(two->toward, Toward::kPeer);
  EXPECT_FALSE(link.take(Instant()));
}

TEST(Link, PredicatesSelect) {
  const std::vector<std::pair<std::string, Bytes>> fits = {
      {"syn", segment(kSyn)},           {"synack", segment(kSyn | kAck)}, {"ack", segment(kAck)},
      {"data", segment(kAck, 1, 1, 5)}, {"fin", segment(kFin | kAck)},    {"rst", segment(kRst)},
  };
  for (const auto& [predicate, packet] : fits) {
    for (const auto& [other, tried] : fits) {
      Link link(1);
      link.add(rule(Fault::kLose, predicate));
      link.send(Toward::kTarget, tried, Instant());
      EXPECT_EQ(arrived(link, Instant()), predicate == other ? 0 : 1) << predicate << " against " << other;
    }
  }
}

TEST(Link, FinAckIsTheAcknowledgmentOfTheOtherSidesFin) {
  Link link(1);
  link.add(rule(Fault::kLose, "fin-ack"));
  link.send(Toward::kTarget, segment(kFin | kAck, 100, 1, 10), Instant());  // FIN at 110
  EXPECT_EQ(arrived(link, Instant()), 1);
  link.send(Toward::kPeer, segment(kAck, 1, 110), Instant());
  EXPECT_EQ(arrived(link, Instant()), 1);
  link.send(Toward::kPeer, segment(kAck, 1, 111), Instant());
  EXPECT_EQ(arrived(link, Instant()), 0);
  link.send(Toward::kTarget, segment(kAck, 1, 111), Instant());
  EXPECT_EQ(arrived(link, Instant()), 1);
}

TEST(Link, FirstEveryAndSide) {
  Link link(1);
  Rule first = rule(Fault::kLose, "ack");
  first.first = 2;
  first.toward = Toward::kTarget;
  link.add(first);
  int lost = 0;
  for (int i = 0; i < 5; ++i) {
    link.send(Toward::kPeer, segment(kAck), Instant());
    EXPECT_EQ(arrived(link, Instant()), 1);
    link.send(Toward::kTarget, segment(kAck), Instant());
    lost += 1 - arrived(link, Instant());
  }
  EXPECT_EQ(lost, 2);
  link.clear();
  Rule every = rule(Fault::kLose, "any");
  every.every = 3;
  link.add(every);
  std::string pattern;
  for (int i = 0; i < 7; ++i) {
    link.send(Toward::kPeer, segment(kAck), Instant());
    pattern += arrived(link, Instant()) == 1 ? '.' : 'x';
  }
  EXPECT_EQ(pattern, "..x..x.");
}

TEST(Link, DelayIsExactAndReorderingLetsOthersPass) {
  Link link(1);
  Rule held = rule(Fault::kReorder, "data", Duration::millis(5));
  link.add(held);
  link.send(Toward::kPeer, segment(kAck, 1, 1, 5), Instant());
  link.send(Toward::kPeer, segment(kAck, 6, 1), Instant());
  EXPECT_EQ(arrived(link, Instant()), 1);
  const Instant due = Instant() + Duration::millis(5);
  EXPECT_EQ(link.next_deadline(), due);
  EXPECT_EQ(arrived(link, due - Duration::nanos(1)), 0);
  EXPECT_EQ(arrived(link, due), 1);
  EXPECT_EQ(link.next_deadline(), Instant::never());
}

TEST(Link, DuplicatesAndCorrupts) {
  Link link(1);
  link.add(rule(Fault::kDuplicate, "any"));
  link.send(Toward::kPeer, segment(kAck), Instant());
  EXPECT_EQ(arrived(link, Instant()), 2);
  link.clear();
  link.add(rule(Fault::kCorrupt, "any"));
  const Bytes packet = segment(kAck, 1, 1, 20);
  for (int i = 0; i < 200; ++i) {
    link.send(Toward::kPeer, packet, Instant());
    const auto carried = link.take(Instant());
    ASSERT_TRUE(carried);
    ASSERT_EQ(carried->packet.size(), packet.size());
    int bits = 0;
    for (std::size_t at = 0; at < packet.size(); ++at)
      bits += std::popcount<unsigned>(packet[at] ^ carried->packet[at]);
    ASSERT_EQ(bits, 1);
  }
}

TEST(Link, SameSeedSameFate) {
  const auto fate = [](std::uint64_t seed) {
    Link link(seed);
    Rule lose = rule(Fault::kLose, "any");
    lose.percent = 50;
    link.add(lose);
    std::string text;
    for (int i = 0; i < 64; ++i) {
      link.send(Toward::kPeer, segment(kAck), Instant());
      text += arrived(link, Instant()) == 1 ? '.' : 'x';
    }
    return text;
  };
  EXPECT_EQ(fate(3), fate(3));
  EXPECT_NE(fate(3), fate(4));
}

}  // namespace
}  // namespace tcpspec::sim
