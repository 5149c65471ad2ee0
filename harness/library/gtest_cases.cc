// register_cases(). Compiled in the user's own build, against the user's own GoogleTest, whichever that is.
#include <errno.h>  // program_invocation_name
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "harness/library/tcpspec.h"

namespace tcpspec {
namespace {

// As GTEST_SKIP() and ADD_FAILURE_AT(), but both at the line of the script.
void skip_at(const Played& played) {
#ifdef GTEST_MESSAGE_AT_
  GTEST_MESSAGE_AT_(played.file.c_str(), played.line, played.text.c_str(), ::testing::TestPartResult::kSkip);
#else
  GTEST_SKIP() << played.file << ":" << played.line << ": " << played.text;
#endif
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

class CaseTest : public testing::Test {
 public:
  CaseTest(Suite suite, std::size_t index, MakeTarget make)
      : suite_(std::move(suite)), index_(index), make_(std::move(make)) {}

  void TestBody() override {
    const CaseName& name = suite_.cases()[index_];
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    const std::string again = std::string("'") + program_invocation_name +
                              "' '--gtest_filter=" + test.test_suite_name() + "." + test.name() + "'";
    RecordProperty("id", name.id);
    RecordProperty("covers", joined(name.covers, " "));
    const Played played = suite_.play(index_, make_, again);
    RecordProperty("verdict", played.verdict);
    switch (played.ending) {
      case Ending::kOk:
        if (!played.text.empty()) std::printf("%s\n", played.text.c_str());
        break;
      case Ending::kFailed:
        ADD_FAILURE_AT(played.file.c_str(), played.line) << played.text;
        break;
      case Ending::kSkipped:
        skip_at(played);
        break;
    }
  }

 private:
  const Suite suite_;
  const std::size_t index_;
  const MakeTarget make_;
};

class FailingTest : public testing::Test {
 public:
  explicit FailingTest(std::string why) : why_(std::move(why)) {}
  void TestBody() override { ADD_FAILURE() << why_; }

 private:
  const std::string why_;
};

void register_failure(const std::string& prefix, const char* name, const std::string& why) {
  testing::RegisterTest((prefix + "tcpspec").c_str(), name, nullptr, nullptr, __FILE__, __LINE__,
                        [why]() -> testing::Test* { return new FailingTest(why); });
}

std::string find_cases(const Options& options) {
  if (!options.cases.empty()) return options.cases;
  if (const char* named = std::getenv("TCPSPEC_CASES"); named != nullptr && *named != '\0') return named;
#ifdef TCPSPEC_PACKAGE_CASES
  return TCPSPEC_PACKAGE_CASES;
#else
  return "";
#endif
}

}  // namespace

Result<std::size_t> register_cases(const MakeTarget& make, const Options& options,
                                   const std::string& prefix) {
  Options full = options;
  full.cases = find_cases(options);
  const Result<Suite> suite = Suite::load(full);
  if (!suite.ok()) {
    register_failure(prefix, "cases", suite.error());
    return Error{"tcpspec: " + suite.error()};
  }
  for (const std::string& remark : suite->remarks()) std::fprintf(stderr, "tcpspec: %s\n", remark.c_str());
  if (!suite->stale().empty()) register_failure(prefix, "baseline", joined(suite->stale(), "\n"));
  for (std::size_t i = 0; i < suite->cases().size(); ++i) {
    const CaseName& name = suite->cases()[i];
    testing::RegisterTest(
        (prefix + name.suite).c_str(), name.test.c_str(), nullptr, nullptr, name.file.c_str(), name.line,
        [suite = *suite, i, make]() -> testing::Test* { return new CaseTest(suite, i, make); });
  }
  return suite->cases().size();
}

}  // namespace tcpspec
