// The manual's examples: each ```pkt block loads, each ```pkt-error block fails with the text below it.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/scenario/testing.h"
#include "harness/scenario/vocabulary.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;
namespace fs = std::filesystem;

std::string file_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

class GivenFolder : public SourceReader {
 public:
  Result<std::string> read(const std::string& path) override {
    const fs::path file = fs::path(TCPSPEC_SOURCE_DIR) / path;
    if (!fs::exists(file)) return Error{"no such file"};
    return file_text(file);
  }
  std::vector<std::string> fragment_names() override {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(fs::path(TCPSPEC_SOURCE_DIR) / "cases/given")) {
      names.push_back(entry.path().stem().string());
    }
    return names;
  }
};

struct Example {
  std::string language;  // "pkt", "pkt-error"
  std::string text;
  std::string below;  // the line after the block, without its backticks
  int line = 0;
};

std::vector<Example> examples() {
  std::istringstream in(file_text(fs::path(TCPSPEC_SOURCE_DIR) / "cases/LANGUAGE.md"));
  std::vector<Example> found;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (!line.starts_with("```pkt")) continue;
    Example example{line.substr(3), "", "", number};
    for (++number; std::getline(in, line) && line != "```"; ++number) example.text += line + "\n";
    if (example.language == "pkt-error" && std::getline(in, line)) {
      ++number;
      example.below = line.size() > 2 ? line.substr(1, line.size() - 2) : "";
    }
    found.push_back(std::move(example));
  }
  return found;
}

TEST(Language, EveryExampleOfTheManualLoads) {
  GivenFolder given;
  LoadOptions options;
  options.fragments = &given;
  int loaded_ones = 0;
  for (const Example& example : examples()) {
    if (example.language != "pkt") continue;
    const Loaded loaded = load_text("LANGUAGE.md", example.text, options);
    for (const Diagnostic& d : loaded.errors)
      ADD_FAILURE() << "line " << example.line << " + " << to_string(d);
    EXPECT_FALSE(loaded.scenarios.empty()) << "line " << example.line;
    expect_round_trip(loaded);
    ++loaded_ones;
  }
  EXPECT_GE(loaded_ones, 14);
}

TEST(Language, EveryWrongExampleFailsAsTheManualSays) {
  GivenFolder given;
  LoadOptions options;
  options.fragments = &given;
  int wrong_ones = 0;
  for (const Example& example : examples()) {
    if (example.language != "pkt-error") continue;
    const Loaded loaded = load_text("LANGUAGE.md", example.text, options);
    ASSERT_FALSE(loaded.errors.empty()) << "line " << example.line;
    EXPECT_FALSE(example.below.empty()) << "line " << example.line;
    EXPECT_THAT(loaded.errors[0].message, ::testing::HasSubstr(example.below)) << "line " << example.line;
    ++wrong_ones;
  }
  EXPECT_GE(wrong_ones, 5);
}

// The manual speaks of every directive, call, application, kind of damage and predicate there is.
TEST(Language, TheManualIsComplete) {
  const std::string manual = file_text(fs::path(TCPSPEC_SOURCE_DIR) / "cases/LANGUAGE.md");
  for (const char* name : {"case", "covers", "finding", "catches", "formerly", "given", "app", "needs",
                           "policy", "matrix", "connection", "tag", "ip", "strict", "inlined"}) {
    EXPECT_THAT(manual, ::testing::HasSubstr("`//@ " + std::string(name)));
  }
  for (const auto words : {capabilities(), policies(), damage_kinds(), applications(), link_predicates()}) {
    for (const Word& word : words) EXPECT_THAT(manual, ::testing::HasSubstr(std::string(word.name)));
  }
}

}  // namespace
}  // namespace tcpspec::scenario
