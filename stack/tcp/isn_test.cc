// RFC 6528 §3, RFC 9293 §3.4.1.
#include "stack/tcp/isn.h"

#include <gtest/gtest.h>

namespace tcpspec::tcp {
namespace {

const Endpoint kLocal{IpAddress::v4(192, 0, 2, 1), 4000};
const Endpoint kRemote{IpAddress::v4(192, 0, 2, 2), 80};

SipKey key(std::uint8_t first) {
  SipKey secret{};
  secret[0] = first;
  return secret;
}

TEST(Isn, TheClockTicksEveryFourMicroseconds) {
  const Instant start = Instant::from_nanos(1'000'000'000);
  const auto at = [&](Duration after) {
    return initial_sequence_number(key(1), kLocal, kRemote, start + after);
  };
  const Seq32 first = at(Duration());
  EXPECT_EQ(at(Duration::nanos(3'999)), first);
  EXPECT_EQ(at(Duration::nanos(4'000)), first + 1);
  EXPECT_EQ(at(Duration::seconds(1)), first + 250'000);
}

TEST(Isn, EveryPartOfTheIdentityAndTheSecretMatter) {
  const Instant now = Instant::from_nanos(5);
  const Seq32 base = initial_sequence_number(key(1), kLocal, kRemote, now);
  Endpoint port = kLocal;
  ++port.port;
  Endpoint remote_port = kRemote;
  ++remote_port.port;
  const Endpoint local_address{IpAddress::v4(192, 0, 2, 3), 4000};
  const Endpoint remote_address{IpAddress::v4(192, 0, 2, 4), 80};
  EXPECT_NE(initial_sequence_number(key(2), kLocal, kRemote, now), base);
  EXPECT_NE(initial_sequence_number(key(1), port, kRemote, now), base);
  EXPECT_NE(initial_sequence_number(key(1), kLocal, remote_port, now), base);
  EXPECT_NE(initial_sequence_number(key(1), local_address, kRemote, now), base);
  EXPECT_NE(initial_sequence_number(key(1), kLocal, remote_address, now), base);
  EXPECT_NE(initial_sequence_number(key(1), kRemote, kLocal, now), base);
}

TEST(Isn, TheClockCountsFromBoot) {
  const Instant boot = Instant::from_nanos(7'000'000);
  EXPECT_EQ(initial_sequence_number(key(1), kLocal, kRemote, boot + Duration::seconds(3), boot),
            initial_sequence_number(key(1), kLocal, kRemote, Instant() + Duration::seconds(3)));
}

TEST(Isn, TheNextIncarnationLiesAboveUnlessTheOldOneOutranTheClock) {
  const Instant now = Instant::from_nanos(0);
  const Seq32 before = initial_sequence_number(key(1), kLocal, kRemote, now);
  const Seq32 after = initial_sequence_number(key(1), kLocal, kRemote, now + Duration::seconds(240));
  EXPECT_EQ(after - before, 60'000'000);
}

TEST(TimestampOffset, DependsOnTheConnectionAndTheSecretAndIsNotTheIsn) {
  const std::uint32_t offset = timestamp_offset(key(1), kLocal, kRemote);
  EXPECT_EQ(timestamp_offset(key(1), kLocal, kRemote), offset);
  EXPECT_NE(timestamp_offset(key(2), kLocal, kRemote), offset);
  EXPECT_NE(timestamp_offset(key(1), kRemote, kLocal), offset);
  EXPECT_NE(initial_sequence_number(key(1), kLocal, kRemote, Instant()).raw(), offset);
}

}  // namespace
}  // namespace tcpspec::tcp
