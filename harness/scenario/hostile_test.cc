// Whatever the bytes: load_text returns, within bounds, and what it accepts survives printing.
#include <algorithm>

#include "harness/scenario/testing.h"
#include "stack/base/random.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;

LoadOptions tight() {
  LoadOptions options = v4_only();
  options.limits = LoadLimits{2'000, 4'000, 400'000, 64};
  return options;
}

constexpr std::string_view kSeed =
    "// A title. More.\n"
    "//@ case a\n"
    "//@ covers R\n"
    "//@ catches x ${A}\n"
    "//@ matrix A,B in x,1 y,2\n"
    "//@ connection C like main isn +5\n"
    "//@ app source 10\n"
    "//@ policy rfc5961=on\n"
    "/* a comment */ +0 [C] < S 0:0(0) win ${B} <mss ${MSS},nop,kind 253 abcd>\n"
    "+0~+.5 > S. 0:0(0) ack >= 1 win let W isn let I <opts contain mss, TS lack wscale>\n"
    "  or tolerated \"why\" > R. 1:1(0) ack 2 continue {\n"
    "    +.1 silence 5 on C\n"
    "  }\n"
    "repeat 3\n"
    "+${i} < P. $I:$I+5(5) ack 1 payload \"he\\x41lo\" damage data-offset=4\n"
    "end\n"
    "+0 > data 1:${1+MSS*2} fin ack 1\n"
    "+0 assert $W != $I+1\n"
    "+0 peer send 5\n"
    "+0 link delay to-target data first 3 by .5\n"
    "+0 < icmp destination_unreachable frag_needed mtu 1200 [1:1001(1000)]\n"
    "//@ case b\n"
    "//@ covers R\n"
    "//@ catches y\n"
    "+0...1 setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, [8]) = -1 EINVAL (note)\n";

void check(std::string_view text) {
  const Loaded loaded = load_text("h.pkt", text, tight());
  EXPECT_LE(loaded.errors.size(), Diagnostics::kMost);
  for (const Diagnostic& d : loaded.errors) {
    EXPECT_GE(d.line, 1);
    EXPECT_GE(d.column, 1);
    EXPECT_FALSE(to_string(d).empty());
  }
  expect_round_trip(loaded);
}

TEST(Hostile, TheSeedItselfLoads) {
  const Loaded loaded = load_text("h.pkt", kSeed, tight());
  EXPECT_EQ(loaded.scenarios.size(), 3U);
  for (const Diagnostic& d : loaded.errors) ADD_FAILURE() << to_string(d);
  check(kSeed);
}

TEST(Hostile, EveryPrefixEnds) {
  for (std::size_t n = 0; n <= kSeed.size(); ++n) check(kSeed.substr(0, n));
}

TEST(Hostile, RandomBytesEnd) {
  Random random(1);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (std::uint64_t n = random.below(400); n > 0; --n) text += static_cast<char>(random.below(256));
    check(text);
  }
}

TEST(Hostile, MutatedScriptsEnd) {
  Random random(2);
  static constexpr std::string_view kBits = "${}()[]<>:/*\"`%@|=+-~.,!?$ \n\t\0\xff";
  for (int round = 0; round < 1500; ++round) {
    std::string text(kSeed);
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      const std::size_t at = random.below(text.size());
      const std::uint64_t kind = random.below(5);
      if (kind == 0) text[at] = kBits[random.below(kBits.size())];
      if (kind == 1) text.erase(at, 1 + random.below(20));
      if (kind == 2) text.insert(at, text.substr(random.below(text.size()), random.below(30)));
      if (kind == 3) text.insert(at, 1, kBits[random.below(kBits.size())]);
      if (kind == 4) text.insert(at, std::to_string(random.next64()));
      if (text.empty()) text = "x";
    }
    check(text);
  }
}

TEST(Hostile, DepthAndSizeAreBounded) {
  const std::string deep(100'000, '[');
  check("0 close(" + deep);
  check("0 close(" + std::string(100'000, '{'));
  check("//@ covers R\n0 > S 0:0(" + std::string(100'000, '('));
  check("+0 > . ${" + std::string(100'000, '(') + "}");
  check("+0 > . " + std::string(100'000, '9') + ":1(0)");
  check(std::string(100'000, '/'));
  check("/*" + std::string(100'000, '*'));
  check("+0 < . 1" + std::string(100'000, '+') + "1");
  std::string sum = "+0 < . 1";
  for (int i = 0; i < 10'000; ++i) sum += "+1";
  check(sum + ":1(0)");
  std::string blocks;
  for (int i = 0; i < 1'000; ++i) blocks += "+0 > R 1:1(0)\n or silence 1 {\n";
  check(blocks);
  std::string repeats;
  for (int i = 0; i < 1'000; ++i) repeats += "repeat 999999\n";
  check(repeats);
}

// Small input, large output: each of these would be endless without the budget.
TEST(Hostile, ExpansionIsBounded) {
  check("repeat 999999\nrepeat 999999\nrepeat 999999\nend\nend\nend\n");
  check("repeat 999999\nrepeat 0\n" + std::string(2'000, '\n') + "end\nend\n");
  check("repeat 999999\n" + std::string(5'000, 'x') + "\nend\n");
  const std::string axis = "in 1 2 3 4 5 6 7 8 9\n";
  std::string matrix = "//@ covers R\n//@ catches x\n";
  for (int i = 0; i < 20; ++i) matrix += "//@ matrix V" + std::to_string(i) + " " + axis;
  check(matrix + "+0 > R 1:1(0)\n");
  std::string growth =
      "//@ covers R\n//@ catches x\n//@ matrix V in " + std::string(9'000, 'v') + "\n+0 > R ";
  for (int i = 0; i < 1'000; ++i) growth += "${V}";
  check(growth);
}

}  // namespace
}  // namespace tcpspec::scenario
