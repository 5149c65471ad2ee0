// Helpers of this folder's tests: a case around a few lines, its first error, its only step.
#ifndef HARNESS_SCENARIO_TESTING_H_
#define HARNESS_SCENARIO_TESTING_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

#include "harness/scenario/load.h"
#include "harness/scenario/print.h"

namespace tcpspec::scenario::testing_ {

inline LoadOptions v4_only() {
  LoadOptions options;
  options.versions = {IpVersion::kV4};
  return options;
}

// What stands before the lines of a test: it has an expectation, two connections and captured values A and B.
inline constexpr std::string_view kHead =
    "//@ covers R\n"
    "//@ catches nothing in particular\n"
    "//@ connection B\n"
    "0 > S. 0:0(0) ack 1 isn let A win let B <...>\n";
inline constexpr int kHeadLines = 4;

inline Loaded load_steps(std::string_view lines) {
  return load_text("t.pkt", std::string(kHead) + std::string(lines), v4_only());
}

// "LINE:COLUMN: message" of the first error, the line counted from the first of `lines`; "" if it loads.
inline std::string error_of(std::string_view lines) {
  const Loaded loaded = load_steps(lines);
  if (loaded.ok()) return "";
  const Diagnostic& d = loaded.errors.front();
  return std::to_string(d.line - kHeadLines) + ":" + std::to_string(d.column) + ": " + d.message;
}

inline std::vector<Step> steps_of(std::string_view lines) {
  const Loaded loaded = load_steps(lines);
  for (const Diagnostic& d : loaded.errors) ADD_FAILURE() << to_string(d);
  if (loaded.scenarios.size() != 1) return {};
  return {loaded.scenarios[0].steps.begin() + 1, loaded.scenarios[0].steps.end()};
}

// The only step of `lines`.
inline Step step_of(std::string_view lines) {
  const std::vector<Step> steps = steps_of(lines);
  EXPECT_EQ(steps.size(), 1U) << lines;
  return steps.empty() ? Step{} : steps[0];
}

template <typename Action>
Action action_of(std::string_view lines) {
  const Step step = step_of(lines);
  const auto* action = std::get_if<Action>(&step.action);
  EXPECT_NE(action, nullptr) << lines;
  return action == nullptr ? Action{} : *action;
}

inline PacketSpec injected(std::string_view packet) {
  const auto inject = action_of<Inject>("+0 < " + std::string(packet));
  const auto* spec = std::get_if<PacketSpec>(&inject.packet);
  return spec == nullptr ? PacketSpec{} : *spec;
}

inline PacketSpec expected(std::string_view packet) {
  return action_of<Expect>("+0 > " + std::string(packet)).packet;
}

inline Number literal(std::int64_t value) { return Number{{Term{value < 0, value < 0 ? -value : value}}}; }
inline NumberPattern exactly(std::int64_t value) {
  return NumberPattern{Relation::kEqual, literal(value), ""};
}

// Printed and read again, every scenario is the same but for its place.
inline void expect_round_trip(const Loaded& loaded) {
  for (Scenario before : loaded.scenarios) {
    const std::string text = print(before);
    LoadOptions options;
    options.versions = {before.ip};
    const Loaded again = load_text(before.id + ".pkt", text, options);
    for (const Diagnostic& d : again.errors) ADD_FAILURE() << to_string(d) << "\n--- printed:\n" << text;
    if (again.scenarios.size() != 1) {
      ADD_FAILURE() << again.scenarios.size() << " scenarios of\n" << text;
      continue;
    }
    before.where = again.scenarios[0].where;
    EXPECT_TRUE(again.scenarios[0] == before) << "not the same after printing:\n"
                                              << text << "--- printed again:\n"
                                              << print(again.scenarios[0]);
  }
}

}  // namespace tcpspec::scenario::testing_

#endif  // HARNESS_SCENARIO_TESTING_H_
