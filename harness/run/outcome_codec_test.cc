#include "harness/run/outcome_codec.h"

#include <gtest/gtest.h>

namespace tcpspec::run {
namespace {

TraceEvent an_event() {
  TraceEvent event;
  event.kind = TraceKind::kPacketOut;
  event.at = {Instant::from_nanos(-5), Instant::from_nanos(7'200'000'000'000)};
  event.step = -1;
  event.packet = {0x45, 0x00, 0xff};
  event.text = "S. 0:0(0) ack 1 \xff not UTF-8";
  event.matched = true;
  event.failing = true;
  return event;
}

Outcome an_outcome() {
  Outcome outcome;
  outcome.verdict = Verdict::kFail;
  Failure failure;
  failure.where = {"cases/a.pkt", 14, 3};
  failure.rule = "right-edge";
  failure.script = {{13, "+0~+.5", false}, {14, "> . 2:2(0) ack 11", true}};
  failure.allowed = "an ACK";
  failure.actual = "R.";
  failure.differs = "flags";
  failure.before = "shutdown()";
  failure.last = {"one", "two"};
  failure.timing = true;
  outcome.failure = failure;
  outcome.reasons = {"because", ""};
  outcome.elapsed = Duration::nanos(-1);
  outcome.choices = {"sack=on"};
  outcome.trace.events = {an_event(), TraceEvent{}};
  outcome.attempts = 2;
  outcome.details = "{\"octets\": 7}";
  return outcome;
}

std::vector<Message> read_all(FrameReader& reader) {
  std::vector<Message> out;
  for (;;) {
    auto message = reader.next();
    EXPECT_TRUE(message.ok());
    if (!message.ok() || !message->has_value()) return out;
    out.push_back(**message);
  }
}

TEST(OutcomeCodec, EveryMessageComesBackAsItWas) {
  const std::vector<Message> all{CaseBegins{7},
                                 an_event(),
                                 CaseEnds{7, an_outcome(), {Duration::micros(3)}},
                                 CaseEnds{8, Outcome{}, {}},
                                 StartFailed{"no namespaces"},
                                 TargetUp{}};
  std::string bytes;
  for (const Message& message : all) bytes += encode_frame(message);
  // Whole, and octet by octet.
  for (const std::size_t piece : {bytes.size(), std::size_t{1}, std::size_t{7}}) {
    FrameReader reader;
    std::vector<Message> got;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.feed(std::string_view(bytes).substr(at, piece));
      for (Message& message : read_all(reader)) got.push_back(std::move(message));
    }
    ASSERT_EQ(got.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(encode_frame(got[i]), encode_frame(all[i])) << i;  // equal bytes
    }
    EXPECT_EQ(std::get<CaseEnds>(got[2]), std::get<CaseEnds>(all[2]));
    EXPECT_EQ(std::get<TraceEvent>(got[1]), an_event());
  }
}

TEST(OutcomeCodec, AProfileComesBackAsItWas) {
  target::Profile profile;
  profile.name = "linux";
  profile.version = "6.18";
  profile.clock = target::ClockKind::kReal;
  profile.isolation = target::Isolation::kShared;
  profile.link = target::LinkKind::kEthernet;
  profile.slack = {Duration::millis(4), 8};
  profile.settle = Duration::millis(100);
  profile.choices = {{"sack", "on"}};
  profile.lacks = {{"clock", "real time"}};
  FrameReader reader;
  reader.feed(encode_frame(Message(profile)));
  const auto got = read_all(reader);
  ASSERT_EQ(got.size(), 1U);
  const auto& back = std::get<target::Profile>(got[0]);
  EXPECT_EQ(back.name, "linux");
  EXPECT_EQ(back.clock, target::ClockKind::kReal);
  EXPECT_EQ(back.isolation, target::Isolation::kShared);
  EXPECT_EQ(back.slack.divisor, 8);
  EXPECT_EQ(back.choices, profile.choices);
  EXPECT_EQ(back.lacks, profile.lacks);
  EXPECT_EQ(encode_frame(got[0]), encode_frame(Message(profile)));
}

TEST(OutcomeCodec, RubbishIsAnErrorAndAFrameCutOffWaits) {
  FrameReader cut;
  const std::string whole = encode_frame(Message(CaseEnds{1, an_outcome(), {}}));
  cut.feed(std::string_view(whole).substr(0, whole.size() - 1));
  EXPECT_TRUE(read_all(cut).empty());
  FrameReader rubbish;
  rubbish.feed(std::string("\x03\0\0\0\xff\xff\xff", 7));
  EXPECT_FALSE(rubbish.next().ok());
  FrameReader empty;
  empty.feed(std::string("\0\0\0\0", 4));
  EXPECT_FALSE(empty.next().ok());
  FrameReader huge;
  huge.feed("\xff\xff\xff\xff");
  EXPECT_FALSE(huge.next().ok());
}

}  // namespace
}  // namespace tcpspec::run
