// The levels of control are true: what is said to need only an open port comes to the same verdict on a box
// that takes no calls as with calls.
#include <gtest/gtest.h>

#include <string>

#include "harness/cli/box_fixture.h"
#include "harness/cli/case_tree.h"
#include "harness/run/control.h"
#include "harness/run/runner.h"
#include "harness/scenario/load.h"

namespace tcpspec::cli {
namespace {

const CaseTree& tree() {
  static const CaseTree* kTree = [] {
    auto* made = new CaseTree(TCPSPEC_SOURCE_DIR "/cases");
    made->load_cases();
    return made;
  }();
  return *kTree;
}

std::string story(const run::Outcome& outcome) {
  std::string text;
  for (const std::string& reason : outcome.reasons) text += "  " + reason + "\n";
  if (outcome.failure) {
    text += "  line " + std::to_string(outcome.failure->where.line) + " allowed " + outcome.failure->allowed +
            "; actual " + outcome.failure->actual + "; differs " + outcome.failure->differs + "\n";
  }
  return text;
}

TEST(Control, EveryCaseBelowL2MeansTheSameOnABoxThatTakesNoCalls) {
  ASSERT_TRUE(tree().errors().empty());
  std::size_t played = 0;
  for (const scenario::Scenario& scenario : tree().cases()) {
    if (scenario.ip != IpVersion::kV4 || run::control_of(scenario).level == run::ControlLevel::kL2) continue;
    ++played;
    Box box;
    const auto reference = target::make_reference_target();
    const run::Outcome there = run::run_case(scenario, box, {});
    const run::Outcome here = run::run_case(scenario, *reference, {});
    EXPECT_EQ(run::to_string(there.verdict), run::to_string(here.verdict))
        << scenario::full_id(scenario) << "\n"
        << story(there);
  }
  EXPECT_GT(played, 500U);
}

TEST(Control, HalfOfAllCasesNeedNoMoreThanAnOpenPort) {
  std::size_t open_port = 0;
  for (const scenario::Scenario& scenario : tree().cases()) {
    open_port += run::control_of(scenario).level == run::ControlLevel::kL0 ? 1 : 0;
  }
  EXPECT_GE(2 * open_port, tree().cases().size());
}

struct Sample {
  const char* name;
  const char* text;
  run::ControlLevel level;
  target::Service service;
};

run::Control control_of(const std::string& text) {
  FolderReader fragments(TCPSPEC_SOURCE_DIR "/cases/given");
  scenario::LoadOptions options;
  options.fragments = &fragments;
  options.fragment_folder = TCPSPEC_SOURCE_DIR "/cases/given";
  const scenario::Loaded loaded = scenario::load_text("sample.pkt", text, options);
  for (const auto& error : loaded.errors) ADD_FAILURE() << scenario::to_string(error);
  if (loaded.scenarios.empty()) return {};
  return run::control_of(loaded.scenarios.front());
}

TEST(Control, WhatACaseDoesDecides) {
  const std::string head = "// Sample.\n//@ covers RFC9293:MUST-14\n//@ catches nothing\n";
  const std::string open = head + "//@ given established-passive\n";
  const auto expect = [](const std::string& text, run::ControlLevel level, target::Service service) {
    const run::Control control = control_of(text);
    EXPECT_EQ(control.level, level) << text;
    EXPECT_EQ(control.service, service) << text;
  };
  using run::ControlLevel;
  using target::Service;
  const std::string send200 = "+0 < P. 1:201(200) ack 1 win 65535\n+0~+.5 > . 1:1(0) ack 201\n";
  const std::string send201 = "+0 < P. 1:202(201) ack 1 win 65535\n+0~+.5 > . 1:1(0) ack 202\n";
  const std::string fin = "+0 < F. 1:1(0) ack 1 win 65535\n+0~+.5 > . 1:1(0) ack 2\n";
  expect(open + "//@ app sink\n" + send200, ControlLevel::kL0, Service::kAny);
  expect(open + "//@ app sink\n" + send201, ControlLevel::kL1, Service::kDiscard);
  expect(open + "//@ app sink\n" + fin, ControlLevel::kL0, Service::kAny);
  expect(open + "//@ app hold\n" + send200, ControlLevel::kL0, Service::kAny);
  expect(open + "//@ app hold\n" + fin, ControlLevel::kL2, Service::kCalls);
  expect(open + "//@ app echo\n" + send200, ControlLevel::kL1, Service::kEcho);
  expect(open + "//@ app stall\n" + send201, ControlLevel::kL2, Service::kCalls);
  expect(open + "//@ app source 500\n+0 > data 1:501\n", ControlLevel::kL2, Service::kCalls);
  expect(open + "+0 close(4) = 0\n", ControlLevel::kL2, Service::kCalls);
  const std::string closed = head + "//@ given fin-wait-1-passive\n//@ app shutwr\n";
  expect(closed + "+0 < . 1:1(0) ack 2 win 65535\n", ControlLevel::kL0, Service::kCloser);
  expect(closed + "+0 < P. 1:11(10) ack 2 win 65535\n+0~+.5 > . 2:2(0) ack 11\n", ControlLevel::kL2,
         Service::kCalls);
}

}  // namespace
}  // namespace tcpspec::cli
