// The manual is true: every example in cases/LANGUAGE.md is played against the reference stack and passes
// there. harness/scenario holds those that must not load.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "harness/cli/case_tree.h"
#include "harness/run/runner.h"
#include "harness/scenario/load.h"
#include "harness/target/reference.h"

namespace tcpspec::cli {
namespace {

struct Example {
  std::string name;  // "LANGUAGE.md:120"
  std::string text;
};

std::vector<Example> examples() {
  const Result<std::string> manual = read_file(TCPSPEC_SOURCE_DIR "/cases/LANGUAGE.md");
  EXPECT_TRUE(manual.ok());
  std::vector<Example> found;
  if (!manual.ok()) return found;
  std::istringstream lines(manual.value());
  std::string line;
  bool inside = false;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (!inside && line == "```pkt") {
      inside = true;
      found.push_back({"LANGUAGE.md:" + std::to_string(number + 1), ""});
    } else if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      found.back().text += line + "\n";
    }
  }
  return found;
}

TEST(Language, EveryExamplePassesAgainstTheReferenceStack) {
  FolderReader fragments(TCPSPEC_SOURCE_DIR "/cases/given");
  const std::vector<Example> all = examples();
  EXPECT_GE(all.size(), 14U);
  for (const Example& example : all) {
    scenario::LoadOptions options;
    options.fragments = &fragments;
    options.fragment_folder = TCPSPEC_SOURCE_DIR "/cases/given";
    const scenario::Loaded loaded = scenario::load_text(example.name, example.text, options);
    for (const auto& error : loaded.errors) ADD_FAILURE() << scenario::to_string(error);
    EXPECT_FALSE(loaded.scenarios.empty()) << example.name;
    for (const scenario::Scenario& scenario : loaded.scenarios) {
      const auto target = target::make_reference_target();
      const run::Outcome outcome = run::run_case(scenario, *target, {});
      std::string story;
      if (outcome.failure) {
        story = outcome.failure->where.file + ":" + std::to_string(outcome.failure->where.line) +
                " allowed " + outcome.failure->allowed + ", actual " + outcome.failure->actual +
                ", differs " + outcome.failure->differs;
      }
      for (const std::string& reason : outcome.reasons) story += " " + reason;
      EXPECT_THAT(outcome.verdict, ::testing::AnyOf(run::Verdict::kPass, run::Verdict::kTolerated))
          << scenario::full_id(scenario) << " in " << example.name << ": " << story;
    }
  }
}

}  // namespace
}  // namespace tcpspec::cli
