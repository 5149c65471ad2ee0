// SYN cookies by themselves, RFC 4987 §3.6. What a host does with them: listen_limits_test.cc.
#include "stack/net/syn_cookies.h"

#include <gtest/gtest.h>

#include <utility>

#include "stack/base/random.h"

namespace tcpspec::net {
namespace {

const SipKey kSecret{1, 2, 3};
const Endpoint kLocal{IpAddress::v4(192, 0, 2, 1), 80};
const Endpoint kRemote{IpAddress::v4(192, 0, 2, 2), 5000};
const Seq32 kIrs(1000);
const Instant kSlotStart = Instant() + CookieJar::kSlot * 10;

TEST(SynCookie, GivesBackTheMssRoundedDownToAClass) {
  CookieJar jar(kSecret);
  for (const auto& [mss, expected] : {std::pair{64, 64},
                                      {255, 64},
                                      {536, 536},
                                      {1220, 1220},
                                      {1459, 1440},
                                      {1460, 1460},
                                      {8939, 1460},
                                      {65535, 8940}}) {
    const auto cookie = jar.make(kLocal, kRemote, kIrs, static_cast<std::uint16_t>(mss), kSlotStart);
    ASSERT_TRUE(cookie) << mss;
    EXPECT_EQ(jar.check(kLocal, kRemote, kIrs, *cookie, kSlotStart), expected) << mss;
  }
}

TEST(SynCookie, ThereIsNoneForAnMssBelowTheLeastClass) {
  CookieJar jar(kSecret);
  EXPECT_FALSE(jar.make(kLocal, kRemote, kIrs, 63, kSlotStart));
  EXPECT_FALSE(jar.make(kLocal, kRemote, kIrs, 0, kSlotStart));
  EXPECT_FALSE(cookie_mss(63));
}

// Good in its slot and the next, to the nanosecond: at least 64 and less than 128 seconds.
TEST(SynCookie, IsGoodForTwoSlots) {
  CookieJar jar(kSecret);
  const Duration tick = Duration::nanos(1);
  for (const Instant made : {kSlotStart, kSlotStart + CookieJar::kSlot - tick}) {
    const Seq32 cookie = *jar.make(kLocal, kRemote, kIrs, 1460, made);
    EXPECT_TRUE(jar.check(kLocal, kRemote, kIrs, cookie, made));
    EXPECT_TRUE(jar.check(kLocal, kRemote, kIrs, cookie, kSlotStart + CookieJar::kSlot * 2 - tick));
    EXPECT_FALSE(jar.check(kLocal, kRemote, kIrs, cookie, kSlotStart + CookieJar::kSlot * 2));
  }
}

TEST(SynCookie, AnOldOneIsNotGoodAgainWhenTheSlotsWrap) {
  CookieJar jar(kSecret);
  const Seq32 cookie = *jar.make(kLocal, kRemote, kIrs, 1460, kSlotStart);
  const Instant later = kSlotStart + CookieJar::kSlot * 256;
  (void)jar.make(kLocal, kRemote, kIrs + 1, 1460, later);
  EXPECT_FALSE(jar.check(kLocal, kRemote, kIrs, cookie, later));
}

TEST(SynCookie, IsForOneConnectionAndOneSyn) {
  CookieJar jar(kSecret);
  const Seq32 cookie = *jar.make(kLocal, kRemote, kIrs, 1460, kSlotStart);
  Endpoint other = kRemote;
  ++other.port;
  EXPECT_FALSE(jar.check(kLocal, other, kIrs, cookie, kSlotStart));
  other = kRemote;
  other.address = IpAddress::v4(192, 0, 2, 3);
  EXPECT_FALSE(jar.check(kLocal, other, kIrs, cookie, kSlotStart));
  other = kLocal;
  ++other.port;
  EXPECT_FALSE(jar.check(other, kRemote, kIrs, cookie, kSlotStart));
  EXPECT_FALSE(jar.check(kLocal, kRemote, kIrs + 1, cookie, kSlotStart));
  EXPECT_FALSE(jar.check(kLocal, kRemote, kIrs - 1, cookie, kSlotStart));
  EXPECT_FALSE(CookieJar(SipKey{9}).check(kLocal, kRemote, kIrs, cookie, kSlotStart));
}

TEST(SynCookie, NothingIsTakenForOneBeforeTheFirstWasMade) {
  CookieJar jar(kSecret);
  CookieJar twin(kSecret);
  const Seq32 cookie = *jar.make(kLocal, kRemote, kIrs, 1460, kSlotStart);
  EXPECT_FALSE(twin.check(kLocal, kRemote, kIrs, cookie, kSlotStart));
}

// Every initial number of the client, the ends of the number space included, and all arithmetic wraps.
TEST(SynCookie, NumbersWrap) {
  CookieJar jar(kSecret);
  Random random(7);
  for (int i = 0; i < 2000; ++i) {
    const Seq32 irs(i < 3 ? 0xffffffffU + static_cast<std::uint32_t>(i) : random.next32());
    const Seq32 cookie = *jar.make(kLocal, kRemote, irs, 1460, kSlotStart);
    ASSERT_EQ(jar.check(kLocal, kRemote, irs, cookie, kSlotStart), 1460);
  }
}

// A new incarnation begins above the old one: RFC 9293 §3.4.1's reason for a clock.
TEST(SynCookie, GrowsWithTimeAndWithTheClientsNumber) {
  CookieJar jar(kSecret);
  const Seq32 first = *jar.make(kLocal, kRemote, kIrs, 1460, kSlotStart);
  const Seq32 second =
      *jar.make(kLocal, kRemote, kIrs + 100'000'000, 1460, kSlotStart + CookieJar::kSlot * 2);
  EXPECT_TRUE(second.after(first));
}

TEST(SynCookie, NeighbouringNumbersAreNotGood) {
  CookieJar jar(kSecret);
  const Seq32 cookie = *jar.make(kLocal, kRemote, kIrs, 1460, kSlotStart);
  int good = 0;
  for (std::uint32_t off = 0; off < 100'000; ++off) {
    if (jar.check(kLocal, kRemote, kIrs, cookie + (off - 50'000), kSlotStart)) ++good;
  }
  EXPECT_EQ(good, 1);  // the cookie itself
}

TEST(SynCookie, GuessesFail) {
  CookieJar jar(kSecret);
  (void)jar.make(kLocal, kRemote, kIrs, 1460, kSlotStart);
  Random random(11);
  int good = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (jar.check(kLocal, kRemote, kIrs, Seq32(random.next32()), kSlotStart)) ++good;
  }
  EXPECT_EQ(good, 0);
}

}  // namespace
}  // namespace tcpspec::net
