// The tree's own files: every case loads and survives printing.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/scenario/testing.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;
namespace fs = std::filesystem;

const fs::path kCases = fs::path(TCPSPEC_SOURCE_DIR) / "cases";

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

class DiskReader : public SourceReader {
 public:
  Result<std::string> read(const std::string& path) override {
    const fs::path file = fs::path(TCPSPEC_SOURCE_DIR) / path;
    if (!fs::exists(file)) return Error{"no such file"};
    return text_of(file);
  }
};

TEST(Tree, EveryCaseLoadsAndRoundTrips) {
  DiskReader reader;
  LoadOptions options;
  options.fragments = &reader;
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kCases)) {
    if (entry.path().extension() != ".pkt" || entry.path().parent_path() == kCases / "given") continue;
    const std::string name = fs::relative(entry.path(), TCPSPEC_SOURCE_DIR).string();
    const Loaded loaded = load_text(name, text_of(entry.path()), options);
    for (const Diagnostic& d : loaded.errors) ADD_FAILURE() << to_string(d);
    expect_round_trip(loaded);
    ++files;
  }
  EXPECT_GT(files, 0U);
}

// A fragment by itself, as a case without anything after it.
TEST(Tree, EveryFragmentLoads) {
  DiskReader reader;
  LoadOptions options;
  options.fragments = &reader;
  for (const auto& entry : fs::directory_iterator(kCases / "given")) {
    const std::string text =
        "//@ covers R\n//@ catches x\n//@ given " + entry.path().stem().string() + "\n+0 silence 1\n";
    const Loaded loaded = load_text("x.pkt", text, options);
    for (const Diagnostic& d : loaded.errors) ADD_FAILURE() << to_string(d);
  }
}

}  // namespace
}  // namespace tcpspec::scenario
