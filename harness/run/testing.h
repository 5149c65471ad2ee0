// For the runner's tests: cases from text, and a target in virtual time that does what the test says, right
// or wrong. Header only; linked into tests.
#ifndef HARNESS_RUN_TESTING_H_
#define HARNESS_RUN_TESTING_H_

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "harness/packet/image.h"
#include "harness/packet/stream.h"
#include "harness/run/runner.h"
#include "harness/scenario/load.h"
#include "harness/target/reference.h"

namespace tcpspec::run::testing {

inline scenario::Scenario load_one(const std::string& text, IpVersion version = IpVersion::kV4) {
  scenario::LoadOptions options;
  options.versions = {version};
  scenario::Loaded loaded = scenario::load_text("test.pkt", text, options);
  for (const auto& error : loaded.errors)
    ADD_FAILURE() << error.file << ":" << error.line << ": " << error.message;
  if (loaded.scenarios.empty()) {
    ADD_FAILURE() << "nothing loaded";
    return {};
  }
  return loaded.scenarios.front();
}

// Steps of a strict case.
inline scenario::Scenario a_case(const std::string& steps, const std::string& directives = "") {
  return load_one("// A title.\n//@ covers RFC9293:MUST-1\n//@ catches a fault\n" + directives + "\n" +
                  steps);
}

inline Outcome on_reference(const scenario::Scenario& scenario, std::uint64_t seed = 1) {
  const auto target = target::make_reference_target();
  RunOptions options;
  options.seed = seed;
  return run_case(scenario, *target, options);
}

// What went wrong, for messages of assertions.
inline std::string told(const Outcome& outcome) {
  std::string text = std::string(to_string(outcome.verdict)) + "\n";
  for (const std::string& reason : outcome.reasons) text += "  reason " + reason + "\n";
  if (outcome.failure) {
    const Failure& f = *outcome.failure;
    text += f.where.file + ":" + std::to_string(f.where.line) + "\n  allowed " + f.allowed + "\n  actual  " +
            f.actual + "\n  differs " + f.differs + "\n  before  " + f.before + "\n";
  }
  return text + to_text(outcome.trace);
}

class FakeTarget final : public target::Target {
 public:
  static constexpr std::uint32_t kIsn = 5'000;

  FakeTarget() {
    profile_.name = "fake";
    profile_.settle = Duration::millis(100);
    profile_.min_rto = Duration::seconds(1);
    profile_.initial_rto = Duration::seconds(1);
    profile_.msl = Duration::seconds(120);
  }

  // Called for the nth injected packet, from 0.
  std::function<void(int n, const packet::Image& image)> on_inject;
  // How late each injection is taken.
  std::function<Duration(int n)> late = [](int) { return Duration(); };
  Duration stamp_width;
  bool delivers = true;
  std::string start_error;
  std::string disturbed;
  target::Profile profile_;

  // Sends a segment after `delay`, numbers relative to both ISNs. The first SYN says who the tester is.
  void send(Duration delay, std::uint16_t flags, std::uint32_t seq, std::uint32_t ack, std::size_t length = 0,
            const std::function<void(packet::Image&)>& edit = {}) {
    packet::Image image = packet::make_tcp(target_, tester_);
    image.tcp->flags = flags;
    image.tcp->seq = kIsn + seq;
    image.tcp->ack = (flags & scenario::kAck) != 0 ? tester_isn_ + ack : 0;
    image.tcp->window = 65535;
    if (length > 0) image.payload = packet::stream(seq - 1, length);
    if (edit) edit(image);
    packet::seal(image);
    push(delay, target::PacketOut{packet::encode(image)});
  }
  void die(Duration delay, const std::string& how) { push(delay, target::TargetDied{how}); }
  void learn(const packet::Image& image) {
    if (!image.tcp || (image.tcp->flags & scenario::kSyn) == 0 || image.tcp->destination_port == 9) return;
    tester_ = image.source();
    target_ = image.destination();
    tester_isn_ = image.tcp->seq;
  }
  // A RST from a closed port, as it answers a control.
  void refuse(Duration delay, const packet::Image& syn) {
    packet::Image image = packet::make_tcp(syn.destination(), syn.source());
    image.tcp->flags = scenario::kRst | scenario::kAck;
    image.tcp->ack = syn.tcp->seq + 1;
    packet::seal(image);
    push(delay, target::PacketOut{packet::encode(image)});
  }

  [[nodiscard]] const target::Profile& profile() const override { return profile_; }
  Status start(const target::CaseSetup&) override {
    if (!start_error.empty()) return Error{start_error};
    return Ok{};
  }
  [[nodiscard]] Instant now() const override { return now_; }
  Result<target::Stamp> inject(ByteView bytes) override {
    if (!delivers) return Error{"the link is down"};
    const packet::Image image = packet::decode(bytes);
    learn(image);
    const target::Stamp at{now_, now_ + stamp_width};
    if (on_inject) on_inject(injected_, image);
    ++injected_;
    return at;
  }
  target::CallId begin(const target::SocketCall& call) override {
    const target::CallId id = next_call_++;
    target::CallDone done;
    done.call = id;
    done.began = target::Stamp::at(now_);
    if (call.kind == target::CallKind::kSocket) done.result.value = 3;
    if (call.kind != target::CallKind::kAccept && call.kind != target::CallKind::kRead)
      push(Duration(), done);
    return id;
  }
  void cancel(target::CallId) override {}
  Result<target::Value> query(const target::Query&) override { return Error{"cannot tell"}; }
  [[nodiscard]] std::optional<target::Event> next(Instant deadline) override {
    const auto first =
        std::ranges::min_element(due_, {}, [](const target::Event& e) { return e.at.earliest; });
    if (first != due_.end() && first->at.earliest <= std::max(deadline, now_)) {
      target::Event event = std::move(*first);
      due_.erase(first);
      now_ = std::max(now_, event.at.earliest);
      return event;
    }
    if (deadline > now_) now_ = deadline + late(injected_);
    return std::nullopt;
  }
  Status end() override { return Ok{}; }
  [[nodiscard]] std::string disturbance() override { return disturbed; }

 private:
  void push(Duration delay, decltype(target::Event::what) what) {
    due_.push_back({target::Stamp{now_ + delay, now_ + delay + stamp_width}, std::move(what)});
  }

  Instant now_;
  std::vector<target::Event> due_;
  Endpoint tester_, target_;
  std::uint32_t tester_isn_ = 0;
  int injected_ = 0;
  target::CallId next_call_ = 1;
};

using scenario::kAck;
using scenario::kFin;
using scenario::kPsh;
using scenario::kRst;
using scenario::kSyn;

inline constexpr const char* kHandshake =
    "+0 < S 0:0(0) win 65535 <mss 1460>\n"
    "+0 > S. 0:0(0) ack 1 <...>\n"
    "+0 < . 1:1(0) ack 1 win 65535\n";

// Answers the handshake, then runs `more` for the packets after it: n counts on from 2.
inline void shake_hands(FakeTarget& target, std::function<void(int n, const packet::Image&)> more = {}) {
  target.on_inject = [&target, more = std::move(more)](int n, const packet::Image& image) {
    if (n == 0) target.send(Duration(), kSyn | kAck, 0, 1);
    if (n >= 2 && more) more(n, image);
  };
}

inline Outcome on_fake(FakeTarget& target, const scenario::Scenario& scenario) {
  return run_case(scenario, target, RunOptions{});
}

}  // namespace tcpspec::run::testing

#endif  // HARNESS_RUN_TESTING_H_
