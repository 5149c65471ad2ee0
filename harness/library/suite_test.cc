// Suite and its names over the whole case tree, in this process, against the reference stack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include "harness/library/names.h"
#include "harness/library/tcpspec.h"
#include "harness/target/reference.h"

namespace tcpspec {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

Options chosen(const std::string& word) {
  Options options;
  options.cases = TCPSPEC_FEW_CASES;
  options.select = {word};
  return options;
}

std::unique_ptr<Target> reference() { return target::make_reference_target(); }

TEST(LibrarySuite, NamesOfTheWholeTreeAreUniqueSafeInFiltersAndInTheOrderOfTheRfcs) {
  Options options;
  options.cases = TCPSPEC_SOURCE_DIR "/cases";
  const Result<Suite> suite = Suite::load(options);
  ASSERT_TRUE(suite.ok()) << suite.error();
  ASSERT_GT(suite->cases().size(), 1000U);
  EXPECT_TRUE(suite->cases().front().suite.starts_with("RFC9293_3_")) << suite->cases().front().suite;
  std::set<std::string> names, ids, left;
  std::string now;
  for (const CaseName& name : suite->cases()) {
    EXPECT_TRUE(names.insert(name.suite + "." + name.test).second) << name.suite << "." << name.test;
    EXPECT_TRUE(ids.insert(name.id).second) << name.id;
    for (const char c : name.suite + name.test) {
      EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/') << name.test;
    }
    EXPECT_EQ(name.suite.find('/'), std::string::npos) << name.suite;
    EXPECT_FALSE(name.covers.empty()) << name.id;
    EXPECT_GT(name.line, 0) << name.id;
    if (name.suite == now) continue;
    EXPECT_FALSE(left.contains(name.suite)) << name.suite << " stands twice";
    left.insert(now);
    now = name.suite;
  }
}

TEST(LibraryNames, MapWhatAFilterWouldTakeForItsOwn) {
  scenario::Scenario scenario;
  scenario.id = "edges/past-right-edge/F.:*?x";
  EXPECT_EQ(library::test_name(scenario), "edges/past_right_edge/F____x/v4");
  scenario.ip = IpVersion::kV6;
  scenario.id = "a";
  EXPECT_EQ(library::test_name(scenario), "a/v6");
  EXPECT_EQ(library::suite_name("1122", "4.2.2.20(a)", "Title"), "RFC1122_4_2_2_20_a");
  EXPECT_EQ(library::suite_name("", "", "Regressions"), "Regressions");
}

TEST(LibrarySuite, PlaysACase) {
  const Result<Suite> suite = Suite::load(chosen("lost-final-ack/last-ack/passive [v4]"));
  ASSERT_TRUE(suite.ok()) << suite.error();
  ASSERT_EQ(suite->cases().size(), 1U);
  const Played played = suite->play(0, reference, "again");
  EXPECT_EQ(played.ending, Ending::kOk);
  EXPECT_EQ(played.verdict, "pass");
  EXPECT_EQ(played.text, "");
}

TEST(LibrarySuite, KeepsToTheIpVersions) {
  Options options = chosen("lost-final-ack");
  const std::size_t both = Suite::load(options)->cases().size();
  options.versions = {IpVersion::kV6};
  const Result<Suite> suite = Suite::load(options);
  ASSERT_TRUE(suite.ok()) << suite.error();
  EXPECT_EQ(suite->cases().size() * 2, both);
  for (const CaseName& name : suite->cases()) EXPECT_TRUE(name.id.ends_with("[v6]")) << name.id;
}

TEST(LibrarySuite, SaysWhichWordMeansNothing) {
  const Result<Suite> suite = Suite::load(chosen("lost-final-akk"));
  ASSERT_FALSE(suite.ok());
  EXPECT_THAT(suite.error(), HasSubstr("'lost-final-akk' is no case"));
  EXPECT_THAT(suite.error(), HasSubstr("did you mean"));
}

TEST(LibrarySuite, SaysWhereThereAreNoCases) {
  Options options;
  EXPECT_THAT(Suite::load(options).error(), HasSubstr("Options::cases"));
  options.cases = "/nowhere";
  EXPECT_EQ(Suite::load(options).error(), "/nowhere: not a case tree (it has no folder 'ledger')");
}

class LibraryBaseline : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::temp_directory_path() / "tcpspec-library-XXXXXX").string();
    ASSERT_NE(::mkdtemp(path_.data()), nullptr);
    path_ += "/baseline.txt";
  }
  void TearDown() override { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }
  Result<Suite> load_with(const std::string& baseline) {
    std::ofstream(path_) << baseline;
    Options options = chosen("lost-final-ack/last-ack/passive [v4]");
    options.baseline = path_;
    return Suite::load(options);
  }
  std::string path_;
};

TEST_F(LibraryBaseline, TurnsAPassOfAListedCaseIntoAFailure) {
  const Result<Suite> suite = load_with("lost-final-ack/last-ack/passive fail bug 4711\n");
  ASSERT_TRUE(suite.ok()) << suite.error();
  const Played played = suite->play(0, reference, "again");
  EXPECT_EQ(played.ending, Ending::kFailed);
  EXPECT_EQ(played.verdict, "unexpected-pass");
  EXPECT_THAT(played.text, HasSubstr("bug 4711"));
  EXPECT_THAT(played.text, HasSubstr(path_));
}

TEST_F(LibraryBaseline, NamesLinesThatNoCaseHas) {
  const Result<Suite> suite = load_with("# nothing\nno-such/case fail gone\n");
  ASSERT_TRUE(suite.ok()) << suite.error();
  EXPECT_THAT(suite->stale(), ElementsAre(path_ + ":2: no case is called 'no-such/case'"));
}

TEST_F(LibraryBaseline, ThatCannotBeReadIsAnError) {
  const Result<Suite> suite = load_with("lost-final-ack/last-ack fails\n");
  ASSERT_FALSE(suite.ok());
  EXPECT_THAT(suite.error(), HasSubstr(path_ + ":1"));
  Options options = chosen("lost-final-ack");
  options.baseline = "/nowhere.txt";
  EXPECT_EQ(Suite::load(options).error(), "/nowhere.txt: No such file or directory");
}

TEST(LibrarySuite, ATargetThatCannotBeMadeIsAFailure) {
  const Result<Suite> suite = Suite::load(chosen("lost-final-ack/last-ack/passive [v4]"));
  ASSERT_TRUE(suite.ok()) << suite.error();
  const Played played = suite->play(
      0, [] { return std::unique_ptr<Target>(); }, "again");
  EXPECT_EQ(played.ending, Ending::kFailed);
  EXPECT_EQ(played.verdict, "error");
  EXPECT_THAT(played.text, HasSubstr("the target cannot be made"));
}

}  // namespace
}  // namespace tcpspec
