// Conversations with the reference target, whole and spoiled on purpose.
#include "harness/interop/conversation.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "harness/interop/matrix.h"
#include "harness/packet/image.h"
#include "harness/target/reference.h"

namespace tcpspec::interop {
namespace {

// The reference target with something wrong between it and us.
class Spoiled : public target::Target {
 public:
  const target::Profile& profile() const override { return inner_->profile(); }
  Status start(const target::CaseSetup& setup) override { return inner_->start(setup); }
  Instant now() const override { return inner_->now(); }
  Result<target::Stamp> inject(ByteView packet) override {
    if (packets_left == 0) return target::Stamp::at(now());
    if (packets_left > 0) --packets_left;
    return inner_->inject(packet);
  }
  target::CallId begin(const target::SocketCall& call) override {
    if (aborts && call.kind == target::CallKind::kShutdown) {
      target::SocketCall linger;
      linger.kind = target::CallKind::kSetOption;
      linger.handle = call.handle;
      linger.option = target::SocketOption::kLinger;
      linger.value = 1;
      return inner_->begin(linger);  // and nothing is shut down: the close that follows resets
    }
    return inner_->begin(call);
  }
  void cancel(target::CallId call) override { inner_->cancel(call); }
  Result<target::Value> query(const target::Query& query) override { return inner_->query(query); }
  std::optional<target::Event> next(Instant deadline) override {
    std::optional<target::Event> event = inner_->next(deadline);
    if (!event) return event;
    if (auto* done = std::get_if<target::CallDone>(&event->what)) {
      if (flips && done->result.data.size() > 3) done->result.data[3] ^= 1;
    } else if (auto* out = std::get_if<target::PacketOut>(&event->what); out != nullptr && lies) {
      packet::Image image = packet::decode(out->packet);
      if (image.tcp && !image.payload.empty()) {
        image.tcp->ack += 100'000;  // acknowledges what nobody sent
        packet::seal(image);
        out->packet = packet::encode(image);
        lies = false;
      }
    }
    return event;
  }
  Status end() override { return inner_->end(); }

  int packets_left = -1;  // to the target; then all are lost
  bool aborts = false, flips = false, lies = false;

 private:
  std::unique_ptr<target::Target> inner_ = target::make_reference_target();
};

Plan small(Direction direction = Direction::kTargetSends,
           const target::Profile& profile = Spoiled().profile()) {
  Variant variant;
  variant.direction = direction;
  Plan plan = plan_of(variant, profile, Scale::kCi, 7).value();
  for (Program* program : {&plan.peer, &plan.target}) program->sends = program->after_end ? 500 : 20'000;
  return plan;
}

TEST(Conversation, DeliversEverythingAndEndsInOrderBothWays) {
  for (const Direction direction : {Direction::kTargetSends, Direction::kTargetReceives}) {
    Spoiled target;
    const run::Outcome outcome = talk(small(direction), target, {});
    ASSERT_EQ(outcome.verdict, run::Verdict::kPass) << (outcome.failure ? outcome.failure->differs : "");
    const Figures figures = figures_of(outcome.details);
    const bool sends = direction == Direction::kTargetSends;
    EXPECT_EQ(figures.peer.received, sends ? 20'000U : 500U);
    EXPECT_EQ(figures.target.received, sends ? 500U : 20'000U);
    EXPECT_EQ(figures.peer.received_digest, figures.target.sent_digest);
    EXPECT_EQ(figures.target.received_digest, figures.peer.sent_digest);
    EXPECT_NE(figures.peer.sent_digest, figures.target.sent_digest);
  }
}

TEST(Conversation, NoticesAnOctetThatIsNotTheStreams) {
  Spoiled target;
  target.flips = true;
  const run::Outcome outcome = talk(small(Direction::kTargetReceives), target, {});
  ASSERT_EQ(outcome.verdict, run::Verdict::kFail);
  EXPECT_EQ(outcome.failure->rule, "stream");
  EXPECT_NE(outcome.failure->differs.find("octet 3 "), std::string::npos) << outcome.failure->differs;
}

TEST(Conversation, NoticesThatItIsStuckAndTellsBothStates) {
  Spoiled target;
  target.packets_left = 2;  // the handshake only
  Plan plan = small(Direction::kTargetReceives);
  plan.patience = Duration::seconds(20);
  const run::Outcome outcome = talk(plan, target, {});
  ASSERT_EQ(outcome.verdict, run::Verdict::kFail);
  EXPECT_EQ(outcome.failure->rule, "stuck");
  EXPECT_NE(outcome.failure->before.find("peer FIN-WAIT-1"), std::string::npos) << outcome.failure->before;
  EXPECT_NE(outcome.failure->before.find("target ESTABLISHED"), std::string::npos) << outcome.failure->before;
  EXPECT_FALSE(outcome.failure->last.empty());
}

TEST(Conversation, NoticesWhatTheMonitorFinds) {
  Spoiled target;
  target.lies = true;
  const run::Outcome outcome = talk(small(), target, {});
  ASSERT_EQ(outcome.verdict, run::Verdict::kFail);
  EXPECT_TRUE(outcome.failure->rule.starts_with("monitor/")) << outcome.failure->rule;
}

TEST(Conversation, NoticesAWrongEnd) {
  Spoiled target;
  target.aborts = true;
  const run::Outcome outcome = talk(small(Direction::kTargetReceives), target, {});
  ASSERT_EQ(outcome.verdict, run::Verdict::kFail);
  EXPECT_EQ(outcome.failure->rule, "end");
  EXPECT_NE(outcome.failure->differs.find("reset"), std::string::npos) << outcome.failure->differs;
}

TEST(Conversation, IsNotApplicableWhereAPolicyCannotBeSet) {
  Spoiled target;
  Plan plan = small();
  plan.policies["simultaneous-open"] = "no";
  const run::Outcome outcome = talk(plan, target, {});
  EXPECT_EQ(outcome.verdict, run::Verdict::kNotApplicable);
  ASSERT_FALSE(outcome.reasons.empty());
  EXPECT_TRUE(outcome.reasons.front().starts_with("policy simultaneous-open=no"));
}

TEST(Figures, SurviveTheirJson) {
  Figures figures;
  figures.elapsed = Duration::millis(7);
  figures.peer = {1, 2, "ab", "cd", 3, 4, "reset"};
  figures.target = {5, 6, "ef", "01", 7, 8, ""};
  figures.lost = 9;
  figures.undelivered = 10;
  figures.packet_hash = "77";
  EXPECT_EQ(figures_of(to_json(figures)), figures);
  EXPECT_EQ(figures_of("no JSON"), Figures());
}

}  // namespace
}  // namespace tcpspec::interop
